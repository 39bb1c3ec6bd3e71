"""What must stand in no file: paths of somebody's machine, package registries, notes of unfinished work."""

import re
from pathlib import Path

import pytest

from amc_assets_tests.house.sources import all_files, name_of

MACHINE = re.compile(r"(?<![\w.:/{}-])/(?:work|tmp|root|home|Users)/[\w.]+")
REGISTRY = re.compile(
    r"py" + r"pi\.org|python" + r"hosted\.org|--(?:extra-)?index-url|trusted-host|:\d+/(?:simple|pypi)", re.IGNORECASE
)
UNFINISHED = re.compile(
    r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK|Not" + r"ImplementedError)\b|\bfor" + r" now\b"
)

EXEMPT = {
    "amc_assets_tests/house/test_words.py": "plants what it looks for",
    "amc_assets_tests/settings/test_addresses.py": "a made-up home folder, to see the tilde expanded",
    "amc_assets_tests/report/test_page.py": "a symbol spelled with three equal letters",
}


def found_in(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Return every match with its line number."""
    lines = enumerate(text.splitlines(), start=1)
    return [f"{number}: {match.group()}" for number, line in lines for match in pattern.finditer(line)]


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY, UNFINISHED], ids=["machine", "registry", "unfinished"])
def test_no_file_holds_it(pattern: re.Pattern[str]):
    wrong: dict[str, list[str]] = {}
    for path in all_files():
        if name_of(path) not in EXEMPT and (hits := found_in(path.read_text(encoding="utf-8"), pattern)):
            wrong[name_of(path)] = hits
    assert wrong == {}


def test_the_scan_sees_every_kind_of_file():
    seen = {name_of(path) for path in all_files()}
    assert {"README.md", "Makefile", "pyproject.toml", ".ci/run", "requirements.lock", "dagster.yaml"} <= seen
    assert {"amc_assets/cli.py", "docs/brief.md", "amc_assets_tests/conftest.py"} <= seen


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE, "see /home/ann/notes.txt"),
        (MACHINE, 'DATA = "/wo' + 'rk/shared"'),
        (MACHINE, "open('/tmp/x.json')"),
        (MACHINE, "(/Users/bo/amc)"),
        (REGISTRY, "--index-url https://mirror.example/simple"),
        (REGISTRY, "https://files.python" + "hosted.org/a.whl"),
        (UNFINISHED, "# TODO: later"),
        (UNFINISHED, "raise NotImplementedError"),
        (UNFINISHED, "returns nothing for now"),
    ],
)
def test_planted_word_is_caught(pattern: re.Pattern[str], line: str):
    assert found_in(f"first line\n{line}\n", pattern)


@pytest.mark.parametrize("line", ["https://host/home/page", "a/tmp/b", "{home}/lake", Path("docs/home/x").as_posix()])
def test_relative_paths_and_addresses_are_fine(line: str):
    assert not found_in(line, MACHINE)

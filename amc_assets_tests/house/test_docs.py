"""Documents against code: every public name is explained somewhere, every link and path in them exists."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amc_assets.commands import published
from amc_assets_tests.house import names
from amc_assets_tests.house.imports import ALLOWED
from amc_assets_tests.house.sources import ROOT, documents, product, source

NAMED_IN: Mapping[str, tuple[Callable[[], list[str]], str]] = {
    "exit code": (names.exit_codes, "docs/cli.md"),
    "thing to list": (names.listed, "docs/cli.md"),
    "reason code": (names.reasons, "docs/detectors.md"),
    "environment variable": (names.variables, "docs/configuration.md"),
    "provider dataset": (names.datasets, "docs/providers.md"),
    "lake table": (names.lake_tables, ""),
    "database table": (names.database_tables, "docs/database.md"),
    "detector": (names.detectors, "docs/detectors.md"),
    "strategy": (names.strategies, "docs/strategies.md"),
    "gate": (names.gates, "docs/strategies.md"),
    "feature": (names.features, "docs/features.md"),
    "asset": (names.assets, ""),
    "schedule or sensor": (names.schedules_and_sensors, ""),
    "job": (names.jobs, ""),
    "asset check": (names.checks, ""),
    "error": (names.errors, ""),
}
"""Kind of name -> where the names come from, and the page that must have them (any page when empty)."""

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_PATH = re.compile(r"`((?:amc_assets|amc_assets_tests|docs|benchmarks|deploy)/[\w./-]*)`")


def undocumented(wanted: list[str], text: str) -> list[str]:
    """Return the names that stand nowhere in backticks and are no heading of their own."""
    return [name for name in wanted if f"`{name}`" not in text and f"\n## {name}\n" not in text]


def dead_links(page: str, text: str) -> list[str]:
    """Return the relative links and the project paths of a page that lead nowhere; planned paths may."""
    here = (ROOT / page).parent
    links = [link.partition("#")[0] for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    wrong = [link for link in links if link and not (here / link).exists()]
    today = "\n".join(line for line in text.splitlines() if "`planned: " not in line)
    return wrong + [path for path in CODE_PATH.findall(today) if not (ROOT / path).exists()]


def section(command: str) -> str:
    """Return the part of docs/cli.md about one command."""
    return documents()["docs/cli.md"].partition(f"## {command}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", NAMED_IN)
def test_every_name_is_documented(kind: str):
    collect, page = NAMED_IN[kind]
    wanted = collect()
    assert wanted, f"no {kind} was found: this test would hold of nothing"
    pages = documents()
    text = pages[page] if page else "\n".join(pages.values())
    assert undocumented(wanted, text) == [], f"explain each {kind} in {page or 'a page under docs/'}"


@pytest.mark.parametrize("command", [name for name, _ in names.commands()])
def test_every_option_is_documented(command: str):
    wanted = dict(names.commands())[command]
    rows = re.findall(r"^\| `([^`]+)` \|", section(command), re.MULTILINE)
    assert sorted(rows) == sorted(wanted)


def test_no_command_is_documented_that_is_not_there():
    titles = set(re.findall(r"^## (amc [a-z ]+)$", documents()["docs/cli.md"], re.MULTILINE))
    assert titles == {name for name, _ in names.commands()}


def test_keys_of_the_json_are_documented():
    text = documents()["docs/cli.md"].partition("## JSON")[2]
    keys = {
        *published.SCREEN_KEYS, *published.INPUT_KEYS, *published.FUNNEL_KEYS, *published.NAME_KEYS,
        *published.DETECTOR_KEYS, *published.COMPONENT_KEYS, *published.GATE_KEYS,
    }  # fmt: skip
    assert undocumented(sorted(keys), text) == []


def test_every_room_has_its_line():
    text = documents()["docs/architecture.md"]
    rooms = {item.module.split(".")[1] for item in product() if "." in item.module} | {"calibration"}
    folder = ROOT / "amc_assets"
    spelled = {f"`amc_assets/{room}{'' if (folder / room).is_dir() else '.py'}`" for room in rooms}
    assert [room for room in sorted(spelled) if room not in text] == []
    assert rooms - {"calibration"} <= set(ALLOWED)


@pytest.mark.parametrize("page", documents())
def test_links_and_paths_lead_somewhere(page: str):
    assert dead_links(page, documents()[page]) == []


def test_every_page_can_be_reached_from_the_readme():
    pages = documents()
    reached, open_pages = set[str](), ["README.md"]
    while open_pages:
        page = open_pages.pop()
        reached.add(page)
        targets = [(ROOT / page).parent / link.partition("#")[0] for link in LINK.findall(pages[page])]
        spelled = [Path(target).resolve() for target in targets]
        found = {p.relative_to(ROOT).as_posix() for p in spelled if p.is_relative_to(ROOT)}
        found |= set(re.findall(r"`(docs/[\w-]+\.md)`", pages[page]))
        open_pages += [name for name in found if name in pages and name not in reached]
    assert set(pages) - reached == set()


@pytest.mark.parametrize("record", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.stem)
def test_decision_record_has_its_parts(record: Path):
    text = record.read_text(encoding="utf-8")
    assert re.match(rf"# {record.name[:4]}: ", text)
    assert re.search(r"^Status: (proposed|accepted|replaced by \d{4}), \d{4}-\d\d-\d\d\.$", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_planted_faults_are_caught():
    assert undocumented(["no_bar", "made_up"], "has `no_bar`, and made_up without ticks") == ["made_up"]
    assert dead_links("docs/x.md", "see [a](nowhere.md) and `amc_assets/attic/x.py`") == [
        "nowhere.md",
        "amc_assets/attic/x.py",
    ]
    assert dead_links("docs/x.md", "see [a](cli.md#json), [b](https://example.org), `amc_assets/cli.py`") == []
    planted = source(
        "amc_assets/x.py", "class Lost(ValueError): ...\nclass Gone(TransientError): ...\nclass _In(OSError): ..."
    )
    assert list(names.error_classes(planted)) == ["Lost", "Gone"]

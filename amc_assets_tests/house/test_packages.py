"""Packages: those of the owner's card work in product code, all others have their reason, the lock satisfies both."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amc_assets_tests.house.sources import ROOT, Source, documents, product, source

AT_WORK = {
    "dagster": "dagster", "dagster-postgres": "dagster_postgres", "httpx": "httpx", "tenacity": "tenacity",
    "pybreaker": "pybreaker", "pandas": "pandas", "numpy": "numpy", "scipy": "scipy", "TA-Lib": "talib",
    "pytz": "pytz", "textblob": "textblob", "feedparser": "feedparser", "redis": "redis",
}  # fmt: skip
"""Distribution -> the name it is imported under."""

RUN_BY_COMMAND = {"dagster-webserver": ("Makefile", "dagster dev")}
"""Never imported: the UI process that a command starts."""

LATER = {
    "statsmodels": "HAC intervals, multiplicity and power of the experiments",
}
"""Installed because the owner's card names it; the experiments it serves are not built yet."""

EXTRAS = {"yfinance": "amc_assets/providers/yahoo/client.py"}
"""Imported by name where it is used, so that nothing else needs it -> the file."""

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PAGE = "docs/dependencies.md"
CARD = {canonicalize_name(name) for name in (*AT_WORK, *RUN_BY_COMMAND, *LATER)}


def declared(*, dev: bool) -> dict[str, Requirement]:
    """Return the requirements of the project, or of its ``dev`` extra, by canonical name."""
    lines = PROJECT["optional-dependencies"]["dev"] if dev else PROJECT["dependencies"]
    return {canonicalize_name(item.name): item for item in map(Requirement, lines)}


def locked() -> dict[str, list[str]]:
    """Return versions by canonical name: more than one where Python versions need different ones."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[\w,]+\])?==([^\s;\\]+)", LOCK, re.MULTILINE)
    found: dict[str, list[str]] = {}
    for name, version in pins:
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def uses(item: Source, package: str) -> int:
    """Return how often a file uses what it imported from ``package``: the import itself does not count."""
    names = set(_bound(item.tree, package))
    loads = (n for n in ast.walk(item.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return sum(node.id in names for node in loads)


def _bound(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == package:
                    yield alias.asname or package
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            yield from (alias.asname or alias.name for alias in node.names)


def reasons(heading: str) -> dict[str, str]:
    """Return the rows of one table of docs/dependencies.md: canonical name -> what it says."""
    part = documents()[PAGE].partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", part, re.MULTILINE)
    return {canonicalize_name(name): said for name, said in rows}


@pytest.mark.parametrize("distribution", AT_WORK)
def test_card_package_works_in_product_code(distribution: str):
    package = AT_WORK[distribution]
    assert sum(uses(item, package) for item in product()) > 0, f"nothing in the package uses {package}"


@pytest.mark.parametrize("distribution", RUN_BY_COMMAND)
def test_card_package_is_started_by_a_command(distribution: str):
    path, words = RUN_BY_COMMAND[distribution]
    assert words in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("distribution", LATER)
def test_card_package_without_work_is_named_as_such(distribution: str):
    at_work = [item.path for item in product() if uses(item, distribution)]
    assert at_work == [], f"{distribution} works now: move it from LATER to AT_WORK"
    assert "not yet" in reasons("The owner's card")[canonicalize_name(distribution)]


def test_card_is_what_the_project_declares():
    assert set(declared(dev=False)) >= CARD


def test_every_dependency_has_its_reason():
    everything = set(declared(dev=False))
    assert set(reasons("The owner's card")) == CARD
    assert set(reasons("Beside the card")) == everything - CARD
    assert set(reasons("For development")) == set(declared(dev=True))
    for heading in ("The owner's card", "Beside the card", "For development"):
        assert all(len(said) > 10 for said in reasons(heading).values())


def extras() -> dict[str, Requirement]:
    """Return the requirements of every extra but ``dev``, by canonical name."""
    groups = PROJECT["optional-dependencies"]
    lines = [line for name, group in groups.items() if name != "dev" for line in group]
    return {canonicalize_name(item.name): item for item in map(Requirement, lines)}


def test_extras_have_their_reason_and_are_asked_for_where_they_are_missed():
    assert set(extras()) == set(EXTRAS)
    part = documents()[PAGE].partition("## Extras\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([\w-]+)` \| (.{10,}) \|$", part, re.MULTILINE)
    assert {package: extra for extra, package, _ in rows} == {
        item: extra for extra, group in PROJECT["optional-dependencies"].items() if extra != "dev"
        for item in (Requirement(line).name for line in group)
    }  # fmt: skip
    for extra, package, said in rows:
        text = (ROOT / EXTRAS[package]).read_text(encoding="utf-8")
        assert f'import_module("{package}")' in text
        assert f"amc_assets[{extra}]" in text, "say how to install it where it is missing"
        assert str(extras()[package].specifier).removeprefix(">=") in said
        assert [item.path for item in product() if uses(item, package)] == []


def test_lock_satisfies_the_project():
    pins = locked()
    wanted = {**declared(dev=False), **declared(dev=True)}
    assert set(wanted) - set(pins) == set()
    wrong = {n: v for n, item in wanted.items() for v in pins[n] if not item.specifier.contains(v, prereleases=True)}
    assert wrong == {}


def test_lock_pins_every_entry_with_a_hash_and_names_no_address():
    entries = [entry for entry in re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE) if "==" in entry]
    assert len(entries) == sum(map(len, locked().values())) > 100
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("import numpy as np", 0),
        ("import numpy as np\nx = np.zeros(3)", 1),
        ("from numpy import zeros\nx = zeros(3)", 1),
        ("from numpy.random import Generator", 0),
        ("import numpylike\nx = numpylike.zeros(3)", 0),
    ],
)
def test_an_import_alone_is_no_work(text: str, count: int):
    assert uses(source("x.py", text), "numpy") == count

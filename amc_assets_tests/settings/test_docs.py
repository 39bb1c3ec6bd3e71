"""The documents say what the code does: generated table, every name of the brief, paths of built rows."""

import re
from pathlib import Path

import pytest

from amc_assets.settings import REQUIRED_BY_BRIEF, configuration_table, load_settings, variables
from amc_assets_tests.settings.brief_items import (
    BRIEF_ITEMS,
    BRIEF_SAMPLES,
    BRIEF_VARIABLES,
    DESIGN_VARIABLES,
)

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
BRIEF = (ROOT / "docs" / "brief.md").read_text(encoding="utf-8")

STATUS = re.compile(r"`(built|planned: \w[^`]+|replaced: \w[^`]+|out of scope: \w[^`]+)`")


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row, without headings and rules."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[-1].strip() != "status"]


def paths_of(row: list[str]) -> list[Path]:
    """Return the paths a row names: words in backticks with a slash or the ending of a file."""
    words = re.findall(r"`([^`\s]+)`", " | ".join(row[:-1]))
    named = [word for word in words if re.search(r"^[\w.]+/|\.(py|toml|lock|md)$", word)]
    return [ROOT / word for word in named]


def without_path(text: str) -> list[str]:
    """Return the `built` rows that name no path, or a path that does not exist."""
    built = [row for row in rows(text) if row[-1].strip(" |") == "`built`"]
    return [row[0] for row in built if not paths_of(row) or not all(path.exists() for path in paths_of(row))]


def test_table_is_the_generated_one():
    begin, end = "<!-- configuration table: begin -->\n", "<!-- configuration table: end -->"
    written = CONFIGURATION.partition(begin)[2].partition(end)[0]
    assert written.strip() == configuration_table().strip()


@pytest.mark.parametrize("name", BRIEF_VARIABLES + DESIGN_VARIABLES)
def test_every_variable_exists_and_is_documented(name: str):
    assert name in {doc.name for doc in variables()}
    assert f"| `{name}` |" in configuration_table()
    assert f"`{name}`" in CONFIGURATION


def test_no_variable_is_beside_the_lists():
    assert {doc.name for doc in variables()} == set(BRIEF_VARIABLES) | set(DESIGN_VARIABLES)


def test_defaults_are_the_briefs():
    plain, sampled = load_settings({}), load_settings(BRIEF_SAMPLES)
    kept = {"origins", "warnings"}
    assert sampled.model_dump(exclude=kept) == plain.model_dump(exclude=kept)


@pytest.mark.parametrize("name", REQUIRED_BY_BRIEF)
def test_required_table_names_the_seven(name: str):
    section = CONFIGURATION.partition("## The brief's seven required variables")[2].partition("\n## ")[0]
    assert re.search(rf"^\| `{name}` .*\| required[^|]* \|$", section, re.MULTILINE)


@pytest.mark.parametrize("name", BRIEF_VARIABLES + BRIEF_ITEMS)
def test_every_item_of_the_brief_has_a_row(name: str):
    assert any(f"`{name}`" in cell for row in rows(BRIEF) for cell in row[:-1])


def test_every_row_has_a_status():
    wrong = [row for row in rows(BRIEF) if not STATUS.fullmatch(row[-1].strip(" |"))]
    assert wrong == []
    assert len(rows(BRIEF)) > 150


def test_built_rows_name_what_exists():
    assert without_path(BRIEF) == []


@pytest.mark.parametrize(
    ("row", "is_caught"),
    [
        ("| a | `amc_assets/settings/` | `built` |", False),
        ("| a | `amc_assets/nowhere/` | `built` |", True),
        ("| a | `amc_assets/settings/`, `amc_assets/nowhere.py` | `built` |", True),
        ("| a | somewhere | `built` |", True),
        ("| a | somewhere | `planned: later change` |", False),
    ],
)
def test_the_guard_catches_a_planted_fault(row: str, is_caught: bool):
    assert bool(without_path(row)) is is_caught

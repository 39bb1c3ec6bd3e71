"""docs/lake.md and the declared tables say the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from amc_assets.lake import document
from amc_assets.lake.document import BEGIN, END, lake_tables
from amc_assets.lake.tables import DAILY_BARS, TABLES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lake.md").read_text(encoding="utf-8")


def written(page: str) -> str:
    """Return what stands between the markers."""
    return page.partition(f"{BEGIN}\n")[2].partition(END)[0]


def test_the_tables_are_the_generated_ones():
    assert written(PAGE) == lake_tables()
    assert all(f"### {name}\n" in PAGE for name in TABLES)


def test_a_changed_column_is_noticed(monkeypatch: pytest.MonkeyPatch):
    first, *rest = DAILY_BARS.columns
    changed = replace(DAILY_BARS, columns=(replace(first, unit="moon phase"), *rest))
    monkeypatch.setattr(document, "TABLES", {**TABLES, "daily_bars": changed})
    assert written(PAGE) != lake_tables()


def test_units_are_in_the_names():
    endings = {"shares": "_shares", "USD": "_usd", "exchange date": "_date", "days": "days"}
    for table in TABLES.values():
        for column in table.columns:
            if column.unit in endings:
                assert endings[column.unit] in column.name, f"{table.name}.{column.name} is in {column.unit}"
            if column.unit == "UTC instant":
                assert column.name.endswith("_at") or column.name == "as_of"

"""docs/assets.md and docs/schedules.md against the definitions."""

import pytest

from amc_assets.defs import catalog
from amc_assets_tests.defs.docs import DOCS, TABLES, with_table


@pytest.mark.parametrize("name", sorted(TABLES))
def test_page_holds_the_table_of_the_definitions(name: str) -> None:
    """A changed asset or schedule changes its page: python -m amc_assets_tests.defs.docs."""
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == with_table(name)


def test_table_follows_the_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a schedule with another cron is another page."""
    rows = [row | {"cron": "0 0 1 1 *"} for row in catalog.schedule_rows()]
    monkeypatch.setattr(catalog, "schedule_rows", lambda: rows)
    assert (DOCS / "schedules.md").read_text(encoding="utf-8") != with_table("schedules")


def test_every_row_is_complete() -> None:
    """No empty cell: `amc list` prints these rows."""
    for row in [*catalog.asset_rows(), *catalog.schedule_rows()]:
        assert row["name"]
        assert row["description"]
    assert {row["default_status"] for row in catalog.schedule_rows()} == {"RUNNING"}
    blocking = {row["name"] for row in catalog.asset_rows() if any(name.endswith("!") for name in row["checks"])}
    assert {"universe", "daily_bars", "short_volume", "short_interest", "price_panel", "feature_snapshot"} <= blocking

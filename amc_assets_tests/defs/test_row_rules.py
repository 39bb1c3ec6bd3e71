"""Each rule of the blocking row check against one planted row that only it may catch."""

import pyarrow as pa
import pytest

from amc_assets.defs import row_rules

INTEREST = {"short_interest_shares": 5.0, "days_to_cover_reported": 2.0}


@pytest.mark.parametrize("rule", sorted(row_rules.RULES["daily_bars"]))
def test_each_rule_of_bars_catches_its_row(rule: str) -> None:
    """A rule that can not fail guards nothing: one planted row per rule, and a sound row that breaks none."""
    sound = {"low_usd": 9.0, "high_usd": 11.0, "close_usd": 10.0, "volume_shares": 5.0}
    planted = {
        "the high is below the low": {"low_usd": 12.0},
        "the close is above the high": {"close_usd": 11.5},
        "the close is below the low": {"close_usd": 8.0},
        "a price is not positive": {"low_usd": 0.0},
        "the volume is negative": {"volume_shares": -1.0},
        "high and low are not both there or both missing": {"high_usd": None},
    }[rule]
    assert row_rules.broken_rules("daily_bars", pa.Table.from_pylist([sound])) == []
    assert f"1 rows where {rule}" in row_rules.broken_rules("daily_bars", pa.Table.from_pylist([sound | planted]))


@pytest.mark.parametrize(
    ("table", "sound", "planted"),
    [
        ("short_volume", {"short_volume_shares": 5.0, "total_volume_shares": 9.0}, {"short_volume_shares": 11.0}),
        ("short_volume", {"short_volume_shares": 5.0, "total_volume_shares": 9.0}, {"short_volume_shares": -1.0}),
        ("short_interest", INTEREST | {"days_to_cover_reported": None}, {"short_interest_shares": -5.0}),
        ("short_interest", INTEREST, {"days_to_cover_reported": 999.99}),
        ("share_counts", {"float_shares": 5.0}, {"float_shares": 0.0}),
        ("universe", {"is_eligible": True, "exclusion_reason": None}, {"is_eligible": False}),
    ],
)  # fmt: skip
def test_each_other_rule_catches_its_row(table: str, sound: dict[str, object], planted: dict[str, object]) -> None:
    """The same for the other tables; null is missing, not wrong."""
    columns = {"exclusion_reason": pa.string(), "days_to_cover_reported": pa.float64()}

    def rows(row: dict[str, object]) -> pa.Table:
        return pa.table({name: pa.array([value], columns.get(name)) for name, value in row.items()})

    assert row_rules.broken_rules(table, rows(sound)) == []
    assert len(row_rules.broken_rules(table, rows(sound | planted))) == 1

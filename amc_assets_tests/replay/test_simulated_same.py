"""The same seed is the same market, whatever range is asked for and in whatever order."""

import hashlib
from datetime import date

import pytest

from amc_assets.market.calendar import sessions_between
from amc_assets.replay import wire, wire_polygon
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.replay.simulation.timeline import LAST_POSSIBLE_DAY


def fingerprint(market: SimulatedMarket, first: date, last: date) -> dict[str, str]:
    """Return a hash of the bytes of each day and report from ``first`` to ``last``."""
    prints: dict[str, str] = {}
    for day in sessions_between(first, last):
        volume = market.short_volume(day)
        assert volume is not None
        body = wire_polygon.grouped_daily(day, market.bars(day), is_adjusted=False, path="")
        body += wire.short_volume_file(day, volume) + wire.directory_file(day, market.directory(day))
        prints[f"{day}"] = hashlib.sha256(body).hexdigest()
    for settlement in market.settlements():
        report = market.short_interest(settlement)
        if first <= settlement <= last and report is not None:
            prints[f"settlement {settlement}"] = hashlib.sha256(wire.short_interest_file(report)).hexdigest()
    prints["splits"] = repr(market.splits(first, last))
    prints["planted"] = repr([row for row in market.planted() if first <= row.ignition_date <= last])
    prints["floats"] = repr([row for row in market.floats() if row.effective_date <= last])
    return prints


@pytest.mark.parametrize("last_day", [date(2024, 5, 15), date(2024, 6, 28), date(2024, 7, 1), date(2025, 2, 14)])
def test_a_longer_range_changes_no_earlier_day(last_day: date) -> None:
    first, common = date(2024, 1, 2), date(2024, 5, 15)
    shorter = fingerprint(SimulatedMarket(symbol_count=250, last_day=common), first, common)
    longer = fingerprint(SimulatedMarket(symbol_count=250, last_day=last_day), first, common)
    assert shorter == longer
    assert len(shorter) > 100


def test_a_later_start_hides_days_and_changes_none() -> None:
    first, last = date(2024, 7, 1), date(2024, 8, 30)
    late = SimulatedMarket(symbol_count=250, first_day=first, last_day=last)
    early = SimulatedMarket(symbol_count=250, last_day=last)
    late_print, early_print = fingerprint(late, first, last), fingerprint(early, first, last)
    assert late_print == early_print
    assert late.bars(date(2024, 6, 28)) is None
    assert early.bars(date(2024, 6, 28)) is not None


def test_the_order_of_questions_does_not_matter() -> None:
    backwards, forwards = (SimulatedMarket(symbol_count=150, last_day=date(2025, 3, 31)) for _ in range(2))
    backwards.bars(date(2025, 3, 31))
    days = (date(2024, 2, 1), date(2024, 2, 29))
    assert fingerprint(backwards, *days) == fingerprint(forwards, *days)


def test_another_seed_is_another_market() -> None:
    days = (date(2024, 2, 1), date(2024, 2, 29))
    one, other = (SimulatedMarket(seed=seed, symbol_count=150, last_day=days[1]) for seed in (1, 2))
    prints, others = fingerprint(one, *days), fingerprint(other, *days)
    assert all(prints[key] != others[key] for key in prints if key not in {"splits", "planted"}), "the hash sees change"


@pytest.mark.parametrize(
    ("first_day", "last_day"),
    [
        (date(2023, 12, 29), date(2024, 2, 1)),
        (date(2024, 2, 1), date(2024, 1, 2)),
        (date(2024, 1, 2), date(2031, 1, 2)),
    ],
)
def test_a_range_outside_is_refused_with_the_limits(first_day: date, last_day: date) -> None:
    with pytest.raises(ValueError, match=r"2024-01-01 to 2030-06-30.*choose days inside"):
        SimulatedMarket(first_day=first_day, last_day=last_day)


def test_too_few_symbols_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100 symbols"):
        SimulatedMarket(symbol_count=99)


def test_the_last_possible_day_can_be_made() -> None:
    market = SimulatedMarket(symbol_count=100, last_day=LAST_POSSIBLE_DAY)
    assert market.bars(date(2030, 6, 28)) is not None
    assert market.planted()[-1].end_date > date(2030, 1, 1)


def test_a_market_of_the_recorded_size_has_enough_tickers():
    market = SimulatedMarket(symbol_count=3550, last_day=date(2024, 1, 12))
    symbols = [listing.symbol for listing in market.directory(date(2024, 1, 12))]
    assert len(symbols) == len(set(symbols)) > 3300

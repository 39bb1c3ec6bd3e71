"""No day of the simulated market knows the days after it, and nothing depends on the order of questions."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from amc_assets.market.calendar import new_york, sessions_between
from amc_assets.replay.simulated import SimulatedMarket

DAY, END = date(2024, 5, 15), date(2024, 6, 28)


def told(market: SimulatedMarket, day: date) -> dict[str, Any]:
    """Return everything that is said of ``day`` beside bars and shorts."""
    span = new_york(day, 0), new_york(day, 23, 59)
    chains = [market.option_chain(row.symbol, day) for row in market.directory(day)[:120]]
    return {
        "news": list(market.news(*span)),
        "filings": list(market.filings(*span)),
        "halts": list(market.halts(day)),
        "threshold": market.threshold_symbols(day),
        "fails": market.fails(day, day),
        "rates": market.bill_rates(day),
        "chains": [None if chain is None else _plain(chain) for chain in chains],
    }


def _plain(chain: Any) -> list[Any]:
    values = [getattr(chain, name) for name in chain.__dataclass_fields__]
    return [repr(value.tolist()) if isinstance(value, np.ndarray) else value for value in values]


def spoil(market: SimulatedMarket, day: date, *, keep_day: bool) -> None:
    """Overwrite what the quarter of ``day`` holds of the days after it, and of the day itself unless it is kept."""
    block, row = market._days.at(day)
    start = row + 1 if keep_day else row
    paths = block.paths
    for array in (paths.open_usd, paths.high_usd, paths.low_usd, paths.close_usd, paths.volume_shares):
        array[start:] *= 3.7
    paths.high_usd[start:] *= 2.0
    block.short_frac[start:] = 0.59
    for event in market._days.events_of(block):
        index = block.quarter.first_index + start - event.first_index
        event.log_volume[max(index, 0) :] += 2.0


@pytest.fixture
def markets() -> tuple[SimulatedMarket, SimulatedMarket]:
    """Return two equal markets."""
    return SimulatedMarket(symbol_count=200, last_day=END), SimulatedMarket(symbol_count=200, last_day=END)


def test_the_days_after_change_nothing(markets: tuple[SimulatedMarket, SimulatedMarket]) -> None:
    true, spoiled = markets
    spoil(spoiled, DAY, keep_day=True)
    before, after = told(true, DAY), told(spoiled, DAY)
    assert [name for name in before if before[name] != after[name]] == []
    assert all(before[name] for name in ("news", "filings", "fails", "chains"))


def test_the_day_itself_does(markets: tuple[SimulatedMarket, SimulatedMarket]) -> None:
    """Show that the comparison above would see a reader of the spoiled days."""
    true, spoiled = markets
    spoil(spoiled, DAY, keep_day=False)
    before, after = told(true, DAY), told(spoiled, DAY)
    assert {"halts", "fails", "chains"} <= {name for name in before if before[name] != after[name]}


def test_neither_order_nor_range_matters(markets: tuple[SimulatedMarket, SimulatedMarket]) -> None:
    days = sessions_between(date(2024, 2, 12), date(2024, 4, 5))[::9]
    forwards = {day: told(markets[0], day) for day in days}
    longer = SimulatedMarket(symbol_count=200, last_day=date(2025, 3, 31))
    assert longer.share_counts()
    backwards = {day: told(longer, day) for day in reversed(days)}
    assert forwards == backwards
    late = SimulatedMarket(symbol_count=200, first_day=date(2024, 4, 1), last_day=END)
    assert told(late, days[-1]) == forwards[days[-1]]
    assert told(markets[1], days[-1]) == forwards[days[-1]]


def test_another_seed_says_other_things() -> None:
    one, other = (told(SimulatedMarket(seed=seed, symbol_count=200, last_day=END), DAY) for seed in (1, 2))
    assert [name for name in one if name != "halts" and one[name] == other[name]] == []

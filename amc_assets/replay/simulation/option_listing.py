"""Which contracts are listed: expiries and strikes of one underlying on one session.

Names over three dollars with real turnover at the start of a quarter have options for the whole quarter; monthlies run
to half a year, weeklies exist for the busiest names. The grid of strikes is fixed for the quarter and grows with the
range of prices seen. After a split the grid is the new price's: adjusted contracts are not modelled.
"""

from datetime import date, timedelta

import numpy as np

from amc_assets.market.calendar import LAST_DAY, session_on_or_before
from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.blocks import Block
from amc_assets.replay.simulation.population import Population

LEAST_PRICE_USD, LEAST_TURNOVER_USD = 3.0, 7.5e5
WEEKLIES_TURNOVER_USD = 2e7
LONGEST_DAYS, WEEKLIES_DAYS = 190, 42
_OPTIONABLE_TYPES = frozenset({"CS", "ADRC", "ETF"})
_STEPS_USD = (0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)
_STEP_FRAC = 0.04
_BELOW, _ABOVE = 0.5, 1.7
_FRIDAY, _CYCLES = 4, 3


def turnover_usd(population: Population, block: Block, position: int) -> float:
    """Return the usual dollar volume at the first session of the block."""
    multiple = block.paths.share_multiple[0, position]
    return float(population.base_volume_shares[position] * multiple * block.paths.close_usd[0, position])


def has_options(population: Population, block: Block, row: int, position: int) -> bool:
    """Return whether a symbol has a chain on a session of ``block``: optionable at its first session, and traded."""
    if population.names.polygon_types[position] not in _OPTIONABLE_TYPES:
        return False
    traded = block.paths.has_bar[0, position] and block.paths.has_bar[row, position]
    if not traded or block.paths.close_usd[0, position] <= LEAST_PRICE_USD:
        return False
    return turnover_usd(population, block, position) >= LEAST_TURNOVER_USD


def expiries(day: date, cycle: int, *, with_weeklies: bool) -> list[date]:
    """Return the expiration dates from ``day`` on, sessions all: two front months, then the months of ``cycle``."""
    found: set[date] = set()
    months = [(day.year * 12 + day.month - 1 + ahead) for ahead in range(8)]
    monthlies = [third_friday(month // 12, month % 12 + 1) for month in months]
    ahead = [friday for friday in monthlies if friday >= day and (friday - day).days <= LONGEST_DAYS]
    for number, friday in enumerate(ahead):
        if number < 2 or (friday.month - 1) % _CYCLES == cycle % _CYCLES:
            found.add(friday)
    if with_weeklies:
        friday = day + timedelta(days=(_FRIDAY - day.weekday()) % 7)
        while (friday - day).days <= WEEKLIES_DAYS:
            found.add(friday)
            friday += timedelta(days=7)
    sessions = {session_on_or_before(friday) for friday in found if friday <= LAST_DAY}
    return sorted(session for session in sessions if session >= day)


def third_friday(year: int, month: int) -> date:
    """Return the third Friday of a month; its session is the day before when it is a holiday."""
    first = date(year, month, 1)
    return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def strikes(block: Block, row: int, position: int) -> FloatArray:
    """Return the strikes listed on a session, USD, in order: half the lowest to 1.7 times the highest close so far."""
    multiple = block.paths.share_multiple[: row + 1, position]
    closes = block.paths.close_usd[: row + 1, position] * multiple / multiple[-1]
    anchor = float(closes[0])
    step = next((step for step in _STEPS_USD if step >= _STEP_FRAC * anchor), _STEPS_USD[-1])
    lowest, highest = max(float(closes.min()) * _BELOW, step), float(closes.max()) * _ABOVE
    numbers = np.arange(int(np.ceil(lowest / step)), int(np.floor(highest / step)) + 1)
    far, very_far = (numbers * step > factor * anchor for factor in (1.6, 3.0))
    low = numbers * step < 0.6 * anchor
    keep = np.where(very_far, numbers % 4 == 0, np.where(far | low, numbers % 2 == 0, True))
    return np.asarray(numbers[keep] * step, dtype=np.float64)

"""Which events are planted where: a plan per quarter, drawn from the seed and the market's state one quarter before.

A build-up starts up to forty sessions before its ignition, so a quarter's plan is made when the quarter before it
begins; it never depends on how far the simulation will run.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.events import Event, EventKind, fizzle, news, pump, squeeze
from amc_assets.replay.simulation.population import Population
from amc_assets.replay.simulation.timeline import Quarter

_FULL_SIZE = 1600
_MAKERS: dict[EventKind, Callable[[np.random.Generator, int, int], Event]] = {
    EventKind.SQUEEZE: squeeze,
    EventKind.FIZZLE: fizzle,
    EventKind.PUMP: pump,
    EventKind.NEWS: news,
}
_PER_QUARTER = {
    EventKind.SQUEEZE: (10, 14),
    EventKind.FIZZLE: (6, 10),
    EventKind.PUMP: (13, 17),
    EventKind.NEWS: (150, 210),
}  # for 1,600 symbols; fewer symbols get proportionally fewer


@dataclass(frozen=True)
class Standing:
    """What the plan may know of the market: price, volume and float of each symbol now, shape (symbols,)."""

    price_usd: FloatArray
    volume_shares: FloatArray
    float_shares: FloatArray


def plan_quarter(
    seed: int, quarter: Quarter, population: Population, standing: Standing, busy_until: npt.NDArray[np.int64]
) -> list[Event]:
    """Return the events that ignite in ``quarter``; ``busy_until`` (symbols,) is moved on to the end of each.

    ``busy_until`` is the last session index at which a symbol is part of an earlier event.
    """
    rng = np.random.default_rng([seed, 3, quarter.number])
    events: list[Event] = []
    suitable = _suitable(population, standing, quarter)
    for kind, (fewest, most) in _PER_QUARTER.items():
        wanted = round(int(rng.integers(fewest, most + 1)) * population.size / _FULL_SIZE)
        for position in rng.permutation(np.flatnonzero(suitable[kind])):
            if wanted == 0:
                break
            ignition = quarter.first_index + int(rng.integers(len(quarter.sessions)))
            event = _MAKERS[kind](rng, int(position), ignition)
            if busy_until[position] < event.first_index:
                events.append(event)
                busy_until[position] = event.last_index
                wanted -= 1
    return events


def _suitable(population: Population, standing: Standing, quarter: Quarter) -> dict[EventKind, npt.NDArray[np.bool_]]:
    first, last = quarter.sessions[0], quarter.sessions[-1]
    is_settled = np.array([day.toordinal() < first.toordinal() - 150 for day in population.listed_from])
    is_settled |= np.array([day <= first and quarter.number < 2 for day in population.listed_from])
    is_lasting = np.array([day.toordinal() > last.toordinal() + 100 for day in population.listed_until])
    company = population.is_company & is_settled & is_lasting & (population.names.parents < 0)
    dollar_volume = standing.price_usd * standing.volume_shares
    small = company & (standing.float_shares > 5e6) & (standing.float_shares < 6e7)
    tradable = (standing.price_usd > 1.5) & (standing.price_usd < 80) & (dollar_volume > 4e5)
    low_shorts = population.base_short_frac < 0.06  # pumps happen where nobody is short
    cheap = (standing.price_usd > 0.8) & (standing.price_usd < 12)
    return {
        EventKind.SQUEEZE: small & tradable,
        EventKind.FIZZLE: small & tradable,
        EventKind.PUMP: company & cheap & low_shorts & (standing.float_shares < 1.2e8),
        EventKind.NEWS: company,
    }

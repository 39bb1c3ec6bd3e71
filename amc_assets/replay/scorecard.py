"""Candidates against what the simulator planted: the only reader of the planted truth outside the simulator itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from amc_assets.replay.simulated import Planted, SimulatedMarket


@dataclass(frozen=True)
class Scorecard:
    """One strategy's lists over some days.

    listed: names on lists, a name counted once a day; in_squeeze: of these, between ignition and peak; in_build_up: of
    these, before ignition; precision_frac: (in_squeeze + in_build_up) / listed, None without any name; planted:
    squeezes running in those days; caught: of these, listed at least once before their peak.
    """

    strategy: str
    days: int
    listed: int
    in_squeeze: int
    in_build_up: int
    precision_frac: float | None
    planted: int
    caught: int

    def as_json(self) -> dict[str, Any]:
        """Return the card as a plain row."""
        return asdict(self)


def score_lists(market: SimulatedMarket, strategy: str, lists: Mapping[date, Sequence[str]]) -> Scorecard:
    """Return how the lists of one strategy compare with the planted squeezes of ``market``."""
    days = sorted(lists)
    running = [item for item in market.planted() if item.ignition_date <= days[-1] and item.peak_date >= days[0]]
    by_symbol: dict[str, list[Planted]] = {}
    for item in market.planted():
        by_symbol.setdefault(item.symbol, []).append(item)
    listed = in_squeeze = in_build_up = 0
    caught: set[tuple[str, date]] = set()
    for day in days:
        for symbol in lists[day]:
            listed += 1
            for item in by_symbol.get(symbol, []):
                if item.ignition_date <= day <= item.peak_date:
                    in_squeeze += 1
                    caught.add((symbol, item.ignition_date))
                elif item.build_up_from <= day < item.ignition_date:
                    in_build_up += 1
                    caught.add((symbol, item.ignition_date))
    return Scorecard(
        strategy=strategy,
        days=len(days),
        listed=listed,
        in_squeeze=in_squeeze,
        in_build_up=in_build_up,
        precision_frac=(in_squeeze + in_build_up) / listed if listed else None,
        planted=len(running),
        caught=sum((item.symbol, item.ignition_date) in caught for item in running),
    )

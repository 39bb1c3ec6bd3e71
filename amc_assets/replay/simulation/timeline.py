"""The simulation's own time: quarters of sessions counted from a fixed origin, whatever range is asked for."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from amc_assets.market.calendar import sessions_between
from amc_assets.market.publication import settlement_dates

ORIGIN = date(2024, 1, 1)
LAST_POSSIBLE_DAY = date(2030, 6, 30)  # two quarters before the calendar's end: the plan looks one quarter ahead


@dataclass(frozen=True)
class Quarter:
    """One block of the simulation: its number, its sessions, and the index of its first session since the origin."""

    number: int
    first_index: int
    sessions: tuple[date, ...]

    @cached_property
    def settlements(self) -> tuple[date, ...]:
        """Settlement dates inside the quarter."""
        return tuple(settlement_dates(self.sessions[0], self.sessions[-1]))


def quarter_number(day: date) -> int:
    """Return the number of the quarter that holds ``day``; 0 is the origin's."""
    return (day.year - ORIGIN.year) * 4 + (day.month - 1) // 3


def quarter_start(number: int) -> date:
    """Return the first calendar day of a quarter."""
    year, quarter = divmod(number, 4)
    return date(ORIGIN.year + year, quarter * 3 + 1, 1)


def quarters(count: int) -> list[Quarter]:
    """Return the first ``count`` quarters since the origin, in order."""
    found: list[Quarter] = []
    first_index = 0
    for number in range(count):
        last_day = quarter_start(number + 1) - timedelta(days=1)
        sessions = tuple(sessions_between(quarter_start(number), last_day))
        found.append(Quarter(number, first_index, sessions))
        first_index += len(sessions)
    return found

"""The limiter's document: the next free slot of a provider and the calls of a New York day."""

from dataclasses import dataclass, replace
from typing import Self

from amc_assets.providers.road.state import Document
from amc_assets.providers.road.ticks import number, text


@dataclass(frozen=True)
class DayCount:
    """Calls counted on one New York date; ``left`` is None where the provider has no daily quota."""

    used: int
    left: int | None


@dataclass(frozen=True)
class Slots:
    """``next_slot_tick`` is free, those before are taken; ``spent_day`` is a day the provider itself called spent."""

    next_slot_tick: float | None = None
    day: str = ""
    day_calls: int = 0
    spent_day: str = ""

    @classmethod
    def of(cls, document: Document | None, today: str) -> Self:
        """Return the slots of a document, its count begun again when ``today`` is another day."""
        day_calls = number(document, "day_calls") or 0
        return cls(
            next_slot_tick=number(document, "next_slot_tick"),
            day=today,
            day_calls=int(day_calls) if text(document, "day") == today else 0,
            spent_day=text(document, "spent_day"),
        )

    def document(self) -> Document:
        """Return the slots as a document."""
        return {
            "next_slot_tick": self.next_slot_tick,
            "day": self.day,
            "day_calls": self.day_calls,
            "spent_day": self.spent_day,
        }

    def count(self, per_day: int | None) -> DayCount:
        """Return the calls of the day and how many a quota of ``per_day`` leaves."""
        if self.spent_day == self.day:
            return DayCount(self.day_calls, 0)
        return DayCount(self.day_calls, None if per_day is None else max(per_day - self.day_calls, 0))

    def taken(self, next_slot_tick: float, calls: int) -> "Slots":
        """Return the slots after one was taken."""
        return replace(self, next_slot_tick=next_slot_tick, day_calls=self.day_calls + calls)

"""How far a long run is: its phases, the days done of each, and the first names found. Who shows it is passed in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """What a run works through day by day, as a person reads it."""

    LISTINGS = "listings"
    BARS = "daily bars"
    SHORT_VOLUME = "short volume"
    SHORT_INTEREST = "short interest"
    EVENTS = "events"
    SECOND_STAGE = "floats, headlines, options"
    PANEL = "price panel"
    DISCOVERY = "discovery"
    OUTCOMES = "later bars"


@dataclass(frozen=True)
class ScoredDay:
    """What one session's run found: the served list, best first, as (symbol, score 0-1); a failed day is not scored."""

    day: date
    candidates_found: int
    best: tuple[tuple[str, float], ...]
    reason: str = ""
    is_scored: bool = True


class Progress(Protocol):
    """Who is told how far a run is."""

    def plan(self, days: Mapping[Phase, int]) -> None:
        """Take note of how many days each phase will have."""
        ...

    def begin(self, phase: Phase, days: int) -> None:
        """A phase goes through so many days now."""
        ...

    def advance(self, phase: Phase, day: date) -> None:
        """One day of a phase is done."""
        ...

    def scored(self, found: ScoredDay) -> None:
        """A session has its list."""
        ...


class Silent:
    """Tells nobody: schedules, the Dagster UI and tests."""

    def plan(self, days: Mapping[Phase, int]) -> None:
        """Ignore it."""

    def begin(self, phase: Phase, days: int) -> None:
        """Ignore it."""

    def advance(self, phase: Phase, day: date) -> None:
        """Ignore it."""

    def scored(self, found: ScoredDay) -> None:
        """Ignore it."""


def each(progress: Progress, phase: Phase, days: Sequence[date]) -> Iterator[date]:
    """Yield the days of a phase and tell of each one that its loop has finished."""
    if days:
        progress.begin(phase, len(days))
    for day in days:
        yield day
        progress.advance(phase, day)

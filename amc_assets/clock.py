"""The one place that reads the clock, sleeps or draws randomness; everything else is handed these.

A run in the past (replay) gets a clock that stands at its ``as_of``, so nothing can look at the real time by accident.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What code that needs the time is given."""

    def now(self) -> datetime:
        """Return the current instant, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, UTC-aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass
class FixedClock:
    """A clock that stands at ``at`` and moves only when it sleeps: for replays of the past and for tests."""

    at: datetime
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds since the epoch of the instant the clock stands at."""
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        """Move the clock on by ``seconds`` without waiting."""
        self.slept.append(seconds)
        self.at = self.at + timedelta(seconds=seconds)


@dataclass
class MarketClock:
    """A calendar that stands at ``at`` with durations on the machine's clock: for replays over real HTTP."""

    at: datetime

    def now(self) -> datetime:
        """Return the replayed instant."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds of the machine's own steady clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass
class HurriedClock(MarketClock):
    """A replayed calendar on which waiting takes no time: for trying the paces of a provider's plan."""

    skipped_seconds: float = 0.0

    def monotonic(self) -> float:
        """Return seconds of a steady clock that sleeping moves on."""
        return time.monotonic() + self.skipped_seconds

    def sleep(self, seconds: float) -> None:
        """Move calendar and steady clock on by ``seconds`` without waiting."""
        self.skipped_seconds += seconds
        self.at += timedelta(seconds=seconds)


Randomness = Callable[[], float]
"""A source of floats in [0, 1): retries draw their jitter from it."""


def seeded(seed: int) -> Randomness:
    """Return a repeatable source of floats in [0, 1)."""
    return random.Random(seed).random  # noqa: S311 - jitter and simulation, not secrets

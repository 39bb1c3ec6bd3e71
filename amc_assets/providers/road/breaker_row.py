"""A breaker as a document of the shared state, and the same breaker as the storage pybreaker works on."""

from dataclasses import dataclass, field
from datetime import datetime

import pybreaker

from amc_assets.providers.road.state import Document
from amc_assets.providers.road.ticks import number, text


@dataclass(frozen=True)
class Instant:
    """One moment on both clocks: the state's, for arithmetic, and the wall's, for people."""

    tick: float
    at: datetime


@dataclass
class BreakerRow:
    """State of one breaker. ``opened`` and ``probe_until`` are ticks of the state's clock, ``opened_at`` is for people.

    ``now`` is the moment at which pybreaker works on it.
    """

    provider: str
    state: str = pybreaker.STATE_CLOSED
    failures: int = 0
    successes: int = 0
    recent: str = ""
    opened: float | None = None
    opened_at: datetime | None = None
    probe: int = 0
    probe_until: float | None = None
    cause: str | None = None
    now: Instant | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, provider: str, document: Document | None) -> "BreakerRow":
        """Return the row of a document, a fresh closed one when there is none."""
        if document is None:
            return cls(provider)
        opened_at = text(document, "opened_at")
        return cls(
            provider,
            state=text(document, "state"),
            failures=int(number(document, "failures") or 0),
            successes=int(number(document, "successes") or 0),
            recent=text(document, "recent"),
            opened=number(document, "opened_tick"),
            opened_at=datetime.fromisoformat(opened_at) if opened_at else None,
            probe=int(number(document, "probe") or 0),
            probe_until=number(document, "probe_until_tick"),
            cause=text(document, "cause") or None,
        )

    def document(self) -> Document:
        """Return the row as a document."""
        return {
            "state": self.state,
            "failures": self.failures,
            "successes": self.successes,
            "recent": self.recent,
            "opened_tick": self.opened,
            "opened_at": self.opened_at.isoformat() if self.opened_at else None,
            "probe": self.probe,
            "probe_until_tick": self.probe_until,
            "cause": self.cause,
        }

    def storage(self) -> "RowStorage":
        """Return the row as pybreaker's storage."""
        return RowStorage(self)

    def forget(self) -> None:
        """Start afresh after closing: old failures no longer count."""
        self.failures = self.successes = 0
        self.recent = ""
        self.opened = self.opened_at = self.probe_until = None


class RowStorage(pybreaker.CircuitBreakerStorage):
    """What pybreaker reads and writes; nothing reaches the shared state before the update ends."""

    def __init__(self, row: BreakerRow) -> None:
        super().__init__("shared state")
        self._row = row

    @property
    def state(self) -> str:
        """Return open, closed or half-open."""
        return self._row.state

    @state.setter
    def state(self, state: str) -> None:
        self._row.state = state

    def increment_counter(self) -> None:
        """Count one more failure in a row."""
        self._row.failures += 1

    def reset_counter(self) -> None:
        """Forget the failures in a row."""
        self._row.failures = 0

    def increment_success_counter(self) -> None:
        """Count one more good probe."""
        self._row.successes += 1

    def reset_success_counter(self) -> None:
        """Forget the good probes."""
        self._row.successes = 0

    @property
    def counter(self) -> int:
        """Return the failures in a row."""
        return self._row.failures

    @property
    def success_counter(self) -> int:
        """Return the good probes in a row."""
        return self._row.successes

    @property
    def opened_at(self) -> datetime | None:
        """Return when it opened."""
        return self._row.opened_at

    @opened_at.setter
    def opened_at(self, at: datetime) -> None:
        # pybreaker hands over the wall clock of the machine; the clocks of the update rule here
        now = self._row.now
        self._row.opened_at = now.at if now else at
        self._row.opened = now.tick if now else None

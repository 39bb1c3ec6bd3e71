"""A breaker's row in the state file, and the same row as the storage pybreaker works on."""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

import pybreaker

from amc_assets.clock import Clock


@dataclass
class BreakerRow:
    """State of one breaker. ``opened`` and ``probe_until`` are on the steady clock, ``opened_at`` is for people."""

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
    clock: Clock | None = field(default=None, repr=False, compare=False)

    def storage(self) -> "RowStorage":
        """Return the row as pybreaker's storage."""
        return RowStorage(self)

    def forget(self) -> None:
        """Start afresh after closing: old failures no longer count."""
        self.failures = self.successes = 0
        self.recent = ""
        self.opened = self.opened_at = self.probe_until = None


class RowStorage(pybreaker.CircuitBreakerStorage):
    """What pybreaker reads and writes; nothing reaches the file before the transaction ends."""

    def __init__(self, row: BreakerRow) -> None:
        super().__init__("state file")
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
        # pybreaker hands over the wall clock of the machine; the injected clock rules here
        clock = self._row.clock
        self._row.opened_at = clock.now() if clock else at
        self._row.opened = clock.monotonic() if clock else None


def load_row(connection: sqlite3.Connection, provider: str) -> BreakerRow:
    """Return the provider's row, or a fresh closed one."""
    found = connection.execute(
        "SELECT state, failures, successes, recent, opened, opened_at, probe, probe_until, cause "
        "FROM breakers WHERE provider = ?",
        (provider,),
    ).fetchone()
    if found is None:
        return BreakerRow(provider)
    state, failures, successes, recent, opened, opened_at, probe, probe_until, cause = found
    at = datetime.fromisoformat(opened_at) if opened_at else None
    return BreakerRow(provider, state, failures, successes, recent, opened, at, probe, probe_until, cause)


def save_row(connection: sqlite3.Connection, row: BreakerRow) -> None:
    """Write the row."""
    opened_at = row.opened_at.isoformat() if row.opened_at else None
    connection.execute(
        "INSERT OR REPLACE INTO breakers (provider, state, failures, successes, recent, opened, opened_at, probe, "
        "probe_until, cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.provider, row.state, row.failures, row.successes, row.recent, row.opened, opened_at, row.probe,
         row.probe_until, row.cause),
    )  # fmt: skip

"""One circuit breaker per provider, shared by all processes of the machine.

pybreaker is the state machine; its storage is a row of the state file, read and written inside one transaction. The
slow call is never wrapped: ``enter`` gives leave before it, ``record`` tells the outcome after it (pybreaker holds its
lock while a wrapped call runs: eight threads took turns). pybreaker counts failures in a row only; four failures out
of five never opened it, so a failure rate over the last calls opens it too. Half open, exactly one process probes:
it reserves the probe in the row, and a reservation that is not answered in time expires.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pybreaker

from amc_assets.clock import Clock
from amc_assets.providers.errors import BreakerOpen, ProviderError
from amc_assets.providers.road.audit import AuditSink, BreakerChange, BreakerRecord
from amc_assets.providers.road.breaker_row import BreakerRow, load_row, save_row
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.statefile import StateFile

WINDOW_CALLS = 20
WINDOW_MIN_CALLS = 10
WINDOW_FAILURE_FRAC = 0.5

_CHANGES: dict[str, BreakerChange] = {
    pybreaker.STATE_OPEN: "OPENED",
    pybreaker.STATE_CLOSED: "CLOSED",
    pybreaker.STATE_HALF_OPEN: "HALF_OPENED",
}


@dataclass(frozen=True)
class Permit:
    """Leave for one call; ``probe`` is the number of a half-open reservation, 0 for an ordinary call."""

    provider: str
    dataset: str
    probe: int = 0


@dataclass(frozen=True)
class BreakerStatus:
    """What health pages show of a breaker."""

    provider: str
    state: str
    failures: int
    opened_at: datetime | None
    auto_recovery_at: datetime | None
    cause: str | None


class Breakers:
    """The breakers of all providers. With ``enabled=False`` calls are counted and recorded, never refused."""

    def __init__(
        self,
        state: StateFile,
        limits: Mapping[str, RoadLimits],
        audit: AuditSink,
        clock: Clock,
        *,
        enabled: bool = True,
    ) -> None:
        self._state = state
        self._limits = limits
        self._audit = audit
        self._clock = clock
        self.enabled = enabled

    def check(self, provider: str, dataset: str) -> None:
        """Raise BreakerOpen when a call would be refused now; reserve nothing."""
        if not self.enabled:
            return
        with self._state.reading() as connection:
            row = load_row(connection, provider)
        self._refuse_if_shut(row, dataset)

    def enter(self, provider: str, dataset: str) -> Permit:
        """Return leave for one call, as the probe when the breaker is half open; raise BreakerOpen when it is shut."""
        if not self.enabled:
            return Permit(provider, dataset)
        with self._state.writing() as connection:
            row = load_row(connection, provider)
            self._refuse_if_shut(row, dataset)
            if row.state == pybreaker.STATE_CLOSED:
                return Permit(provider, dataset)
            events = self._half_open(row)
            row.probe += 1
            row.probe_until = self._clock.monotonic() + self._limits[provider].total_seconds
            save_row(connection, row)
        self._tell(events)
        return Permit(provider, dataset, row.probe)

    def record(self, permit: Permit, failure: ProviderError | None) -> None:
        """Count the outcome of a call: None, or the failure that counts against the provider."""
        with self._state.writing() as connection:
            row = load_row(connection, permit.provider)
            before = replace(row)
            events = self._apply(row, permit, failure)
            if row != before:  # the usual success after twenty others changes nothing: no write, no fsync
                save_row(connection, row)
        self._tell(events)

    def release(self, permit: Permit) -> None:
        """Give a permit back unused: the call was never answered one way or the other."""
        if not permit.probe:
            return
        with self._state.writing() as connection:
            row = load_row(connection, permit.provider)
            if row.probe == permit.probe:
                row.probe_until = None
                save_row(connection, row)

    def half_open_due(self) -> list[str]:
        """Move every open breaker whose time has passed to half open; return their providers."""
        moved = []
        for provider in self._limits:
            with self._state.writing() as connection:
                row = load_row(connection, provider)
                if row.state != pybreaker.STATE_OPEN or self._seconds_left(row) > 0:
                    continue
                events = self._half_open(row)
                save_row(connection, row)
            self._tell(events)
            moved.append(provider)
        return moved

    def statuses(self) -> list[BreakerStatus]:
        """Return the state of every provider's breaker."""
        with self._state.reading() as connection:
            rows = [load_row(connection, provider) for provider in self._limits]
        return [
            BreakerStatus(row.provider, row.state, row.failures, row.opened_at, self._recovery_at(row), row.cause)
            for row in rows
        ]

    def _apply(self, row: BreakerRow, permit: Permit, failure: ProviderError | None) -> list[BreakerRecord]:
        row.recent = (row.recent + ("x" if failure else "."))[-WINDOW_CALLS:]
        if failure:
            row.cause = str(failure)[:500]
        if row.state == pybreaker.STATE_OPEN or (row.state == pybreaker.STATE_HALF_OPEN and row.probe != permit.probe):
            return []  # a late answer to a call made before it opened, or of a probe whose reservation expired
        if row.state == pybreaker.STATE_HALF_OPEN:
            row.probe_until = None
            if failure is None and row.successes + 1 < self._limits[row.provider].breaker_successes:
                row.successes += 1
                return []
        listener = _Listener()
        machine = self._machine(row, listener)
        with suppress(pybreaker.CircuitBreakerError, _Failed):  # the caller raises the failure; here it is only counted
            machine.call(_outcome, failed=failure is not None)
        if failure and row.state == pybreaker.STATE_CLOSED and _rate_is_high(row.recent):
            machine.open()
        return self._events(row, listener)

    def _half_open(self, row: BreakerRow) -> list[BreakerRecord]:
        if row.state != pybreaker.STATE_OPEN:
            return []
        listener = _Listener()
        self._machine(row, listener).half_open()
        row.probe_until = None
        return self._events(row, listener)

    def _machine(self, row: BreakerRow, listener: "_Listener") -> pybreaker.CircuitBreaker:
        row.clock = self._clock
        return pybreaker.CircuitBreaker(
            fail_max=self._limits[row.provider].breaker_failures,
            reset_timeout=self._limits[row.provider].breaker_seconds,
            listeners=[listener],
            state_storage=row.storage(),
            name=row.provider,
        )

    def _events(self, row: BreakerRow, listener: "_Listener") -> list[BreakerRecord]:
        records = []
        for state in listener.changes:
            if state == pybreaker.STATE_CLOSED:
                row.forget()
            records.append(
                BreakerRecord(
                    provider_name=row.provider,
                    event_type=_CHANGES[state],
                    event_at=self._clock.now(),
                    trigger_reason=row.cause,
                    failure_count=row.failures if state == pybreaker.STATE_OPEN else None,
                    auto_recovery_at=self._recovery_at(row),
                )
            )
        return records

    def _tell(self, events: list[BreakerRecord]) -> None:
        for event in events:
            self._audit.breaker(event)

    def _refuse_if_shut(self, row: BreakerRow, dataset: str) -> None:
        if row.state == pybreaker.STATE_OPEN and (left := self._seconds_left(row)) > 0:
            raise self._refusal(row, dataset, f"the breaker is open for {left:.0f} s more", left)
        now = self._clock.monotonic()
        longest = self._limits[row.provider].total_seconds  # further away: reserved before a restart of the machine
        probing = row.probe_until is not None and now < row.probe_until <= now + longest
        if row.state == pybreaker.STATE_HALF_OPEN and probing:
            raise self._refusal(row, dataset, "the breaker is half open and another process is probing", 1.0)

    def _refusal(self, row: BreakerRow, dataset: str, what: str, seconds: float) -> BreakerOpen:
        again_at = self._clock.now() + timedelta(seconds=seconds)
        return BreakerOpen(
            row.provider,
            dataset,
            f"not asked: {what} after {row.failures} failures, the last: {row.cause}",
            f"it heals by itself; the next call may go out at {again_at:%Y-%m-%d %H:%M:%S} UTC",
        )

    def _seconds_left(self, row: BreakerRow) -> float:
        now = self._clock.monotonic()
        if row.opened is None or now < row.opened:  # the machine was restarted since
            return 0.0
        return row.opened + self._limits[row.provider].breaker_seconds - now

    def _recovery_at(self, row: BreakerRow) -> datetime | None:
        if row.state != pybreaker.STATE_OPEN or row.opened_at is None:
            return None
        return row.opened_at + timedelta(seconds=self._limits[row.provider].breaker_seconds)


class _Listener(pybreaker.CircuitBreakerListener):
    def __init__(self) -> None:
        self.changes: list[str] = []

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,  # noqa: ARG002 - pybreaker's signature
        old_state: object,  # noqa: ARG002
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        self.changes.append(new_state.name)


class _Failed(Exception):
    """Stands for the failure inside pybreaker, so that the real one keeps its own traceback."""


def _outcome(*, failed: bool) -> None:
    if failed:
        raise _Failed


def _rate_is_high(recent: str) -> bool:
    return len(recent) >= WINDOW_MIN_CALLS and recent.count("x") >= WINDOW_FAILURE_FRAC * len(recent)

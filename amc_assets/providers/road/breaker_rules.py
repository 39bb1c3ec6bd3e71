"""What an outcome does to one breaker, at one moment: pure arithmetic on its row, pybreaker being the state machine.

pybreaker counts failures in a row only; four failures out of five never opened it, so a failure rate over the last
calls opens it too.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pybreaker

from amc_assets.providers.errors import ProviderError
from amc_assets.providers.road.audit import BreakerChange, BreakerRecord
from amc_assets.providers.road.breaker_row import BreakerRow, Instant
from amc_assets.providers.road.limits import RoadLimits

CAUSE_CHARACTERS = 500

_CHANGES: dict[str, BreakerChange] = {
    pybreaker.STATE_OPEN: "OPENED",
    pybreaker.STATE_CLOSED: "CLOSED",
    pybreaker.STATE_HALF_OPEN: "HALF_OPENED",
}


@dataclass(frozen=True)
class BreakerRules:
    """The rules of one provider's breaker at the moment ``now``."""

    limits: RoadLimits
    now: Instant

    def apply(self, row: BreakerRow, probe: int, failure: ProviderError | None) -> list[BreakerRecord]:
        """Count an outcome in the row; return the changes it caused. ``probe`` is that of the permit, 0 for none."""
        row.recent = (row.recent + ("x" if failure else "."))[-self.limits.breaker_window_calls :]
        if failure:
            row.cause = str(failure)[:CAUSE_CHARACTERS]
        if row.state == pybreaker.STATE_OPEN or (row.state == pybreaker.STATE_HALF_OPEN and row.probe != probe):
            return []  # a late answer to a call made before it opened, or of a probe whose reservation expired
        if row.state == pybreaker.STATE_HALF_OPEN:
            row.probe_until = None
            if failure is None and row.successes + 1 < self.limits.breaker_successes:
                row.successes += 1
                return []
        listener = _Listener()
        machine = self._machine(row, listener)
        with suppress(pybreaker.CircuitBreakerError, _Failed):  # the caller raises the failure; here it is only counted
            machine.call(_outcome, failed=failure is not None)
        if failure and row.state == pybreaker.STATE_CLOSED and self._rate_is_high(row.recent):
            machine.open()
        return self._events(row, listener)

    def half_open(self, row: BreakerRow) -> list[BreakerRecord]:
        """Move an open breaker to half open; return the change, nothing when it was not open."""
        if row.state != pybreaker.STATE_OPEN:
            return []
        listener = _Listener()
        self._machine(row, listener).half_open()
        row.successes = 0  # good probes of an earlier half-open time prove nothing now
        row.probe_until = None
        return self._events(row, listener)

    def is_due(self, row: BreakerRow) -> bool:
        """Say whether it is open and its time has passed."""
        return row.state == pybreaker.STATE_OPEN and self.seconds_left(row) <= 0

    def is_probing(self, row: BreakerRow) -> bool:
        """Say whether a probe is reserved; one further away than a call may take was reserved on another clock."""
        return row.probe_until is not None and 0 < row.probe_until - self.now.tick <= self.limits.total_seconds

    def seconds_left(self, row: BreakerRow) -> float:
        """Return how long it stays open; 0 when that is not known, because the machine started again since."""
        if row.opened is None or self.now.tick < row.opened:
            return 0.0
        return row.opened + self.limits.breaker_seconds - self.now.tick

    def recovery_at(self, row: BreakerRow) -> datetime | None:
        """Return when an open breaker lets a probe through; None for one that is not open."""
        if row.state != pybreaker.STATE_OPEN or row.opened_at is None:
            return None
        return row.opened_at + timedelta(seconds=self.limits.breaker_seconds)

    def _machine(self, row: BreakerRow, listener: "_Listener") -> pybreaker.CircuitBreaker:
        row.now = self.now
        return pybreaker.CircuitBreaker(
            fail_max=self.limits.breaker_failures,
            reset_timeout=self.limits.breaker_seconds,
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
                    event_at=self.now.at,
                    trigger_reason=row.cause,
                    failure_count=row.failures if state == pybreaker.STATE_OPEN else None,
                    auto_recovery_at=self.recovery_at(row),
                )
            )
        return records

    def _rate_is_high(self, recent: str) -> bool:
        limits = self.limits
        is_enough = len(recent) >= limits.breaker_window_min_calls
        return is_enough and recent.count("x") >= limits.breaker_window_failure_frac * len(recent)


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

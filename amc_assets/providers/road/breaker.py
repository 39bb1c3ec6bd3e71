"""One circuit breaker per provider, shared by all processes that use one state.

The slow call is never wrapped: ``enter`` gives leave before it, ``record`` tells the outcome after it (pybreaker holds
its lock while a wrapped call runs: eight threads took turns). Half open, exactly one process probes: it reserves the
probe in the document, and a reservation that is not answered in time expires. The rules of a single breaker are in
``breaker_rules.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pybreaker

from amc_assets.clock import Clock
from amc_assets.providers.errors import BreakerOpen, ProviderError
from amc_assets.providers.road.audit import AuditSink, BreakerRecord
from amc_assets.providers.road.breaker_row import BreakerRow, Instant
from amc_assets.providers.road.breaker_rules import BreakerRules
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.state import Document, SharedState


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
        state: SharedState,
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
        row, rules = self._look(provider)
        self._refuse_if_shut(row, rules, dataset)

    def enter(self, provider: str, dataset: str) -> Permit:
        """Return leave for one call, as the probe when the breaker is half open; raise BreakerOpen when it is shut."""
        if not self.enabled:
            return Permit(provider, dataset)
        row, _ = self._look(provider)
        if row.state == pybreaker.STATE_CLOSED:  # the usual case: nothing to reserve, so nothing is locked
            return Permit(provider, dataset)

        def reserve(document: Document | None, now: float) -> tuple[Document | None, tuple[int, list[BreakerRecord]]]:
            row, rules = self._open(provider, document, now)
            self._refuse_if_shut(row, rules, dataset)
            if row.state == pybreaker.STATE_CLOSED:
                return None, (0, [])
            events = rules.half_open(row)
            row.probe += 1
            row.probe_until = now + self._limits[provider].total_seconds
            return row.document(), (row.probe, events)

        probe, events = self._state.update(key_of(provider), reserve)
        self._tell(events)
        return Permit(provider, dataset, probe)

    def record(self, permit: Permit, failure: ProviderError | None) -> None:
        """Count the outcome of a call: None, or the failure that counts against the provider."""

        def count(document: Document | None, now: float) -> tuple[Document | None, list[BreakerRecord]]:
            row, rules = self._open(permit.provider, document, now)
            before = replace(row)
            events = rules.apply(row, permit.probe, failure)
            # the usual success after twenty others changes nothing: no write, no fsync
            return (None if row == before else row.document()), events

        self._tell(self._state.update(key_of(permit.provider), count))

    def release(self, permit: Permit) -> None:
        """Give a permit back unused: the call was never answered one way or the other."""
        if not permit.probe:
            return

        def free(document: Document | None, now: float) -> tuple[Document | None, None]:
            row, _ = self._open(permit.provider, document, now)
            if row.probe != permit.probe:
                return None, None
            row.probe_until = None
            return row.document(), None

        self._state.update(key_of(permit.provider), free)

    def half_open_due(self) -> list[str]:
        """Move every open breaker whose time has passed to half open; return their providers."""
        moved = []
        for provider in self._limits:
            row, rules = self._look(provider)
            if rules.is_due(row) and self._half_open(provider):
                moved.append(provider)
        return moved

    def statuses(self) -> list[BreakerStatus]:
        """Return the state of every provider's breaker."""
        looks = [self._look(provider) for provider in self._limits]
        return [
            BreakerStatus(row.provider, row.state, row.failures, row.opened_at, rules.recovery_at(row), row.cause)
            for row, rules in looks
        ]

    def _half_open(self, provider: str) -> bool:
        def move(document: Document | None, now: float) -> tuple[Document | None, list[BreakerRecord]]:
            row, rules = self._open(provider, document, now)
            if not rules.is_due(row):
                return None, []
            events = rules.half_open(row)
            return row.document(), events

        events = self._state.update(key_of(provider), move)
        self._tell(events)
        return bool(events)

    def _look(self, provider: str) -> tuple[BreakerRow, BreakerRules]:
        return self._open(provider, *self._state.read(key_of(provider)))

    def _open(self, provider: str, document: Document | None, now: float) -> tuple[BreakerRow, BreakerRules]:
        instant = Instant(now, self._clock.now())
        return BreakerRow.of(provider, document), BreakerRules(self._limits[provider], instant)

    def _tell(self, events: list[BreakerRecord]) -> None:
        for event in events:
            self._audit.breaker(event)

    def _refuse_if_shut(self, row: BreakerRow, rules: BreakerRules, dataset: str) -> None:
        if row.state == pybreaker.STATE_OPEN and (left := rules.seconds_left(row)) > 0:
            raise self._refusal(row, dataset, f"the breaker is open for {left:.0f} s more", left)
        if row.state == pybreaker.STATE_HALF_OPEN and rules.is_probing(row):
            raise self._refusal(row, dataset, "the breaker is half open and another process is probing", 1.0)

    def _refusal(self, row: BreakerRow, dataset: str, what: str, seconds: float) -> BreakerOpen:
        again_at = self._clock.now() + timedelta(seconds=seconds)
        return BreakerOpen(
            row.provider,
            dataset,
            f"not asked: {what} after {row.failures} failures, the last: {row.cause}",
            f"it heals by itself; the next call may go out at {again_at:%Y-%m-%d %H:%M:%S} UTC",
        )


def key_of(provider: str) -> str:
    """Return the name of the breaker's document of a provider."""
    return f"breaker:{provider}"

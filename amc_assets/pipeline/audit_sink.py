"""The road's audit written to the operational database: one row per call, one per change of a breaker."""

from dataclasses import asdict

from sqlalchemy import Engine

from amc_assets.clock import Clock, SystemClock
from amc_assets.providers.road.audit import BreakerRecord, CallRecord
from amc_assets.store.calls import ApiCall, BreakerEvent, record_breaker_event, record_call


class DatabaseAudit:
    """Rows carry the real time of the call even when the market's calendar stands in the past."""

    def __init__(self, engine: Engine, clock: Clock | None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()

    def call(self, record: CallRecord) -> None:
        """Keep one attempt."""
        record_call(self._engine, ApiCall(**{**asdict(record), "request_at": self._clock.now()}))

    def breaker(self, record: BreakerRecord) -> None:
        """Keep one change of a breaker."""
        record_breaker_event(self._engine, BreakerEvent(**{**asdict(record), "event_at": self._clock.now()}))

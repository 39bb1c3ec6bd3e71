"""What the road out tells: one row per attempt, one per change of a breaker. Data only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

BreakerChange = Literal["OPENED", "CLOSED", "HALF_OPENED"]


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One attempt to reach a provider, scrubbed; None where no answer came."""

    provider_name: str
    endpoint: str
    request_at: datetime
    success: bool
    response_time_ms: int | None = None
    status_code: int | None = None
    error_message: str | None = None
    rate_limited: bool = False
    circuit_breaker_open: bool = False


@dataclass(frozen=True, kw_only=True)
class BreakerRecord:
    """One change of a provider's breaker."""

    provider_name: str
    event_type: BreakerChange
    event_at: datetime
    trigger_reason: str | None = None
    failure_count: int | None = None
    auto_recovery_at: datetime | None = None


class AuditSink(Protocol):
    """Where attempts and breaker changes are written down."""

    def call(self, record: CallRecord) -> None:
        """Keep one attempt."""
        ...

    def breaker(self, record: BreakerRecord) -> None:
        """Keep one change of a breaker."""
        ...


@dataclass
class ListAudit:
    """An audit in memory: for a run without a database, and for tests."""

    calls: list[CallRecord] = field(default_factory=list)
    breaker_events: list[BreakerRecord] = field(default_factory=list)

    def call(self, record: CallRecord) -> None:
        """Keep one attempt."""
        self.calls.append(record)

    def breaker(self, record: BreakerRecord) -> None:
        """Keep one change of a breaker."""
        self.breaker_events.append(record)

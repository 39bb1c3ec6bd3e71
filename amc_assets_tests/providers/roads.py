"""A road out for tests: handler in, answers out, a clock that only sleeping moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyarrow as pa

from amc_assets.clock import Clock, FixedClock, seeded
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.cache import BodyCache
from amc_assets.providers.road.limiter import Limiter, SharedLimiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.retrying import RetryBudgetLike
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets.providers.transport import Transport

EVENING = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)  # Friday 18:50 New York
KEY = "sk_live_0123456789abcdef"  # pragma: allowlist secret
QUICK = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=100, breaker_seconds=60, total_seconds=120)
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Road:
    """A transport with everything a test wants to look at afterwards."""

    transport: Transport
    clock: Clock
    audit: ListAudit
    breakers: Breakers
    limiter: Limiter
    asked: list[httpx.Request]

    @property
    def slept(self) -> list[float]:
        """Waits in seconds, as asked of the fixed clock."""
        assert isinstance(self.clock, FixedClock)
        return self.clock.slept


def open_road(
    folder: Path,
    handler: Handler | httpx.BaseTransport | None,
    limits: RoadLimits | Mapping[str, RoadLimits] = QUICK,
    *,
    clock: Clock | None = None,
    seed: int = 1,
    breakers_enabled: bool = True,
    cache: BodyCache | None = None,
    retry_budget: RetryBudgetLike | None = None,
) -> Road:
    """Build a road whose far end is ``handler`` (None: the real network stack, or one of httpx's own)."""
    roads = dict.fromkeys(("finra", "polygon", "nasdaq"), limits) if isinstance(limits, RoadLimits) else limits
    clock = clock or FixedClock(EVENING)
    audit, state, asked = ListAudit(), SqliteState(folder / "state.db", clock), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        assert callable(handler)
        return handler(request)

    far_end = httpx.MockTransport(answer) if handler is not None else None
    if isinstance(handler, httpx.BaseTransport):
        far_end = handler
    limiter = SharedLimiter(state, clock)
    breakers = Breakers(state, roads, audit, clock, enabled=breakers_enabled)
    transport = Transport(
        limits=roads,
        limiter=limiter,
        breakers=breakers,
        audit=audit,
        clock=clock,
        randomness=seeded(seed),
        client=httpx.Client(transport=far_end),
        user_agent="amc_assets tests",
        cache=cache,
        retry_budget=retry_budget,
    )
    return Road(transport, clock, audit, breakers, limiter, asked)


def in_turn(*answers: httpx.Response | Exception) -> Handler:
    """Return a handler that gives these answers one after another, the last one for ever."""
    left = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handler


def ask(provider: str = "polygon", **changes: object) -> Request:
    """Return a request with a key in it."""
    values: dict[str, object] = {"secrets": {"Authorization": f"Bearer {KEY}"}, **changes}
    url = str(values.pop("url", "https://example.test/v1/thing"))
    return Request(provider, "thing", "GET", url, **values)  # type: ignore[arg-type]


def as_text(body: bytes, request: Request) -> Parsed:
    """Parse anything: one row holding the body."""
    return Parsed(pa.table({"body": [body]}))

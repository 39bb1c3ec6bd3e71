"""The provider clients of a run: real hosts, or a replay server on a loopback port that they cannot tell apart."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import Engine

from amc_assets.clock import Clock, MarketClock, SystemClock
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.audit_sink import DatabaseAudit
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.nasdaq.symbols import NasdaqDirectory
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.limiter import Limiter, SharedLimiter, Unlimited
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.scrub import redact_logs
from amc_assets.providers.road.statefile import StateFile
from amc_assets.providers.transport import Transport
from amc_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from amc_assets.replay.faults import FaultPlan
    from amc_assets.replay.market import Market

PROVIDERS = ("finra", "polygon", "nasdaq")


class Sources:
    """Clients per day: each call is told the clock of the day it is for, so a replay cannot look past it."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        name: str,
        client: httpx.Client,
        market_clock: MarketClock | None = None,
        bars_basis_date: date | None = None,
        first_day: date | None = None,
    ) -> None:
        self.name = name
        self.first_day = first_day
        self.is_replay = market_clock is not None
        self.bars_basis_date = bars_basis_date
        self._settings = settings
        self._clock = clock
        self._market_clock = market_clock
        self._client = client
        self._audit = DatabaseAudit(engine, clock if market_clock is None else None)
        self._limits = {provider: road_limits(settings, provider) for provider in PROVIDERS}
        self._state = StateFile(settings.home / "providers.db")

    def clock_for(self, day: date) -> Clock:
        """Return the clock to use for ``day``: in a replay it stands at that day's end, never later than now."""
        if self._market_clock is None:
            return self._clock
        self._market_clock.at = min(self._clock.now(), end_of_day_as_of(day))
        return MarketClock(self._market_clock.at)

    def finra(self, day: date) -> Finra:
        """Return the FINRA client as of ``day``."""
        clock = self.clock_for(day)
        return Finra(
            self._transport(clock),
            api_base_url=self._settings.finra_api_base_url,
            cdn_base_url=self._settings.finra_cdn_base_url,
            clock=clock,
        )

    def polygon(self, day: date) -> Polygon:
        """Return the Polygon client as of ``day``."""
        key = self._settings.polygon_api_key
        return Polygon(
            self._transport(self.clock_for(day)),
            base_url=self._settings.polygon_base_url,
            api_key=key.get_secret_value() if key else "",
        )

    def nasdaq(self, day: date) -> NasdaqDirectory:
        """Return the Nasdaq symbol directory as of ``day``."""
        return NasdaqDirectory(self._transport(self.clock_for(day)), base_url=self._settings.nasdaq_base_url)

    def _transport(self, clock: Clock) -> Transport:
        unlimited = self.is_replay
        limiter: Limiter = Unlimited() if unlimited else SharedLimiter(self._state, clock)
        enabled = self._settings.circuit_breaker_global_enabled
        contact = self._settings.contact or "no contact given, set AMC_CONTACT"
        return Transport(
            limits=self._limits,
            limiter=limiter,
            breakers=Breakers(self._state, self._limits, self._audit, clock, enabled=enabled),
            audit=self._audit,
            clock=clock,
            randomness=random.random,
            client=self._client,
            user_agent=f"amc_assets/0.1 ({contact})",
        )


def road_limits(settings: Settings, provider: str) -> RoadLimits:
    """Return the limits of one provider as the road out takes them."""
    known = set(RoadLimits.__dataclass_fields__)
    values = asdict(settings.limits(provider))
    return replace(RoadLimits(calls=1, per_seconds=1.0), **{k: v for k, v in values.items() if k in known})


@contextmanager
def open_sources(settings: Settings, engine: Engine, clock: Clock) -> Iterator[Sources]:
    """Connect to the real hosts, or with plan ``simulated`` to the embedded simulated market."""
    if settings.is_simulated:
        from amc_assets.replay.simulated import SimulatedMarket  # noqa: PLC0415 - not needed with real providers

        market = SimulatedMarket(seed=settings.simulation_seed)
        with open_replay(settings, engine, clock, market) as sources:
            yield sources
        return
    redact_logs(_keys(settings))
    with _http_client(uses_proxy=True) as client:
        yield Sources(settings, engine, clock, name="live", client=client)


@contextmanager
def open_replay(
    settings: Settings, engine: Engine, clock: Clock | None, market: "Market", faults: "FaultPlan | None" = None
) -> Iterator[Sources]:
    """Serve ``market`` on a free loopback port for as long as the block runs, and connect to it."""
    from amc_assets.replay.server import ReplayServer  # noqa: PLC0415 - not needed with real providers

    clock = clock or SystemClock()
    market_clock = MarketClock(clock.now())
    with ExitStack() as stack:
        server = stack.enter_context(ReplayServer(market, clock=market_clock, faults=faults))
        client = stack.enter_context(_http_client(uses_proxy=False))  # loopback, never through a proxy
        served = load_settings({"AMC_HOME": str(settings.home), "AMC_PLAN": "free", **server.environment()})
        pointed = settings.model_copy(
            update={
                name: getattr(served, name)
                for name in (
                    "finra_api_base_url", "finra_cdn_base_url", "polygon_base_url", "nasdaq_base_url",
                    "polygon_api_key",
                )
            }
        )  # fmt: skip
        yield Sources(
            pointed, engine, clock, name=market.name, client=client, market_clock=market_clock,
            bars_basis_date=market.bars_basis_date, first_day=market.first_day,
        )  # fmt: skip


def _keys(settings: Settings) -> list[str]:
    """Return the keys that must never reach a log: httpx prints whole addresses (encode/httpx #2760)."""
    secrets = (settings.polygon_api_key, settings.alpha_vantage_api_key, settings.finra_client_secret)
    return [secret.get_secret_value() for secret in secrets if secret is not None]


@contextmanager
def _http_client(*, uses_proxy: bool) -> Iterator[httpx.Client]:
    timeout = httpx.Timeout(30.0, connect=10.0)
    with httpx.Client(follow_redirects=False, timeout=timeout, trust_env=uses_proxy) as client:
        yield client

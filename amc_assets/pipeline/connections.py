"""Opening and closing of what ``Sources`` talks through: real hosts, or a replay server on a loopback port."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import Engine

from amc_assets.clock import Clock, HurriedClock, MarketClock, SystemClock
from amc_assets.pipeline.sources import Sources
from amc_assets.providers.road.scrub import redact_logs
from amc_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from amc_assets.replay.faults import FaultPlan
    from amc_assets.replay.market import Market

UNLIMITED = "unlimited"
_ADDRESSES = (
    "finra_api_base_url", "finra_cdn_base_url", "finra_token_url", "polygon_base_url", "polygon_api_key",
    "alpha_vantage_base_url", "alpha_vantage_api_key", "nasdaq_base_url", "nasdaq_api_base_url", "nyse_base_url",
    "sec_base_url", "sec_data_base_url", "treasury_base_url", "globenewswire_base_url", "prnewswire_base_url",
    "yahoo_feeds_base_url", "contact",
)  # fmt: skip
"""What a replay server replaces: every address, and the keys that belong to it."""


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
    settings: Settings,
    engine: Engine,
    clock: Clock | None,
    market: "Market",
    faults: "FaultPlan | None" = None,
    host_plan: str = UNLIMITED,
) -> Iterator[Sources]:
    """Serve ``market`` on a free loopback port for as long as the block runs, and connect to it.

    With ``host_plan`` (free, brief) the server keeps a provider's limits and entitlements, the client paces itself as
    it would against the real hosts, and waiting takes no time.
    """
    from amc_assets.replay.server import ReplayServer  # noqa: PLC0415 - not needed with real providers

    clock = clock or SystemClock()
    market_clock = MarketClock(clock.now()) if host_plan == UNLIMITED else HurriedClock(clock.now())
    with ExitStack() as stack:
        server = stack.enter_context(ReplayServer(market, clock=market_clock, faults=faults, plan=host_plan))
        client = stack.enter_context(_http_client(uses_proxy=False))  # loopback, never through a proxy
        served = load_settings({"AMC_HOME": str(settings.home), "AMC_PLAN": "free", **server.environment()})
        pointed = settings.model_copy(update={name: getattr(served, name) for name in _ADDRESSES})
        yield Sources(
            pointed,
            engine,
            clock,
            name=market.name,
            client=client,
            market_clock=market_clock,
            bars_basis_date=market.bars_basis_date,
            first_day=market.first_day,
            recording=None if market.is_simulated else market,
        )


def _keys(settings: Settings) -> list[str]:
    """Return the keys that must never reach a log: httpx prints whole addresses (encode/httpx #2760)."""
    secrets = (settings.polygon_api_key, settings.alpha_vantage_api_key, settings.finra_client_secret)
    return [secret.get_secret_value() for secret in secrets if secret is not None]


@contextmanager
def _http_client(*, uses_proxy: bool) -> Iterator[httpx.Client]:
    timeout = httpx.Timeout(30.0, connect=10.0)
    with httpx.Client(follow_redirects=False, timeout=timeout, trust_env=uses_proxy) as client:
        yield client

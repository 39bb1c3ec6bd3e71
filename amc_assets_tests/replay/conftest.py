"""Markets, servers and clients of the replay tests: a small simulated market, and the recorded one."""

from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from amc_assets.clock import FixedClock
from amc_assets.replay.recorded import RecordedMarket
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.replay.asking import Asker
from amc_assets_tests.replay.rich_market import RichMarket

EVENING = datetime(2024, 5, 16, 3, 30, tzinfo=UTC)  # 23:30 New York of the day before
SIMULATED_DAY = date(2024, 5, 15)
SIMULATED_SETTLEMENT = date(2024, 4, 30)


@pytest.fixture(scope="session")
def small_market() -> SimulatedMarket:
    """Return 400 symbols over the first half of 2024."""
    return SimulatedMarket(symbol_count=400, last_day=date(2024, 6, 28))


@pytest.fixture(scope="session")
def full_market() -> SimulatedMarket:
    """Return the market a new user gets."""
    return SimulatedMarket()


@pytest.fixture(scope="session")
def rich_market() -> RichMarket:
    """Return a small market that has a row of everything."""
    return RichMarket()


@pytest.fixture
def rich_server(rich_market: RichMarket) -> Iterator[ReplayServer]:
    """Serve the rich market as of the evening of its day, when everything of the day is out."""
    with ReplayServer(rich_market, clock=FixedClock(EVENING)) as running:
        yield running


@pytest.fixture
def asker(rich_server: ReplayServer) -> Asker:
    """Return what asks the rich market the project's own questions."""
    return Asker(rich_server.environment())


@pytest.fixture
def server(small_market: SimulatedMarket) -> Iterator[ReplayServer]:
    """Serve the small simulated market."""
    with ReplayServer(small_market) as running:
        yield running


@pytest.fixture
def client(server: ReplayServer) -> Iterator[httpx.Client]:
    """Return a client with the key."""
    with keyed_client(server) as opened:
        yield opened


@pytest.fixture(scope="session")
def recorded_market(shared_data: Path) -> RecordedMarket:
    """Return the recorded market; skips where its data is absent."""
    return RecordedMarket(shared_data)


@pytest.fixture
def recorded_client(recorded_market: RecordedMarket) -> Iterator[httpx.Client]:
    """Serve the recorded market and return a client with the key."""
    with ReplayServer(recorded_market) as running, keyed_client(running) as opened:
        yield opened


class PolygonKey(httpx.Auth):
    """Sends the key to Polygon's paths only: FINRA refuses a token that it did not give."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        if request.url.path.startswith(("/v1/", "/v2/", "/v3/", "/stocks/")):
            request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


def keyed_client(server: ReplayServer) -> httpx.Client:
    """Return a client of ``server`` that sends its key and ignores the machine's proxies."""
    key = PolygonKey(server.environment()["POLYGON_API_KEY"])
    return httpx.Client(base_url=server.base_url, auth=key, trust_env=False, timeout=120)

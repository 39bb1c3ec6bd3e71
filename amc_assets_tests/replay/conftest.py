"""Markets, servers and clients of the replay tests: a small simulated market, and the recorded one."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from amc_assets.replay.recorded import RecordedMarket
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket

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


def keyed_client(server: ReplayServer) -> httpx.Client:
    """Return a client of ``server`` that sends its key and ignores the machine's proxies."""
    headers = {"Authorization": f"Bearer {server.environment()['POLYGON_API_KEY']}"}
    return httpx.Client(base_url=server.base_url, headers=headers, trust_env=False, timeout=20)

"""The server as a server: threads, keep-alive, clean stop, bounded memory, publication by the clock."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.clock import FixedClock
from amc_assets.replay.answers import BodyCache
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.replay.conftest import SIMULATED_DAY, keyed_client
from amc_assets_tests.replay.reading import (
    INTEREST_PATH,
    JSON_ACCEPT,
    grouped_path,
    interest_file_path,
    interest_query,
    short_volume_path,
)


def test_eight_threads_get_the_same_bytes() -> None:
    market = SimulatedMarket(symbol_count=200, last_day=date(2024, 12, 31))  # its blocks are made by these threads
    paths = [grouped_path(date(2024, month, 15)) for month in (2, 5, 7, 8, 10, 11)] * 8
    with ReplayServer(market) as server, keyed_client(server) as client, ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda path: (path, client.get(path).content), paths))
        assert server.requests == {"grouped_daily": len(paths)}
    assert all(len({body for other, body in bodies if other == path}) == 1 for path in set(paths))
    assert len({body for _, body in bodies}) == 6


def test_connections_stay_open(server: ReplayServer) -> None:
    with keyed_client(server) as client:
        client.get("/v3/reference/splits")
        with socket.create_connection(("127.0.0.1", int(server.base_url.rsplit(":", 1)[1]))) as raw:
            for _ in range(2):
                raw.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
                assert raw.recv(4096).startswith(b"HTTP/1.1 404")


def test_stopping_leaves_nothing_behind(small_market: SimulatedMarket) -> None:
    before = set(threading.enumerate())
    server = ReplayServer(small_market)
    server.start()
    client = keyed_client(server)
    assert client.get("/v3/reference/splits").status_code == 200
    server.stop()
    server.stop()
    assert set(threading.enumerate()) <= before, "no thread outlives the server"
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.base_url, trust_env=False)
    with pytest.raises(httpx.TransportError):
        client.get("/v3/reference/splits")
    client.close()


def test_a_server_that_never_started_can_be_stopped(small_market: SimulatedMarket) -> None:
    ReplayServer(small_market).stop()


def test_a_taken_port_is_an_error(small_market: SimulatedMarket, server: ReplayServer) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        ReplayServer(small_market, port=int(server.base_url.rsplit(":", 1)[1]))


def test_an_oversized_request_is_refused(server: ReplayServer) -> None:
    with socket.create_connection(("127.0.0.1", int(server.base_url.rsplit(":", 1)[1]))) as raw:
        raw.settimeout(60)
        raw.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", [b"-5", b"many"])
def test_a_senseless_length_is_refused(server: ReplayServer, length: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(server.base_url.rsplit(":", 1)[1]))) as raw:
        raw.settimeout(60)
        raw.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=60))
def test_the_cache_never_exceeds_its_bound(asked: list[tuple[int, int]]) -> None:
    cache = BodyCache(max_bytes=60)
    for key, size in asked:
        body = bytes([key]) * size
        assert cache.get((key, size), lambda body=body: body) == body  # type: ignore[misc]
        assert cache.size_bytes <= 60


def test_the_cache_keeps_what_was_used_last() -> None:
    cache = BodyCache(max_bytes=20)
    for key in "ab":
        cache.get(key, lambda: b"x" * 10)
    cache.get("a", lambda: pytest.fail("a was dropped"))
    cache.get("c", lambda: b"y" * 10)
    cache.get("a", lambda: pytest.fail("a was dropped although b was older"))
    assert cache.get("b", lambda: b"new") == b"new"


def test_nothing_is_served_before_it_is_published(small_market: SimulatedMarket) -> None:
    clock = FixedClock(datetime(2024, 5, 15, 20, 14, tzinfo=UTC))
    settlement = date(2024, 4, 30)  # published seven sessions later, on 2024-05-09
    with ReplayServer(small_market, clock=clock) as server, keyed_client(server) as client:

        def bars() -> bool:
            return "results" in client.get(grouped_path(SIMULATED_DAY)).json()

        assert not bars()
        assert client.get(short_volume_path(SIMULATED_DAY)).status_code == 403
        clock.at = datetime(2024, 5, 15, 20, 15, tzinfo=UTC)
        assert bars()
        clock.at = datetime(2024, 5, 15, 21, 59, tzinfo=UTC)
        assert client.get(short_volume_path(SIMULATED_DAY)).status_code == 403
        clock.at = datetime(2024, 5, 15, 22, 0, tzinfo=UTC)
        assert client.get(short_volume_path(SIMULATED_DAY)).status_code == 200
        clock.at = datetime(2024, 5, 9, 21, 59, tzinfo=UTC)
        query = interest_query(settlement, limit=1)
        assert client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT).json() == []
        assert client.get(interest_file_path(settlement)).status_code == 403
        clock.at = datetime(2024, 5, 9, 22, 0, tzinfo=UTC)
        assert len(client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT).json()) == 1
        assert client.get(interest_file_path(settlement)).status_code == 200


def test_the_future_is_in_no_list(full_market: SimulatedMarket) -> None:
    today = date(2025, 3, 14)
    clock = FixedClock(datetime(2025, 3, 14, 23, tzinfo=UTC))
    with ReplayServer(full_market, clock=clock) as server, keyed_client(server) as client:
        splits = client.get("/v3/reference/splits", params={"limit": 1000}).json()["results"]
        floats = client.get("/stocks/vX/float", params={"limit": 5000}).json()["results"]
        newest = client.get("/partitions/group/otcMarket/name/consolidatedShortInterest").json()["availablePartitions"][
            0
        ]
        future = client.get("/v3/reference/tickers", params={"limit": 1000, "date": "2027-01-04"}).json()["results"]
        present = client.get("/v3/reference/tickers", params={"limit": 1000, "date": str(today)}).json()["results"]
    assert max(row["execution_date"] for row in splits) <= "2025-03-14"
    assert max(row["effective_date"] for row in floats) <= "2025-03-14"
    assert newest == {"partitions": ["2025-02-28"]}
    assert future == present
    assert len(full_market.splits(today, date(2027, 12, 31))) > 0, "there is a future to leak"

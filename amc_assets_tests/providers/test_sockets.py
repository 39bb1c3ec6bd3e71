"""The road out against a real socket: what no mock transport can do (resets, dribbles, bombs, endless bodies)."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import BadRequest, MalformedBody, ProviderError, TooLarge, Unreachable
from amc_assets.providers.exchange import Fetched, Request
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.roads import as_text, open_road

ONCE = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=1, total_seconds=3, breaker_failures=100)
Server = Callable[[socket.socket], None]


@contextmanager
def serving(behave: Server) -> Iterator[str]:
    """Serve each connection with ``behave`` on a free loopback port; yield the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65536)
                    behave(connection)
                except OSError:
                    pass  # the client hung up, as it should

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/thing"
    finally:
        done.set()
        thread.join(timeout=10)
        listener.close()


def answer(body: bytes, headers: str = "", length: int | None = None) -> Server:
    """Return a behaviour: one 200 with this body."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) if length is None else length}\r\n{headers}\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def fetch(tmp_path, url: str, limits: RoadLimits = ONCE, max_bytes: int = 1_000_000) -> Fetched:
    """Fetch over the real network stack."""
    road = open_road(tmp_path, None, limits, clock=SystemClock())
    try:
        return road.transport.fetch(Request("finra", "thing", "GET", url, max_bytes=max_bytes), as_text)
    finally:
        road.transport._client.close()


def body_of(fetched: Fetched) -> bytes:
    """Return what came through."""
    body: bytes = fetched.parsed.table.column("body")[0].as_py()
    return body


DATA = b"Date|Symbol\n" * 5000


@pytest.mark.parametrize(
    ("encoded", "header"),
    [
        (DATA, ""),
        (gzip.compress(DATA), "Content-Encoding: gzip\r\n"),
        (gzip.compress(DATA[:30000]) + gzip.compress(DATA[30000:]), "Content-Encoding: gzip\r\n"),
        (zlib.compress(DATA), "Content-Encoding: deflate\r\n"),
        (zlib.compress(DATA)[2:-4], "Content-Encoding: deflate\r\n"),
        (DATA, "Content-Encoding: identity\r\n"),
    ],
    ids=["plain", "gzip", "two gzip members", "deflate", "bare deflate", "identity"],
)
def test_bodies_arrive_whole(tmp_path, encoded, header) -> None:
    with serving(answer(encoded, header)) as url:
        assert body_of(fetch(tmp_path, url)) == DATA


def test_an_empty_body_is_empty(tmp_path) -> None:
    with serving(answer(b"", "Content-Encoding: gzip\r\n")) as url:
        assert body_of(fetch(tmp_path, url)) == b""


def test_nobody_listens(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectError"):
        fetch(tmp_path, f"http://127.0.0.1:{port}/thing")


def reset(connection: socket.socket) -> None:
    """Send half an answer and reset the connection."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    "behave",
    [
        reset,
        answer(b"half", length=1000),
        lambda connection: None,
        lambda connection: connection.sendall(b"\x00garbage\r\n\r\n"),
    ],
    ids=["reset", "short of its length", "hangs up", "no HTTP"],
)
def test_broken_connections_are_unreachable(tmp_path, behave) -> None:
    with serving(behave) as url, pytest.raises(Unreachable):
        fetch(tmp_path, url)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (gzip.compress(DATA)[:-20], MalformedBody),
        (gzip.compress(DATA)[:50], MalformedBody),
        (b"\x1f\x8bnot gzip at all", MalformedBody),
        (b"<html>", MalformedBody),
    ],
    ids=["no end mark", "cut", "garbage", "not compressed"],
)
def test_broken_compression_is_malformed(tmp_path, body, error) -> None:
    with serving(answer(body, "Content-Encoding: gzip\r\n")) as url, pytest.raises(error, match=r"compress"):
        fetch(tmp_path, url)


def test_a_compression_not_asked_for_is_refused(tmp_path) -> None:
    with serving(answer(b"abc", "Content-Encoding: br\r\n")) as url, pytest.raises(BadRequest, match="'br'"):
        fetch(tmp_path, url)


def test_a_gzip_bomb_is_refused_in_bounded_memory(tmp_path) -> None:
    """200 kB that unpack to 200 MB; httpx alone held 225 MB."""
    pump = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(pump.compress(b"\0" * 1_000_000) for _ in range(200)) + pump.flush()
    assert len(bomb) < 250_000
    tracemalloc.start()
    try:
        with (
            serving(answer(bomb, "Content-Encoding: gzip\r\n")) as url,
            pytest.raises(TooLarge, match="larger than 1000000"),
        ):
            fetch(tmp_path, url)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_an_endless_body_ends_at_the_cap(tmp_path) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with serving(endless) as url, pytest.raises(TooLarge, match="larger than"):
        fetch(tmp_path, url)


@pytest.mark.parametrize("where", ["body", "headers", "silence"])
def test_a_dribbling_server_costs_no_more_than_the_budget(tmp_path, where) -> None:
    def dribble(connection: socket.socket) -> None:
        if where == "silence":
            time.sleep(2.5)
            return
        if where == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            connection.sendall(b"x" if where == "body" else b"X-A: b\r\n")
            time.sleep(0.1)

    limits = RoadLimits(
        calls=1000, per_seconds=1, burst=1000, retry_attempts=3, total_seconds=1.0, breaker_failures=100
    )
    with serving(dribble) as url:
        started = time.monotonic()
        with pytest.raises(ProviderError) as caught:
            fetch(tmp_path, url, limits)
        elapsed = time.monotonic() - started
    assert isinstance(caught.value, TooLarge | Unreachable)
    assert elapsed < 2.4  # of the ten seconds the server takes; one second, and what a busy machine adds


def test_a_fault_that_passes_is_survived(tmp_path) -> None:
    left = [
        reset,
        lambda connection: connection.sendall(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"),
        answer(b"fine"),
    ]
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_wait_min_seconds=0.05, total_seconds=5)

    def in_order(connection: socket.socket) -> None:
        left.pop(0)(connection)

    with serving(in_order) as url:
        assert body_of(fetch(tmp_path, url, limits)) == b"fine"
    assert left == []

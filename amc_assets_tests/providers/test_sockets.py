"""The road out against a real socket: what no mock transport can do (resets, dribbles, bombs, endless bodies)."""

import gzip
import json
import resource
import socket
import time
import tracemalloc
import zlib
from datetime import date

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import (
    BadRequest,
    MalformedBody,
    ProviderError,
    RateLimited,
    ServerFault,
    TooLarge,
    Unreachable,
)
from amc_assets.providers.exchange import Fetched, Parser, Request
from amc_assets.providers.finra.files import parse_short_volume, short_volume_request
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.far_end import (
    FarEnd,
    answer,
    drip,
    endless,
    hang_up,
    in_order,
    reset,
    serving,
)
from amc_assets_tests.providers.roads import Road, as_text, open_road

ONCE = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=1, total_seconds=30, breaker_failures=100)
RETRYING = RoadLimits(calls=100_000, per_seconds=1, burst=50_000, retry_wait_min_seconds=0.05, total_seconds=60)
DATA = b"Date|Symbol\n" * 5000


def a_road(tmp_path, limits: RoadLimits = ONCE) -> Road:
    """Return a road over the real network stack and the machine's clock."""
    return open_road(tmp_path, None, limits, clock=SystemClock())


def fetch(road: Road, url: str, parse: Parser = as_text, max_bytes: int = 1_000_000) -> Fetched:
    """Fetch; whatever happens, every call that got to the far end has its audit row."""
    try:
        return road.transport.fetch(Request("finra", "thing", "GET", url, max_bytes=max_bytes), parse)
    finally:
        road.transport._sender._client.close()


def body_of(fetched: Fetched) -> bytes:
    """Return what came through."""
    body: bytes = fetched.parsed.table.column("body")[0].as_py()
    return body


@pytest.mark.parametrize(
    ("encoded", "header"),
    [
        (DATA, ""),
        (gzip.compress(DATA), "Content-Encoding: gzip\r\n"),
        (gzip.compress(DATA[:30000]) + gzip.compress(DATA[30000:]), "Content-Encoding: gzip\r\n"),
        (zlib.compress(DATA), "Content-Encoding: deflate\r\n"),
        (zlib.compress(DATA)[2:-4], "Content-Encoding: deflate\r\n"),
        (DATA, "Content-Encoding: identity\r\n"),
        (DATA, "Content-Type: text/html; charset=utf-16\r\n"),
    ],
    ids=["plain", "gzip", "two gzip members", "deflate", "bare deflate", "identity", "wrong content type"],
)
def test_bodies_arrive_whole(tmp_path, encoded, header) -> None:
    with serving(answer(encoded, header)) as far:
        assert body_of(fetch(a_road(tmp_path), far.url)) == DATA
    assert far.did == 1


def test_an_empty_body_is_empty(tmp_path) -> None:
    with serving(answer(b"", "Content-Encoding: gzip\r\n")) as far:
        assert body_of(fetch(a_road(tmp_path), far.url)) == b""


def test_a_slow_answer_within_the_budget_is_an_answer(tmp_path) -> None:
    def late(connection: socket.socket) -> None:
        time.sleep(0.4)
        answer(b"fine")(connection)

    road = a_road(tmp_path)
    with serving(late) as far:
        assert body_of(fetch(road, far.url)) == b"fine"
    assert (road.audit.calls[0].response_time_ms or 0) >= 400


def test_nobody_listens(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    road = a_road(tmp_path)
    with pytest.raises(Unreachable, match="ConnectError"):
        fetch(road, f"http://127.0.0.1:{port}/thing")
    assert [(row.success, row.status_code) for row in road.audit.calls] == [(False, None)]


@pytest.mark.parametrize(
    ("behave", "status"),
    [
        (reset, 200),
        (answer(b"half", length=1000), 200),
        (hang_up, None),
        (lambda connection: connection.sendall(b"\x00garbage\r\n\r\n"), None),
        (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000), None),
    ],
    ids=["reset", "short of its length", "hangs up", "no HTTP", "endless header"],
)
def test_broken_connections_are_unreachable(tmp_path, behave, status) -> None:
    road = a_road(tmp_path)
    with serving(behave) as far, pytest.raises(Unreachable):
        fetch(road, far.url)
    assert far.did == len(far.heard) == 1
    assert [(row.success, row.status_code) for row in road.audit.calls] == [(False, status)]


@pytest.mark.parametrize(
    ("status", "headers", "error", "least_seconds"),
    [
        ("429 Too Many Requests", "", RateLimited, 0.1),
        ("429 Too Many Requests", "Retry-After: 1\r\n", RateLimited, 2.0),
        ("503 Unavailable", "Retry-After: 1\r\n", RateLimited, 2.0),
        ("500 Oops", "", ServerFault, 0.1),
        ("502 Bad Gateway", "Content-Type: text/html\r\n", ServerFault, 0.1),
        ("504 Gateway Timeout", "", ServerFault, 0.1),
    ],
    ids=["429", "429 with Retry-After", "503 with Retry-After", "500", "502", "504"],
)
def test_refusals_are_tried_again_as_told(tmp_path, status, headers, error, least_seconds) -> None:
    road = a_road(tmp_path, RETRYING)
    with serving(answer(b"<html>no</html>", headers, status=status)) as far, pytest.raises(error, match="attempt 3 of"):
        fetch(road, far.url)
    assert far.did == 3
    assert least_seconds <= far.heard_at[-1] - far.heard_at[0]
    assert [row.status_code for row in road.audit.calls] == [int(status[:3])] * 3
    assert {row.rate_limited for row in road.audit.calls} == {error is RateLimited}


@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/plain"])
def test_html_for_data_is_refused_whatever_it_calls_itself(tmp_path, kind) -> None:
    page = b"<!doctype html><html><body>Down for maintenance</body></html>"
    road = a_road(tmp_path)

    def parse(body: bytes, request: Request) -> object:
        return parse_short_volume(body, short_volume_request("http://127.0.0.1", date(2026, 11, 20)))

    with serving(answer(page, f"Content-Type: {kind}\r\n")) as far, pytest.raises(MalformedBody):
        fetch(road, far.url, parse)  # type: ignore[arg-type]
    assert far.did == 1
    assert [(row.success, row.status_code) for row in road.audit.calls] == [(False, 200)]


def test_json_cut_by_a_reset_is_never_half_an_answer(tmp_path) -> None:
    whole = json.dumps([{"symbol": "GME"}] * 5000).encode()

    def cut(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(whole)}\r\n\r\n".encode() + whole[:20_000])
        time.sleep(0.05)

    with serving(cut) as far, pytest.raises(Unreachable):
        fetch(a_road(tmp_path), far.url)
    assert far.did == 1


@pytest.mark.parametrize(
    "body",
    [gzip.compress(DATA)[:-20], gzip.compress(DATA)[:50], b"\x1f\x8bnot gzip at all", b"<html>"],
    ids=["no end mark", "cut", "garbage", "not compressed"],
)
def test_broken_compression_is_malformed(tmp_path, body) -> None:
    with serving(answer(body, "Content-Encoding: gzip\r\n")) as far, pytest.raises(MalformedBody, match=r"compress"):
        fetch(a_road(tmp_path), far.url)
    assert far.did == 1


def test_a_compression_not_asked_for_is_refused(tmp_path) -> None:
    with serving(answer(b"abc", "Content-Encoding: br\r\n")) as far, pytest.raises(BadRequest, match="'br'"):
        fetch(a_road(tmp_path), far.url)


def test_a_gzip_bomb_is_refused_in_bounded_memory(tmp_path) -> None:
    """194 kB that unpack to 200 MB; httpx alone held 225 MB."""
    pump = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(pump.compress(b"\0" * 1_000_000) for _ in range(200)) + pump.flush()
    assert len(bomb) < 250_000
    assert len(zlib.decompressobj(31).decompress(bomb, 2_000_000)) == 2_000_000, "this is no bomb"
    road = a_road(tmp_path)
    rss_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        with (
            serving(answer(bomb, "Content-Encoding: gzip\r\n")) as far,
            pytest.raises(TooLarge, match="larger than 1000000"),
        ):
            fetch(road, far.url)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(far.heard) == 1
    assert peak_bytes < 10_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rss_kb < 50_000
    assert [(row.success, row.status_code) for row in road.audit.calls] == [(False, 200)]


def test_an_endless_body_ends_at_the_cap(tmp_path) -> None:
    with serving(endless) as far, pytest.raises(TooLarge, match="larger than"):
        fetch(a_road(tmp_path), far.url)
    assert far.hung_up == 1


def test_an_endless_refusal_ends_at_its_smaller_cap(tmp_path) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 500 no\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with serving(refuse) as far, pytest.raises(TooLarge, match="larger than 65536"):
        fetch(a_road(tmp_path), far.url)
    assert far.hung_up == 1


@pytest.mark.parametrize("where", ["body", "headers", "silence", "endless"])
def test_a_dribbling_server_costs_no_more_than_the_budget(tmp_path, where) -> None:
    limits = RoadLimits(
        calls=1000, per_seconds=1, burst=1000, retry_attempts=3, total_seconds=1.0, breaker_failures=100
    )
    road = a_road(tmp_path, limits)
    with serving(drip(where, seconds=60)) as far:
        started = time.monotonic()
        with pytest.raises(ProviderError) as caught:
            fetch(road, far.url, max_bytes=1_000_000)
        elapsed = time.monotonic() - started
    assert isinstance(caught.value, TooLarge | Unreachable)
    assert 0.9 < elapsed < 30  # of the sixty seconds the server takes
    assert far.hung_up == len(far.heard) == len(road.audit.calls) == 1


def test_a_fault_that_passes_is_survived(tmp_path) -> None:
    behave = in_order(reset, answer(b"", status="503 no"), answer(b"fine"))
    road = a_road(tmp_path, RETRYING)
    with serving(behave) as far:
        assert body_of(fetch(road, far.url)) == b"fine"
    assert far.did == 3
    assert [(row.success, row.status_code) for row in road.audit.calls] == [(False, 200), (False, 503), (True, 200)]


def test_a_far_end_that_only_counts_is_told_from_one_that_acts() -> None:
    """The counters of this file's far end move when, and only when, somebody asks."""
    with serving(hang_up) as far:
        assert (far.did, far.heard) == (0, [])
        with socket.create_connection(("127.0.0.1", far.port)) as connection:
            connection.sendall(b"hello")
            assert connection.recv(10) == b""
    assert isinstance(far, FarEnd)
    assert (far.did, far.heard) == (1, [b"hello"])

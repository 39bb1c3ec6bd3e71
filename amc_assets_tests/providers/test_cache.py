"""Where copies lie: names without keys, damage is a miss, size is bounded, and a lost cache is no cache, soon."""

import logging
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.clock import SystemClock
from amc_assets.providers.road.cache import Kept, key_of, pack, unpack
from amc_assets.providers.road.cache_redis import PAUSE_SECONDS, RedisCache
from amc_assets.providers.road.cache_sqlite import SqliteCache
from amc_assets_tests.providers.far_end import serving
from amc_assets_tests.providers.roads import KEY, ask
from amc_assets_tests.redis_server import new_redis, redis_server, redis_url

__all__ = ["redis_server", "redis_url"]  # fixtures

AT = datetime(2026, 11, 20, 23, 50, 1, 250_000, tzinfo=UTC)
COPY = Kept(b"body \x00\xff", AT, {"x-total": "7"}, '"etag"', "Fri, 20 Nov 2026 23:00:00 GMT")
NAMES = [f"{number:064x}" for number in range(100)]


def test_a_name_depends_on_everything_that_makes_the_answer_and_on_no_key() -> None:
    request = ask(params={"a": "1"}, headers={"Accept": "text/csv"}, secret_params={"apikey": KEY})
    different = [
        replace(request, provider="finra"), replace(request, dataset="other"), replace(request, method="POST"),
        replace(request, url="http://127.0.0.1:8000/v1/thing"), replace(request, params={"a": "2"}),
        replace(request, params={"b": "1"}), replace(request, headers={"Accept": "application/json"}),
        replace(request, json_body={"limit": 1}), replace(request, json_body={"limit": 2}),
    ]  # fmt: skip
    assert len({key_of(request), *map(key_of, different)}) == 1 + len(different)
    same = [
        replace(request, secrets={"Authorization": "Bearer other"}), replace(request, secret_params={}),
        replace(request, headers={"accept": "text/csv"}), replace(request, max_bytes=1, fresh_seconds=9),
    ]  # fmt: skip
    assert {key_of(item) for item in same} == {key_of(request)}


def test_a_copy_survives_being_packed() -> None:
    assert unpack("a", pack("a", COPY)) == COPY


@given(st.data())
def test_any_changed_bit_is_a_miss(data) -> None:
    packed = bytearray(pack("a", COPY))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    assert unpack("a", bytes(packed)) is None


def test_a_copy_under_another_name_or_cut_is_a_miss() -> None:
    packed = pack("a", COPY)
    assert unpack("b", packed) is None
    assert unpack("a", packed[:-1]) is None
    assert unpack("a", b"") is None


def test_sqlite_keeps_replaces_and_forgets(tmp_path) -> None:
    cache = SqliteCache(tmp_path / "deep" / "cache.db")
    assert cache.get(NAMES[0]) is None
    cache.put(NAMES[0], COPY)
    cache.put(NAMES[0], other := Kept(b"other", AT, {}))
    assert SqliteCache(cache.path).get(NAMES[0]) == other
    cache.drop(NAMES[0])
    assert cache.get(NAMES[0]) is None


def test_sqlite_stays_within_its_size_and_the_least_recently_used_go_first(tmp_path) -> None:
    cache = SqliteCache(tmp_path / "cache.db", most_bytes=100_000)
    for number, name in enumerate(NAMES[:9]):
        cache.put(name, Kept(bytes([number]) * 10_000, AT, {}))
    assert cache.get(NAMES[0]) is not None  # used again: no longer the oldest
    for name in NAMES[9:12]:
        cache.put(name, Kept(b"x" * 10_000, AT, {}))
    held = [name for name in NAMES[:12] if cache.get(name)]
    assert NAMES[0] in held
    assert not {NAMES[1], NAMES[2], NAMES[3]} & set(held)
    assert set(NAMES[9:12]) <= set(held)
    for name in NAMES:
        cache.put(name, Kept(b"y" * 9_000, AT, {}))
    with sqlite3.connect(cache.path) as connection:
        (total,) = connection.execute("SELECT sum(length(packed)) FROM copies").fetchone()
    connection.close()
    assert 80_000 < total <= 100_000
    assert cache.path.stat().st_size < 300_000


def test_sqlite_keeps_nothing_that_would_push_out_the_rest(tmp_path) -> None:
    cache = SqliteCache(tmp_path / "cache.db", most_bytes=100_000)
    cache.put(NAMES[0], COPY)
    cache.put(NAMES[1], Kept(b"x" * 26_000, AT, {}))
    assert cache.get(NAMES[1]) is None
    assert cache.get(NAMES[0]) == COPY


def test_sqlite_drops_a_damaged_copy(tmp_path, caplog) -> None:
    cache = SqliteCache(tmp_path / "cache.db")
    cache.put(NAMES[0], COPY)
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE copies SET packed = substr(packed, 1, 50)")
    connection.close()
    assert cache.get(NAMES[0]) is None
    assert "damaged" in caplog.text
    caplog.clear()
    assert cache.get(NAMES[0]) is None
    assert caplog.text == ""


def test_sqlite_starts_anew_when_the_file_is_no_database(tmp_path, caplog) -> None:
    cache = SqliteCache(tmp_path / "cache.db")
    cache.path.write_bytes(b"this is no database" * 100)
    assert cache.get(NAMES[0]) is None
    assert "work goes on without" in caplog.text
    cache.put(NAMES[0], COPY)
    assert cache.get(NAMES[0]) == COPY


def test_sqlite_that_cannot_be_written_is_no_cache(tmp_path, caplog) -> None:
    (tmp_path / "file").write_text("")
    cache = SqliteCache(tmp_path / "file" / "cache.db")
    cache.put(NAMES[0], COPY)
    assert cache.get(NAMES[0]) is None
    assert "work goes on without" in caplog.text


def test_a_locked_sqlite_file_is_not_waited_for_and_still_read(tmp_path) -> None:
    cache = SqliteCache(tmp_path / "cache.db")
    cache.put(NAMES[0], COPY)
    cache.put(NAMES[1], COPY)
    other = sqlite3.connect(cache.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    cache.put(NAMES[0], Kept(b"new", AT, {}))  # would wait for ever: the lock is held by this thread
    assert cache.get(NAMES[0]) == COPY
    other.close()


def test_processes_and_threads_share_one_file(tmp_path) -> None:
    """Each writes the same few copies over and over; every read is one of them, whole, or none."""
    script = (
        "import sys; from pathlib import Path\n"
        "from amc_assets_tests.providers.test_cache import churn\n"
        "sys.stdout.write(str(churn(Path(sys.argv[1]), int(sys.argv[2]))))"
    )
    root = Path(__file__).resolve().parents[2]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "cache.db"), str(number)], stdout=subprocess.PIPE, cwd=root
        )
        for number in range(3)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = sum(pool.map(lambda number: churn(tmp_path / "cache.db", number), range(4)))
    outputs = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert found + sum(map(int, outputs)) > 200, "nobody found anything: the test proves nothing"


def churn(path: Path, number: int) -> int:
    """Write and read the same copies as others do; return how many were found."""
    cache, found = SqliteCache(path, most_bytes=1_000_000), 0
    for turn in range(60):
        name = NAMES[turn % 5]
        cache.put(name, Kept(bytes([number]) * 20_000, AT, {}))
        kept = cache.get(name)
        found += kept is not None
        assert kept is None or (len(kept.body) == 20_000 and len(set(kept.body)) == 1)
    return found


def test_redis_keeps_replaces_and_forgets_under_its_prefix(redis_url) -> None:
    import redis

    cache = RedisCache(redis_url, "amc:copies:", 60, SystemClock())
    assert cache.get(NAMES[0]) is None
    cache.put(NAMES[0], COPY)
    assert RedisCache(redis_url, "amc:copies:", 60, SystemClock()).get(NAMES[0]) == COPY
    assert RedisCache(redis_url, "other:", 60, SystemClock()).get(NAMES[0]) is None
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys() == [f"amc:copies:{NAMES[0]}".encode()]
        assert 0 < client.ttl(f"amc:copies:{NAMES[0]}") <= 60
        client.set(f"amc:copies:{NAMES[0]}", b"damaged")
        assert cache.get(NAMES[0]) is None
        assert client.keys() == []
    cache.put(NAMES[0], COPY)
    cache.drop(NAMES[0])
    assert cache.get(NAMES[0]) is None


def test_redis_keeps_nothing_larger_than_its_cap(redis_url) -> None:
    cache = RedisCache(redis_url, "amc:large:", 60, SystemClock())
    cache.put(NAMES[0], Kept(b"x" * (16 * 1024 * 1024), AT, {}))
    assert cache.get(NAMES[0]) is None


class _Steady:
    """The machine's clock whose steady seconds can be moved on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


SILENT_SECONDS = 40  # of a server that is lost: a cache that waited for it would show


def _silent(connection: socket.socket) -> None:
    connection.settimeout(SILENT_SECONDS)
    if connection.recv(1) == b"":  # the cache hung up
        raise ConnectionResetError


def _dribble(connection: socket.socket) -> None:
    for _ in range(20 * SILENT_SECONDS):  # always in time for a read timeout, never done
        connection.sendall(b"+")
        time.sleep(0.05)


@pytest.mark.parametrize("kind", ["nobody listens", "never answers", "dribbles", "no such name", "no address"])
def test_a_lost_redis_costs_half_a_second_once_and_is_no_cache(kind, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(_dribble if kind == "dribbles" else _silent) as far:
        host = {"no such name": "redis.invalid", "no address": "[::bad"}.get(kind, "127.0.0.1")
        port = 9 if kind == "nobody listens" else far.port
        clock = _Steady()
        cache = RedisCache(f"redis://:{KEY}@{host}:{port}/0", "amc:", 60, clock)
        started = time.monotonic()
        assert cache.get(NAMES[0]) is None
        first = time.monotonic() - started
        for _ in range(20):
            assert cache.get(NAMES[0]) is None
            cache.put(NAMES[0], COPY)
        assert len(far.heard) <= 2  # one retry, then left alone for a while
        assert bool(far.heard) == (kind in {"never answers", "dribbles"})
        clock.sleep(PAUSE_SECONDS + 1)
        assert cache.get(NAMES[0]) is None
    assert first < SILENT_SECONDS / 2  # half a second, and whatever a busy machine adds
    assert caplog.text.count("is lost") == 2
    assert KEY not in caplog.text + repr(cache)


def test_a_redis_that_returns_is_used_again(redis_url, tmp_path) -> None:
    clock = _Steady()
    link = tmp_path / "redis.sock"
    cache = RedisCache(f"unix://{link}", "amc:back:", 60, clock)
    cache.put(NAMES[0], COPY)
    link.symlink_to(redis_url.removeprefix("unix://"))
    assert cache.get(NAMES[0]) is None
    clock.sleep(PAUSE_SECONDS + 1)
    cache.put(NAMES[0], COPY)
    assert cache.get(NAMES[0]) == COPY


@pytest.mark.parametrize("how", ["freeze", "kill"])
def test_a_redis_that_is_lost_in_the_middle_costs_half_a_second_and_returns(how) -> None:
    server, clock = new_redis(), _Steady()
    server.start()
    try:
        cache = RedisCache(server.url, "amc:mid:", 60, clock)
        cache.put(NAMES[0], COPY)
        assert cache.get(NAMES[0]) == COPY
        getattr(server, how)()
        assert cache.get(NAMES[0]) is None  # comes back although the server never answers
        if how == "freeze":
            server.thaw()
        else:
            server.start()
        assert cache.get(NAMES[0]) is None  # still left alone
        clock.sleep(PAUSE_SECONDS + 1)
        cache.put(NAMES[0], COPY)
        assert cache.get(NAMES[0]) == COPY
    finally:
        server.remove()

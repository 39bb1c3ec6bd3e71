"""Servers that are gone, hang, answer slowly, were set back or refuse: bounded in time, a sentence, no password."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import create_engine, text

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import RateLimited
from amc_assets.providers.road import redis_state
from amc_assets.providers.road.limiter import SharedLimiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.postgres_state import PostgresState
from amc_assets.providers.road.redis_state import TTL_SECONDS, RedisState
from amc_assets.providers.road.state import SharedState, StateError
from amc_assets.providers.road.ticks import forgotten_after_boot, kept_ahead, shifted
from amc_assets_tests.providers.crowd import PREFIX, state_at
from amc_assets_tests.providers.state_fixtures import *  # noqa: F403 - fixtures
from amc_assets_tests.redis_server import RedisServer

WORD = "marshmallow"  # stands for a password: must not turn up in a message
LONGEST_SECONDS = 20.0  # of servers that never answer: a hang, not a busy machine


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Yield a port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


@pytest.fixture
def full_port() -> Iterator[int]:
    """Yield a black hole: a port whose queue of connections is full, so that the handshake is never answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        time.sleep(0.05)
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


@pytest.fixture
def dripping_port() -> Iterator[int]:
    """Yield a port that answers every message with one byte more, a little before the reader gives up."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=drip, args=(connection,), daemon=True).start()

        def drip(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while True:
                    time.sleep(0.2)
                    connection.sendall(b"+")

        threading.Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def seconds_of_failure(state: SharedState, *, by_reading: bool = False) -> tuple[float, str]:
    """Return how long a use that must fail took, and what it said."""
    started = time.monotonic()
    use = partial(state.read, "a") if by_reading else partial(state.update, "a", lambda _document, _now: ({}, None))
    with pytest.raises(StateError) as caught:
        use()
    return time.monotonic() - started, str(caught.value)


@pytest.mark.parametrize("kind", ["silent_port", "full_port"])
@pytest.mark.parametrize("by_reading", [False, True])
def test_a_redis_that_hangs_costs_half_a_second(request, kind: str, by_reading: bool) -> None:
    port = request.getfixturevalue(kind)
    state = RedisState(f"redis://us3r:{WORD}@127.0.0.1:{port}/2?socket_timeout=30&retry_on_timeout=true", PREFIX)
    for _ in range(2):
        took, said = seconds_of_failure(state, by_reading=by_reading)
        assert 0.2 < took < LONGEST_SECONDS
        assert f"in Redis at 127.0.0.1:{port}/2 cannot be used" in said
        assert "Check that it runs" in said
        assert WORD not in said


def test_a_redis_that_drips_is_left_while_connecting(dripping_port: int) -> None:
    took, _ = seconds_of_failure(RedisState(f"redis://127.0.0.1:{dripping_port}", PREFIX))
    assert took < LONGEST_SECONDS


def test_a_redis_that_freezes_after_connecting_costs_half_a_second(mortal_redis: RedisServer) -> None:
    state = RedisState(mortal_redis.url, PREFIX)
    state.read("a")
    mortal_redis.freeze()
    took, _ = seconds_of_failure(state)
    assert 0.2 < took < LONGEST_SECONDS
    mortal_redis.thaw()
    state.update("a", lambda _document, _now: ({"x": 1}, None))


def test_a_killed_redis_is_seen_at_once_and_used_again_when_it_is_back(mortal_redis: RedisServer) -> None:
    state = RedisState(mortal_redis.url, PREFIX)
    state.read("a")
    mortal_redis.kill()
    seconds_of_failure(state)
    mortal_redis.start()
    state.update("a", lambda _document, _now: ({"x": 1}, None))
    mortal_redis.kill()
    mortal_redis.start()
    assert state.read("a")[0] is None  # one retry: the old connection is dead, the server is not


def test_a_hanging_redis_takes_as_long_as_its_two_attempts_may(silent_port: int, monkeypatch) -> None:
    """Half a second by the settings; a longer attempt shows in the measurement, so it is they that bound it."""
    assert 2 * redis_state.TRIP_SECONDS <= redis_state.OPERATION_SECONDS <= 0.5
    monkeypatch.setattr(redis_state, "TRIP_SECONDS", 0.6)
    monkeypatch.setattr(redis_state, "OPERATION_SECONDS", 1.3)
    took, _ = seconds_of_failure(RedisState(f"redis://127.0.0.1:{silent_port}", PREFIX))
    assert took >= 0.6


def test_a_redis_that_wants_a_password_says_so_without_ours(mortal_redis: RedisServer) -> None:
    mortal_redis.client().config_set("requirepass", "another")
    _, said = seconds_of_failure(RedisState(f"{mortal_redis.url}?password={WORD}", PREFIX))
    assert "invalid" in said.lower()
    assert WORD not in said


@pytest.mark.parametrize("address", [f"redis://user:{WORD}@host:port/0", f"http://{WORD}", f"redis://h/0?db={WORD}"])
def test_an_address_that_cannot_be_read_is_not_repeated(address: str) -> None:
    with pytest.raises(StateError, match="REDIS_URL cannot be read") as caught:
        RedisState(address, PREFIX)
    assert WORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_redis_keys_have_the_prefix_and_an_end(redis_url: str, redis_server: RedisServer) -> None:
    limiter = SharedLimiter(RedisState(redis_url, PREFIX), SystemClock())
    limiter.acquire("polygon", "d", RoadLimits(calls=1, per_seconds=1), 0)
    client = redis_server.client()
    assert client.keys("*") == [f"{PREFIX}slots:polygon".encode()]
    assert TTL_SECONDS - 5 <= client.ttl(f"{PREFIX}slots:polygon") <= TTL_SECONDS
    client.close()
    assert RedisState(redis_url, "other:").read("slots:polygon")[0] is None


def test_a_postgres_that_is_gone_or_has_no_table_says_what_to_do(postgres_url: str) -> None:
    _, said = seconds_of_failure(PostgresState(postgres_url))
    assert "run `amc db upgrade`" in said
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = PostgresState(f"postgresql://us3r:{WORD}@127.0.0.1:{nobody.getsockname()[1]}/amc")
        took, said = seconds_of_failure(gone)
    assert took < LONGEST_SECONDS
    assert "PostgreSQL at 127.0.0.1/amc cannot be used" in said
    assert "check that it runs" in said
    assert WORD not in said


def test_a_postgres_that_ended_our_connection_is_asked_again(postgres_state_url: str) -> None:
    state = PostgresState(postgres_state_url)
    state.update("a", lambda _document, _now: ({"x": 1}, None))
    engine = create_engine(postgres_state_url, isolation_level="AUTOCOMMIT")
    end = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'amc_assets shared%'"
    )
    with engine.connect() as connection:
        assert connection.execute(text(end)).scalar_one() >= 1, "no connection was ended: nothing was tested"
    engine.dispose()
    assert state.read("a")[0] is not None
    state.close()


def test_a_lock_that_is_not_granted_ends_in_two_seconds(postgres_state_url: str) -> None:
    state = PostgresState(postgres_state_url)
    state.update("a", lambda _document, _now: ({"x": 1}, None))
    entered, leave = threading.Event(), threading.Event()

    def hog(_document: object, _now: float) -> tuple[None, None]:
        entered.set()
        leave.wait(60)
        return None, None

    thread = threading.Thread(target=lambda: state.update("a", hog))
    thread.start()
    assert entered.wait(60)
    took, said = seconds_of_failure(PostgresState(postgres_state_url))
    leave.set()
    thread.join()
    assert 1.5 < took < LONGEST_SECONDS  # of the sixty that the lock is held
    assert "lock timeout" in said


@pytest.mark.parametrize("address", [f"mysql://u:{WORD}@h/d", f"nonsense {WORD}", f"sqlite:///{WORD}"])
def test_only_postgres_addresses_are_taken(address: str) -> None:
    with pytest.raises(StateError, match="DATABASE_URL is postgresql") as caught:
        PostgresState(address)
    assert WORD not in str(caught.value)


def test_a_server_clock_that_was_set_back_keeps_every_distance() -> None:
    document = {"next_slot_tick": 1012.0, "written_tick": 1000.0, "opened_tick": None, "day": "2026-11-20"}
    assert kept_ahead(document, 1000.5) == document
    assert kept_ahead(document, 400.0) == {**document, "next_slot_tick": 412.0, "written_tick": 400.0}
    assert forgotten_after_boot(document, 400.0) == {**document, "next_slot_tick": None, "written_tick": None}
    assert shifted(shifted(document, 5), -5) == document


def test_a_redis_clock_that_was_set_back_neither_blocks_nor_overshoots(
    redis_url: str, redis_server: RedisServer
) -> None:
    """As after a failover to a server whose clock is an hour behind."""
    state, limits = state_at(redis_url), RoadLimits(calls=5, per_seconds=60)
    SharedLimiter(state, SystemClock()).acquire("polygon", "d", limits, 0)
    document, _ = state.read("slots:polygon")
    assert document is not None
    client = redis_server.client()
    client.set(f"{PREFIX}slots:polygon", json.dumps(shifted(document, 3600.0)))
    client.close()
    with pytest.raises(RateLimited, match=r"in 12\.[12] s"):
        SharedLimiter(state, SystemClock()).acquire("polygon", "d", limits, 0)

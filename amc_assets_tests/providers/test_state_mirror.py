"""Losing the server mid-run: work goes on within the limits of this machine, and both copies become one again."""

import logging
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from amc_assets.clock import FixedClock, SystemClock
from amc_assets.providers.errors import BreakerOpen, QuotaSpent, RateLimited, ServerFault
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers, Permit
from amc_assets.providers.road.limiter import SharedLimiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.mirrored_state import MirroredState
from amc_assets.providers.road.redis_state import RedisState
from amc_assets.providers.road.slots import DayCount
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets.providers.road.state import Change, Document, Result, StateError
from amc_assets_tests.providers.crowd import PREFIX, crowd
from amc_assets_tests.providers.roads import EVENING
from amc_assets_tests.providers.state_fixtures import *  # noqa: F403 - fixtures
from amc_assets_tests.providers.windows import most_in_any_window
from amc_assets_tests.redis_server import RedisServer

LIMITS = RoadLimits(calls=5, per_seconds=60, per_day=4, breaker_failures=1, breaker_seconds=300)
UNPACED = RoadLimits(calls=1000, per_seconds=1, per_day=10)
BROKEN = ServerFault("finra", "d", "GET x was answered 500", "wait")


class Server:
    """A server as a test wants it: a file with a clock of its own, which can be lost."""

    def __init__(self, path: Path, clock: FixedClock) -> None:
        self.inner = SqliteState(path, clock)
        self.is_lost = False
        self.asked = 0

    def update(self, key: str, change: Change[Result]) -> Result:
        """Pass on, or fail."""
        self._arrive()
        return self.inner.update(key, change)

    def read(self, key: str) -> tuple[Document | None, float]:
        """Pass on, or fail."""
        self._arrive()
        return self.inner.read(key)

    def _arrive(self) -> None:
        self.asked += 1
        if self.is_lost:
            raise StateError("the server at far away cannot be used (gone). Check that it runs")


class World:
    """One server and two machines; the server's clock is a day ahead of theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FixedClock(EVENING)
        self.server_clock = FixedClock(EVENING + timedelta(days=1))
        self.server = Server(folder / "server.db", self.server_clock)

    def machine(self, name: str) -> MirroredState:
        """Return the state as a process of this machine opens it."""
        return MirroredState(self.server, SqliteState(self.folder / f"{name}.db", self.clock), self.clock, name="far")

    def limiter(self, name: str) -> SharedLimiter:
        """Return a limiter of this machine."""
        return SharedLimiter(self.machine(name), self.clock)

    def breakers(self, name: str) -> Breakers:
        """Return the breakers of this machine."""
        return Breakers(self.machine(name), {"finra": LIMITS}, ListAudit(), self.clock)

    def wait(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.clock.at += timedelta(seconds=seconds)
        self.server_clock.at += timedelta(seconds=seconds)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world whose server answers."""
    return World(tmp_path)


def test_slots_counts_and_breakers_carry_over_when_the_server_is_lost(world: World) -> None:
    limiter, breakers = world.limiter("one"), world.breakers("one")
    limiter.acquire("finra", "d", LIMITS, 0)
    breakers.record(breakers.enter("finra", "d"), BROKEN)
    world.server.is_lost = True
    with pytest.raises(RateLimited, match=r"in 12\.2 s"):
        limiter.acquire("finra", "d", LIMITS, 5)
    assert limiter.left("finra", LIMITS) == DayCount(1, 3)
    with pytest.raises(BreakerOpen, match="open for 300 s more"):
        world.breakers("one").check("finra", "d")
    world.wait(12.3)
    limiter.acquire("finra", "d", LIMITS, 0)
    assert limiter.left("finra", LIMITS) == DayCount(2, 2)


def test_a_loss_is_asked_told_and_shown_once(world: World, caplog) -> None:
    limiter = world.limiter("one")
    world.server.is_lost = True
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            limiter.left("finra", LIMITS)
            world.limiter("one").hold("finra", 0)
    assert world.server.asked == 1
    assert [record.message for record in caplog.records] == [
        "the server at far away cannot be used (gone). Check that it runs. "
        "Meanwhile limits and breakers hold on this machine only; it is tried again every 30 s"
    ]
    status = world.machine("one").status()
    assert (status.name, status.lost_at) == ("far", EVENING)
    assert "far away cannot be used" in str(status.why)

    world.wait(31)
    world.limiter("one").hold("finra", 0)
    assert (world.server.asked, len(caplog.records)) == (2, 1)  # still lost: asked again, not told again
    assert world.machine("one").status().lost_at == EVENING

    world.server.is_lost = False
    world.wait(31)
    world.limiter("one").hold("finra", 0)
    assert caplog.records[-1].message.startswith("far answers again")
    assert world.machine("one").status().lost_at is None


def test_after_the_return_nothing_of_the_loss_is_forgotten(world: World) -> None:
    """Both machines went on alone; the count of the day holds the calls of both, the slots are the later ones."""
    one, two = world.limiter("one"), world.limiter("two")
    for limiter in (one, two, one):  # three calls that both know
        limiter.acquire("finra", "d", UNPACED, 1)
        world.wait(1)
    assert two.left("finra", UNPACED) == DayCount(3, 7)
    world.server.is_lost = True
    for _ in range(2):
        one.acquire("finra", "d", UNPACED, 1)
        world.wait(1)
    two.acquire("finra", "d", UNPACED, 1)
    one.hold("finra", 100)
    world.server.is_lost = False
    world.wait(31)
    assert one.left("finra", UNPACED) == DayCount(5, 5)
    two.hold("finra", 0)  # the first update of two brings its call
    one.hold("finra", 0)  # and the first of one brings its two
    for limiter in (one, two):
        assert limiter.left("finra", UNPACED) == DayCount(6, 4)
        with pytest.raises(RateLimited, match=r"in 69\.0 s"):
            limiter.acquire("finra", "d", UNPACED, 5)
    for _ in range(3):
        one.hold("finra", 0)
    assert two.left("finra", UNPACED) == DayCount(6, 4)  # brought once


def test_a_server_that_comes_back_empty_gets_everything_again(world: World) -> None:
    limiter, breakers = world.limiter("one"), world.breakers("one")
    for _ in range(4):
        limiter.acquire("finra", "d", LIMITS, 60)
        world.wait(13)
    breakers.record(breakers.enter("finra", "d"), BROKEN)
    (world.folder / "server.db").unlink()
    with pytest.raises(QuotaSpent):
        limiter.acquire("finra", "d", LIMITS, 60)
    with pytest.raises(BreakerOpen):
        breakers.enter("finra", "d")
    limiter.hold("finra", 0)
    breakers.record(Permit("finra", "d"), BROKEN)  # the answer to a call that began before it opened
    with pytest.raises(QuotaSpent):
        world.limiter("two").acquire("finra", "d", LIMITS, 60)
    with pytest.raises(BreakerOpen):
        world.breakers("two").enter("finra", "d")


def test_what_another_machine_did_beats_an_old_copy(world: World) -> None:
    """A breaker that two opened and closed since one last looked."""
    one, two = world.breakers("one"), world.breakers("two")
    one.record(one.enter("finra", "d"), BROKEN)
    world.wait(301)
    two.record(two.enter("finra", "d"), None)
    assert [status.state for status in one.statuses()] == ["closed"]
    one.record(one.enter("finra", "d"), None)
    world.server.is_lost = True
    assert [status.state for status in one.statuses()] == ["closed"]  # and the copy learned of it


def test_a_breaker_that_opened_during_the_loss_is_open_for_all_afterwards(world: World) -> None:
    one, two = world.breakers("one"), world.breakers("two")
    one.record(one.enter("finra", "d"), None)
    world.server.is_lost = True
    one.record(one.enter("finra", "d"), BROKEN)
    assert [status.state for status in two.statuses()] == ["closed"]  # two machines, two opinions
    world.server.is_lost = False
    world.wait(31)
    one.record(Permit("finra", "d"), BROKEN)
    for breakers in (one, two):
        with pytest.raises(BreakerOpen, match="open for 269 s more"):
            breakers.enter("finra", "d")


def test_slots_do_not_drift_when_nothing_is_lost(world: World) -> None:
    """Carried from clock to clock and back at every call, they would move a little each time."""
    limits = RoadLimits(calls=10, per_seconds=10)
    limiter, started = world.limiter("one"), world.clock.at
    for _ in range(50):
        limiter.acquire("finra", "d", limits, 60)
        slept = world.clock.slept[-1] if world.clock.slept else 0.0
        world.server_clock.at += timedelta(seconds=slept)
    assert (world.clock.at - started).total_seconds() == pytest.approx(49 * 1.05, abs=1e-3)  # (10 + .5) / 10


def test_an_unusable_file_of_the_machine_is_an_error(world: World) -> None:
    (world.folder / "one.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StateError, match=r"one\.db cannot be used"):
        world.limiter("one").acquire("finra", "d", LIMITS, 5)


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_redis_dying_mid_run_costs_one_call_one_attempt(
    tmp_path: Path, mortal_redis: RedisServer, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a second at most (test_state_servers.py), once: the calls after it leave the server alone."""
    local, server = SqliteState(tmp_path / "state.db"), RedisState(mortal_redis.url, PREFIX)
    state = MirroredState(server, local, SystemClock(), name="Redis", pause_seconds=300.0)
    limits = RoadLimits(calls=10**9, per_seconds=1000, breaker_failures=1, breaker_seconds=300)
    limiter = SharedLimiter(state, SystemClock())
    breakers = Breakers(state, {"finra": limits, "sec": limits}, ListAudit(), SystemClock())
    breakers.record(breakers.enter("sec", "d"), BROKEN)
    limiter.acquire("finra", "d", limits, 5)
    getattr(mortal_redis, how)()
    attempts: list[str] = []
    for name in ("update", "read"):
        asked = getattr(server, name)
        monkeypatch.setattr(server, name, lambda *given, asked=asked, name=name: attempts.append(name) or asked(*given))
    for _ in range(20):
        breakers.check("finra", "d")
        limiter.acquire("finra", "d", limits, 60)
        breakers.record(breakers.enter("finra", "d"), None)
    assert len(attempts) == 1, "one call finds out, the others leave the server alone"
    assert state.status().lost_at is not None, "the server was never missed: nothing was tested"
    with pytest.raises(BreakerOpen):
        breakers.check("sec", "d")
    assert limiter.left("finra", limits).used == 21


def test_eight_processes_keep_the_limit_while_redis_dies_and_returns(tmp_path: Path, mortal_redis: RedisServer) -> None:
    """Killed after a third of the race and back, empty, after two; a pause lasts one second here."""
    limits = RoadLimits(calls=60, per_seconds=1.5)
    timers = [threading.Timer(at, act) for at, act in ((3.0, mortal_redis.kill), (4.5, mortal_redis.start))]
    for timer in timers:
        timer.start()
    address = f"sqlite:{tmp_path}/state.db + {mortal_redis.url}"
    taken = crowd(address, "race", 6.0, limits, 0.0)
    for timer in timers:
        timer.join()
    assert sum(1 for mine in taken if mine) >= 3
    together = [at for mine in taken for at in mine]
    assert most_in_any_window(together, 1.5) <= 60
    assert len(together) >= 4 * 60 * 0.4
    client = mortal_redis.client()
    assert client.exists(f"{PREFIX}slots:finra"), "the server got nothing back after its return"
    client.close()

"""What every backend of the shared state promises, on real servers."""

import os
import threading
import time

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import QuotaSpent, RateLimited, ServerFault
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.limiter import SharedLimiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.slots import DayCount
from amc_assets.providers.road.state import Document, SharedState, StateError
from amc_assets.providers.road.ticks import number
from amc_assets_tests.providers.crowd import state_at
from amc_assets_tests.providers.state_fixtures import *  # noqa: F403 - fixtures

LIMITS = RoadLimits(calls=5, per_seconds=60, per_day=2, breaker_failures=1, breaker_seconds=300)


def put(state: SharedState, key: str, **fields: object) -> None:
    """Replace the document at ``key``."""
    state.update(key, lambda _document, _now: (fields, None))


def add_one(document: Document | None, _now: float) -> tuple[Document, None]:
    """Count, as a change."""
    return {"count": (number(document, "count") or 0) + 1}, None


def test_a_document_is_kept_stamped_and_told_to_others(backend: str) -> None:
    mine, theirs = state_at(backend), state_at(backend)
    assert theirs.read("a")[0] is None
    before = mine.read("a")[1]
    put(mine, "a", text="ä\u2028'\";--", tick=None, many=[1, {"b": True}])
    document, now = theirs.read("a")
    assert document is not None
    written = number(document, "written_tick")
    assert written is not None
    assert before <= written <= now
    assert {**document, "written_tick": None} == {
        "text": "ä\u2028'\";--", "tick": None, "many": [1, {"b": True}], "written_tick": None,
    }  # fmt: skip
    assert theirs.read("b")[0] is None


def test_the_clock_goes_on_in_seconds(backend: str) -> None:
    state = state_at(backend)
    started = time.monotonic()
    first = state.read("a")[1]
    time.sleep(0.05)
    passed = state.read("a")[1] - first
    assert 0.05 <= passed <= time.monotonic() - started + 0.05


def test_what_a_change_raises_leaves_the_document_and_the_state_usable(backend: str) -> None:
    state = state_at(backend)
    put(state, "a", count=1)

    def refuse(_document: Document | None, _now: float) -> tuple[Document, None]:
        raise RateLimited("finra", "d", "not asked", "wait")

    for _ in range(12):  # more than a pool of connections holds
        with pytest.raises(RateLimited):
            state.update("a", refuse)
    state.update("a", add_one)
    assert number(state.read("a")[0], "count") == 2
    assert state.update("a", lambda document, _now: (None, document)) == state.read("a")[0]


def test_threads_never_lose_an_update(backend: str) -> None:
    state = state_at(backend)

    def work() -> None:
        for _ in range(10):
            state.update("a", add_one)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number(state.read("a")[0], "count") == 40


def test_a_forked_child_and_its_parent_do_not_share_a_connection(backend: str) -> None:
    state = state_at(backend)
    state.update("a", add_one)
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            try:
                for _ in range(20):
                    state.update("a", add_one)
            except BaseException:  # noqa: BLE001 - the child must not go on as a second pytest
                os._exit(1)
            os._exit(0)
        children.append(pid)
    for _ in range(20):
        state.update("a", add_one)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
    assert number(state.read("a")[0], "count") == 81


def test_limits_and_breakers_work_on_it(backend: str) -> None:
    clock = SystemClock()
    one, two = (SharedLimiter(state_at(backend), clock) for _ in range(2))
    one.acquire("polygon", "d", LIMITS, 0)
    with pytest.raises(RateLimited, match=r"in 12\.[12] s"):
        two.acquire("polygon", "d", LIMITS, 5)
    assert two.left("polygon", LIMITS) == DayCount(1, 1)
    two.hold("polygon", 30)
    with pytest.raises(RateLimited, match=r"in (30\.0|29\.9) s"):
        one.acquire("polygon", "d", LIMITS, 5)
    one.spend_day("polygon", LIMITS)
    with pytest.raises(QuotaSpent):
        two.acquire("polygon", "d", LIMITS, 100)

    shared = Breakers(state_at(backend), {"polygon": LIMITS}, ListAudit(), clock)
    shared.record(shared.enter("polygon", "d"), ServerFault("polygon", "d", "GET x was answered 500", "wait"))
    other = Breakers(state_at(backend), {"polygon": LIMITS}, ListAudit(), clock)
    assert [status.state for status in other.statuses()] == ["open"]
    assert other.half_open_due() == []


@pytest.mark.parametrize("found", ["no json", "[1]", '{"next_slot_tick": "soon"}', '{"day_calls": true}'])
def test_a_document_of_another_program_is_refused_with_a_sentence(tmp_path, found: str) -> None:
    import sqlite3

    address = f"sqlite:{tmp_path}/state.db"
    put(state_at(address), "slots:polygon")
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute("UPDATE shared_state SET document = ?", (found,))
    connection.commit()
    connection.close()
    with pytest.raises(StateError, match=r"cannot be read: .*Another program wrote it"):
        SharedLimiter(state_at(address), SystemClock()).acquire("polygon", "d", LIMITS, 0)

"""Refusals inside a 200, the shared retry budget, and attempts that end in no error of ours."""

from dataclasses import dataclass, field

import httpx
import pyarrow as pa
import pytest

from amc_assets.providers.errors import (
    NotEntitled,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.retry_budget import RetryBudget
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets_tests.providers.roads import Handler, Road, as_text, ask, in_turn, open_road

OK = httpx.Response(200, content=b"fine")
REFUSALS: dict[bytes, ProviderError] = {
    b"slow down": RateLimited("polygon", "thing", "told to slow down", "wait", 45.0),
    b"burst": RateLimited("polygon", "thing", "one a second", "wait"),
    b"quota": QuotaSpent("polygon", "thing", "25 a day", "tomorrow"),
    b"paywall": NotEntitled("polygon", "thing", "premium", "pay"),
    b"bad key": Unauthorized("polygon", "thing", "the key is invalid", "set one"),
}


def parse(body: bytes, request: Request) -> Parsed:
    """Parse as a provider's parser does that finds its refusals in a 200."""
    if body in REFUSALS:
        refusal = REFUSALS[body]
        raise type(refusal)(*refusal.args, *_wait(refusal))
    return as_text(body, request)


def _wait(refusal: ProviderError) -> tuple[float, ...]:
    asked = getattr(refusal, "retry_after_seconds", None)
    return () if asked is None else (asked,)


def a_road(tmp_path, *bodies: bytes, limits: RoadLimits | None = None) -> Road:
    """Return a road whose far end answers 200 with these bodies."""
    limits = limits or RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=3, breaker_seconds=600)
    handler: Handler = in_turn(*[httpx.Response(200, content=body) for body in bodies])
    return open_road(tmp_path, handler, limits)


def test_a_burst_refusal_in_a_200_is_tried_again_after_the_wait_it_names(tmp_path) -> None:
    road = a_road(tmp_path, b"slow down", b"fine")
    road.transport.fetch(ask(), parse)
    assert sum(road.slept) == pytest.approx(45)
    assert [(r.success, r.status_code, r.rate_limited) for r in road.audit.calls] == [
        (False, 200, True), (True, 200, False),
    ]  # fmt: skip


def test_a_refusal_in_a_200_holds_every_process(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=1)
    road = a_road(tmp_path, b"slow down", limits=limits)
    with pytest.raises(RateLimited):
        road.transport.fetch(ask(), parse)
    with pytest.raises(RateLimited, match="not asked"):
        open_road(tmp_path, in_turn(OK), limits).limiter.acquire("polygon", "d", limits, 5)


@pytest.mark.parametrize(("body", "opens"), [(b"burst", True), (b"paywall", False), (b"bad key", False)])
def test_only_a_refusal_that_is_about_the_provider_opens_the_breaker(tmp_path, body, opens) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=3, retry_attempts=1)
    road = a_road(tmp_path, body, limits=limits)
    for _ in range(3):
        with pytest.raises(type(REFUSALS[body])):
            road.transport.fetch(ask(), parse)
    assert bool(road.audit.breaker_events) == opens


@pytest.mark.parametrize("per_day", [25, None])
def test_a_quota_that_the_provider_calls_spent_is_spent_for_every_process(tmp_path, per_day) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, per_day=per_day)
    road = a_road(tmp_path, b"quota", limits=limits)
    with pytest.raises(QuotaSpent):
        road.transport.fetch(ask(), parse)
    assert len(road.asked) == 1  # not tried again
    other = open_road(tmp_path, in_turn(OK), limits)
    with pytest.raises(QuotaSpent, match="not asked"):
        other.transport.fetch(ask(), parse)
    assert other.asked == []
    tomorrow = open_road(tmp_path, in_turn(OK), limits)
    tomorrow.clock.sleep(24 * 3600)
    tomorrow.transport.fetch(ask(), parse)


def test_our_own_count_of_the_quota_does_not_mark_the_day(tmp_path) -> None:
    """Raising the plan's quota during the day takes effect: only the provider's word is final."""
    road = a_road(tmp_path, b"fine", limits=RoadLimits(calls=1000, per_seconds=1, burst=1000, per_day=1))
    road.transport.fetch(ask(), parse)
    with pytest.raises(QuotaSpent):
        road.transport.fetch(ask(), parse)
    more = open_road(tmp_path, in_turn(OK), RoadLimits(calls=1000, per_seconds=1, burst=1000, per_day=5))
    more.transport.fetch(ask(), parse)


@dataclass
class Purse:
    """A retry budget of some retries."""

    retries: int
    asked: list[str] = field(default_factory=list)
    deposits: int = 0

    def withdraw(self, provider: str, fault: ProviderError) -> bool:
        """Pay while there is something left."""
        self.asked.append(f"{provider} {type(fault).__name__}")
        self.retries -= 1
        return self.retries >= 0

    def deposit(self, provider: str) -> None:
        """Count."""
        self.deposits += 1


def _failing(tmp_path, budget: Purse | RetryBudget | None, *answers: httpx.Response) -> Road:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=5, breaker_failures=1000)
    return open_road(tmp_path, in_turn(*answers), limits, retry_budget=budget)


def test_an_empty_retry_budget_ends_the_retries_and_says_so(tmp_path) -> None:
    purse = Purse(2)
    road = _failing(tmp_path, purse, httpx.Response(500))
    with pytest.raises(ServerFault, match=r"not tried again: the retry budget of polygon is used up"):
        road.transport.fetch(ask(), as_text)
    assert len(road.asked) == 3
    assert purse.asked == ["polygon ServerFault"] * 3
    assert purse.deposits == 0


def test_a_first_attempt_asks_no_budget_and_a_success_pays_in(tmp_path) -> None:
    purse = Purse(0)
    _failing(tmp_path, purse, OK).transport.fetch(ask(), as_text)
    assert (purse.asked, purse.deposits) == ([], 1)
    with pytest.raises(ProviderError):
        _failing(tmp_path, purse, httpx.Response(404)).transport.fetch(ask(), as_text)
    assert (purse.asked, purse.deposits) == ([], 1)


def test_the_last_attempt_pays_nothing(tmp_path) -> None:
    purse = Purse(100)
    road = _failing(tmp_path, purse, httpx.Response(500))
    with pytest.raises(ServerFault, match="attempt 5 of 5"):
        road.transport.fetch(ask(), as_text)
    assert len(purse.asked) == 4


def test_the_shared_budget_stops_a_storm_of_retries(tmp_path) -> None:
    """500 tokens at 5 a retry: whoever fails afterwards is asked once, not five times."""
    budget = RetryBudget(SqliteState(tmp_path / "retries.db"))
    road = _failing(tmp_path, budget, httpx.Response(500))
    road.breakers.enabled = False  # it would end the storm sooner
    for _ in range(40):
        with pytest.raises(ServerFault):
            road.transport.fetch(ask(), as_text)
    assert len(road.asked) == 40 + 100
    road = _failing(tmp_path / "b", budget, OK)
    for _ in range(5):
        road.transport.fetch(ask(), as_text)
    assert budget.tokens("polygon") == 5


def test_a_bug_in_a_parser_leaves_a_row(tmp_path) -> None:
    road = a_road(tmp_path, b"fine")
    with pytest.raises(ZeroDivisionError):
        road.transport.fetch(ask(), lambda body, request: Parsed(pa.table({"a": [1 // 0]})))
    (row,) = road.audit.calls
    assert (row.success, row.status_code) == (False, 200)
    assert row.error_message == "polygon.thing: parser fault: ZeroDivisionError: integer division or modulo by zero"


def test_a_run_that_is_stopped_during_a_call_leaves_a_row_and_frees_the_probe(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=1, breaker_seconds=10, retry_attempts=1)
    road = open_road(tmp_path, in_turn(httpx.Response(500), OK), limits)
    with pytest.raises(ServerFault):
        road.transport.fetch(ask(), as_text)
    road.clock.sleep(11)

    def stop(body: bytes, request: Request) -> Parsed:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        road.transport.fetch(ask(), stop)
    assert "stopped during the call" in (road.audit.calls[-1].error_message or "")
    road.transport.fetch(ask(), as_text)  # the probe is free at once, not when its reservation expires


def test_a_fetch_inside_somebodys_error_handling_is_judged_by_itself(tmp_path) -> None:
    road = a_road(tmp_path, b"fine")
    try:
        int("something else")
    except ValueError:
        road.transport.fetch(ask(), parse)
    assert [row.success for row in road.audit.calls] == [True]

"""Copies of answers on the road: when they save a call, make it conditional, or stand in; and when they must not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pyarrow as pa
import pytest

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import (
    BreakerOpen,
    MalformedBody,
    NotEntitled,
    NotFound,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ServerFault,
    Unauthorized,
    Unreachable,
)
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.road.cache import Kept, key_of
from amc_assets.providers.road.cache_sqlite import SqliteCache
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.roads import EVENING, KEY, Handler, Road, as_text, ask, in_turn, open_road

ONCE = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=1, breaker_failures=100)
HOUR = 3600.0


def reply(body: bytes = b"first", status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer; ``last_modified`` is the header Last-Modified."""
    return httpx.Response(status, content=body, headers={n.replace("_", "-"): v for n, v in headers.items()})


def a_road(tmp_path, *answers: httpx.Response | Exception, limits: RoadLimits = ONCE, at=EVENING) -> Road:
    """Return a road with a cache in the folder of the test; a second road there shares it."""
    cache = SqliteCache(tmp_path / "cache.db")
    handler: Handler = in_turn(*answers)
    return open_road(tmp_path, handler, limits, clock=FixedClock(at), cache=cache)


def text_of(fetched: object) -> bytes:
    """Return the body that was parsed."""
    body: bytes = fetched.parsed.table.column("body")[0].as_py()  # type: ignore[attr-defined]
    return body


def fresh(**changes: object) -> Request:
    """Return a request whose copy is fresh for an hour and usable for a day."""
    return ask(**{"fresh_seconds": HOUR, "usable_seconds": 24 * HOUR, **changes})


def raising(error: Exception) -> Callable[[bytes, Request], Parsed]:
    """Return a parser that fails."""

    def parse(body: bytes, request: Request) -> Parsed:
        raise error

    return parse


def test_a_fresh_copy_saves_the_call_the_slot_and_the_audit_row(tmp_path) -> None:
    limits = RoadLimits(calls=1, per_seconds=3600, per_day=1, retry_attempts=1)
    road = a_road(tmp_path, reply(b"first", x_total="7"), limits=limits)
    first = road.transport.fetch(fresh(), as_text)
    road.clock.sleep(HOUR)
    again = road.transport.fetch(fresh(), as_text)
    assert (text_of(again), again.is_cached, first.is_cached) == (b"first", True, False)
    assert again.fetched_at == first.fetched_at == EVENING
    assert again.source == first.source
    assert again.headers["x-total"] == "7"
    assert len(road.asked) == len(road.audit.calls) == 1


def test_a_fresh_copy_is_used_while_the_breaker_is_open(tmp_path) -> None:
    limits = replace(ONCE, breaker_failures=1)
    road = a_road(tmp_path, reply(), reply(status=500), limits=limits)
    road.transport.fetch(fresh(), as_text)
    with pytest.raises(ServerFault):
        road.transport.fetch(ask(), as_text)
    assert text_of(road.transport.fetch(fresh(), as_text)) == b"first"
    assert len(road.audit.calls) == 2


def test_a_copy_older_than_its_life_is_asked_anew(tmp_path) -> None:
    road = a_road(tmp_path, reply(), reply(b"second"))
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(HOUR + 1)
    second = road.transport.fetch(fresh(), as_text)
    assert (text_of(second), second.is_cached) == (b"second", False)
    assert "if-none-match" not in road.asked[1].headers  # the provider gave nothing to compare


def test_lives_of_zero_keep_and_use_nothing(tmp_path) -> None:
    road = a_road(tmp_path, reply(etag='"1"'), reply(b"second"))
    road.transport.fetch(ask(), as_text)
    assert text_of(road.transport.fetch(fresh(), as_text)) == b"second"
    assert not {"if-none-match", "if-modified-since"} & set(road.asked[1].headers)


MODIFIED = "Fri, 20 Nov 2026 23:00:00 GMT"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"etag": '"abc"'}, {"if-none-match": '"abc"'}),
        ({"etag": 'W/"abc"'}, {"if-none-match": 'W/"abc"'}),
        ({"last_modified": MODIFIED}, {"if-modified-since": MODIFIED}),
        ({"etag": '"abc"', "last_modified": MODIFIED}, {"if-none-match": '"abc"', "if-modified-since": MODIFIED}),
    ],
    ids=["etag", "weak etag", "date", "both"],
)
def test_an_unchanged_answer_is_not_sent_again(tmp_path, given, sent) -> None:
    road = a_road(tmp_path, reply(x_total="7", **given), reply(b"", 304))
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    second = road.transport.fetch(fresh(), as_text)
    assert {name: road.asked[1].headers.get(name) for name in sent} == sent
    assert text_of(second) == b"first"
    assert (second.is_cached, second.fetched_at) == (False, EVENING + timedelta(hours=2))
    assert second.headers["x-total"] == "7"
    assert [(row.success, row.status_code) for row in road.audit.calls] == [(True, 200), (True, 304)]
    road.clock.sleep(HOUR / 2)
    third = road.transport.fetch(fresh(), as_text)  # refreshed: fresh again from the 304 on, with its validator
    assert (third.is_cached, third.fetched_at) == (True, second.fetched_at)
    road.clock.sleep(HOUR)
    road.transport.fetch(fresh(), as_text)
    assert len(road.asked) == 3
    assert {name: road.asked[2].headers.get(name) for name in sent} == sent


def test_a_304_that_was_not_asked_for_is_an_error(tmp_path) -> None:
    road = a_road(tmp_path, reply(), reply(b"", 304))
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    with pytest.raises(ProviderError, match="no copy was offered"):
        road.transport.fetch(fresh(), as_text)


def test_a_304_for_a_copy_that_no_longer_parses_forgets_it(tmp_path) -> None:
    road = a_road(tmp_path, reply(etag='"1"'), reply(b"", 304), reply(b"second"))
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    with pytest.raises(MalformedBody):
        road.transport.fetch(fresh(usable_seconds=0.0), raising(MalformedBody("p", "d", "old", "wait")))
    assert text_of(road.transport.fetch(fresh(), as_text)) == b"second"
    assert "if-none-match" not in road.asked[2].headers


@pytest.mark.parametrize(
    "failure",
    [reply(status=500), reply(status=429), reply(status=503, retry_after="20"), httpx.ConnectError("no"),
     httpx.ReadTimeout("slow")],
    ids=["500", "429", "503", "refused", "timeout"],
)  # fmt: skip
def test_a_usable_copy_stands_in_when_asking_fails_and_the_failure_is_told(tmp_path, failure, caplog) -> None:
    road = a_road(tmp_path, reply(), failure)
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    second = road.transport.fetch(fresh(), as_text)
    assert (text_of(second), second.is_cached, second.fetched_at) == (b"first", True, EVENING)
    assert [row.success for row in road.audit.calls] == [True, False]
    assert "the copy of 2026-11-20 23:50:00 UTC stands in" in caplog.text


@pytest.mark.parametrize(
    ("error", "covered"),
    [
        (QuotaSpent("p", "d", "a", "n"), True), (RateLimited("p", "d", "a", "n"), True),
        (Unreachable("p", "d", "a", "n"), True), (MalformedBody("p", "d", "a", "n"), False),
        (NotEntitled("p", "d", "a", "n"), False), (Unauthorized("p", "d", "a", "n"), False),
        (NotFound("p", "d", "a", "n"), False),
    ],
    ids=lambda item: type(item).__name__ if isinstance(item, Exception) else "",
)  # fmt: skip
def test_only_what_passes_is_covered(tmp_path, error, covered) -> None:
    road = a_road(tmp_path, reply(), reply(status=400))
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    if covered:
        assert road.transport.fetch(fresh(), as_text, lambda refusal, request: error).is_cached
        return
    with pytest.raises(type(error)):
        road.transport.fetch(fresh(), as_text, lambda refusal, request: error)


def test_an_open_breaker_and_a_spent_quota_are_covered(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, per_day=2, retry_attempts=1, breaker_failures=1)
    road = a_road(tmp_path, reply(), reply(status=500), limits=limits)
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    assert road.transport.fetch(fresh(), as_text).is_cached  # the 500
    assert road.transport.fetch(fresh(), as_text).is_cached  # the breaker it opened
    assert road.audit.calls[-1].circuit_breaker_open
    assert len(road.asked) == 2
    road.clock.sleep(200)
    assert road.transport.fetch(fresh(), as_text).is_cached  # the quota
    assert "2 calls" in (road.audit.calls[-1].error_message or "")


def test_a_copy_too_old_to_be_used_leaves_the_error(tmp_path) -> None:
    limits = replace(ONCE, breaker_failures=1)
    road = a_road(tmp_path, reply(), reply(status=500), limits=limits)
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(24 * HOUR + 1)
    with pytest.raises(ServerFault):
        road.transport.fetch(fresh(), as_text)
    with pytest.raises(BreakerOpen):
        road.transport.fetch(fresh(), as_text)


@pytest.mark.parametrize("before_seconds", [1.0, 365 * 24 * HOUR])
def test_a_copy_from_the_future_does_not_exist(tmp_path, before_seconds) -> None:
    """A replay of a past day must not read what was fetched later."""
    a_road(tmp_path, reply(b"of the future", etag='"1"')).transport.fetch(fresh(), as_text)
    past = a_road(tmp_path, reply(b"of then"), at=EVENING - timedelta(seconds=before_seconds))
    assert text_of(past.transport.fetch(fresh(), as_text)) == b"of then"
    assert "if-none-match" not in past.asked[0].headers
    failing = a_road(tmp_path, reply(status=500), at=EVENING - timedelta(seconds=before_seconds + 1))
    with pytest.raises(ServerFault):
        failing.transport.fetch(fresh(), as_text)


def test_only_bodies_that_parsed_are_kept(tmp_path) -> None:
    road = a_road(tmp_path, reply(b"<html>", etag='"1"'), reply(b"second"))
    with pytest.raises(MalformedBody):
        road.transport.fetch(fresh(), raising(MalformedBody("p", "d", "a", "n")))
    with pytest.raises(ZeroDivisionError):
        road.transport.fetch(fresh(), lambda body, request: Parsed(pa.table({"a": [1 // 0]})))
    assert text_of(road.transport.fetch(fresh(), as_text)) == b"second"
    assert not any("if-none-match" in sent.headers for sent in road.asked)


@pytest.mark.parametrize(
    "answer",
    [
        reply(f'{{"Information": "We have detected your API key as {KEY}"}}'.encode()),
        reply(b"x" * 70_000 + KEY.encode() + b"x" * 70_000),
        reply(b"fine", link=f"<https://x.test/?cursor=1&apikey={KEY}>"),
        reply(b"a part", 206),
    ],
    ids=["echo", "deep inside", "header", "partial content"],
)
def test_a_body_that_repeats_the_key_is_not_kept(tmp_path, answer) -> None:
    road = a_road(tmp_path, answer)
    for request in (fresh(), fresh(secrets={}, secret_params={"apikey": KEY})):
        road.transport.fetch(request, as_text)
        assert not road.transport.fetch(request, as_text).is_cached
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_kept_copy_that_turns_to_repeat_the_key_is_forgotten(tmp_path) -> None:
    road = a_road(tmp_path, reply(), reply(KEY.encode()), reply(status=500))
    road.transport.fetch(fresh(), as_text)
    road.clock.sleep(2 * HOUR)
    road.transport.fetch(fresh(), as_text)
    with pytest.raises(ServerFault):
        road.transport.fetch(fresh(), as_text)


def test_a_fresh_copy_that_this_versions_parser_refuses_is_asked_anew(tmp_path) -> None:
    road = a_road(tmp_path, reply(), reply(b"second"))
    road.transport.fetch(fresh(), as_text)

    def strict(body: bytes, request: Request) -> Parsed:
        if body == b"first":
            raise MalformedBody("p", "d", "no longer enough", "n")
        return as_text(body, request)

    assert text_of(road.transport.fetch(fresh(), strict)) == b"second"


def test_a_validator_that_no_header_can_carry_is_not_sent_back(tmp_path) -> None:
    road = a_road(tmp_path, reply())
    request = fresh()
    cache = SqliteCache(tmp_path / "cache.db")
    road.transport.fetch(request, as_text)
    kept = cache.get(key_of(request))
    assert isinstance(kept, Kept)
    road.clock.sleep(2 * HOUR)
    hostile = open_road(tmp_path / "b", in_turn(reply(etag="x" * 5000)), ONCE, clock=road.clock, cache=cache)
    hostile.transport.fetch(request, as_text)
    found = cache.get(key_of(request))
    assert found is not None
    assert found.etag is None


def test_without_a_cache_the_lives_of_a_request_mean_nothing(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(reply(), reply(status=500)), ONCE)
    assert not road.transport.fetch(fresh(), as_text).is_cached
    with pytest.raises(ServerFault):
        road.transport.fetch(fresh(), as_text)

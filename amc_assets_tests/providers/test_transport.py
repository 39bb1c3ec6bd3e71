"""The road out on a clock that only sleeping moves: retries, budget, classification, audit, secrets."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pyarrow as pa
import pytest

from amc_assets.providers.errors import (
    BadRequest,
    BreakerOpen,
    MalformedBody,
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    RateLimited,
    ServerFault,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.roads import EVENING, KEY, as_text, ask, in_turn, open_road

OK = httpx.Response(200, content=b"fine")


def test_an_answer_is_parsed_dated_and_audited(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(OK))
    fetched = road.transport.fetch(ask(params={"a": "1"}, headers={"Accept": "text/plain"}), as_text)
    assert fetched.parsed.table.to_pylist() == [{"body": b"fine"}]
    assert fetched.fetched_at == EVENING
    assert fetched.source == "polygon.thing"
    (sent,) = road.asked
    assert str(sent.url) == "https://example.test/v1/thing?a=1"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["user-agent"] == "amc_assets tests"
    assert sent.headers["accept"] == "text/plain"
    assert sent.headers["accept-encoding"] == "gzip, deflate"
    (row,) = road.audit.calls
    assert (row.provider_name, row.endpoint, row.request_at) == ("polygon", "v1/thing", EVENING)
    assert (row.success, row.status_code, row.response_time_ms, row.error_message) == (True, 200, 0, None)


def test_a_post_sends_its_json(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(OK))
    request = ask(json_body={"limit": 5})
    road.transport.fetch(type(request)("polygon", "thing", "POST", request.url, json_body={"limit": 5}), as_text)
    assert json.loads(road.asked[0].content) == {"limit": 5}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, BadRequest), (302, BadRequest), (304, BadRequest), (400, BadRequest), (401, Unauthorized),
        (402, BadRequest), (403, NotEntitled), (404, NotFound), (405, BadRequest), (406, BadRequest),
        (407, Unreachable), (408, Unreachable), (410, NotFound), (413, BadRequest), (415, BadRequest),
        (418, BadRequest), (425, Unreachable), (429, RateLimited), (499, ServerFault), (500, ServerFault),
        (502, ServerFault), (503, ServerFault), (504, ServerFault), (599, ServerFault),
    ],
)  # fmt: skip
def test_every_status_has_its_error(tmp_path, status, error) -> None:
    limits = RoadLimits(calls=100, per_seconds=1, retry_attempts=1, burst=100)
    road = open_road(tmp_path, in_turn(httpx.Response(status, content=b"no")), limits)
    with pytest.raises(ProviderError, match=f'GET v1/thing was answered {status}: "no"') as caught:
        road.transport.fetch(ask(), as_text)
    assert type(caught.value) is error
    assert road.audit.calls[0].status_code == status
    assert road.audit.calls[0].rate_limited == (error is RateLimited)


def test_redirects_are_not_followed_and_the_new_place_is_named(tmp_path) -> None:
    moved = httpx.Response(301, headers={"Location": "https://elsewhere.test/v2?apikey=" + KEY})
    road = open_road(tmp_path, in_turn(moved))
    with pytest.raises(BadRequest, match=r"moved to 'https://elsewhere\.test/v2'"):
        road.transport.fetch(ask(), as_text)
    assert len(road.asked) == 1


@pytest.mark.parametrize(
    "first",
    [httpx.Response(500), httpx.Response(429), httpx.ConnectError("refused"), httpx.ReadTimeout("slow")],
    ids=["500", "429", "refused", "timeout"],
)
def test_a_passing_fault_is_retried_with_growing_waits(tmp_path, first) -> None:
    limits = RoadLimits(
        calls=1000, per_seconds=1, burst=1000, retry_wait_min_seconds=2, retry_wait_max_seconds=5, retry_jitter_frac=0,
        retry_attempts=4,
    )  # fmt: skip
    road = open_road(tmp_path, in_turn(first, first, first, OK), limits)
    assert road.transport.fetch(ask(), as_text).parsed.table.num_rows == 1
    assert road.slept == [2, 4, 5]
    assert [row.success for row in road.audit.calls] == [False, False, False, True]


def test_waits_are_spread_within_the_declared_fraction(tmp_path) -> None:
    waits = set()
    for seed in range(20):
        limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_wait_min_seconds=10, retry_jitter_frac=0.25)
        road = open_road(tmp_path / str(seed), in_turn(httpx.Response(500), OK), limits, seed=seed)
        road.transport.fetch(ask(), as_text)
        (wait,) = road.slept
        assert 7.5 <= wait <= 12.5
        waits.add(wait)
    assert max(waits) - min(waits) > 3


def test_the_last_error_says_how_often_it_was_tried(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(502)))
    with pytest.raises(ServerFault, match=r"answered 502 \(attempt 3 of 3\)"):
        road.transport.fetch(ask(), as_text)
    assert len(road.asked) == len(road.audit.calls) == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400),
        httpx.Response(401),
        httpx.Response(403),
        httpx.Response(404),
        httpx.UnsupportedProtocol("x"),
    ],
    ids=["400", "401", "403", "404", "protocol"],
)
def test_what_cannot_succeed_is_not_retried(tmp_path, answer) -> None:
    """A correctly classified 405 was retried 5,363 times elsewhere."""
    road = open_road(tmp_path, in_turn(answer))
    with pytest.raises(ProviderError):
        road.transport.fetch(ask(), as_text)
    assert len(road.audit.calls) == 1
    assert road.slept == []


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed_and_holds_every_process(tmp_path, form) -> None:
    at = EVENING + timedelta(seconds=45)
    header = "45" if form == "seconds" else at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    road = open_road(tmp_path, in_turn(httpx.Response(429, headers={"Retry-After": header}), OK))
    road.transport.fetch(ask(), as_text)
    assert sum(road.slept) == pytest.approx(45)
    again = open_road(tmp_path, in_turn(httpx.Response(429, headers={"Retry-After": header}), OK))
    with pytest.raises(RateLimited):
        again.transport.fetch(ask(), lambda body, request: _raise(RateLimited("p", "d", "a", "n", 300.0)))
    with pytest.raises(RateLimited, match="not asked"):
        again.limiter.acquire("polygon", "d", RoadLimits(calls=1000, per_seconds=1, burst=1000), 5)


def _raise(error: ProviderError) -> Parsed:
    raise error


@pytest.mark.parametrize("header", ["600", "Sat, 21 Nov 2026 00:30:00 GMT"])
def test_a_wait_beyond_the_budget_ends_the_fetch_at_once_and_says_so(tmp_path, header) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(429, headers={"Retry-After": header})))
    with pytest.raises(RateLimited, match=r"gave up: the next try is due in \d+ s, the time budget has 120 s left"):
        road.transport.fetch(ask(), as_text)
    assert road.slept == []
    assert len(road.asked) == 1


@pytest.mark.parametrize("header", ["", "soon", "-5", "1e9", "NaN", "99999999999999999999999", "Fri, 99 Nov 2026"])
def test_a_senseless_retry_after_does_no_harm(tmp_path, header) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(429, headers={"Retry-After": header}), OK))
    try:
        road.transport.fetch(ask(), as_text)
    except RateLimited as error:
        assert "gave up" in str(error)  # noqa: PT017 - either end is right, neither may wait or crash
    assert sum(road.slept) < 60


def test_503_with_retry_after_counts_as_being_asked_to_slow_down(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(503, headers={"Retry-After": "20"}), OK))
    road.transport.fetch(ask(), as_text)
    assert sum(road.slept) == pytest.approx(20)
    assert road.audit.calls[0].rate_limited


def test_the_whole_fetch_stays_within_its_budget(tmp_path) -> None:
    limits = RoadLimits(calls=1, per_seconds=10, retry_attempts=100, total_seconds=60, breaker_failures=1000)
    road = open_road(tmp_path, in_turn(httpx.Response(500)), limits)
    started = road.clock.monotonic()
    with pytest.raises(ServerFault, match="gave up"):
        road.transport.fetch(ask(), as_text)
    assert road.clock.monotonic() - started <= 60
    assert len(road.asked) >= 2


def test_no_free_slot_within_the_budget_is_a_local_refusal(tmp_path) -> None:
    limits = RoadLimits(calls=1, per_seconds=3600, total_seconds=60)
    road = open_road(tmp_path, in_turn(OK), limits)
    road.transport.fetch(ask(), as_text)
    with pytest.raises(RateLimited, match="not asked: the next free slot is in 3672"):
        road.transport.fetch(ask(), as_text)
    assert len(road.asked) == 1
    refused = road.audit.calls[-1]
    assert (refused.success, refused.rate_limited, refused.status_code) == (False, True, None)


def test_an_open_breaker_refuses_without_a_call_and_without_a_slot(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=3, breaker_seconds=60)
    road = open_road(tmp_path, in_turn(httpx.Response(500)), limits)
    with pytest.raises(ServerFault):
        road.transport.fetch(ask(), as_text)
    asked = len(road.asked)
    with pytest.raises(BreakerOpen, match=r"after 3 failures, the last: .*answered 500"):
        road.transport.fetch(ask(), as_text)
    assert len(road.asked) == asked
    assert road.audit.calls[-1].circuit_breaker_open
    assert [event.event_type for event in road.audit.breaker_events] == ["OPENED"]


def test_a_breaker_that_opens_between_two_tries_ends_the_retries(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=2, breaker_seconds=60, retry_attempts=5)
    road = open_road(tmp_path, in_turn(httpx.Response(500)), limits)
    with pytest.raises(BreakerOpen):
        road.transport.fetch(ask(), as_text)
    assert len(road.asked) == 2


@pytest.mark.parametrize(
    ("answer", "opens"),
    [
        (httpx.Response(401), False), (httpx.Response(403), False), (httpx.Response(404), False),
        (httpx.Response(400), False), (httpx.Response(500), True), (httpx.Response(429), True),
        (httpx.ConnectError("refused"), True), (httpx.Response(200, content=b"<html>"), True),
    ],
    ids=["401", "403", "404", "400", "500", "429", "refused", "malformed"],
)  # fmt: skip
def test_only_signs_of_illness_open_the_breaker(tmp_path, answer, opens) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=3, retry_attempts=1)
    road = open_road(tmp_path, in_turn(answer), limits)
    for _ in range(3):
        with pytest.raises(ProviderError):
            road.transport.fetch(ask(), _refuse_html)
    assert bool(road.audit.breaker_events) == opens


def _refuse_html(body: bytes, request: object) -> Parsed:
    raise MalformedBody("polygon", "thing", f"not JSON: {body!r}", "wait")


def test_not_yet_published_neither_counts_nor_is_retried(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=2)
    road = open_road(tmp_path, in_turn(httpx.Response(403)), limits)
    for _ in range(5):
        with pytest.raises(NotYetPublished):
            road.transport.fetch(ask(), as_text, lambda refusal, request: NotYetPublished("p", "d", "a", "n"))
    assert len(road.asked) == 5
    assert road.audit.breaker_events == []


def test_a_bug_in_a_parser_frees_the_probe_and_reaches_the_caller(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=1, breaker_seconds=10, retry_attempts=1)
    road = open_road(tmp_path, in_turn(httpx.Response(500), OK), limits)
    with pytest.raises(ServerFault):
        road.transport.fetch(ask(), as_text)
    road.clock.sleep(11)
    with pytest.raises(ZeroDivisionError):
        road.transport.fetch(ask(), lambda body, request: Parsed(pa.table({"a": [1 // 0]})))
    road.transport.fetch(ask(), as_text)
    assert [status.state for status in road.breakers.statuses() if status.provider == "polygon"] == ["closed"]


def test_a_body_over_the_cap_is_refused(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(200, content=b"x" * 1001)))
    with pytest.raises(TooLarge, match="larger than 1000 bytes"):
        road.transport.fetch(ask(max_bytes=1000), as_text)
    assert len(road.asked) == 1


def test_a_body_that_is_not_complete_within_the_budget_is_refused(tmp_path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=pieces())

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a piece "
            road.clock.sleep(3)

    road = open_road(tmp_path, handler)
    with pytest.raises(TooLarge, match=r"was not complete in time \(\d+ bytes came\)"):
        road.transport.fetch(ask(), as_text)
    assert road.clock.monotonic() - EVENING.timestamp() <= 120 + 3


def test_a_long_error_body_is_cut_and_put_on_one_line(tmp_path) -> None:
    body = b"<html>\r\n\x00\x1b[31m" + b"word " * 2000
    road = open_road(tmp_path, in_turn(httpx.Response(404, content=body)))
    with pytest.raises(NotFound) as caught:
        road.transport.fetch(ask(), as_text)
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


def test_a_provider_without_limits_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"no limits are set for 'somebody' \(known: finra, nasdaq, polygon\)"):
        open_road(tmp_path, in_turn(OK)).transport.fetch(ask("somebody"), as_text)

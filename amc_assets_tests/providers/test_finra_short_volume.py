"""Daily short volume: the file first, the query API when the file fails, and never for a file that does not exist."""

import json
from dataclasses import replace
from datetime import date

import httpx
import pytest

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import (
    BreakerOpen,
    MalformedBody,
    NotFound,
    NotYetPublished,
    ProviderError,
    ServerFault,
    Unauthorized,
)
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.finra.partitions import parse_trade_dates, trade_dates_request
from amc_assets.providers.finra.reg_sho import parse_reg_sho, reg_sho_request
from amc_assets.providers.finra.threshold import otc_threshold_request, parse_otc_threshold
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import (
    API,
    DAY,
    DENIED,
    FACILITIES,
    SYMBOLS,
    facility,
    listed,
    page,
    partitions,
    short_volume,
)
from amc_assets_tests.providers.roads import EVENING, Handler, Road, open_road

ROWS = [facility(symbol, code, market) for symbol in SYMBOLS for code, market in FACILITIES]
FROM_API = httpx.Response(200, content=page(ROWS), headers={"Record-Total": str(len(ROWS))})
FILE = short_volume([(symbol, 120, 3, 300) for symbol in SYMBOLS])
NOTHING = httpx.Response(204, headers={"Record-Total": "0"})
GONE = httpx.Response(403, content=DENIED)


def finra(road: Road) -> Finra:
    """Return the client on a road."""
    return Finra(road.transport, API, BASE, road.clock)


def doors(file: httpx.Response | Exception, api: httpx.Response | Exception) -> Handler:
    """Return a server whose file and query API give these answers."""

    def handler(request: httpx.Request) -> httpx.Response:
        answer = api if request.method == "POST" else file
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handler


def test_a_good_file_is_used_and_the_api_not_asked(tmp_path) -> None:
    road = open_road(tmp_path, doors(httpx.Response(200, content=FILE), FROM_API))
    assert finra(road).short_volume(DAY).source == "finra.daily_short_volume"
    assert [request.method for request in road.asked] == ["GET"]


@pytest.mark.parametrize(
    "file",
    [
        httpx.Response(500), httpx.Response(200, content=FILE.rpartition(b"\n")[0]), httpx.Response(404, content=b"<"),
        httpx.Response(200, content=b"<html>"), httpx.ConnectError("refused"), httpx.Response(401), GONE,
        httpx.Response(200, content=FILE.replace(b"20261120", b"20261119")),
    ],
    ids=["down", "truncated", "not out: 404", "web page", "unreachable", "refused", "not out: 403", "yesterday's"],
)  # fmt: skip
def test_the_api_answers_where_the_file_does_not_with_the_same_rows(tmp_path, file) -> None:
    road = open_road(tmp_path / "api", doors(file, FROM_API))
    fetched = finra(road).short_volume(DAY)
    assert fetched.source == "finra.reg_sho_daily"
    whole = finra(open_road(tmp_path / "file", doors(httpx.Response(200, content=FILE), FROM_API))).short_volume(DAY)
    assert fetched.parsed.table.schema.equals(whole.parsed.table.schema)
    assert fetched.parsed.table.to_pylist() == sorted(whole.parsed.table.to_pylist(), key=lambda r: r["source_symbol"])


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("day", "error", "asks_api"),
    [
        (date(2026, 11, 23), NotYetPublished, False), (date(2026, 11, 20), NotYetPublished, True),
        (date(2026, 11, 17), NotYetPublished, True), (date(2026, 11, 16), NotFound, False),
        (date(2020, 1, 2), NotFound, False), (date(2026, 11, 15), NotFound, False), (date(1999, 1, 4), NotFound, False),
    ],
    ids=["tomorrow", "today", "3 sessions ago", "4 sessions ago", "years ago", "a Sunday", "before the calendar"],
)  # fmt: skip
def test_a_missing_file_is_not_yet_or_never(tmp_path, status, day, error, asks_api) -> None:
    road = open_road(tmp_path, doors(httpx.Response(status, content=DENIED), NOTHING))
    with pytest.raises(ProviderError) as caught:
        finra(road).short_volume(day)
    assert type(caught.value) is error
    assert [request.method for request in road.asked] == ["GET", "POST"][: 1 + asks_api]
    assert ("the query API has no rows for that day either" in str(caught.value)) == asks_api


def test_before_the_file_is_due_the_api_is_not_asked(tmp_path) -> None:
    noon = FixedClock(EVENING.replace(hour=17))
    road = open_road(tmp_path, doors(GONE, FROM_API), clock=noon)
    with pytest.raises(NotYetPublished):
        finra(road).short_volume(DAY)
    assert len(road.asked) == 1


@pytest.mark.parametrize(
    ("api", "said"),
    [
        (httpx.Response(502), "answered 502"), (httpx.Response(404), "answered 404"),
        (httpx.Response(200, content=b"[{}]"), "unreadable_row 1"), (NOTHING, "no rows for that day either"),
    ],
    ids=["down", "renamed", "changed", "empty"],
)  # fmt: skip
def test_when_both_fail_the_files_error_names_both(tmp_path, api, said) -> None:
    with pytest.raises(ServerFault, match=r"CNMSshvol20261120.txt was answered 503.*") as caught:
        finra(open_road(tmp_path, doors(httpx.Response(503), api))).short_volume(DAY)
    assert "the query API" in str(caught.value)
    assert said in str(caught.value)


def test_an_open_breaker_asks_nobody(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=1, breaker_seconds=60, retry_attempts=1)
    road = open_road(tmp_path, doors(httpx.Response(503), FROM_API), limits)
    with pytest.raises(ServerFault, match="the query API instead"):
        finra(road).short_volume(DAY)
    with pytest.raises(BreakerOpen):
        finra(road).short_volume(DAY)
    assert len(road.asked) == 1


def test_the_otc_file_is_asked_by_its_name_and_has_no_other_door(tmp_path) -> None:
    road = open_road(tmp_path / "good", doors(httpx.Response(200, content=FILE), FROM_API))
    assert finra(road).otc_short_volume(DAY).source == "finra.otc_short_volume"
    assert road.asked[0].url.path == "/equity/regsho/daily/FORFshvol20261120.txt"
    with pytest.raises(NotYetPublished):
        finra(open_road(tmp_path / "gone", doors(GONE, FROM_API))).otc_short_volume(DAY)


def test_the_request_of_the_api_asks_for_one_day_in_json(tmp_path) -> None:
    road = open_road(tmp_path, doors(httpx.Response(500), FROM_API))
    finra(road).short_volume(DAY)
    sent = road.asked[-1]
    assert sent.headers["accept"] == "application/json"  # without it FINRA answers CSV
    body = json.loads(sent.content)
    assert body["compareFilters"] == [
        {"compareType": "EQUAL", "fieldName": "tradeReportDate", "fieldValue": "2026-11-20"}
    ]
    assert (body["limit"], body["offset"]) == (5000, 0)
    assert "authorization" not in sent.headers


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_now_needed_says_which(tmp_path, status) -> None:
    road = open_road(tmp_path, doors(GONE, httpx.Response(status, content=b'{"message":"no"}')))
    for ask in (finra(road).reg_sho_daily, finra(road).otc_threshold_list):
        with pytest.raises(Unauthorized) as caught:
            ask(DAY)
        assert "FINRA asks for credentials now: set FINRA_CLIENT_ID and FINRA_CLIENT_SECRET" in str(caught.value)
    assert len(road.asked) == 2  # a refusal is not asked again


@pytest.mark.parametrize(
    ("own", "general", "fate"),
    [
        ("Y", "R", "listed"), ("Y", None, "listed"), (" y ", "NR", "listed"), ("N", "NR", "off"), ("N", None, "off"),
        (None, "R", "listed"), ("", "NR", "off"), (None, "Y", "listed"), (None, None, "refused"),
        ("?", "R", "refused"), ("", "X", "refused"),
    ],
)  # fmt: skip
def test_only_names_on_the_regulation_sho_list_are_given(tmp_path, own, general, fate) -> None:
    """The flag is blank before 2019; then the general one says R (Regulation SHO) or NR (only rule 4320)."""
    rows = [*(listed(symbol) for symbol in SYMBOLS), listed("X", regShoThresholdFlag=own, thresholdListFlag=general)]
    road = open_road(tmp_path, doors(GONE, httpx.Response(200, content=page(rows), headers={"Record-Total": "61"})))
    parsed = finra(road).otc_threshold_list(DAY).parsed
    assert ("X" in parsed.table.column("source_symbol").to_pylist()) == (fate == "listed")
    assert parsed.notes["not_flagged"] == str(int(fate == "off"))
    assert parsed.rejected == ({"unknown_flag": 1} if fate == "refused" else {})
    assert parsed.table.num_rows == 60 + (fate == "listed")


def test_a_threshold_list_of_another_day_is_refused(tmp_path) -> None:
    rows = [listed(symbol, tradeDate="2026-11-19") for symbol in SYMBOLS]
    road = open_road(tmp_path, doors(GONE, httpx.Response(200, content=page(rows))))
    with pytest.raises(MalformedBody, match="wrong_date 60"):
        finra(road).otc_threshold_list(DAY)


@pytest.mark.parametrize(
    ("parse", "body", "request_to"),
    [
        (parse_otc_threshold, page([listed("A")]).replace(b'"u"', b'"\xff"'), otc_threshold_request(API, DAY)),
        (parse_reg_sho, page([facility("A", extra="u")]).replace(b'"u"', b'"\xff"'), reg_sho_request(API, DAY)),
        (parse_trade_dates, partitions(["2026-11-20"], "u").replace(b'"u"', b'"\xff"'), trade_dates_request(API)),
    ],
    ids=["threshold list", "short volume", "trade dates"],
)
def test_a_body_that_is_not_utf8_is_refused_even_where_nothing_reads_it(parse, body, request_to) -> None:
    assert b"\xff" in body
    with pytest.raises(MalformedBody, match="utf-8"):
        parse(body, request_to)


@pytest.mark.parametrize("before", [0, 40, 185, 195])
def test_a_refusal_quotes_no_part_of_a_key(before) -> None:
    key = "tok-0123456789abcdef"  # pragma: allowlist secret
    request = replace(reg_sho_request(API, DAY), secrets={"Authorization": f"Bearer {key}"})
    with pytest.raises(MalformedBody) as caught:
        parse_reg_sho(b'{"' + b"x" * before + b" " + key.encode(), request)
    assert key[:6] not in str(caught.value)

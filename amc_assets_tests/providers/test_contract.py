"""One set of cards for every dataset: what each must do with good, empty, refused, truncated and odd answers."""

import json
import logging
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from amc_assets.providers.errors import (
    MalformedBody,
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    RateLimited,
    Unauthorized,
)
from amc_assets.providers.exchange import Fetched, Request
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.nasdaq.symbols import NasdaqDirectory
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.registry import DATASETS
from amc_assets_tests.providers.bodies import BASE, CASES, DAY, SETTLEMENT, SYMBOLS, Case
from amc_assets_tests.providers.roads import KEY, Road, in_turn, open_road

API = f"{BASE}/data/group/otcMarket/name"
CALLS: dict[str, Callable[[Road], Fetched | list[date]]] = {
    "daily_short_volume": lambda road: Finra(road.transport, API, BASE, road.clock).short_volume(DAY),
    "short_interest": lambda road: Finra(road.transport, API, BASE, road.clock).short_interest(SETTLEMENT),
    "short_interest_settlements": lambda road: Finra(road.transport, API, BASE, road.clock).settlements(),
    "grouped_daily": lambda road: Polygon(road.transport, BASE, KEY).grouped_daily(DAY),
    "tickers": lambda road: Polygon(road.transport, BASE, KEY).tickers(DAY),
    "splits": lambda road: Polygon(road.transport, BASE, KEY).splits(date(2026, 1, 1), DAY),
    "floats": lambda road: Polygon(road.transport, BASE, KEY).floats(),
    "symbol_directory": lambda road: NasdaqDirectory(road.transport, BASE).symbols(),
}
SHAPES = {
    "daily_short_volume": ("GET", "/equity/regsho/daily/CNMSshvol20261120.txt"),
    "short_interest": ("POST", "/data/group/otcMarket/name/consolidatedShortInterest"),
    "short_interest_file": ("GET", "/equity/otcmarket/biweekly/shrt20261030.csv"),
    "short_interest_settlements": ("GET", "/partitions/group/otcMarket/name/consolidatedShortInterest"),
    "grouped_daily": ("GET", "/v2/aggs/grouped/locale/us/market/stocks/2026-11-20?adjusted=false&include_otc=false"),
    "tickers": ("GET", "/v3/reference/tickers?market=stocks&active=true&date=2026-11-20&limit=1000"),
    "splits": (
        "GET", "/v3/reference/splits?execution_date.gte=2026-01-01&execution_date.lte=2026-11-20&limit=1000",
    ),
    "floats": ("GET", "/stocks/vX/float?limit=5000"),
    "symbol_directory": ("GET", "/dynamic/SymDir/nasdaqtraded.txt"),
}  # fmt: skip
every_dataset = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def some(*names: str) -> pytest.MarkDecorator:
    """Return a parametrisation over the datasets a card applies to."""
    return pytest.mark.parametrize("case", [CASES[name] for name in names], ids=names)


every_call = pytest.mark.parametrize("name", CALLS)


def sent_from(tmp_path, request: Request) -> httpx.Request:
    """Send the request and return what went out."""
    case = next(case for case in CASES.values() if case.request is request)
    road = open_road(tmp_path, in_turn(httpx.Response(200, content=case.body)))
    road.transport.fetch(request, case.dataset.parse)
    return road.asked[0]


def test_the_cards_cover_every_dataset() -> None:
    assert set(CASES) == set(SHAPES) == {dataset.name for dataset in DATASETS}
    assert set(CALLS) == set(CASES) - {"short_interest_file"}  # read by short_interest, when the API fails


@every_dataset
def test_request_shape(tmp_path, case: Case) -> None:
    sent = sent_from(tmp_path, case.request)
    method, address = SHAPES[case.dataset.name]
    assert (sent.method, str(sent.url)) == (method, BASE + address)
    assert (sent.headers.get("authorization") == f"Bearer {KEY}") == case.dataset.needs_key
    assert KEY not in str(sent.url)
    if method == "POST":
        assert sent.headers["accept"] == "application/json"  # without it FINRA answers CSV
        body = json.loads(sent.content)
        assert body["compareFilters"] == [
            {"compareType": "EQUAL", "fieldName": "settlementDate", "fieldValue": "2026-10-30"}
        ]
        assert (body["limit"], body["offset"]) == (5000, 0)


@every_dataset
def test_a_good_body_gives_the_declared_columns_and_every_row(case: Case) -> None:
    parsed = case.dataset.parse(case.body, case.request)
    assert parsed.table.num_rows == case.rows
    assert parsed.rejected == {}
    names = [name for name, _ in case.dataset.columns]
    if case.dataset.name == "short_interest_file":
        names = [name for name, _ in CASES["short_interest"].dataset.columns]
    assert parsed.table.column_names == names
    if "source_symbol" in names:
        assert parsed.table.column("source_symbol").to_pylist() == SYMBOLS  # NA, NULL and TRUE are tickers
    for name in names:
        assert str(parsed.table.schema.field(name).type) == _type_of(name)


def _type_of(name: str) -> str:
    if name.endswith("_date"):
        return "date32[day]"
    if name.startswith("is_"):
        return "bool"
    numeric = ("_usd", "_shares", "days_to_cover_reported", "ratio", "trade_count")
    return "double" if name.endswith(numeric) else "string"


@every_dataset
def test_an_empty_answer_is_an_empty_table(case: Case) -> None:
    assert case.empty is not None
    empty = case.dataset.parse(case.empty, case.request)
    full = case.dataset.parse(case.body, case.request)
    assert empty.table.num_rows == 0
    assert empty.table.schema.names == full.table.schema.names


@every_dataset
@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html><body>Will be right back</body></html>",
        b"\n\n  <?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b'{"Information": "rate limit"}',
        b'{"statusCode":400,"statusDescription":"Bad Request","message":"Invalid date field format."}',
        b"Too Many Requests",
        b"\x00\xff\xfe garbage",
        b"null",
        b"12",
        b'"text"',
    ],
    ids=["html", "xml", "soft error", "finra error", "text", "bytes", "null", "number", "string"],
)
def test_a_200_that_is_no_data_is_malformed(case: Case, body) -> None:
    with pytest.raises(ProviderError) as caught:
        case.dataset.parse(body, case.request)
    assert isinstance(caught.value, MalformedBody)
    assert caught.value.provider == case.dataset.provider


@every_dataset
def test_an_empty_body_is_malformed_except_for_finras_204(case: Case) -> None:
    if case.dataset.name == "short_interest":
        assert case.dataset.parse(b"", case.request).table.num_rows == 0
        return
    with pytest.raises(MalformedBody):
        case.dataset.parse(b"", case.request)


@every_dataset
def test_a_truncated_body_is_never_taken_for_a_whole_one(case: Case) -> None:
    body = case.body.rstrip()
    for cut in range(1, len(body) - 1, 7):
        part = body[:cut]
        try:
            parsed = case.dataset.parse(part, case.request)
        except ProviderError:
            continue
        if parsed.table.num_rows == case.rows:
            continue  # only filler behind the last mark is gone
        # the plain short-interest file carries no count: cut between two lines it cannot be told from a shorter one
        assert case.dataset.name == "short_interest_file", part[-40:]
        assert part.count(b"\n") - 1 <= parsed.table.num_rows <= part.count(b"\n")


@some("short_interest", "grouped_daily", "splits", "floats")  # the JSON datasets with numbers in their rows
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_does_not_have_are_refused(case: Case, value) -> None:
    before, after = {
        "short_interest": (b'Quantity": ', b"1000,"), "grouped_daily": (b'"c": ', b"10.5,"),
        "splits": (b'"split_to": ', b"20}"), "floats": (b'"free_float": ', b"5000000.0,"),
    }[case.dataset.name]  # fmt: skip
    assert before + after in case.body
    odd = case.body.replace(before + after, before + value.encode() + after[-1:], 1)
    try:
        parsed = case.dataset.parse(odd, case.request)
    except MalformedBody:
        return
    assert value == "1e999"  # JSON's grammar, but no double: that row is refused and counted
    assert sum(parsed.rejected.values()) == 1


@every_dataset
def test_a_renamed_column_is_noticed(case: Case) -> None:
    names = {
        "daily_short_volume": b"ShortVolume", "short_interest": b"currentShortPositionQuantity",
        "short_interest_file": b"daysToCoverQuantity", "short_interest_settlements": b"availablePartitions",
        "grouped_daily": b'"c"', "tickers": b'"ticker"', "splits": b'"split_to"', "floats": b'"free_float"',
        "symbol_directory": b"Test Issue",
    }  # fmt: skip
    name = names[case.dataset.name]
    assert name in case.body
    with pytest.raises(MalformedBody):
        case.dataset.parse(case.body.replace(name, b'"renamed"' if name.startswith(b'"') else b"renamed"), case.request)


@some(*(name for name in CASES if name != "short_interest_settlements"))  # which are sorted by the parser
def test_rows_in_another_order_give_the_same_rows(case: Case) -> None:
    head, rows, tail = _split_rows(case)
    shuffled = head + b"".join(rows[1::2] + rows[::2]) + tail
    if case.body.startswith((b"{", b"[")):
        shuffled = head + b", ".join(rows[1::2] + rows[::2]) + tail
    again = case.dataset.parse(shuffled, case.request)
    assert again.rejected == {}
    assert sorted(map(str, again.table.to_pylist())) == sorted(
        map(str, case.dataset.parse(case.body, case.request).table.to_pylist())
    )


# settlements are a set; bodies with a row count have the same test beside their parser
@some("short_interest", "short_interest_file", "tickers", "splits", "floats", "symbol_directory")
def test_a_repeated_row_is_kept_once_and_a_contradicted_one_not_at_all(case: Case) -> None:
    head, rows, tail = _split_rows(case)
    joint = b", " if case.body.startswith((b"{", b"[")) else b""
    twice = case.dataset.parse(head + joint.join([*rows, rows[0]]) + tail, case.request)
    assert twice.table.num_rows == 60
    assert twice.rejected == {"duplicate_row": 1}
    other = {"short_interest": (b"1000", b"2000"), "short_interest_file": (b"|1000|", b"|2000|"),
             "tickers": (b"XNAS", b"XNYS"), "splits": (b"20}", b"10}"), "floats": (b"5000000.0", b"6000000.0"),
             "symbol_directory": (b"|Q|", b"|N|")}[case.dataset.name]  # fmt: skip
    changed = rows[0].replace(*other)
    assert changed != rows[0]
    torn = case.dataset.parse(head + joint.join([*rows, changed]) + tail, case.request)
    assert torn.table.num_rows == 59
    assert torn.rejected == {"conflicting_duplicate": 2}
    assert torn.samples


def _split_rows(case: Case) -> tuple[bytes, list[bytes], bytes]:
    if case.body.startswith((b"{", b"[")):
        first, last = case.body.index(b"[{") + 1, case.body.rindex(b"}]") + 1
        rows = [row + b"}" for row in case.body[first:last].removesuffix(b"}").split(b"}, ")]
        return case.body[:first], rows, case.body[last:]
    lines = case.body.splitlines(keepends=True)
    tail = lines[61:]
    return lines[0], lines[1:61], b"".join(tail)


@every_call
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"status":"ERROR","request_id":"r","error":"Unknown API Key"}', Unauthorized),
        (403, b'{"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."}', NotEntitled),
        (404, b'{"status":"NOT_FOUND","request_id":"r","message":"Data not found."}', NotFound),
        (
            429,
            b'{"status":"ERROR","error":"You\'ve exceeded the maximum requests per minute, please wait"}',
            RateLimited,
        ),
        (429, b"", RateLimited),
    ],
    ids=["401", "403", "404", "429", "429 empty"],
)
def test_refusals_have_their_error_and_no_key(tmp_path, name, status, body, error, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    road = open_road(tmp_path, in_turn(httpx.Response(status, content=body)))
    if name == "short_interest_settlements" and status != 429:
        assert CALLS[name](road) == []  # the list is a convenience: without it the calendar knows the dates
        return
    with pytest.raises(ProviderError) as caught:
        CALLS[name](road)
    assert type(caught.value) is error
    assert KEY not in f"{caught.value!r} {caught.value} {road.audit} {caplog.text}"


@every_call
@pytest.mark.parametrize("header", [{}, {"Retry-After": "7"}], ids=["without", "with"])
def test_429_and_5xx_are_survived(tmp_path, name, header) -> None:
    case = CASES[name]
    slow = httpx.Response(429, headers=header)
    good = httpx.Response(200, content=case.body, headers={"Record-Total": "60"})
    road = open_road(tmp_path, in_turn(slow, httpx.Response(502), good))
    fetched = CALLS[name](road)
    rows = len(fetched) if isinstance(fetched, list) else fetched.parsed.table.num_rows
    assert rows == 60
    assert [row.status_code for row in road.audit.calls] == [429, 502, 200]
    assert sum(road.slept) >= (7 if header else 3)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("day", "error"),
    [
        (date(2026, 11, 23), NotYetPublished), (date(2026, 11, 20), NotYetPublished),
        (date(2026, 11, 17), NotYetPublished), (date(2026, 11, 16), NotFound), (date(2020, 1, 2), NotFound),
        (date(2026, 11, 15), NotFound), (date(1999, 1, 4), NotFound),
    ],
    ids=["tomorrow", "today", "3 sessions ago", "4 sessions ago", "years ago", "a Sunday", "before the calendar"],
)  # fmt: skip
def test_a_missing_finra_file_is_not_yet_or_never(tmp_path, status, day, error) -> None:
    body = (
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>" if status == 403 else b"<!DOCTYPE HTML><html>"
    )
    road = open_road(tmp_path, in_turn(httpx.Response(status, content=body)))
    with pytest.raises(ProviderError) as caught:
        Finra(road.transport, API, BASE, road.clock).short_volume(day)
    assert type(caught.value) is error
    assert len(road.asked) == 1

"""The faults that need more than another status, each shown to happen on the wire, and rules written as text."""

import json
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.clock import FixedClock
from amc_assets.replay import fault_effects, stale
from amc_assets.replay.fault_rows import repeated, shuffled, with_rows
from amc_assets.replay.faults import FaultKind, FaultPlan, FaultRule
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.site import WireRequest
from amc_assets_tests.replay.conftest import EVENING, keyed_client
from amc_assets_tests.replay.reading import (
    INTEREST_PATH,
    JSON_ACCEPT,
    grouped_path,
    interest_file_path,
    interest_query,
    pipe_rows,
    short_volume_path,
)
from amc_assets_tests.replay.rich_market import DAY, RichMarket
from amc_assets_tests.replay.test_publication import BILLS

FILE = short_volume_path(DAY)
QUERY = "/query?apikey=replay-key-alpha-vantage&function="


@contextmanager
def broken(market: RichMarket, *rules: FaultRule) -> Iterator[tuple[httpx.Client, FaultPlan]]:
    """Serve the evening of the rich market's day with ``rules``."""
    plan = FaultPlan(rules)
    with ReplayServer(market, faults=plan, clock=FixedClock(EVENING)) as server, keyed_client(server) as client:
        client.headers["User-Agent"] = "Mozilla/5.0 (amc_assets; replay@example.com)"
        yield client, plan


def test_a_gzip_bomb_is_small_on_the_wire_and_large_when_inflated(rich_market: RichMarket) -> None:
    with broken(rich_market, FaultRule(FaultKind.GZIP_BOMB)) as (client, plan), client.stream("GET", FILE) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
        assert plan.injected == {"gzip_bomb": 1}
    inflater, size = zlib.decompressobj(31), 0
    data = packed
    while data:
        size += len(inflater.decompress(data, 1 << 20))
        data = inflater.unconsumed_tail
    assert len(packed) < 300_000
    assert size == fault_effects.BOMB_BYTES == 200 * 1024 * 1024


def test_an_endless_body_drips_until_the_client_leaves(rich_market: RichMarket) -> None:
    with broken(rich_market, FaultRule(FaultKind.ENDLESS, max_count=1)) as (client, plan):
        start, seen = time.monotonic(), 0
        with client.stream("GET", FILE) as answer:
            assert answer.headers["Transfer-Encoding"] == "chunked"
            for chunk in answer.iter_raw():
                seen += len(chunk)
                if time.monotonic() - start > 0.4:
                    break
        assert plan.injected == {"endless": 1}
        assert client.get(FILE).status_code == 200, "the server goes on for others"
    assert seen > 10 * 1024, "it really dripped"
    assert time.monotonic() - start < 10, "leaving the block stops the server although the body had no end"


def test_the_endless_body_is_bounded_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_effects, "ENDLESS_MOST_SECONDS", 0.1)
    start = time.monotonic()
    assert sum(len(chunk) for chunk in fault_effects.endless_chunks()) > 0
    assert time.monotonic() - start >= 0.1


def test_a_stale_file_is_yesterdays_under_todays_name(rich_market: RichMarket) -> None:
    rule = FaultRule(FaultKind.STALE, first_requests=1)
    with broken(rich_market, rule) as (client, plan):
        file, honest = client.get(FILE), client.get(FILE)
        yesterday = client.get(short_volume_path(date(2024, 5, 14)))  # struck itself: the 13th
        bars = client.get(grouped_path(DAY)).json()
        query = interest_query(date(2024, 4, 30), limit=5)
        rows = client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT).json()
        interest = client.get(interest_file_path(date(2024, 4, 30)))
        assert plan.injected == {"stale": 5}
    assert {row[0] for row in pipe_rows(file.content)[1:-1]} == {"20240514"}
    assert {row[0] for row in pipe_rows(honest.content)[1:-1]} == {"20240515"}
    assert {row[0] for row in pipe_rows(yesterday.content)[1:-1]} == {"20240513"}
    assert {row["t"] for row in bars["results"]} == {int(datetime(2024, 5, 14, 20, tzinfo=UTC).timestamp() * 1000)}
    assert {row["settlementDate"] for row in rows} == {"2024-04-15"}
    assert {row[-1] for row in pipe_rows(interest.content)[1:]} == {"2024-04-15"}


def test_what_names_no_day_cannot_be_stale_and_is_not_counted(rich_market: RichMarket) -> None:
    with broken(rich_market, FaultRule(FaultKind.STALE, max_count=1)) as (client, plan):
        assert client.get("/dynamic/SymDir/nasdaqtraded.txt").status_code == 200
        assert not plan.injected
        client.get(FILE)
        assert plan.injected == {"stale": 1}, "the miss did not use up max_count"


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/rss.aspx?feed=tradehalts&haltdate=05152024", "/rss.aspx?feed=tradehalts&haltdate=05142024"),
        ("/x?selectedDate=13-May-2024&market=NYSE", "/x?selectedDate=10-May-2024&market=NYSE"),
        ("/files/cnsfails202405a.zip", "/files/cnsfails202404b.zip"),
        ("/files/cnsfails202405b.zip", "/files/cnsfails202405a.zip"),
        ("/dynamic/symdir/regsho/nasdaqth20240515.txt", "/dynamic/symdir/regsho/nasdaqth20240514.txt"),
        ("/query?function=HISTORICAL_OPTIONS&date=2024-05-28", "/query?function=HISTORICAL_OPTIONS&date=2024-05-24"),
    ],
)
def test_the_day_before_in_every_spelling(target: str, wanted: str) -> None:
    moved = stale.earlier(WireRequest("GET", target, {}), lambda _text: None)
    assert moved == (wanted, b"")


@pytest.mark.parametrize(
    "path",
    [
        FILE,
        "/dynamic/SymDir/nasdaqtraded.txt",
        grouped_path(DAY),
        "/v3/reference/tickers?limit=50",
        "/stocks/v1/short-volume?limit=50",
        "/v1/marketstatus/upcoming",
        "/rss.aspx?feed=tradehalts&haltdate=05152024",
        "/RssFeed/x",
        "/cgi-bin/browse-edgar?action=getcurrent&type=8-K&output=atom",
        "/api/screener/stocks?download=true",
        BILLS,
    ],
)
def test_rows_come_twice_or_in_another_order(rich_market: RichMarket, path: str) -> None:
    for kind in (FaultKind.DUPLICATE_ROWS, FaultKind.UNSORTED_ROWS):
        with broken(rich_market, FaultRule(kind, max_count=1)) as (client, plan):
            odd, honest = client.get(path), client.get(path)
            assert plan.injected == {kind.value: 1}
        pieces, true = _pieces(odd.content), _pieces(honest.content)
        assert pieces != true
        assert set(true) <= set(pieces) | {true[-1]}, "nothing is lost; the trailer's count may change"
        if kind is FaultKind.UNSORTED_ROWS:
            assert sorted(pieces) == sorted(true)
        else:
            assert len(pieces) > len(true)


def _pieces(body: bytes) -> list[str]:
    """Return what a body is made of: rows of JSON, entries of a feed, lines."""
    if body[:1] in {b"{", b"["}:
        decoded = json.loads(body)
        while isinstance(decoded, dict):
            decoded = next(decoded[name] for name in ("results", "data", "rows") if name in decoded)
        return [json.dumps(row) for row in decoded]
    text = body.decode("latin-1")
    if "<" in text[:5]:
        return [found[0].strip() for found in re.finditer(r"<(item|entry)>.*?</\1>", text, re.DOTALL)]
    return text.splitlines()


def test_counts_follow_repeated_rows(rich_market: RichMarket) -> None:
    with broken(rich_market, FaultRule(FaultKind.DUPLICATE_ROWS)) as (client, _):
        rows = pipe_rows(client.get(FILE).content)
        bars = client.get(grouped_path(DAY)).json()
        page = client.post(INTEREST_PATH, json=interest_query(date(2024, 4, 30), limit=20), headers=JSON_ACCEPT)
    assert rows[-1] == [str(len(rows) - 2)]
    assert bars["resultsCount"] == bars["count"] == len(bars["results"])
    assert int(page.headers["Total-Records-On-Page"]) == len(page.json()) == 22


@given(st.lists(st.integers(), min_size=2, max_size=60, unique=True))
def test_repeating_adds_and_shuffling_moves(rows: list[int]) -> None:
    assert len(repeated(rows)) == len(rows) + (len(rows) + 9) // 10
    assert set(repeated(rows)) == set(rows)
    assert shuffled(rows) != rows
    assert sorted(shuffled(rows)) == sorted(rows)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"results":[1]}', b"<rss></rss>", b"<x", b"{", b"PK\x03\x04\xff\xfe", b"a|b\n1\n"]
)
def test_what_has_no_two_rows_is_left_alone(body: bytes) -> None:
    assert with_rows(body, repeated) is None


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        (QUERY + "OVERVIEW&symbol=AB", 200, "25 requests per day"),
        (grouped_path(DAY), 429, "exceeded the maximum requests per minute"),
        ("/partitions/group/otcMarket/name/regShoDaily", 429, "API rate limit exceeded"),
        ("/files/company_tickers.json", 403, "Request Rate Threshold Exceeded"),
        ("/RssFeed/x", 429, "Too Many Requests"),
    ],
)
def test_quota_speaks_each_providers_language(rich_market: RichMarket, path: str, status: int, text: str) -> None:
    with broken(rich_market, FaultRule(FaultKind.QUOTA)) as (client, plan):
        answer = client.get(path)
        assert plan.injected == {"quota": 1}
    assert (answer.status_code, text in answer.text) == (status, True)


def test_a_wrong_content_type_leaves_the_body_alone(rich_market: RichMarket) -> None:
    with broken(rich_market, FaultRule(FaultKind.WRONG_TYPE, max_count=1)) as (client, _):
        odd, honest = client.get(grouped_path(DAY)), client.get(grouped_path(DAY))
    assert odd.content == honest.content
    assert odd.headers["Content-Type"].startswith("text/html")
    assert honest.headers["Content-Type"] == "application/json"


def test_rules_choose_by_provider(rich_market: RichMarket) -> None:
    rules = FaultRule.parse("provider=sec,kind=status,status=500"), FaultRule.parse("provider=news,kind=html")
    with broken(rich_market, *rules) as (client, plan):
        assert client.get("/files/company_tickers.json").status_code == 500
        assert client.get("/RssFeed/x").text.startswith("<!DOCTYPE html>")
        assert client.get(FILE).status_code == 200
        assert plan.injected_by_dataset == {("company_tickers", "status"): 1, ("globenewswire", "html"): 1}


def test_a_rule_is_read_from_text() -> None:
    text = "provider=finra, kind=status ,status=503,probability=0.3,path_pattern=2024\\d+,max_count=4"
    assert FaultRule.parse(text) == FaultRule(
        FaultKind.STATUS, provider="finra", status=503, probability=0.3, path_pattern=r"2024\d+", max_count=4
    )
    assert FaultRule.parse("kind=latency,latency_seconds=1.5").latency_seconds == 1.5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "kind is missing; one of status, reset"),
        ("provider=finra", "kind is missing"),
        ("kind=flood", "kind 'flood' is not known; one of status"),
        ("kind=status,provider=bloomberg", "provider 'bloomberg' is not known; one of alpha_vantage"),
        ("kind=status,dataset=bars", "dataset 'bars' is not known; one of daily_short_volume"),
        ("kind=status,status=many", "status must be a whole number, not 'many'"),
        ("kind=status,probability=often", "probability must be a number"),
        ("kind=status,probability=2", r"probability must be in \[0, 1\]"),
        ("kind=status,probability=nan", r"probability must be in \[0, 1\]"),
        ("kind=status,status=200", "status must be 400 to 599"),
        ("kind=status,status", "'status' is not name=value"),
        ("kind=status,kind=reset", "kind is given twice"),
        ("kind=status,speed=9", "speed is not known; use kind"),
        ("kind=status,path_pattern=(", "path_pattern is no regular expression"),
        ("kind=latency", "needs latency_seconds above 0"),
    ],
)
def test_a_wrong_rule_says_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        FaultRule.parse(text)

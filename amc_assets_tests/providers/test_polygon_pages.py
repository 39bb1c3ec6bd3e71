"""Polygon's pages and addresses: they never leave the provider, the key stays in its header, what was asked rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import httpx
import pytest

from amc_assets.providers.errors import (
    BadRequest,
    MalformedBody,
    NotYetPublished,
    ProviderError,
)
from amc_assets.providers.polygon.client import Polygon
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon import CARDS
from amc_assets_tests.providers.cards.polygon_bodies import DAY, MIDNIGHT_MS, SETTLEMENT, SYMBOLS, bar, ticker
from amc_assets_tests.providers.cards.polygon_bodies import answer as polygon
from amc_assets_tests.providers.roads import KEY, in_turn, open_road


def paged(pages: Sequence[object], next_urls: Sequence[str | None]) -> object:
    """Return a server that hands out one page per call."""
    left = list(zip(pages, next_urls, strict=True))

    def handler(request: httpx.Request) -> httpx.Response:
        rows, next_url = left.pop(0)
        return httpx.Response(200, content=polygon(rows, **({"next_url": next_url} if next_url else {})))

    return handler


@pytest.mark.parametrize(
    ("base", "next_url", "asked"),
    [
        ("https://api.polygon.io", "https://api.polygon.io/v3/reference/tickers?cursor=abc", "https://api.polygon.io/"),
        (
            "https://api.polygon.io",
            "https://api.massive.com/v3/reference/tickers?cursor=abc",
            "https://api.massive.com/",
        ),
        (
            "https://api.massive.com",
            "https://api.polygon.io/v3/reference/tickers?cursor=abc",
            "https://api.polygon.io/",
        ),
        ("http://127.0.0.1:81", "http://127.0.0.1:81/v3/reference/tickers?cursor=abc", "http://127.0.0.1:81/"),
        ("http://127.0.0.1:81", "https://api.massive.com/v3/reference/tickers?cursor=abc", "http://127.0.0.1:81/"),
    ],
    ids=["same host", "new name", "old name", "replay", "replay of a recording"],
)
def test_pages_are_followed_with_the_key_and_without_the_old_parameters(tmp_path, base, next_url, asked) -> None:
    pages = [[ticker(symbol) for symbol in SYMBOLS[:40]], [ticker(symbol) for symbol in SYMBOLS[40:]]]
    road = open_road(tmp_path, paged(pages, [next_url, None]))
    fetched = Polygon(road.transport, base, KEY).tickers(DAY)
    assert fetched.parsed.table.column("source_symbol").to_pylist() == SYMBOLS
    assert fetched.parsed.notes == {"pages": "2"}
    second = road.asked[1]
    assert str(second.url) == f"{asked}v3/reference/tickers?cursor=abc"
    assert second.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "next_url",
    [
        "https://evil.test/v3/reference/tickers?cursor=abc", "https://api.polygon.io.evil.test/x", "http://api.polygon.io/x",
        "https://api.polygon.io@evil.test/x", "//evil.test/x", "ftp://api.polygon.io/x", "https://api.polygon.io:8443/x",
    ],
)  # fmt: skip
def test_a_page_elsewhere_is_not_asked_and_the_key_stays_here(tmp_path, next_url) -> None:
    road = open_road(tmp_path, paged([[ticker("A")]], [next_url]))
    with pytest.raises(BadRequest, match="not the provider's host"):
        Polygon(road.transport, "https://api.polygon.io", KEY).tickers(DAY)
    assert len(road.asked) == 1


def test_pages_that_lead_back_are_noticed(tmp_path) -> None:
    again = f"{BASE}/v3/reference/tickers?cursor=abc"
    road = open_road(tmp_path, lambda request: httpx.Response(200, content=polygon([ticker("A")], next_url=again)))
    with pytest.raises(MalformedBody, match="pages never end"):
        Polygon(road.transport, BASE, KEY).tickers(DAY)
    assert len(road.asked) == 2


def test_a_failed_page_fails_the_whole_read(tmp_path) -> None:
    pages = iter([httpx.Response(200, content=polygon([ticker("A")], next_url=f"{BASE}/p2"))])
    road = open_road(tmp_path, lambda request: next(pages, httpx.Response(404)))
    with pytest.raises(ProviderError, match="answered 404"):
        Polygon(road.transport, BASE, KEY).tickers(DAY)


def test_the_key_is_in_the_header_and_in_no_address_or_note(tmp_path) -> None:
    pages = [[ticker("A")], [ticker("B")]]
    road = open_road(tmp_path, paged(pages, [f"{BASE}/v3/reference/tickers?cursor=abc&apiKey={KEY}", None]))
    fetched = Polygon(road.transport, BASE, KEY).tickers(DAY)
    assert KEY not in repr(fetched)
    assert KEY not in repr(road.audit)
    assert str(road.asked[1].url) == f"{BASE}/v3/reference/tickers?cursor=abc"
    assert road.asked[1].headers["authorization"] == f"Bearer {KEY}"


def test_what_was_asked_first_judges_every_page(tmp_path) -> None:
    """The second page's address names no day: its bars are still held against the day asked for."""
    rows = [[bar(None)], [bar(None, t=MIDNIGHT_MS + 86_400_000)]]
    road = open_road(tmp_path, paged(rows, [f"{BASE}/v2/aggs/page?cursor=abc", None]))
    parsed = Polygon(road.transport, BASE, KEY).aggregates("GME", DAY, DAY).parsed
    assert (parsed.table.num_rows, parsed.rejected) == (1, {"wrong_date": 1})
    assert len(road.asked) == 2


@pytest.mark.parametrize("symbol", ["../v1/x", "A B", "", "A/../B", "GME?apiKey=x", "G" * 15, "A%2FB"])
def test_a_text_that_is_no_ticker_is_not_asked_for(tmp_path, symbol) -> None:
    road = open_road(tmp_path, lambda request: httpx.Response(200, content=polygon([])))
    client = Polygon(road.transport, BASE, KEY)
    for call in (
        lambda: client.ticker_details(symbol, DAY),
        lambda: client.aggregates(symbol, DAY, DAY),
        lambda: client.option_snapshot(symbol),
    ):
        with pytest.raises(BadRequest, match="not a ticker"):
            call()
    assert road.asked == []


def test_every_method_asks_the_card_of_its_dataset(tmp_path) -> None:
    since = datetime(2026, 11, 20, 12, tzinfo=UTC)
    calls = {
        "grouped_daily": lambda client: client.grouped_daily(DAY),
        "aggregates": lambda client: client.aggregates("GME", DAY, DAY, span="minute"),
        "market_snapshot": lambda client: client.market_snapshot(),
        "tickers": lambda client: client.tickers(DAY),
        "ticker_details": lambda client: client.ticker_details("GME", DAY),
        "splits": lambda client: client.splits(date(2026, 1, 1), DAY),
        "floats": lambda client: client.floats(),
        "option_snapshot": lambda client: client.option_snapshot("GME"),
        "polygon_news": lambda client: client.news(since),
        "market_status": lambda client: client.market_status(),
        "market_holidays": lambda client: client.market_holidays(),
        "polygon_short_interest": lambda client: client.short_interest(SETTLEMENT),
        "polygon_short_volume": lambda client: client.short_volume(DAY),
    }
    cards = {card.dataset.name: card for card in CARDS}
    assert set(calls) == set(cards)
    for name, call in calls.items():
        answer = httpx.Response(200, content=cards[name].good.body)
        road = open_road(tmp_path / name, in_turn(answer))
        fetched = call(Polygon(road.transport, BASE, KEY))
        assert str(road.asked[0].url) == BASE + cards[name].sent[1]
        assert (fetched.parsed.table.num_rows, fetched.source) == (cards[name].good.rows, f"polygon.{name}")
        refusing = open_road(tmp_path / f"{name} refused", in_turn(httpx.Response(403, content=_TOO_EARLY)))
        with pytest.raises(NotYetPublished):
            call(Polygon(refusing.transport, BASE, KEY))


_TOO_EARLY = b'{"status":"NOT_AUTHORIZED","message":"Attempted to request today\'s data before end of day."}'

"""The headline feeds: who each item is about, what cannot be dated, and Yahoo asked symbol by symbol."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from amc_assets.providers.errors import MalformedBody, NotFound, RateLimited
from amc_assets.providers.news.client import News
from amc_assets.providers.news.headlines import (
    globenewswire_request,
    parse_globenewswire,
    parse_prnewswire,
    prnewswire_request,
    yahoo_request,
)
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.news_bodies import GUID, PUBLISHED, item, rss, stock
from amc_assets_tests.providers.roads import QUICK, Handler, Road, open_road

GLOBE, PR = globenewswire_request(BASE), prnewswire_request(BASE)


def road_to(tmp_path: Path, handler: Handler) -> Road:
    """Return a road on which the feeds are known."""
    return open_road(tmp_path, handler, {"news": QUICK})


def client(road: Road) -> News:
    """Return the client of all three feeds."""
    return News(road.transport, f"{BASE}/globe/", f"{BASE}/pr", f"{BASE}/yahoo")


def test_a_row_of_globenewswire() -> None:
    tags = stock("Nasdaq:ACME") + stock("TSX:ACM") + stock("NYSE:AB.C")
    tags += '<category domain="https://www.globenewswire.com/rss/ISIN">US0000000001</category><category>Nasdaq:ZZZ</category>'
    extra = tags + "<dc:publisher>GlobeNewswire Inc.</dc:publisher><dc:language>en</dc:language>"
    body = rss([item(1, extra=extra, description="&lt;p align='left'&gt;Acme &lt;b&gt;rose&lt;/b&gt;&lt;/p&gt;")])
    assert parse_globenewswire(body, GLOBE).table.to_pylist() == [
        {
            "item_id": GUID.format(n=1), "published_at": datetime(2026, 11, 20, 21, 6, tzinfo=UTC),
            "title": "Acme 1 Announces Results", "summary": "Acme rose", "url": GUID.format(n=1),
            "publisher": "GlobeNewswire Inc.", "source_symbols": "ACME,AB.C", "vendor_sentiment": None, "form": None,
            "filing_items": None, "cik": None,
        }
    ]  # fmt: skip


def test_old_items_tag_with_http() -> None:
    body = rss([item(1, extra=stock("Nasdaq:ACME").replace("https://", "http://"))])
    assert parse_globenewswire(body, GLOBE).table.column("source_symbols").to_pylist() == ["ACME"]


def test_pr_newswire_writes_its_tickers_into_the_text() -> None:
    items = [
        item(
            1, title="Acme (NYSE: ACM) Wins", description="Acme Inc. (NYSE: ACM; TSX: ACX) and Foo (OTCQB: FOOO) said"
        ),
        item(2, description="Nothing listed."),
    ]
    table = parse_prnewswire(rss(items), PR).table
    assert table.column("source_symbols").to_pylist() == ["ACM,FOOO", ""]
    assert set(table.column("publisher").to_pylist()) == {"PR Newswire"}


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"pubDate": ""}, "no_date"), ({"pubDate": "Fri, 20 Nov 2026 16:06:00"}, "no_time_zone"),
        ({"pubDate": "soon"}, "unreadable_date"), ({"guid": "", "link": ""}, "no_id"), ({"title": ""}, "no_title"),
        ({"guid": "", "link": "javascript:x"}, "no_id"),
    ],
    ids=repr,
)  # fmt: skip
def test_an_item_without_date_id_or_title_is_counted_and_the_others_stay(parts, reason) -> None:
    parsed = parse_prnewswire(rss([item(1), item(2, **parts), item(3)]), PR)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 2
    assert parsed.samples[0].startswith(reason)


def test_an_item_without_an_id_is_known_by_its_address() -> None:
    (row,) = parse_prnewswire(rss([item(1, guid="")]), PR).table.to_pylist()
    assert row["item_id"] == row["url"] == GUID.format(n=1)


def test_a_feed_without_any_date_is_another_feed() -> None:
    with pytest.raises(MalformedBody, match="no_date 3"):
        parse_prnewswire(rss([item(n, pubDate="") for n in range(3)]), PR)


def test_the_client_asks_each_wire_at_its_own_address(tmp_path) -> None:
    road = road_to(tmp_path, lambda _: httpx.Response(200, content=rss([item(1)])))
    news = client(road)
    assert news.globenewswire().source == "news.globenewswire"
    assert news.prnewswire().source == "news.prnewswire"
    assert [sent.url.path.split("/")[1] for sent in road.asked] == ["globe", "pr"]
    assert "amc_assets" in road.asked[1].headers["user-agent"]


def yahoo(request: httpx.Request) -> httpx.Response:
    """Answer by symbol: item 1 is about both, items 2 and 3 about one each."""
    items = {
        "AAA": [item(1), item(2)],
        "BBB": [item(1, pubDate="Fri, 20 Nov 2026 21:07:00 GMT"), item(3), item(4, pubDate="")],
    }
    found = items.get(request.url.params["s"])
    return httpx.Response(200, content=rss(found)) if found else httpx.Response(404)


def test_yahoo_is_asked_by_symbol_and_an_item_of_two_names_both(tmp_path) -> None:
    road = road_to(tmp_path, yahoo)
    fetched = client(road).yahoo_headlines(["AAA", "BBB", "AAA", "ZZZ"])
    rows = {row["item_id"]: row["source_symbols"] for row in fetched.parsed.table.to_pylist()}
    assert rows == {GUID.format(n=1): "AAA,BBB", GUID.format(n=2): "AAA", GUID.format(n=3): "BBB"}
    assert fetched.parsed.rejected == {"no_date": 1}
    assert fetched.parsed.notes == {"pages": "2", "unknown_symbols": "ZZZ"}
    assert [sent.url.params["s"] for sent in road.asked] == ["AAA", "BBB", "ZZZ"]
    assert fetched.parsed.table.column("publisher").null_count == 3


def test_yahoo_without_symbols_or_with_unknown_ones_only(tmp_path) -> None:
    road = road_to(tmp_path, yahoo)
    with pytest.raises(ValueError, match="no symbols"):
        client(road).yahoo_headlines([])
    with pytest.raises(NotFound):
        client(road).yahoo_headlines(["ZZZ"])


def test_another_failure_of_one_symbol_is_not_hidden(tmp_path) -> None:
    road = road_to(
        tmp_path, lambda request: httpx.Response(429) if request.url.params["s"] == "BBB" else yahoo(request)
    )
    with pytest.raises(RateLimited):
        client(road).yahoo_headlines(["AAA", "BBB"])


@pytest.mark.parametrize("symbol", ["", "aaa", "A,B", "A&x=1", "../", "BRK.B"])
def test_only_symbols_in_yahoos_spelling_are_asked_for(symbol) -> None:
    with pytest.raises(ValueError, match="spelling"):
        yahoo_request(BASE, symbol)


def test_seconds_are_optional_in_dates() -> None:
    assert PUBLISHED.count(":") == 1  # GlobeNewswire writes no seconds: the cards are dated so

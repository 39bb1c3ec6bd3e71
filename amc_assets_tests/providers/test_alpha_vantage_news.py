"""Alpha Vantage's news: times are UTC, the sentiment is the asked ticker's, text is made harmless."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from amc_assets.providers.alpha_vantage.news import MOST_ITEMS, news_sentiment_request, parse_news_sentiment
from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Parsed
from amc_assets_tests.providers.cards import alpha_vantage_bodies as wire
from amc_assets_tests.providers.cards.alpha_vantage import ADDRESS, NEWS
from amc_assets_tests.providers.roads import KEY

GOOD = [wire.item(n) for n in range(40)]


def read(*items: dict[str, object]) -> Parsed:
    """Parse a feed of forty good items and these."""
    return parse_news_sentiment(wire.feed([*GOOD, *items]), NEWS)


def mentions(*pairs: tuple[str, object]) -> list[dict[str, object]]:
    """Return ticker sentiments."""
    return [{"ticker": ticker, "relevance_score": "0.5", "ticker_sentiment_score": score} for ticker, score in pairs]


def test_an_item_arrives_as_sent() -> None:
    (row,) = parse_news_sentiment(wire.feed([wire.item(7)]), NEWS).table.to_pylist()
    assert row == {
        "item_id": "https://news.test/7", "published_at": datetime(2026, 11, 20, 17, 2, 45, tzinfo=UTC),
        "title": "GameStop item 7", "summary": "Shares rose.", "url": "https://news.test/7", "publisher": "Benzinga",
        "source_symbols": "AMC,GME", "vendor_sentiment": 0.25, "form": None, "filing_items": None, "cik": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected", "notes"),
    [
        (mentions(("GME", "0.25")), 0.25, {}), (mentions(("GME", -0.25)), -0.25, {}), (mentions(("GME", "0")), 0.0, {}),
        (mentions(("gme", "0.1")), 0.1, {}), (mentions(("AMC", "0.25")), None, {}), ([], None, {}),
        (mentions(("GME", None)), None, {}), (mentions(("GME", "None")), None, {}),
        (mentions(("GME", "1.5")), None, {"sentiment_out_of_bounds": "1"}),
        (mentions(("GME", "nan")), None, {"sentiment_out_of_bounds": "1"}),
        (mentions(("GME", "good")), None, {"sentiment_out_of_bounds": "1"}),
    ],
)  # fmt: skip
def test_the_sentiment_is_that_of_the_asked_ticker_never_the_overall_one(given, expected, notes) -> None:
    parsed = parse_news_sentiment(wire.feed([wire.item(1, ticker_sentiment=given)]), NEWS)
    assert parsed.table.column("vendor_sentiment").to_pylist() == [expected]
    assert parsed.notes == notes


def test_only_stock_tickers_are_kept_and_once() -> None:
    given = mentions(("GME", "0"), ("CRYPTO:BTC", "0"), ("FOREX:USD", "0"), ("BRK-B", "0"), ("GME", "0"), ("A,B", "0"),
                     ("<b>", "0"), ("", "0"))  # fmt: skip
    parsed = parse_news_sentiment(wire.feed([wire.item(1, ticker_sentiment=given)]), NEWS)
    assert parsed.table.column("source_symbols").to_pylist() == ["GME,BRK-B"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time_published": "2026-11-20T17:02:45"}, "unreadable_time"), ({"time_published": ""}, "unreadable_time"),
        ({"time_published": "20260230T170245"}, "unreadable_time"), ({"time_published": "20261120"}, "unreadable_time"),
        ({"url": "javascript:alert(1)"}, "bad_url"), ({"url": ""}, "bad_url"), ({"title": "\u200b \n"}, "no_title"),
        ({"title": None}, "unreadable_row"), ({"ticker_sentiment": "GME"}, "unreadable_row"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_item_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = read(wire.item(99, **changes))
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 40


def test_a_time_without_seconds_is_read() -> None:
    parsed = parse_news_sentiment(wire.feed([wire.item(1, time_published="20261120T1702")]), NEWS)
    assert parsed.table.column("published_at").to_pylist() == [datetime(2026, 11, 20, 17, 2, tzinfo=UTC)]


def test_hostile_text_is_made_harmless() -> None:
    odd = wire.item(
        99, title="\u202eGME\x00 <script>" + "x" * 10_000, summary="a\r\nb" * 5_000, source="\x1b[31mX" * 90
    )
    row = read(odd).table.to_pylist()[-1]
    assert [len(row[name]) <= most for name, most in (("title", 500), ("summary", 4000), ("publisher", 120))] == [
        True
    ] * 3
    assert all(row[name].isprintable() for name in ("title", "summary", "publisher"))


def test_no_articles_is_an_empty_table_and_no_refusal() -> None:
    empty = parse_news_sentiment(wire.said(wire.NO_ARTICLES), NEWS)
    assert empty.table.schema == read().table.schema
    assert empty.table.num_rows == parse_news_sentiment(wire.feed([]), NEWS).table.num_rows == 0
    with pytest.raises(MalformedBody):
        parse_news_sentiment(wire.said("No weather found."), NEWS)


def test_a_full_thousand_may_be_cut() -> None:
    assert parse_news_sentiment(wire.feed([wire.item(n) for n in range(MOST_ITEMS)]), NEWS).notes == {"is_cut": "true"}
    assert read().notes == {}


def test_since_is_an_instant_in_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    asked = news_sentiment_request(ADDRESS, KEY, "GME", datetime(2026, 11, 19, 9, 30, tzinfo=new_york))
    assert asked.params["time_from"] == "20261119T1430"
    with pytest.raises(ValueError, match="no time zone"):
        news_sentiment_request(ADDRESS, KEY, "GME", datetime.fromisoformat("2026-11-19T09:30"))

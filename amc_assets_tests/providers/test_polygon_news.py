"""News: text of strangers, instants with a zone, tickers, labels, pages."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.polygon.news import news_request, parse_news
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import answer, item
from amc_assets_tests.providers.roads import KEY

SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
REQUEST = news_request(BASE, KEY, SINCE)
ITEMS = [item(number) for number in range(40)]


def only(**changes: object) -> dict[str, object]:
    """Return the row that one item becomes."""
    (row,) = parse_news(answer([item(0, **changes)]), REQUEST).table.to_pylist()
    return row


def test_an_item_arrives_as_sent() -> None:
    assert only(description="What happened", insights=[{"ticker": "GME", "sentiment": "positive"}]) == {
        "item_id": "id0", "published_at": datetime(2026, 11, 20, 13, 30, tzinfo=UTC), "title": "Title 0",
        "summary": "What happened", "url": "https://n.test/0", "publisher": "N", "source_symbols": "GME",
        "vendor_sentiment": 1.0, "form": None, "filing_items": None, "cik": None,
    }  # fmt: skip


def test_news_is_asked_for_by_an_instant() -> None:
    here = SINCE.astimezone(timezone(timedelta(hours=-5)))
    assert news_request(BASE, KEY, here).params["published_utc.gte"] == "2026-11-20T12:00:00Z"
    with pytest.raises(ValueError, match="has no zone"):
        news_request(BASE, KEY, SINCE.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-11-20T13:30:00Z", datetime(2026, 11, 20, 13, 30, tzinfo=UTC)),
        ("2026-11-20T08:30:00-05:00", datetime(2026, 11, 20, 13, 30, tzinfo=UTC)),
        ("2026-11-20T13:30:00.123456Z", datetime(2026, 11, 20, 13, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_in_any_zone_is_that_instant(sent, at) -> None:
    assert only(published_utc=sent)["published_at"] == at


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"published_utc": "2026-11-20T13:30:00"}, "unreadable_row"), ({"published_utc": None}, "unreadable_row"),
        ({"published_utc": 1795194000}, "unreadable_row"), ({"published_utc": "20 Nov 2026"}, "unreadable_row"),
        ({"published_utc": "0001-01-01T00:00:00+14:00"}, "bad_instant"),
        ({"published_utc": "9999-12-31T23:59:59-14:00"}, "bad_instant"), ({"id": "\u200b \n"}, "missing_id"),
        ({"id": None}, "unreadable_row"), ({"title": ""}, "missing_title"), ({"title": "\u202e"}, "missing_title"),
        ({"title": None}, "unreadable_row"), ({"tickers": "GME"}, "unreadable_row"),
        ({"id": "id0", "title": "Another"}, "conflicting_duplicate"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_item_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = parse_news(answer([*ITEMS, item(99, **changes)]), REQUEST)
    lost = 2 if reason == "conflicting_duplicate" else 1
    assert parsed.rejected == {reason: lost}
    assert parsed.table.num_rows == 41 - lost


def test_hostile_text_is_cut_and_on_one_line() -> None:
    row = only(
        title="A\x00B\x1b[31m\u202eevil\r\nC" + "x" * 10**6, description="y" * 10**6, publisher={"name": "P\n" * 10**5}
    )
    assert str(row["title"]).startswith("AB[31mevil C")
    assert [len(str(row[name])) for name in ("title", "summary", "publisher")] == [500, 4000, 99]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://n.test/1", "//n.test", "", None])
def test_an_address_that_nobody_should_follow_is_null_and_the_item_stays(url) -> None:
    assert only(article_url=url)["url"] is None


def test_what_is_no_ticker_is_left_out_and_counted() -> None:
    sent = ["GME", "A,B", "<script>", "GME", "BRK.B", ""]
    parsed = parse_news(answer([item(0, tickers=sent), item(1, tickers=None)]), REQUEST)
    assert parsed.table.column("source_symbols").to_pylist() == ["GME,BRK.B", ""]
    assert parsed.notes["tickers_left_out"] == "3"


@pytest.mark.parametrize(
    ("labels", "sentiment"),
    [
        (["positive"], 1.0), (["neutral", "neutral"], 0.0), (["negative"], -1.0), (["positive", "negative"], None),
        (["positive", None], None), (["great"], None), ([], None),
    ],
)  # fmt: skip
def test_the_sentiment_is_the_label_that_all_agree_on(labels, sentiment) -> None:
    assert only(insights=[{"sentiment": label} for label in labels])["vendor_sentiment"] == sentiment


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(_TEXT, _TEXT, _TEXT, st.lists(_TEXT, max_size=3)), max_size=10))
def test_nothing_invisible_gets_through(sent) -> None:
    items = [
        item(n, title=f"T{title}", description=text, publisher={"name": name}, tickers=tickers)
        for n, (title, text, name, tickers) in enumerate(sent)
    ]
    table = parse_news(answer(items), REQUEST).table
    assert table.num_rows == len(items)
    for column in ("item_id", "title", "summary", "publisher", "source_symbols"):
        for value in table.column(column).to_pylist():
            assert not any(unicodedata.category(letter) in ("Cc", "Cf") for letter in value)

"""Polygon's news: headlines with the tickers they name. The text is written by strangers and cleaned here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, open_answer, request_to
from amc_assets.providers.polygon.columns import INSTANT
from amc_assets.providers.wire.rejects import describer, refuse_repeats
from amc_assets.providers.wire.text import SUMMARY_CHARACTERS, TITLE_CHARACTERS, clean_text, clean_url
from amc_assets.providers.wire.tickers import bad_tickers

POLYGON_NEWS = "polygon_news"
NEWS_KEY = ("item_id",)
_ID_CHARACTERS, _NAME_CHARACTERS = 200, 100
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_LABELS = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}


class _Publisher(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None


class _Insight(msgspec.Struct, frozen=True, gc=False):
    sentiment: str | None = None


class _Item(msgspec.Struct, frozen=True, gc=False):
    id: str
    title: str
    published_utc: Annotated[datetime, msgspec.Meta(tz=True)]
    article_url: str | None = None
    description: str | None = None
    publisher: _Publisher | None = None
    tickers: list[str] | None = None
    insights: list[_Insight] | None = None


class _News(Envelope):
    results: list[_Item] | None = None


def news_request(base_url: str, api_key: str, since: datetime) -> Request:
    """Return the request for the first page of everything published at ``since`` (an instant) or later, oldest first.

    Oldest first, so that items that arrive while pages are read come last and shift no page.
    """
    if since.tzinfo is None:
        raise ValueError(f"news is asked for since {since}, which has no zone: give an instant, such as UTC")
    at = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    params = {"published_utc.gte": at, "order": "asc", "sort": "published_utc", "limit": "1000"}
    return request_to(base_url, "/v2/reference/news", api_key, POLYGON_NEWS, params)


def parse_news(body: bytes, request: Request) -> Parsed:
    """Read one page of news.

    Columns as declared in the catalog. ``source_symbols`` joins the tickers by commas; what is no ticker is left out
    and counted in the note ``tickers_left_out``. ``vendor_sentiment`` is 1, 0 or -1 where all labels of an item agree,
    else null. An item without id, title or a plausible instant is refused. Raises MalformedBody and what a refusal
    inside a 200 stands for.
    """
    envelope, items, rejects = open_answer(body, request, _News, _Item)
    ids = [clean_text(item.id, _ID_CHARACTERS) for item in items]
    titles = [clean_text(item.title, TITLE_CHARACTERS) for item in items]
    implausible = [not _EARLIEST <= item.published_utc < _LATEST for item in items]
    published = [None if bad else item.published_utc for item, bad in zip(items, implausible, strict=True)]
    symbols, left_out = _symbols(items)
    notes = {**envelope.notes, **({"tickers_left_out": str(left_out)} if left_out else {})}
    nothing = pa.nulls(len(items), pa.string())
    table = pa.table(
        {
            "item_id": pa.array(ids, pa.string()),
            "published_at": pa.array(published, INSTANT),
            "title": pa.array(titles, pa.string()),
            "summary": pa.array([clean_text(item.description, SUMMARY_CHARACTERS) for item in items], pa.string()),
            "url": pa.array([clean_url(item.article_url) for item in items], pa.string()),
            "publisher": pa.array([_publisher(item) for item in items], pa.string()),
            "source_symbols": pa.array(symbols, pa.string()),
            "vendor_sentiment": pa.array([_sentiment(item) for item in items], pa.float64()),
            "form": nothing,
            "filing_items": nothing,
            "cik": nothing,
        }
    )
    describe = describer(table)
    rejects.where(np.array([not each for each in ids], dtype=bool), "missing_id", describe)
    rejects.where(np.array([not each for each in titles], dtype=bool), "missing_title", describe)
    rejects.where(np.array(implausible, dtype=bool), "bad_instant", describe)
    refuse_repeats(rejects, table, NEWS_KEY, describe)
    return rejects.finish(table, request, notes)


def _symbols(items: Sequence[_Item]) -> tuple[list[str], int]:
    """Return each item's tickers joined by commas, repeats once, and how many were no tickers."""
    every = [ticker for item in items for ticker in item.tickers or ()]
    bad = {ticker for ticker, wrong in zip(every, bad_tickers(every), strict=True) if wrong}
    joined = [",".join(t for t in dict.fromkeys(item.tickers or ()) if t not in bad) for item in items]
    return joined, sum(ticker in bad for ticker in every)


def _publisher(item: _Item) -> str:
    return clean_text(item.publisher.name if item.publisher else None, _NAME_CHARACTERS)


def _sentiment(item: _Item) -> float | None:
    labels = {_LABELS.get(insight.sentiment or "") for insight in item.insights or ()}
    return labels.pop() if len(labels) == 1 else None

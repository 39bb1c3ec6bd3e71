"""Alpha Vantage's news with sentiment, one ticker per call: a comma between tickers means "mentioned together".

Times have no zone and are taken as UTC. The overall score is a number, the scores per ticker are text.
"""

import re
from datetime import UTC, datetime

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.alpha_vantage.answer import RowsAnswer, open_rows, request_to
from amc_assets.providers.alpha_vantage.numbers import cast_texts, numbers
from amc_assets.providers.alpha_vantage.refusals import Said
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.rejects import BoolArray, Rejects, describer, refuse_repeats
from amc_assets.providers.wire.rows import NOT_JSON
from amc_assets.providers.wire.text import SUMMARY_CHARACTERS, TITLE_CHARACTERS, clean_text, clean_url
from amc_assets.providers.wire.tickers import bad_tickers

NEWS_SENTIMENT = "news_sentiment"
MOST_ITEMS = 1000
_NO_ARTICLES = "no articles found"  # seen since 2023: an Information that is an empty answer
_PUBLISHER_CHARACTERS = 120
_TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})?")
_QUARTER_SECONDS, _DAY_SECONDS = 900.0, 86_400.0


class _Mention(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    ticker_sentiment_score: str | float | None = None


class _Item(msgspec.Struct, frozen=True):
    title: str
    url: str
    time_published: str
    summary: str | None = None
    source: str | None = None
    ticker_sentiment: tuple[_Mention, ...] = ()


class _Feed(RowsAnswer, kw_only=True):
    rows: list[_Item] = msgspec.field(name="feed")


class _RawFeed(RowsAnswer, kw_only=True):
    rows: msgspec.Raw = msgspec.field(name="feed")


def news_sentiment_request(base_url: str, api_key: str, symbol: str, since: datetime) -> Request:
    """Return the request for the newest thousand items about ``symbol`` published since ``since`` (UTC-aware)."""
    if since.tzinfo is None:
        raise ValueError(f"{since} has no time zone; pass an instant in UTC")
    params = {
        "function": "NEWS_SENTIMENT",
        "tickers": symbol,
        "time_from": f"{since.astimezone(UTC):%Y%m%dT%H%M}",
        "sort": "LATEST",
        "limit": str(MOST_ITEMS),
    }
    fresh, usable = _QUARTER_SECONDS, _DAY_SECONDS
    return request_to(base_url, api_key, NEWS_SENTIMENT, params, fresh_seconds=fresh, usable_seconds=usable)


def parse_news_sentiment(body: bytes, request: Request) -> Parsed:
    """Read the items: the columns of every news source; ``vendor_sentiment`` is the asked ticker's, -1 to 1, or null.

    ``source_symbols`` holds stock tickers only (the provider also tags ``CRYPTO:`` and ``FOREX:`` names). Notes:
    ``is_cut`` when a thousand items came, so that older ones may be missing; ``sentiment_out_of_bounds``. Raises
    MalformedBody and what a refusal inside a 200 stands for; "no articles found" is an empty table.
    """
    if _says_no_articles(body):
        return Parsed(_table([], request, {}), notes={})
    _, items, rejects = open_rows(body, request, _Feed, _RawFeed, _Item)
    notes: dict[str, str] = {}
    table = _table(items, request, notes)
    _refuse_bad_items(rejects, table)
    if len(items) >= MOST_ITEMS:
        notes["is_cut"] = "true"
    return rejects.finish(table, request, notes)


def _says_no_articles(body: bytes) -> bool:
    if len(body) > 4096:
        return False
    try:
        said = msgspec.json.decode(body, type=Said)
    except NOT_JSON:
        return False
    return said.error is None and _NO_ARTICLES in (said.information or "").lower()


def _table(items: list[_Item], request: Request, notes: dict[str, str]) -> pa.Table:
    written = pa.array([_iso(item.time_published) for item in items], pa.string())
    times, _ = cast_texts(written, pa.timestamp("s"))
    urls = [clean_url(item.url) for item in items]
    count = len(items)
    return pa.table(
        {
            "item_id": pa.array(urls, pa.string()),
            "published_at": times.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
            "title": pa.array([clean_text(item.title, TITLE_CHARACTERS) for item in items], pa.string()),
            "summary": pa.array([clean_text(item.summary, SUMMARY_CHARACTERS) for item in items], pa.string()),
            "url": pa.array(urls, pa.string()),
            "publisher": pa.array([clean_text(item.source, _PUBLISHER_CHARACTERS) for item in items], pa.string()),
            "source_symbols": pa.array([_tickers(item) for item in items], pa.string()),
            "vendor_sentiment": _sentiment(items, request, notes),
            "form": pa.nulls(count, pa.string()),
            "filing_items": pa.nulls(count, pa.string()),
            "cik": pa.nulls(count, pa.string()),
        }
    )


def _iso(text: str) -> str | None:
    """Return ``20240102T170245`` as ``2024-01-02 17:02:45``; None for another form."""
    found = _TIME.fullmatch(text)
    return "{}-{}-{} {}:{}:{}".format(*found.groups("00")) if found else None


def _tickers(item: _Item) -> str:
    names = list(dict.fromkeys(mention.ticker for mention in item.ticker_sentiment if ":" not in mention.ticker))
    return ",".join(name for name, is_bad in zip(names, bad_tickers(names), strict=True) if not is_bad)


def _sentiment(items: list[_Item], request: Request, notes: dict[str, str]) -> pa.Array:
    asked = request.params["tickers"].upper()
    scores: list[str | None] = []
    for item in items:
        own = [mention.ticker_sentiment_score for mention in item.ticker_sentiment if mention.ticker.upper() == asked]
        scores.append(None if not own or own[0] is None else str(own[0]))
    values, bad = numbers(scores)
    outside = bad | (np.abs(values) > 1)
    if outside.any():
        notes["sentiment_out_of_bounds"] = str(int(outside.sum()))
    return pa.array(np.where(outside, np.nan, values), pa.float64(), from_pandas=True)


def _refuse_bad_items(rejects: Rejects, table: pa.Table) -> None:
    describe = describer(table)
    rejects.where(_is_null(table, "published_at"), "unreadable_time", describe)
    rejects.where(_is_null(table, "url"), "bad_url", describe)
    untitled = pc.equal(table.column("title"), "").to_numpy()
    rejects.where(untitled, "no_title", describe)
    refuse_repeats(rejects, table, ("item_id",), describe)


def _is_null(table: pa.Table, name: str) -> BoolArray:
    mask: BoolArray = pc.is_null(table.column(name)).to_numpy()
    return mask

"""The rows of the news table as arrays: what was known at as_of, of the symbols of the run, in windows of sessions."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.instants import NAT_US, micros
from amc_assets.features.news.dedup import stories, text_keys
from amc_assets.features.short_part import RunFrame
from amc_assets.features.snapshot import BOOL
from amc_assets.market.calendar import sessions_between

I64 = NDArray[np.int64]
HISTORY_SESSIONS = 60
_DAYS_FOR_SESSIONS = 100  # 62 sessions span at most 94 days


@dataclass(frozen=True)
class NewsRows:
    """Items (n,) of the symbols of a run that were known and published at as_of, each headline once per publisher.

    symbol: position in the run's symbols; window: sessions ago (0 is the running one); story: number of the story;
    is_filing: filings are events, not headlines. The lists hold text as stored: untrusted, never formatted here.
    collected: for each window, newest first, whether any symbol's item was collected (60 before the running one);
    filings_collected: likewise for filings.
    """

    symbol: I64
    published_us: I64
    known_us: I64
    window: I64
    story: I64
    is_filing: BOOL
    titles: list[str]
    publishers: list[str]
    feeds: list[str]
    forms: list[str]
    filing_items: list[str]
    title_key: I64
    url_key: I64
    publisher_key: I64
    collected: BOOL
    filings_collected: BOOL
    newest_us: int
    dropped: int


def window_ends_us(frame: RunFrame) -> I64:
    """Return the ends of the 61 windows and the begin of the oldest, ascending: as_of's own hour on each session.

    An item belongs to the first window that ends at or after it, so that a run at 10:00 compares what came since 10:00
    of the session before with the same stretch of earlier sessions, and a weekend counts to Monday.
    """
    days = sessions_between(frame.day - timedelta(days=_DAYS_FOR_SESSIONS), frame.day)[-(HISTORY_SESSIONS + 2) :]
    return np.array([micros(frame.as_of - (frame.day - day)) for day in days], np.int64)


def windows_ago(frame: RunFrame, instants_us: I64) -> I64:
    """Return how many windows before the running one each instant lies, -1 outside of all of them."""
    ends = window_ends_us(frame)
    place = np.searchsorted(ends, instants_us, side="left")
    outside = (place == 0) | (place >= len(ends))
    return np.where(outside, -1, len(ends) - 1 - place)


def read_news(table: pa.Table, frame: RunFrame) -> NewsRows:
    """Return the rows that count; those known or published after as_of are dropped and counted."""
    as_of = micros(frame.as_of)
    table = table.sort_by([(name, "ascending") for name in _ORDER])  # of equal headlines the first one's words count
    known, published = _us(table, "known_at"), _us(table, "published_at")
    in_time = (known <= as_of) & (published <= as_of)
    window = windows_ago(frame, published)
    is_filing = pc.is_valid(table["form"]).to_numpy() if table.num_rows else np.zeros(0, np.bool_)
    names = np.array(table["symbol"].to_pylist(), dtype=np.str_)
    place = np.searchsorted(frame.symbols, names) if len(names) else np.zeros(0, np.int64)
    is_ours = np.zeros(len(names), np.bool_)
    if len(frame.symbols):
        place = np.minimum(place, len(frame.symbols) - 1)
        is_ours = frame.symbols[place] == names
    kept = np.flatnonzero(in_time & (window >= 0) & is_ours)
    every = table.take(pa.array(kept))
    keys = np.stack([place[kept], text_keys(every["title"], is_title=True), _publisher_keys(every)]).astype(np.int64)
    counts = _is_first_of(keys, published[kept], known[kept]) | is_filing[kept]
    kept, rows = kept[counts], every.filter(pa.array(counts))
    symbol, title_key, publisher_key = keys[:, counts]
    text = {name: pc.fill_null(rows[name], "").to_pylist() for name in _TEXTS}
    url_key = text_keys(rows["url"], is_title=False)
    return NewsRows(
        symbol=symbol,
        published_us=published[kept],
        known_us=known[kept],
        window=window[kept],
        story=stories(symbol, published[kept], title_key, url_key),
        is_filing=is_filing[kept],
        titles=text["title"],
        publishers=text["publisher"],
        feeds=text["feed"],
        forms=text["form"],
        filing_items=text["filing_items"],
        title_key=title_key,
        url_key=url_key,
        publisher_key=publisher_key,
        collected=_collected(window[in_time & ~is_filing]),
        filings_collected=_collected(window[in_time & is_filing]),
        newest_us=int(known[in_time].max(initial=NAT_US)),
        dropped=int(np.count_nonzero(~in_time)),
    )


_ORDER = ("symbol", "feed", "item_id", "known_at", "title")
_TEXTS = ("title", "publisher", "feed", "form", "filing_items")


def _is_first_of(keys: I64, published_us: I64, known_us: I64) -> BOOL:
    """Which items carry a headline of their symbol and publisher for the first time; keys (3, n).

    A headline sent again, by whatever feed, is no news: it must raise neither a count nor its own freshness.
    """
    order = np.lexsort((known_us, published_us, *keys))
    first = np.ones(len(order), np.bool_)
    first[order[1:]] = (keys[:, order[1:]] != keys[:, order[:-1]]).any(axis=0)
    return first


def _publisher_keys(table: pa.Table) -> I64:
    """Number who wrote each item: its publisher without case, or its feed where it names none."""
    named = pc.utf8_trim_whitespace(pc.utf8_lower(pc.fill_null(table["publisher"], "")))
    who = pc.if_else(pc.equal(named, ""), table["feed"], named)
    return np.asarray(pc.dictionary_encode(who).combine_chunks().indices.to_numpy(), np.int64)


def _us(table: pa.Table, name: str) -> I64:
    return np.asarray(table[name].cast(pa.int64()).to_numpy(), np.int64)


def _collected(window: I64) -> BOOL:
    found = np.zeros(HISTORY_SESSIONS + 1, np.bool_)
    found[window[(window >= 0) & (window <= HISTORY_SESSIONS)]] = True
    return found

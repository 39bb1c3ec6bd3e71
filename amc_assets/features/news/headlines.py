"""What the headlines of a symbol say and how many there are: direction, attention, breadth of sources."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.news.credibility import Credibility
from amc_assets.features.news.rows import HISTORY_SESSIONS, NewsRows
from amc_assets.features.news.sentiment import DirectionReader
from amc_assets.features.shorts import MAD_TO_SIGMA
from amc_assets.features.snapshot import F64

I64 = NDArray[np.int64]
HOUR_US = 3_600_000_000
HALF_LIFE_HOURS = 6.0
HORIZON_HOURS = 72.0
LEAST_HISTORY_SESSIONS = 20


@dataclass(frozen=True)
class Direction:
    """Per symbol (N,): value -1..1 and confidence, NaN and 0 where there is no headline within 72 hours.

    newest_us: when a headline that no publisher had carried before last came; best: the direction of the most upward
    story of the running window, NaN where there is none.
    """

    value: F64
    confidence: F64
    newest_us: I64
    known_us: I64
    best: F64


def read_direction(
    rows: NewsRows, count: int, as_of_us: int, credibility: Credibility, reader: DirectionReader
) -> Direction:
    """Return the weighted mean direction of each symbol's stories.

    Weight of a story: credibility of its best source x .5^(age / 6 h) x 1.15 when two independent sources carry it; age
    counts from its first item, so carrying it again never refreshes it.
    """
    near = np.flatnonzero(~rows.is_filing & (as_of_us - rows.published_us <= HORIZON_HOURS * HOUR_US))
    trust = credibility.of_many([rows.publishers[i] for i in near], [rows.feeds[i] for i in near])
    _, story = np.unique(rows.story[near], return_inverse=True)
    total = int(story.max(initial=-1)) + 1
    symbol, first_us = np.zeros(total, np.int64), np.full(total, np.iinfo(np.int64).max)
    symbol[story] = rows.symbol[near]
    np.minimum.at(first_us, story, rows.published_us[near])
    best_trust = np.zeros(total)
    np.maximum.at(best_trust, story, trust)
    confirmed = _sources_of(story, _publisher_codes(rows, near), total) >= credibility.independent_sources
    bonus = np.where(confirmed, credibility.bonus_factor, 1.0)
    weight = best_trust * bonus * 0.5 ** ((as_of_us - first_us) / (HALF_LIFE_HOURS * HOUR_US))
    says = reader.direction([rows.titles[near[i]] for i in _first_of_each(story, rows, near)])
    above = np.bincount(symbol, weight * says, minlength=count)
    below = np.bincount(symbol, weight, minlength=count)
    confidence = np.zeros(count)
    np.maximum.at(confidence, symbol, np.minimum(best_trust * bonus, credibility.highest_confidence))
    running = np.zeros(total, np.bool_)
    running[story] = rows.window[near] == 0
    best = np.full(count, -np.inf)
    np.maximum.at(best, symbol[running], says[running])
    known_us = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(known_us, rows.symbol[near], rows.known_us[near])
    return Direction(
        value=np.divide(above, below, out=np.full(count, np.nan), where=below > 0),
        confidence=confidence,
        newest_us=_newest_first_us(rows, near, count),
        known_us=known_us,
        best=np.where(np.isfinite(best), best, np.nan),
    )


def _publisher_codes(rows: NewsRows, items: I64) -> I64:
    """Number who wrote each item: its publisher without case, or its feed where it names none."""
    names = [(rows.publishers[i].strip() or rows.feeds[i]).lower() for i in items]
    return np.asarray(np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1], np.int64)


def _sources_of(story: I64, publisher: I64, total: int) -> I64:
    """Count the distinct publishers of every story."""
    if not total:
        return np.zeros(0, np.int64)
    pairs = np.unique(story * (publisher.max() + 1) + publisher)
    return np.bincount(pairs // (publisher.max() + 1), minlength=total)


def _first_of_each(story: I64, rows: NewsRows, near: I64) -> I64:
    """The item that speaks for each story: its first, of equals the one whose title key is lowest."""
    order = np.lexsort((rows.title_key[near], rows.published_us[near], story))
    _, first = np.unique(story[order], return_index=True)
    return order[first]


def _newest_first_us(rows: NewsRows, near: I64, count: int) -> I64:
    """Return per symbol when a publisher last carried a headline it had not carried before."""
    newest = np.full(count, np.iinfo(np.int64).min)
    headlines = np.flatnonzero(~rows.is_filing)
    who = _publisher_codes(rows, headlines)
    keys = np.stack([rows.symbol[headlines], rows.title_key[headlines], who])
    _, group = np.unique(keys, axis=1, return_inverse=True)
    group = group.ravel()
    first = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, group, rows.published_us[headlines])
    is_near = np.isin(headlines, near, assume_unique=True)
    np.maximum.at(newest, rows.symbol[headlines[is_near]], first[group[is_near]])
    return newest


def attention(rows: NewsRows, count: int, *, is_running: bool) -> F64:
    """Return how unusual the number of stories of the running window is, in sigmas F64 (N,).

    NaN for all where the running window was not collected or fewer than 20 before it were.

    Counts c are compared as 2 sqrt(c + 3/8) (Anscombe), whose spread is 1 for a Poisson count, so that a symbol with no
    news for months has a yardstick: (now - median of the last 60) / max(1, 1.4826 MAD) over the collected windows.
    """
    counts = story_counts(rows, count)
    past = rows.collected[1 : HISTORY_SESSIONS + 1]
    if not is_running or int(past.sum()) < LEAST_HISTORY_SESSIONS:
        return np.full(count, np.nan)
    level = 2.0 * np.sqrt(counts + 0.375)
    history = level[1 : HISTORY_SESSIONS + 1][past]
    middle = np.median(history, axis=0)
    spread = np.maximum(1.0, MAD_TO_SIGMA * np.median(np.abs(history - middle), axis=0))
    return np.asarray((level[0] - middle) / spread)


def story_counts(rows: NewsRows, count: int) -> F64:
    """Return the number of stories per window (newest first) and symbol, F64 (61, N); filings are not counted."""
    items = np.flatnonzero(~rows.is_filing)
    order = items[np.lexsort((-rows.window[items], rows.story[items]))]  # the oldest window of a story first
    _, first = np.unique(rows.story[order], return_index=True)
    opening = order[first]
    flat = np.bincount(rows.window[opening] * count + rows.symbol[opening], minlength=(HISTORY_SESSIONS + 1) * count)
    return flat.reshape(HISTORY_SESSIONS + 1, count).astype(np.float64)


def source_counts(rows: NewsRows, count: int) -> F64:
    """Return how many publishers wrote about each symbol in the running window, F64 (N,)."""
    items = np.flatnonzero(~rows.is_filing & (rows.window == 0))
    if not len(items):
        return np.zeros(count)
    return _sources_of(rows.symbol[items], _publisher_codes(rows, items), count).astype(np.float64)

"""What the headlines of a symbol say and how many there are: direction, attention, breadth of sources."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.instants import NAT_US
from amc_assets.features.news.credibility import Credibility
from amc_assets.features.news.dedup import stories
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

    newest_us: when the newest of these headlines was published; best: the direction of the most upward
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
    counts from its first item. Stories are made of the headlines of the last 72 hours alone, so that what one source
    sent long ago cannot part what others confirm today.
    """
    near = np.flatnonzero(~rows.is_filing & (as_of_us - rows.published_us <= HORIZON_HOURS * HOUR_US))
    trust = credibility.of_many([rows.publishers[i] for i in near], [rows.feeds[i] for i in near])
    story = stories(rows.symbol[near], rows.published_us[near], rows.title_key[near], rows.url_key[near])
    total = int(story.max(initial=-1)) + 1
    symbol, first_us = np.zeros(total, np.int64), np.full(total, np.iinfo(np.int64).max)
    symbol[story] = rows.symbol[near]
    np.minimum.at(first_us, story, rows.published_us[near])
    best_trust = np.zeros(total)
    np.maximum.at(best_trust, story, trust)
    confirmed = _sources_of(story, rows.publisher_key[near], total) >= credibility.independent_sources
    bonus = np.where(confirmed, credibility.bonus_factor, 1.0)
    weight = best_trust * bonus * 0.5 ** ((as_of_us - first_us) / (HALF_LIFE_HOURS * HOUR_US))
    says = reader.direction([rows.titles[near[i]] for i in _first_of_each(story, rows, near)])
    above = np.bincount(symbol, weight * says, minlength=count)
    below = np.bincount(symbol, weight, minlength=count)
    confidence = np.zeros(count)
    np.maximum.at(confidence, symbol, np.minimum(best_trust * bonus, credibility.highest_confidence))
    opened = np.zeros(total, np.int64)
    np.maximum.at(opened, story, rows.window[near])
    best = np.full(count, -np.inf)
    np.maximum.at(best, symbol[opened == 0], says[opened == 0])
    known_us, newest_us = (np.full(count, NAT_US) for _ in range(2))
    np.maximum.at(known_us, rows.symbol[near], rows.known_us[near])
    np.maximum.at(newest_us, rows.symbol[near], rows.published_us[near])
    return Direction(
        value=np.divide(above, below, out=np.full(count, np.nan), where=below > 0),
        confidence=confidence,
        newest_us=newest_us,
        known_us=known_us,
        best=np.where(np.isfinite(best), best, np.nan),
    )


def _sources_of(story: I64, publisher: I64, total: int) -> I64:
    """Count the distinct publishers of every story."""
    writers = int(publisher.max(initial=0)) + 1
    return np.bincount(np.unique(story * writers + publisher) // writers, minlength=total)


def _first_of_each(story: I64, rows: NewsRows, near: I64) -> I64:
    """The item that speaks for each story: its first, of equals the one whose title key is lowest."""
    order = np.lexsort((rows.title_key[near], rows.published_us[near], story))
    _, first = np.unique(story[order], return_index=True)
    return order[first]


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
    """Return how many publishers wrote something new about each symbol in the running window, F64 (N,)."""
    items = np.flatnonzero(~rows.is_filing & (rows.window == 0))
    return _sources_of(rows.symbol[items], rows.publisher_key[items], count).astype(np.float64)

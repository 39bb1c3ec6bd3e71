"""News in a snapshot: headlines, events, dilution and halts of every symbol, with quality and a line per dataset.

A symbol that the feeds do not name has been observed without news: its counts and events are 0. Its direction is
missing, since nothing was said. Where feeds were never collected everything is missing with the reason.
"""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from amc_assets.features.ages import Absence, dropped_note, freshness, how_old, input_age, sessions_missed, stale_line
from amc_assets.features.feature_columns import make_feature
from amc_assets.features.feed_limits import LIMITS
from amc_assets.features.instants import NAT_US, as_instants, instant, micros
from amc_assets.features.news.credibility import Credibility
from amc_assets.features.news.events import (
    EventTable,
    HaltRows,
    dilution_proximity,
    event_proximity,
    event_table,
    is_halted,
    read_halts,
)
from amc_assets.features.news.headlines import I64, Direction, attention, read_direction, source_counts
from amc_assets.features.news.rows import NewsRows, read_news
from amc_assets.features.news.sentiment import DirectionReader
from amc_assets.features.run_frame import RunFrame, joined_note
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import F64, INSTANTS, Feature, InputAge, Provenance
from amc_assets.features.sources import sources_in
from amc_assets.market.calendar import close_at, exchange_date, next_session
from amc_assets.reasons import Reason, code

NEWS_SOURCE = "news"
HALTS_SOURCE = "nasdaq.trade_halts"
FEED_CONFIDENCE = 0.75
"""Free feeds carry part of what is written: counts from them are believed like Alpha Vantage's numbers."""
ATTENTION_CONFIDENCE = 0.50
"""News counts stand in for social attention, which no free source gives: a declared substitute."""
FILINGS_CONFIDENCE, HALTS_CONFIDENCE = 0.65, 0.30
"""Their sum is the .95 of a primary source; with one of the two the other half of the events is unknown."""
HALTED_CONFIDENCE = 0.95
CATALYST_DIRECTION, CATALYST_EVENT = 0.2, 0.5
_HOUR_US = 3_600_000_000

Part = tuple[dict[str, Feature], tuple[InputAge, InputAge]]


def news_part(
    frame: RunFrame, news: pa.Table, halts: pa.Table, absence: Absence, halts_absence: Absence | None = None
) -> Part:
    """Return the features of news and halts, and the lines of both datasets.

    news and halts have the columns of the lake's tables. absence says why news (halts_absence: why halts) gave nothing;
    Reason.PRESENT means that they were collected and an empty table is an observation. Without ``halts_absence`` an
    empty table of halts was never fetched.
    """
    halts_absence = halts_absence or Absence(Reason.PRESENT if halts.num_rows else Reason.NOT_FETCHED)
    rows, stops, events = read_news(news, frame), read_halts(halts, frame), event_table()
    count = len(frame.symbols)
    reader, credibility = DirectionReader(), Credibility()
    direction = read_direction(rows, count, micros(frame.as_of), credibility, reader)
    stopped = _stopped(frame, rows, absence)
    if stopped is not None:
        absence, direction = stopped, replace(direction, value=np.full(count, np.nan))
    features = {
        **_headline_features(frame, rows, direction, absence),
        **_event_features(frame, rows, stops, events, direction, absence, halts_absence),
    }
    line = input_age(
        "news", sources_in(news, NEWS_SOURCE), _at(rows.newest_us), frame.as_of, absence=absence,
        note=joined_note("" if stopped is None else stopped.note, rows.dropped),
    )  # fmt: skip
    halts_line = _halts_line(frame, stops, halts_absence, sources_in(halts, HALTS_SOURCE))
    return features, (line if stopped is None else stale_line(line), halts_line)


def _stopped(frame: RunFrame, rows: NewsRows, absence: Absence) -> Absence | None:
    """Return STALE where nothing was collected for too long; a day that was collected and brought nothing is none."""
    newest = _at(rows.newest_us)
    if newest is None or absence.reason is Reason.PRESENT:
        return None
    day = exchange_date(newest)
    overdue_hours = (frame.as_of - close_at(next_session(day))).total_seconds() / 3600
    if not LIMITS["news"].age(max(0.0, overdue_hours), frame.staleness).is_stale:
        return None
    return Absence(Reason.STALE, f"newest item of {day}, {how_old(sessions_missed(day, frame.day))}")


def _halts_line(frame: RunFrame, stops: HaltRows, absence: Absence, source: str) -> InputAge:
    """The line of halts: with those of earlier days alone it says why D has none."""
    line = input_age(
        "trade_halts", source, _at(stops.newest_us), frame.as_of, absence=_said(absence),
        note=dropped_note(stops.dropped),
    )  # fmt: skip
    if line.known_at is None or absence.reason is Reason.PRESENT:
        return line
    return replace(line, reason=absence.reason, note=joined_note(absence.note, stops.dropped))


def _headline_features(frame: RunFrame, rows: NewsRows, direction: Direction, absence: Absence) -> dict[str, Feature]:
    count = len(frame.symbols)
    running = bool(rows.collected[0]) or absence.reason is Reason.PRESENT
    unsaid = Reason.NOT_LISTED_IN_SOURCE if running else _reason(absence)
    unusual = attention(rows, count, is_running=running)
    sources = source_counts(rows, count)
    everywhere, fresh = _known(frame, rows.newest_us), _freshness(frame, rows.newest_us)
    age_fresh = _ages(frame, direction.newest_us)
    return {
        "news_direction": make_feature(
            "news_direction", _computed(direction.value, unsaid), as_instants(direction.known_us),
            confidence=direction.confidence, freshness=age_fresh, provenance=Provenance.DERIVED, source=NEWS_SOURCE,
        ),
        "news_attention_z": make_feature(
            "news_attention_z", _computed(unusual, Reason.SHORT_HISTORY if running else _reason(absence)),
            everywhere, confidence=ATTENTION_CONFIDENCE, freshness=fresh, provenance=Provenance.DERIVED,
            source=NEWS_SOURCE,
        ),
        "news_sources_count": make_feature(
            "news_sources_count", _computed(np.where(running, sources, np.nan), _reason(absence)), everywhere,
            confidence=FEED_CONFIDENCE, freshness=fresh, source=NEWS_SOURCE,
        ),
    }  # fmt: skip


def _event_features(
    frame: RunFrame,
    rows: NewsRows,
    stops: HaltRows,
    events: EventTable,
    direction: Direction,
    absence: Absence,
    halts_absence: Absence,
) -> dict[str, Feature]:
    count = len(frame.symbols)
    has_filings = bool(rows.filings_collected[: events.event_sessions].any()) and absence.reason is not Reason.STALE
    has_halts = halts_absence.reason is Reason.PRESENT
    seen = has_filings or has_halts
    events_now = np.where(seen, event_proximity(rows, stops, events, count), np.nan)
    dilution = np.where(has_filings, dilution_proximity(rows, events, count), np.nan)
    running = bool(rows.collected[0]) or absence.reason is Reason.PRESENT
    upward = np.where(np.isfinite(direction.best), direction.best, 0.0) >= CATALYST_DIRECTION
    catalyst = np.where(upward | (np.nan_to_num(events_now) >= CATALYST_EVENT), 1.0, 0.0)
    newest = max(rows.newest_us, stops.newest_us) if has_halts else rows.newest_us
    known, fresh = _known(frame, newest), _freshness(frame, newest)
    confidence = FILINGS_CONFIDENCE * has_filings + HALTS_CONFIDENCE * has_halts
    halted = np.where(has_halts, is_halted(stops, events, count), np.nan)

    def event(name: str, values: F64, why: Reason, at: INSTANTS, trust: float, fresh: float) -> Feature:
        return make_feature(name, _computed(values, why), at, confidence=trust, freshness=fresh, source=_SOURCES[name])

    return {
        "event_proximity": event("event_proximity", events_now, _reason(absence), known, confidence, fresh),
        "dilution_proximity": event(
            "dilution_proximity", dilution, _reason(absence), _known(frame, rows.newest_us), FILINGS_CONFIDENCE,
            _freshness(frame, rows.newest_us),
        ),
        "has_news_catalyst": event(
            "has_news_catalyst", np.where(running | seen, catalyst, np.nan), _reason(absence), known,
            FEED_CONFIDENCE if running else confidence * FEED_CONFIDENCE, fresh,
        ),
        "is_halted": event(
            "is_halted", halted, _reason(halts_absence), _known(frame, stops.newest_us), HALTED_CONFIDENCE, 1.0
        ),
    }  # fmt: skip


_SOURCES = {
    "event_proximity": "sec.filings + nasdaq.trade_halts",
    "dilution_proximity": "sec.filings",
    "has_news_catalyst": "news + nasdaq.trade_halts",
    "is_halted": HALTS_SOURCE,
}


def _computed(values: F64, reason: Reason) -> Computed:
    there = np.isfinite(values)
    return Computed(np.where(there, values, np.nan), np.where(there, 0, code(reason)).astype(np.uint8))


def _reason(absence: Absence) -> Reason:
    """Why there is nothing: what the dataset says, and never fetched where it says that it is there."""
    return Reason.NOT_FETCHED if absence.reason is Reason.PRESENT else absence.reason


def _said(absence: Absence) -> Absence:
    if absence.reason is Reason.PRESENT and not absence.note:
        return Absence(Reason.PRESENT, "no halt known")
    return absence


def _known(frame: RunFrame, newest_us: int) -> INSTANTS:
    """When the dataset last said something; of one that was collected and is empty, as_of."""
    at = micros(frame.as_of) if newest_us == NAT_US else newest_us
    return as_instants(np.full(len(frame.symbols), at, np.int64))


def _at(newest_us: int) -> datetime | None:
    return None if newest_us == NAT_US else instant(newest_us)


def _freshness(frame: RunFrame, newest_us: int) -> float:
    """Freshness of the dataset: the hours since its newest item against the limit of the settings."""
    return float(_ages(frame, np.array([newest_us]))[0])


def _ages(frame: RunFrame, newest_us: I64) -> F64:
    """Freshness by age; of what never came, the lowest there is."""
    as_of = micros(frame.as_of)
    age_hours = np.where(newest_us == NAT_US, np.inf, (as_of - np.maximum(newest_us, 0)) / _HOUR_US)
    return freshness(age_hours / frame.staleness.news_hours)

"""Read what a run may know from the lake, as plain data for the features room."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

import pyarrow as pa

from amc_assets.features.build import SnapshotInputs, Staleness
from amc_assets.features.feed_limits import LIMITS
from amc_assets.features.sources import sources_in
from amc_assets.features.spec import BARS
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import (
    DAILY_BARS,
    FAILS_TO_DELIVER,
    IV_30D,
    IV_PERCENTILES,
    NEWS,
    OPTION_ACTIVITY,
    OPTION_CHAINS,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    SPLITS,
    THRESHOLD_LIST,
    TRADE_HALTS,
    UNIVERSE,
)
from amc_assets.lake.vintages import known_at_or_before, newest
from amc_assets.market.calendar import exchange_date, session_offset, session_on_or_before, sessions_between
from amc_assets.market.publication import (
    daily_bar_published_at,
    newest_published,
    next_report_due_at,
    short_volume_published_at,
)
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.recent import RecentTables
from amc_assets.pipeline.refused_feeds import refused_feeds
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason
from amc_assets.settings import Settings

NEWS_DAYS = 100  # 60 windows of attention before the running one begin 61 sessions ago: 95 days at most
WEEK_SESSIONS = 5  # events fade over so many windows, and older volatilities count as stale
ACTIVITY_DAYS = 110  # 60 sessions before the newest chains, although those may be a week old
FAILS_DAYS = 75  # the newest published half month begins at most so long ago
_PER_DAY = (
    UNIVERSE, SHARE_COUNTS, DAILY_BARS, SHORT_VOLUME, SHORT_INTEREST, OPTION_CHAINS, IV_30D, IV_PERCENTILES, NEWS,
    TRADE_HALTS,
)  # fmt: skip
FLOAT, OUTSTANDING = "float", "outstanding"
"""Keys of why rows of share counts state no float or no shares outstanding: the recording had the other count only."""
_OF_WIRE = MappingProxyType(
    {
        SHORT_VOLUME.name: "daily_short_volume", SHORT_INTEREST.name: "short_interest", FLOAT: "floats",
        OUTSTANDING: "company_facts",
        FAILS_TO_DELIVER.name: "fails_to_deliver", THRESHOLD_LIST.name: "nasdaq_threshold_list",
        TRADE_HALTS.name: "trade_halts", "options": "historical_options",
    }
)  # fmt: skip
"""Dataset of a run -> the dataset of the wire that fills it first."""
_PUBLIC_AT: dict[str, Callable[[date], datetime]] = {
    DAILY_BARS.name: daily_bar_published_at,
    SHORT_VOLUME.name: short_volume_published_at,
}


def gather(workspace: Workspace, moment: Moment, history: History) -> SnapshotInputs:
    """Return everything known at ``moment.as_of`` for its trade date, and why the rest is absent."""
    return gather_from(
        workspace.settings,
        workspace.lake,
        moment,
        history,
        is_simulated=workspace.is_simulated,
        recent=workspace.recent,
        unrecorded=unrecorded(workspace),
    )


def unrecorded(workspace: Workspace) -> dict[str, tuple[Reason, str]]:
    """Return the datasets that the replayed recording never held: nobody waits for their hour of publication."""
    found = {name: workspace.sources.why_not_recorded(of_wire) for name, of_wire in _OF_WIRE.items()}
    return {name: (Reason.NOT_RECORDED, why) for name, why in found.items() if why}


def gather_from(
    settings: Settings,
    lake: Lake,
    moment: Moment,
    history: History,
    *,
    is_simulated: bool,
    recent: RecentTables | None = None,
    unrecorded: Mapping[str, tuple[Reason, str]] = MappingProxyType({}),
) -> SnapshotInputs:
    """Return the inputs of a run from a lake alone, without providers or database.

    unrecorded: dataset -> (NOT_RECORDED, why) of what a replayed recording never held; it beats what the lake says.
    """
    recent = recent or RecentTables(lake)
    day, as_of = moment.trade_date, moment.as_of
    interest, settlement = history.short_interest(day, as_of)
    counts, foreign_counts = history.identities.counts(newest_known(lake, SHARE_COUNTS, day, as_of), as_of)
    panel, absence = history.panel(day, as_of), {**_absences(lake, moment), **unrecorded}
    return SnapshotInputs(
        trade_date=day,
        session=moment.session,
        as_of=as_of,
        is_simulated=is_simulated,
        bars_source=sources_in(lake.read(DAILY_BARS, day.isoformat(), as_of), BARS),
        universe=newest_known(lake, UNIVERSE, day, as_of),
        # without one bar of the day the reason is the dataset's (provider down, not public), not each name's "no bar"
        panel=None if DAILY_BARS.name in absence and not panel.has_bar.any() else panel,
        absence=absence,
        refused=refused_feeds(lake, moment),
        short_interest=interest,
        short_volume=history.short_volume(day, as_of),
        share_counts=counts,
        splits=history.identities.of(SPLITS, newest(SPLITS, known_at_or_before(history.splits(), as_of)), as_of),
        allow_biased_float=settings.allow_biased_float,
        staleness=Staleness(
            market_data_minutes=settings.market_data_staleness_minutes,
            short_interest_hours=settings.short_interest_staleness_hours,
            options_hours=settings.options_data_staleness_hours,
            news_hours=settings.news_data_staleness_hours,
        ),
        next_report_due_at=next_report_due_at(as_of),
        short_interest_history=history.short_interest_reports(day, as_of),
        other_security={
            SHARE_COUNTS.name: foreign_counts,
            SHORT_INTEREST.name: history.foreign_interest(settlement, as_of) if settlement else frozenset(),
        },
        **_second_stage(lake, recent, day, as_of),
    )


def _second_stage(lake: Lake, recent: RecentTables, day: date, as_of: datetime) -> dict[str, pa.Table]:
    """Return events, options and news of the days before and of ``day``, as known at ``as_of``."""
    week, quarter = session_offset(day, -WEEK_SESSIONS), day - timedelta(days=NEWS_DAYS)
    lists = [key for key in lake.partitions(THRESHOLD_LIST) if key <= day.isoformat()]
    known = [key for key in lists[-3:] if recent.of(THRESHOLD_LIST, [key], as_of).num_rows]
    return {
        "option_activity": recent.between(OPTION_ACTIVITY, day - timedelta(days=ACTIVITY_DAYS), day, as_of),
        "iv_30d": recent.between(IV_30D, week, day, as_of),
        "iv_percentiles": recent.between(IV_PERCENTILES, week, day, as_of),
        "news": recent.between(NEWS, quarter, exchange_date(as_of), as_of),
        "trade_halts": recent.between(TRADE_HALTS, week, day, as_of),
        "fails": recent.between(FAILS_TO_DELIVER, day - timedelta(days=FAILS_DAYS), day, as_of),
        "threshold": recent.of(THRESHOLD_LIST, known[-1:], as_of),
    }


def newest_known(lake: Lake, schema: TableSchema, day: date, as_of: datetime) -> pa.Table:
    """Return the newest partition of which anything was known: this evening's listing must not hide yesterday's."""
    for key in reversed(lake.partitions(schema)):
        if key <= day.isoformat():
            table = lake.read(schema, key, as_of)
            if table.num_rows:
                return table
    return schema.arrow.empty_table()


def _absences(lake: Lake, moment: Moment) -> dict[str, tuple[Reason, str]]:
    found = {}
    for schema in _PER_DAY:
        key = moment.trade_date
        if schema is SHORT_INTEREST:
            key = newest_published(moment.as_of) or moment.trade_date
        note, public_at = lake.absence(schema, key.isoformat()), _public_at(schema, key)
        if public_at is not None and public_at > moment.as_of:
            # said of the calendar, not of the lake: whether the evening's fetch has run since must not show here
            found[schema.name] = (Reason.NOT_PUBLISHED, f"{schema.name} of {key} is public from {public_at}")
        elif note is not None:
            found[schema.name] = (note.reason, note.detail)
        elif not lake.holds(schema, key.isoformat()):
            found[schema.name] = (Reason.NOT_FETCHED, f"partition {key} of {schema.name} was never materialised")
    found.update(_event_absences(lake, moment))
    month = moment.trade_date.replace(day=1).isoformat()
    if not lake.holds(SPLITS, month):
        note = lake.absence(SPLITS, month)
        detail = f"the splits of {month[:7]} were never fetched"
        found[SPLITS.name] = (Reason.NOT_FETCHED, detail) if note is None else (note.reason, note.detail)
    elif stopped := _stopped_splits(lake, moment):
        found[SPLITS.name] = (Reason.STALE, stopped)
    return found


def _stopped_splits(lake: Lake, moment: Moment) -> str:
    """Say since when no source answered for splits, once that is too long; an answer of each day covers two months."""
    month = moment.trade_date.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    notes = [lake.failing_since(SPLITS, key.isoformat()) for key in (month, before)]
    if notes[0] is None:
        return ""
    since = exchange_date(min(note for note in notes if note is not None))
    missed = len(sessions_between(session_on_or_before(since), moment.trade_date)) - 1
    is_stale = LIMITS[SPLITS.name].age(1.0 + missed, Staleness()).is_stale
    return f"no source answered for splits since {since}, {missed} sessions" if is_stale else ""


def _event_absences(lake: Lake, moment: Moment) -> dict[str, tuple[Reason, str]]:
    """Return why options, fails and threshold lists gave nothing, and PRESENT for feeds that were collected.

    A day without a halt or a headline is an observation: it must not read like a feed that nobody asked.
    """
    found: dict[str, tuple[Reason, str]] = {}
    key = moment.trade_date.isoformat()
    for schema in (NEWS, TRADE_HALTS):
        if lake.holds(schema, key):
            found[schema.name] = (Reason.PRESENT, "")
    note = lake.absence(IV_30D, key)
    if note is not None:
        found["options"] = (note.reason, note.detail)
    elif not lake.holds(IV_30D, key):
        found["options"] = (Reason.NOT_FETCHED, f"partition {key} of {IV_30D.name} was never materialised")
    elif not lake.holds(OPTION_CHAINS, key):
        found["options"] = (Reason.NO_CHAIN, f"no chain came for any of the names asked for on {key}")
    for schema in (FAILS_TO_DELIVER, THRESHOLD_LIST):
        notes = [lake.absence(schema, noted) for noted in _noted(lake, schema, moment.trade_date)]
        last = next((item for item in reversed(notes) if item is not None), None)
        found[schema.name] = (
            (Reason.NOT_FETCHED, f"no partition of {schema.name} was ever materialised")
            if last is None
            else (last.reason, last.detail)
        )
    return found


def _noted(lake: Lake, schema: TableSchema, day: date) -> list[str]:
    """Return the partitions up to ``day`` that were asked for, with rows or without, ascending."""
    return [key for key in lake.asked_partitions(schema) if key <= day.isoformat()][-3:]


def _public_at(schema: TableSchema, day: date) -> datetime | None:
    """Return when a session's file is out by the calendar; None for tables without such an hour."""
    rule = _PUBLIC_AT.get(schema.name)
    return None if rule is None else rule(day)

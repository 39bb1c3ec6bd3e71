"""A feed that stops: what its newest observation says stays as it is, until it is stale and missing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from amc_assets.features.build import SnapshotInputs, build_snapshot
from amc_assets.features.feed_limits import LIMITS, limits_table
from amc_assets.features.panel import BarHistory
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import FAILS_TO_DELIVER, IV_30D, NEWS, OPTION_ACTIVITY, THRESHOLD_LIST
from amc_assets.market.calendar import close_at, end_of_day_as_of, session_offset, sessions_between
from amc_assets.market.publication import (
    daily_bar_published_at,
    fails_published_at,
    next_report_due_at,
    threshold_list_published_at,
)
from amc_assets.reasons import Reason
from amc_assets_tests.features.panels import (
    DAY,
    bars_table,
    interest_table,
    sessions_to,
    shares_table,
    splits_table,
    universe_table,
    volume_table,
)
from amc_assets_tests.features.test_build import inputs, line, seen

DOC = Path(__file__).resolve().parents[2] / "docs" / "features.md"
LAST = DAY
"""The last session of which the stopped feed knows; bars go on."""


def row_of(schema: TableSchema, **values: object) -> dict[str, object]:
    """One row of a table: what is not given is null, or empty where the column must be there."""
    given = {"source": "test", "is_simulated": False, **values}
    for column in schema.arrow:
        if column.name not in given:
            is_text, is_flag = pa.types.is_string(column.type), pa.types.is_boolean(column.type)
            given[column.name] = None if column.nullable else "" if is_text else False if is_flag else 0
    return given


def table_of(schema: TableSchema, *rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema.arrow)


def on(day: date, stopped: dict) -> SnapshotInputs:
    """A run of the evening of ``day``: bars to that day, everything else fresh unless ``stopped`` gives it."""
    sessions = sessions_to(day, 80)
    tables = {
        s: bars_table(s, [("GME", 20 + i % 7, 90_000.0 + 500 * (i % 9)), ("KOSS", 3 + i / 10, 90_000.0)])
        for i, s in enumerate(sessions)
    }
    as_of = end_of_day_as_of(day)
    given = {
        "trade_date": day,
        "as_of": as_of,
        "panel": BarHistory.from_tables(sessions, tables, splits_table()).panel(day, as_of),
        "universe": universe_table(["GME", "KOSS"], day=day),
        "short_interest": interest_table(),
        "short_volume": {},
        "share_counts": shares_table(),
        "next_report_due_at": next_report_due_at(as_of),
    }
    return inputs(**{**given, **stopped})


def short_volume() -> dict:
    """61 files up to LAST, their ratios in waves: a window that loses its first files has another median."""
    days = sessions_to(LAST, 61)
    ratios = 400 + 90 * np.sin(np.arange(61) / 4) + np.arange(61)
    return {"short_volume": {d: volume_table(d, ("GME", float(r), 1000)) for d, r in zip(days, ratios, strict=True)}}


def reports() -> dict:
    settled = [date(2020, 12, 15), date(2020, 12, 31), date(2021, 1, 15)]
    rows = [{"symbol": "GME", "shares": 1e6 + 1e5 * i, "settlement": day} for i, day in enumerate(settled)]
    return {"short_interest": interest_table(rows[-1]), "short_interest_history": interest_table(*rows)}


def counts() -> dict:
    return {"share_counts": shares_table({"symbol": "GME", "float": 5e6, "outstanding": 7e6, "effective": LAST})}


def threshold() -> dict:
    at = threshold_list_published_at(session_offset(LAST, -1))
    row = row_of(THRESHOLD_LIST, trade_date=session_offset(LAST, -1), symbol="GME", lists="NYSE", known_at=at)
    return {"threshold": table_of(THRESHOLD_LIST, row)}


def fails() -> dict:
    at = fails_published_at(date(2020, 12, 16))
    days = sessions_between(date(2020, 12, 16), date(2020, 12, 31))
    rows = [row_of(FAILS_TO_DELIVER, settlement_date=d, symbol="GME", fails_shares=50_000.0, known_at=at) for d in days]
    return {**counts(), "fails": table_of(FAILS_TO_DELIVER, *rows)}


def options() -> dict:
    days = sessions_to(LAST, 40)
    rows = [
        row_of(
            OPTION_ACTIVITY, trade_date=d, symbol="GME", known_at=daily_bar_published_at(d),
            call_volume_contracts=1000.0 + 37 * (i % 5) + i, put_volume_contracts=500.0,
            call_open_interest_contracts=9000.0, put_open_interest_contracts=4000.0, option_notional_usd=1e6,
        )
        for i, d in enumerate(days)
    ]  # fmt: skip
    iv = row_of(
        IV_30D, trade_date=LAST, symbol="GME", known_at=daily_bar_published_at(LAST), iv_30d_frac=0.9,
        iv_confidence=0.8, reason="present", method="variance", term="[]", quotes_dropped="{}",
    )  # fmt: skip
    return {"option_activity": table_of(OPTION_ACTIVITY, *rows), "iv_30d": table_of(IV_30D, iv)}


def filings() -> dict:
    at = close_at(LAST)
    row = row_of(
        NEWS, trade_date=LAST, symbol="GME", item_id="1", published_at=at, feed="sec.filings", publisher="SEC",
        title="8-K", form="8-K", filing_items="5.02", known_at=at,
    )  # fmt: skip
    return {"news": table_of(NEWS, row)}


def listing() -> dict:
    return {"universe": universe_table(["GME", "KOSS"], day=LAST)}


@dataclass(frozen=True)
class Feed:
    """A feed that stops at LAST: its tables, the values to watch, and the sessions after LAST until it is stale.

    moves: the value fades with time by its definition, stopped feed or not.
    """

    tables: Callable[[], dict]
    features: tuple[str, ...]
    stale_after: int
    moves: bool = False


FEEDS = {
    "universe": Feed(listing, ("is_common_or_adr",), 5),
    "short_volume": Feed(short_volume, ("short_volume_ratio", "short_volume_ratio_z"), 5),
    "short_interest": Feed(reports, ("short_interest_shares", "short_loss_frac"), 17),
    "share_counts": Feed(counts, ("float_shares", "outstanding_shares", "float_outstanding_frac"), 356),
    "threshold_list": Feed(threshold, ("is_on_threshold_list",), 5),
    "fails_to_deliver": Feed(fails, ("fails_outstanding_frac",), 15),
    "options": Feed(options, ("iv_30d_frac", "option_volume_z", "call_put_volume_log_z"), 5),
    "news": Feed(filings, ("event_proximity", "dilution_proximity"), 3, moves=True),
}


def test_every_feed_with_a_limit_is_stopped_here():
    """Splits are no daily rows: their stop is seen in the notes of the lake (pipeline/test_split_feed.py)."""
    assert set(FEEDS) | {"splits"} == set(LIMITS) | {"share_counts"}


@pytest.mark.parametrize("name", FEEDS)
def test_a_stopped_feed_says_the_same_until_it_is_stale_and_missing(name: str):
    feed = FEEDS[name]
    stopped = feed.tables()
    first = build_snapshot(on(LAST, stopped))
    assert line(first, name).reason is Reason.PRESENT
    before = {feature: seen(first, feature, "GME") for feature in feed.features}
    assert {reason for _, reason in before.values()} == {Reason.PRESENT}
    for missed in sorted({1, 2, feed.stale_after - 1}):
        later = build_snapshot(on(session_offset(LAST, missed), stopped))
        for feature, (value, reason) in before.items():
            now = seen(later, feature, "GME")
            assert now[1] is reason, (feature, missed)
            assert feed.moves or feature == "short_loss_frac" or now[0] == value, (feature, missed)
    gone = build_snapshot(on(session_offset(LAST, feed.stale_after), stopped))
    for feature in feed.features:
        assert seen(gone, feature, "GME") == (None, Reason.STALE), feature
    told = line(gone, name)
    assert told.reason is Reason.STALE
    assert told.age_hours is not None, "a stale feed has an age"


def test_the_line_of_a_stale_feed_says_how_old_it_is():
    after = session_offset(date(2021, 1, 12), 11)
    files = {d: volume_table(d, ("GME", 400, 1000)) for d in sessions_to(date(2021, 1, 12), 61)}
    found = build_snapshot(on(after, {"short_volume": files}))
    assert line(found, "short_volume").note == "newest file of 2021-01-12, 11 sessions old"
    assert not found.feature("short_volume_ratio_z").present.any()


def test_names_of_an_old_listing_stay_in():
    found = build_snapshot(on(session_offset(LAST, 15), listing()))
    assert found.symbols.tolist() == ["GME", "KOSS"]
    assert line(found, "universe").note == f"newest listing of {LAST}, 15 sessions old"


def test_a_name_whose_bars_stopped_has_no_values_made_of_them():
    """The bars of one name end four sessions before D; its neighbour trades on."""
    sessions = sessions_to(DAY, 60)
    tables = {s: bars_table(s, [("KOSS", 3.0)] + ([("GME", 20.0)] if s <= sessions[-5] else [])) for s in sessions}
    panel = BarHistory.from_tables(sessions, tables, splits_table()).panel(DAY, end_of_day_as_of(DAY))
    found = build_snapshot(on(DAY, {"panel": panel}))
    for feature in ("close_usd", "relvol_30", "rsi14", "mean_volume_30_shares", "volume_trend"):
        assert seen(found, feature, "GME") == (None, Reason.NO_BAR), feature


def test_halts_of_earlier_days_are_not_those_of_today():
    from amc_assets_tests.features.news.feeds import halt, halts

    at = close_at(LAST) - timedelta(hours=3)
    table = halts([{**halt("GME", "T1"), "trade_date": LAST, "halted_at": at, "resumed_at": None, "known_at": at}])
    why = {"trade_halts": (Reason.PROVIDER_UNAVAILABLE, "feed down")}
    found = build_snapshot(replace(on(session_offset(LAST, 1), {"trade_halts": table}), absence=why))
    assert seen(found, "is_halted", "GME") == (None, Reason.PROVIDER_UNAVAILABLE)
    assert (line(found, "trade_halts").reason, line(found, "trade_halts").note) == (
        Reason.PROVIDER_UNAVAILABLE, "feed down",
    )  # fmt: skip


def test_the_documented_limits_are_those_of_the_code():
    text = DOC.read_text(encoding="utf-8")
    between = text.split("<!-- limits:begin -->\n")[1].split("\n<!-- limits:end -->")[0]
    assert between == limits_table(), "paste feed_limits.limits_table() between the markers"

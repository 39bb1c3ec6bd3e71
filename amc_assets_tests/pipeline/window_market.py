"""A lake of four names, small enough to know every value, for rows just inside and just outside of what a run reads."""

import os
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from amc_assets.features.build import SnapshotInputs, build_snapshot
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import (
    DAILY_BARS,
    FAILS_TO_DELIVER,
    IDENTITY_CHANGES,
    IV_30D,
    IV_PERCENTILES,
    NEWS,
    OPTION_ACTIVITY,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    SPLITS,
    THRESHOLD_LIST,
    TRADE_HALTS,
    UNIVERSE,
)
from amc_assets.market.calendar import new_york, session_offset, sessions_between
from amc_assets.pipeline.gather import gather_from
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.settings import load_settings
from amc_assets_tests.features.borrow.test_delivery import fails_table, threshold_table
from amc_assets_tests.features.options.test_part import activity, percentile, volatility
from amc_assets_tests.features.panels import (
    AS_OF,
    DAY,
    bars_table,
    interest_table,
    shares_table,
    splits_table,
    universe_table,
    volume_table,
)
from amc_assets_tests.lake.rows import stored

NAME, OTHER = "GME", "AMC"
LONG_AGO = AS_OF - timedelta(days=400)
BEFORE = session_offset(DAY, -1)
FAILED_SHARES, OUTSTANDING_SHARES = 500.0, 10_000.0


def month(day: date) -> date:
    """Return the partition of tables kept by the month."""
    return day.replace(day=1)


def half_month(day: date) -> date:
    """Return the partition of a date of fails."""
    return day.replace(day=16 if day.day >= 16 else 1)


def universe(day: date, known_at: datetime) -> pa.Table:
    return universe_table([OTHER, NAME, "KOSS", "NEW"], day=day, known_at=known_at)


def bars(day: date, known_at: datetime) -> pa.Table:
    return bars_table(day, [(NAME, 59.0)], known_at=known_at)


def short_volume(day: date, known_at: datetime) -> pa.Table:
    return volume_table(day, (NAME, 400, 1000), known_at=known_at)


def interest(day: date, known_at: datetime) -> pa.Table:
    return interest_table({"symbol": NAME, "shares": 2000, "settlement": day, "known_at": known_at})


def counts(day: date, known_at: datetime) -> pa.Table:
    return shares_table(
        {"symbol": NAME, "float": 8000.0, "outstanding": OUTSTANDING_SHARES, "trade_date": day, "known_at": known_at}
    )


def split(day: date, known_at: datetime) -> pa.Table:
    return splits_table((NAME, day, 2.0, known_at))


def rows_of(schema: TableSchema, row: dict[str, Any], known_at: datetime) -> pa.Table:
    return stored({name: [value] for name, value in {**row, "known_at": known_at}.items()}, schema)


def headline(day: date, known_at: datetime) -> pa.Table:
    row = {
        "trade_date": day, "symbol": NAME, "item_id": f"one of {day}", "published_at": new_york(day, 18),
        "feed": "wire", "publisher": "Reuters", "title": f"GameStop opens a store on {day}",
        "is_tagged_by_source": True,
        "source": "wire", "is_simulated": False,
    }  # fmt: skip
    return rows_of(NEWS, row, known_at)


def halt(day: date, known_at: datetime) -> pa.Table:
    row = {
        "trade_date": day, "symbol": NAME, "halted_at": new_york(day, 12), "reason_code": "T1",
        "source": "nasdaq.trade_halts", "is_simulated": False,
    }  # fmt: skip
    return rows_of(TRADE_HALTS, row, known_at)


def fails(day: date, known_at: datetime) -> pa.Table:
    days = sessions_between(half_month(day), half_month(day) + timedelta(days=13))[:5]
    return fails_table([(settled, NAME, FAILED_SHARES) for settled in days], known_at)


def threshold(day: date, known_at: datetime) -> pa.Table:
    return threshold_table((day, NAME, "NYSE"), known_at=known_at)


def option_activity(day: date, known_at: datetime, calls: float = 2000.0) -> pa.Table:
    return table_of(OPTION_ACTIVITY, [activity(day, NAME, calls=calls, known_at=known_at)])


def iv_30d(day: date, known_at: datetime) -> pa.Table:
    return table_of(IV_30D, [volatility(day, NAME, known_at=known_at)])


def iv_percentiles(day: date, known_at: datetime) -> pa.Table:
    return table_of(IV_PERCENTILES, [percentile(day, NAME, known_at=known_at)])


def table_of(schema: TableSchema, rows: Sequence[dict[str, Any]]) -> pa.Table:
    return stored({name: [row[name] for row in rows] for name in rows[0]}, schema)


def taken_symbol(day: date, known_at: datetime, from_date: date = DAY) -> pa.Table:
    """The listing of ``day`` shows that another security holds the symbol from ``from_date`` on."""
    row = {
        "change_date": day, "symbol": NAME, "kind": "break", "from_date": from_date, "name": "Old GameStop",
        "last_listed_date": day - timedelta(days=1), "evidence": "cik", "source": "nasdaq.directory",
        "is_simulated": False,
    }  # fmt: skip
    return rows_of(IDENTITY_CHANGES, row, known_at)


def base_lake(folder: Path) -> Lake:
    """Return a lake of the days before DAY, all of it known long ago, with bars of two other names on DAY itself."""
    lake = Lake(folder)
    lake.write(UNIVERSE, str(BEFORE), universe_table([OTHER, NAME, "KOSS"], day=BEFORE, known_at=LONG_AGO), LONG_AGO)
    for number, day in enumerate(sessions_between(session_offset(DAY, -39), DAY)):
        rows = [(OTHER, 5.0), ("KOSS", 3.0), (NAME, 20.0 + number)]
        lake.write(DAILY_BARS, str(day), bars_table(day, rows[: 2 if day == DAY else 3], known_at=LONG_AGO), LONG_AGO)
    lake.write(SPLITS, str(month(DAY)), splits_table(), LONG_AGO)
    earlier_file = volume_table(BEFORE, (NAME, 300, 1000), known_at=LONG_AGO)
    lake.write(SHORT_VOLUME, str(BEFORE), earlier_file, LONG_AGO)
    settled = date(2020, 12, 31)
    report = interest_table({"symbol": NAME, "shares": 1000, "settlement": settled, "known_at": LONG_AGO})
    lake.write(SHORT_INTEREST, str(settled), report, LONG_AGO)
    stated = {"symbol": NAME, "float": 9000.0, "outstanding": OUTSTANDING_SHARES, "known_at": LONG_AGO}
    lake.write(SHARE_COUNTS, str(BEFORE), shares_table({**stated, "trade_date": BEFORE}), LONG_AGO)
    lake.write(NEWS, str(DAY), NEWS.arrow.empty_table(), LONG_AGO)
    lake.write(TRADE_HALTS, str(DAY), TRADE_HALTS.arrow.empty_table(), LONG_AGO)
    listed = threshold_table((BEFORE, OTHER, "NYSE"), known_at=LONG_AGO)
    lake.write(THRESHOLD_LIST, str(BEFORE), listed, LONG_AGO)
    return lake


def copy_of(lake: Lake, folder: Path, without: Sequence[TableSchema] = ()) -> Lake:
    """Return a lake of its own with the same files, except those of the tables ``without``."""
    shutil.copytree(lake.root, folder, copy_function=os.link)
    for schema in without:
        shutil.rmtree(folder / schema.name)
    return Lake(folder)


def run(lake: Lake, day: date = DAY, as_of: datetime = AS_OF) -> tuple[SnapshotInputs, Snapshot]:
    """Return what a run gathers from the lake, and its snapshot."""
    settings = load_settings({"AMC_PLAN": "simulated"}, home=lake.root.parent)
    inputs = gather_from(settings, lake, Moment(day, "regular", as_of), History(lake, day, day), is_simulated=False)
    return inputs, build_snapshot(inputs)


PARTITION_OF = {SPLITS.name: month, IDENTITY_CHANGES.name: month, FAILS_TO_DELIVER.name: half_month}
"""Tables that are not kept by the date of the row."""

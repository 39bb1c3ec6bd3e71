"""The look-ahead guard: score a day on the whole lake and on the lake cut off at that day, and compare.

The cut does not trust ``known_at``: it goes by when things happened (trade date, settlement plus publication lag,
effective date), so a row that was stamped too early is caught too.
"""

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.evaluation.lookahead import Difference, compare_runs
from amc_assets.features.build import build_snapshot
from amc_assets.lake.files import replace_file
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
    OPTION_CHAINS,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    SPLITS,
    THRESHOLD_LIST,
    TRADE_HALTS,
    UNIVERSE,
)
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.market.publication import fails_published_at, published_at, threshold_list_published_at
from amc_assets.pipeline.gather import gather_from
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.settings import Settings
from amc_assets.strategies.explain import explain_many
from amc_assets.strategies.score import score_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BY_TRADE_DATE = (
    UNIVERSE, SHARE_COUNTS, DAILY_BARS, SHORT_VOLUME, OPTION_CHAINS, OPTION_ACTIVITY, IV_30D, IV_PERCENTILES, NEWS,
    TRADE_HALTS,
)  # fmt: skip
BY_MONTH = {SPLITS: "execution_date", IDENTITY_CHANGES: "change_date"}
HAPPENED_AT = {NEWS.name: "published_at", TRADE_HALTS.name: "halted_at"}
"""Tables whose rows say to the second when they happened: a day's later rows are the future of its evening."""
PUBLISHED_AT: "dict[TableSchema, Callable[[date], datetime]]" = {
    SHORT_INTEREST: published_at,
    THRESHOLD_LIST: threshold_list_published_at,
    FAILS_TO_DELIVER: fails_published_at,
}
"""Tables whose whole partition becomes public at one instant."""


@dataclass(frozen=True)
class Examination:
    """What the comparison found; ``names_compared`` 0 means nothing was proven."""

    trade_date: date
    strategy: str
    names_compared: int
    rows_cut_off: int
    differences: list[Difference]


def examine(settings: Settings, lake: Lake, day: date, strategy: str) -> Examination:
    """Compare the end-of-day run of ``day`` on the whole lake with the one on the lake as it was then."""
    with truncated(lake, day) as (past, rows_cut_off):
        full = scored(settings, lake, day, strategy)
        cut = scored(settings, past, day, strategy)
    return Examination(day, strategy, len(full["ranked"]), rows_cut_off, compare_runs(full, cut))


def scored(settings: Settings, lake: Lake, day: date, strategy: str) -> dict[str, Any]:
    """Return the explained scores of every name of a day, computed from ``lake`` without storing anything."""
    moment = Moment(day, "regular", end_of_day_as_of(day))
    snapshot = build_snapshot(gather_from(settings, lake, moment, History(lake, day, day), is_simulated=False))
    result = score_all(snapshot, [strategy], "regular")[strategy]
    names = explain_many(result, snapshot, result.symbols[result.order].tolist())
    return {
        "trade_date": day.isoformat(),
        "session": moment.session,
        "as_of": moment.as_of.isoformat(),
        "strategy": strategy,
        "universe_count": snapshot.universe_count,
        "ranked": names,
    }


@contextmanager
def truncated(lake: Lake, day: date) -> "Iterator[tuple[Lake, int]]":
    """Yield a temporary lake that ends at ``day``, and how many rows were left out of it."""
    with tempfile.TemporaryDirectory(prefix="amc-lookahead-") as folder:
        past = Lake(Path(folder))
        cut = sum(_copy_sessions(lake, past, schema, day) for schema in BY_TRADE_DATE)
        cut += sum(_copy_published(lake, past, schema, day) for schema in PUBLISHED_AT)
        cut += sum(_copy_months(lake, past, schema, day) for schema in BY_MONTH)
        for schema in (*BY_TRADE_DATE, *PUBLISHED_AT, *BY_MONTH):
            _copy_notes(lake, past, schema, day)
        yield past, cut


def _copy_sessions(lake: Lake, past: Lake, schema: TableSchema, day: date) -> int:
    cut = 0
    for key in lake.partitions(schema):
        table = lake.vintages(schema, key)
        if key > day.isoformat():
            cut += table.num_rows
            continue
        kept = _effective_by(table, day) if schema is SHARE_COUNTS else _happened_by(schema, table, day)
        cut += table.num_rows - kept.num_rows
        _put(past, schema, key, kept)
    return cut


def _effective_by(table: pa.Table, day: date) -> pa.Table:
    """Drop floats of a later date unless they are marked biased: that mark is the declared exception."""
    is_past = pc.less_equal(table.column("float_effective_date"), pa.scalar(day, pa.date32()))
    is_declared = pc.equal(table.column("point_in_time"), "biased")
    return table.filter(pc.or_(pc.fill_null(is_past, fill_value=True), is_declared))


def _happened_by(schema: TableSchema, table: pa.Table, day: date) -> pa.Table:
    column = HAPPENED_AT.get(schema.name)
    if column is None:
        return table
    limit = pa.scalar(end_of_day_as_of(day), table.schema.field(column).type)
    return table.filter(pc.less_equal(table.column(column), limit))


def _copy_published(lake: Lake, past: Lake, schema: TableSchema, day: date) -> int:
    cut = 0
    for key in lake.partitions(schema):
        table = lake.vintages(schema, key)
        if PUBLISHED_AT[schema](date.fromisoformat(key)) > end_of_day_as_of(day):
            cut += table.num_rows
        else:
            _put(past, schema, key, table)
    return cut


def _copy_notes(lake: Lake, past: Lake, schema: TableSchema, day: date) -> None:
    """Copy why partitions up to the day are absent: the reason of a missing value must be the same in both."""
    for key in lake.asked_partitions(schema):
        notes = lake.notes_file(schema, key)
        if notes.exists() and key <= day.isoformat():
            replace_file(past.notes_file(schema, key), partial(shutil.copyfile, notes))


def _copy_months(lake: Lake, past: Lake, schema: TableSchema, day: date) -> int:
    cut = 0
    for key in lake.partitions(schema):
        table = lake.vintages(schema, key)
        kept = table.filter(pc.less_equal(table.column(BY_MONTH[schema]), pa.scalar(day, pa.date32())))
        cut += table.num_rows - kept.num_rows
        _put(past, schema, key, kept)
    return cut


def _put(past: Lake, schema: TableSchema, key: str, table: pa.Table) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - only the guard copies files itself

    target = past.root / schema.name / key / "data.parquet"
    replace_file(target, lambda temporary: pq.write_table(table, temporary))

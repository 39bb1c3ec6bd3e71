"""What a run reads, by value: for every table a row known at ``as_of`` and one a microsecond later.

For every window the last row that counts and the first one that does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

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
    TABLES,
    THRESHOLD_LIST,
    TRADE_HALTS,
    UNIVERSE,
)
from amc_assets.market.calendar import exchange_date, next_session, session_offset
from amc_assets.reasons import Reason
from amc_assets_tests.features.panels import AS_OF, DAY
from amc_assets_tests.features.test_build import seen
from amc_assets_tests.pipeline import window_market as market
from amc_assets_tests.pipeline.window_market import LONG_AGO, NAME, PARTITION_OF, base_lake, copy_of, run

MICROSECOND = timedelta(microseconds=1)
BESIDE = "KOSS"
Rows = Callable[[date, datetime], pa.Table]
Look = Callable[[Snapshot], object]
Seen = tuple[float | None, Reason]


def value_of(feature: str) -> Look:
    return lambda snapshot: seen(snapshot, feature, NAME)


def names(snapshot: Snapshot) -> object:
    return snapshot.symbols.tolist()


def there(value: float) -> Seen:
    return (pytest.approx(value), Reason.PRESENT)


@dataclass(frozen=True)
class Case:
    """A row of a table, what it is looked at by, and what is seen with it and without it."""

    schema: TableSchema
    rows: Rows
    day: date
    look: Look
    with_row: object
    without_row: object

    def write(self, lake: Lake, known_at: datetime, day: date | None = None) -> None:
        day = day or self.day
        key = PARTITION_OF.get(self.schema.name, lambda same: same)(day)
        lake.write(self.schema, str(key), self.rows(day, known_at), known_at)

    def write_beside(self, lake: Lake, known_at: datetime) -> None:
        """Write a row of another name into the same partition."""
        row = self.rows(self.day, known_at).slice(0, 1)
        place = row.column_names.index("symbol")
        row = row.set_column(place, row.schema.field(place), pa.array([BESIDE], row.schema.field(place).type))
        key = PARTITION_OF.get(self.schema.name, lambda same: same)(self.day)
        lake.write(self.schema, str(key), row, known_at)


CASES = {
    case.schema.name: case
    for case in (
        Case(UNIVERSE, market.universe, DAY, names, ["AMC", "GME", "KOSS", "NEW"], ["AMC", "GME", "KOSS"]),
        Case(DAILY_BARS, market.bars, DAY, value_of("close_usd"), there(59.0), (None, Reason.NO_BAR)),
        Case(SHORT_VOLUME, market.short_volume, DAY, value_of("short_volume_ratio"), there(0.4), there(0.3)),
        Case(
            SHORT_INTEREST, market.interest, date(2021, 1, 15), value_of("short_interest_shares"), there(2000.0),
            there(1000.0),
        ),
        Case(SHARE_COUNTS, market.counts, DAY, value_of("float_shares"), there(8000.0), there(9000.0)),
        Case(SPLITS, market.split, DAY, value_of("short_interest_shares"), there(2000.0), there(1000.0)),
        Case(NEWS, market.headline, DAY, value_of("news_sources_count"), there(1.0), there(0.0)),
        Case(TRADE_HALTS, market.halt, DAY, value_of("is_halted"), there(1.0), there(0.0)),
        Case(
            FAILS_TO_DELIVER, market.fails, date(2020, 12, 16), value_of("fails_outstanding_frac"), there(0.05),
            (None, Reason.NOT_FETCHED),
        ),
        Case(THRESHOLD_LIST, market.threshold, DAY, value_of("is_on_threshold_list"), there(1.0), there(0.0)),
        Case(
            OPTION_ACTIVITY, market.option_activity, DAY, value_of("call_put_volume_ratio"), there(2.0),
            (None, Reason.NOT_FETCHED),
        ),
        Case(IV_30D, market.iv_30d, DAY, value_of("iv_30d_frac"), there(0.8), (None, Reason.NO_CHAIN)),
        Case(
            IV_PERCENTILES, market.iv_percentiles, DAY, value_of("iv_percentile_frac"), there(0.25),
            (None, Reason.NOT_FETCHED),
        ),
        Case(IDENTITY_CHANGES, market.taken_symbol, DAY, value_of("bars_observed"), there(0.0), there(39.0)),
    )
}  # fmt: skip

NOT_READ = {
    "bill_rates": "read when chains are ingested, never by a run (test_stale_inputs.py)",
    "option_chains": "a run only asks whether there is any; what chains say is in option_activity and iv_30d",
    "borrow_stress": "result of a run",
    "price_features": "result of a run",
    "feature_snapshot": "result of a run",
    "detector_scores": "result of a run",
    "scores": "result of a run",
    "candidates": "result of a run",
    "discovery_runs": "result of a run",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return base_lake(tmp_path_factory.mktemp("windows") / "lake")


def look(lake: Lake, case: Case) -> object:
    """Return what is seen; rows known later must not even reach the features, which would drop and count them."""
    _, snapshot = run(lake)
    assert [line.name for line in snapshot.inputs if "dropped" in line.note] == []
    return case.look(snapshot)


def test_every_table_is_read_by_a_case_or_by_no_run(base: Lake, monkeypatch: pytest.MonkeyPatch):
    assert set(CASES) | set(NOT_READ) == set(TABLES)
    read = set()
    honest = Lake.vintages

    def vintages(lake: Lake, schema: TableSchema, partition: str) -> pa.Table:
        read.add(schema.name)
        return honest(lake, schema, partition)

    for case in CASES.values():
        case.write(base_copy := copy_of(base, base.root.parent / f"read-{case.schema.name}"), AS_OF)
        monkeypatch.setattr(Lake, "vintages", vintages)
        run(base_copy)
        monkeypatch.undo()
    assert read == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_row_known_at_as_of_counts_and_one_a_microsecond_later_does_not(base: Lake, tmp_path: Path, name: str):
    case = CASES[name]
    inside, outside = copy_of(base, tmp_path / "inside"), copy_of(base, tmp_path / "outside")
    case.write(inside, AS_OF)
    case.write_beside(inside, AS_OF + MICROSECOND)  # so that the partition is cut and not read as a whole
    case.write(outside, AS_OF + MICROSECOND)
    assert look(inside, case) == case.with_row
    assert look(outside, case) == case.without_row


@dataclass(frozen=True)
class Window:
    """The last day on which a row of a table counts and the next one on which it does not, with what is seen of each.

    without: tables whose rows of the base hide the oldest one.
    """

    schema: TableSchema
    rows: Rows
    inside: date
    outside: date
    look: Look
    seen_inside: object
    seen_outside: object
    without: tuple[TableSchema, ...] = ()


def a_report_taken_from(day: date, known_at: datetime) -> pa.Table:
    """Seen through the symbol's bars, which another security's listing of long ago takes away."""
    return market.taken_symbol(day, known_at, from_date=DAY)


STALE, ABSENT = (None, Reason.STALE), (None, Reason.NOT_FETCHED)
AS_OF_DATE = exchange_date(AS_OF)
WINDOWS = {
    "bars of 300 sessions": Window(
        DAILY_BARS, market.bars, session_offset(DAY, -299), session_offset(DAY, -300), value_of("bars_observed"),
        there(40.0), there(39.0),
    ),
    "the day's own bar is the last": Window(
        DAILY_BARS, market.bars, DAY, next_session(DAY), value_of("bars_observed"), there(40.0), there(39.0)
    ),
    "the listing of the day is the last": Window(
        UNIVERSE, market.universe, DAY, next_session(DAY), names, ["AMC", "GME", "KOSS", "NEW"], ["AMC", "GME", "KOSS"]
    ),
    "counts of the day are the last": Window(
        SHARE_COUNTS, market.counts, DAY, next_session(DAY), value_of("float_shares"), there(8000.0), there(9000.0)
    ),
    "a split of the day applies": Window(
        SPLITS, market.split, DAY, next_session(DAY), value_of("short_interest_shares"), there(2000.0), there(1000.0)
    ),
    "a split older than the report does not": Window(
        SPLITS, market.split, date(2021, 1, 4), date(2020, 12, 31), value_of("short_interest_shares"), there(2000.0),
        there(1000.0),
    ),
    "the short volume of the day is the last": Window(
        SHORT_VOLUME, market.short_volume, DAY, next_session(DAY), value_of("short_volume_ratio"), there(0.4),
        there(0.3),
    ),
    "a report of 75 days ago is stale, an older one is none": Window(
        SHORT_INTEREST, market.interest, date(2020, 11, 13), date(2020, 10, 30), value_of("short_interest_shares"),
        STALE, ABSENT, (SHORT_INTEREST,),
    ),
    "fails of 75 days are stale, older ones are none": Window(
        FAILS_TO_DELIVER, market.fails, date(2020, 11, 16), date(2020, 11, 1), value_of("fails_outstanding_frac"),
        STALE, ABSENT,
    ),
    "fails of the half month before the last published one": Window(
        FAILS_TO_DELIVER, market.fails, date(2020, 12, 1), date(2020, 11, 16), value_of("fails_outstanding_frac"),
        there(0.05), STALE,
    ),
    "threshold lists up to the day": Window(
        THRESHOLD_LIST, market.threshold, DAY, next_session(DAY), value_of("is_on_threshold_list"), there(1.0),
        there(0.0),
    ),
    "activity of the day is the last": Window(
        OPTION_ACTIVITY, market.option_activity, DAY, next_session(DAY), value_of("call_put_volume_ratio"), there(2.0),
        ABSENT,
    ),
    "volatilities of five sessions are stale, older ones are none": Window(
        IV_30D, market.iv_30d, session_offset(DAY, -5), session_offset(DAY, -6), value_of("iv_30d_frac"), STALE, ABSENT
    ),
    "volatilities up to the day": Window(
        IV_30D, market.iv_30d, DAY, next_session(DAY), value_of("iv_30d_frac"), there(0.8), ABSENT
    ),
    "percentiles up to the day": Window(
        IV_PERCENTILES, market.iv_percentiles, DAY, next_session(DAY), value_of("iv_rank_frac"), there(0.2), ABSENT
    ),
    "headlines of the New York date of as_of": Window(
        NEWS, market.headline, AS_OF_DATE, AS_OF_DATE + timedelta(days=1), value_of("news_sources_count"), there(1.0),
        there(0.0),
    ),
    "halts of five sessions": Window(
        TRADE_HALTS, market.halt, session_offset(DAY, -5), session_offset(DAY, -6), value_of("is_halted"), there(1.0),
        there(0.0),
    ),
    "halts up to the day": Window(
        TRADE_HALTS, market.halt, DAY, next_session(DAY), value_of("is_halted"), there(1.0), there(0.0)
    ),
    "listings of two years": Window(
        IDENTITY_CHANGES, a_report_taken_from, AS_OF_DATE - timedelta(days=730), AS_OF_DATE - timedelta(days=731),
        value_of("bars_observed"), there(0.0), there(39.0),
    ),
    "listings up to the day": Window(
        IDENTITY_CHANGES, market.taken_symbol, DAY, next_session(DAY), value_of("bars_observed"), there(0.0),
        there(39.0),
    ),
}  # fmt: skip


def test_every_table_has_a_window():
    assert {window.schema.name for window in WINDOWS.values()} == set(CASES)


@pytest.mark.parametrize("name", WINDOWS)
def test_the_last_row_inside_counts_and_the_first_one_outside_does_not(base: Lake, tmp_path: Path, name: str):
    window = WINDOWS[name]
    for day, wanted in ((window.inside, window.seen_inside), (window.outside, window.seen_outside)):
        lake = copy_of(base, tmp_path / str(day), window.without)
        key = PARTITION_OF.get(window.schema.name, lambda same: same)(day)
        lake.write(window.schema, str(key), window.rows(day, LONG_AGO), LONG_AGO)
        assert window.look(run(lake)[1]) == wanted, day

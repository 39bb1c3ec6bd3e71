"""Rows of the lake's short and float tables as of an instant, aligned to the symbols of a run.

Every reader drops rows known later than ``as_of`` itself and counts them: the lake has done so already, and a run that
trusts one filter looks ahead when that filter has a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.instants import as_instants, day_number, day_of, instant, micros
from amc_assets.features.shorts import CountDates, ShareRows, ShortInterestRows, ShortVolumeRows
from amc_assets.features.snapshot import BOOL, F64, INSTANTS
from amc_assets.features.splits import SplitHistory, share_factor
from amc_assets.market.publication import LONGEST_CYCLE, settlement_dates

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
IDX = NDArray[np.intp]
BIASED_CONFIDENCE = 0.50
DERIVED_CONFIDENCE = 0.60
_CONFIDENCE = {"polygon": 0.98, "finra": 0.95, "sec": 0.95, "alpha_vantage": 0.75}


def confidence_of(source: str) -> float:
    """Return the confidence of a source by its provider (detectors.md); one not listed there counts as derived."""
    return _CONFIDENCE.get(source.split(".", 1)[0], DERIVED_CONFIDENCE)


@dataclass(frozen=True)
class Aligned:
    """For each symbol of a run the row of a table that counts (N,), whether there is one, and how many were dropped."""

    rows: IDX
    found: BOOL
    dropped: int

    def floats(self, table: pa.Table, name: str) -> F64:
        """Return a number column per symbol, NaN where null or not found."""
        if not table.num_rows:
            return np.full(len(self.rows), np.nan)
        return np.where(self.found, table[name].cast(pa.float64()).to_numpy()[self.rows], np.nan)

    def instants(self, table: pa.Table) -> INSTANTS:
        """Return known_at per symbol, NaT where not found."""
        missing = np.datetime64("NaT", "us")
        if not table.num_rows:
            return np.full(len(self.rows), missing)
        return np.where(self.found, as_instants(known_us(table))[self.rows], missing)

    def days(self, table: pa.Table, name: str, otherwise: int) -> I32:
        """Return a date column as days since 1970, ``otherwise`` where null or not found."""
        if not table.num_rows:
            return np.full(len(self.rows), otherwise, np.int32)
        filled = pc.fill_null(table[name].cast(pa.int32()), otherwise).to_numpy()
        return np.where(self.found, filled[self.rows], otherwise).astype(np.int32)

    def flags(self, table: pa.Table, name: str) -> BOOL:
        """Return a boolean column per symbol, False where null or not found."""
        if not table.num_rows:
            return np.zeros(len(self.rows), np.bool_)
        return self.found & np.asarray(pc.fill_null(table[name], False).to_numpy(), np.bool_)[self.rows]


def known_us(table: pa.Table) -> I64:
    """Return the known_at column as microseconds since 1970."""
    return np.asarray(table["known_at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy(), np.int64)


def newest_known_at(table: pa.Table, as_of: datetime) -> datetime | None:
    """Return the newest known_at of a table that is not after ``as_of``; None when there is no such row."""
    known = known_us(table)
    in_time = known[known <= micros(as_of)]
    return instant(int(in_time.max())) if in_time.size else None


def columns_of(table: pa.Table, symbols: NDArray[np.str_]) -> IDX:
    """Return the position of each row's symbol in ``symbols``, -1 for other symbols, (R,)."""
    wanted = pa.array(symbols.tolist(), pa.string())
    found = pc.index_in(table["symbol"].cast(pa.string()), value_set=wanted)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.intp)


def newest_rows(
    table: pa.Table, symbols: NDArray[np.str_], as_of: datetime, order_by: Sequence[str] = (), use: BOOL | None = None
) -> Aligned:
    """Return per symbol the row with the largest ``order_by`` columns, then known_at, among those known at ``as_of``.

    use: bool (R,), rows that may count instead of those known at as_of.
    """
    known = known_us(table)
    in_time = known <= micros(as_of)
    columns = columns_of(table, symbols)
    candidates = np.flatnonzero((in_time if use is None else use) & (columns >= 0))
    keys = [known[candidates], *(table[n].cast(pa.int32()).to_numpy()[candidates] for n in reversed(order_by))]
    ordered = candidates[np.lexsort(keys)]
    rows = np.full(len(symbols), -1, np.intp)
    rows[columns[ordered]] = ordered  # ascending: the last assignment is the newest
    return Aligned(np.maximum(rows, 0), rows >= 0, int(np.count_nonzero(~in_time)))


def settlement_before(settlement: date) -> date:
    """Return the settlement date before ``settlement`` by the calendar, whether its report is held or not."""
    return settlement_dates(settlement - LONGEST_CYCLE, settlement - timedelta(days=1))[-1]


def read_short_interest(
    table: pa.Table, symbols: NDArray[np.str_], day: date, as_of: datetime, splits: SplitHistory
) -> tuple[ShortInterestRows, int]:
    """Return the newest published report per symbol and the number of rows dropped as known later."""
    at = newest_rows(table, symbols, as_of, ("settlement_date",))
    settled = at.days(table, "settlement_date", day_number(day))
    factor = share_factor(splits, symbols, settled, day, as_of)
    reports, of_report = np.unique(settled, return_inverse=True)
    before = np.array([day_number(settlement_before(day_of(number))) for number in reports.tolist()], np.int32)
    is_split_known = share_factor(splits, symbols, before[of_report], day, as_of) != factor
    rows = ShortInterestRows(
        listed=at.found,
        shares=at.floats(table, "short_interest_shares"),
        previous_shares=at.floats(table, "previous_short_interest_shares"),
        average_volume_shares=at.floats(table, "reported_average_volume_shares"),
        days_to_cover_reported=at.floats(table, "days_to_cover_reported"),
        is_split_flagged=at.flags(table, "is_split_flagged") | is_split_known,
        settlement_days=settled,
        factor=factor,
        known_at=at.instants(table),
    )
    return rows, at.dropped


def read_share_counts(
    table: pa.Table,
    symbols: NDArray[np.str_],
    day: date,
    as_of: datetime,
    splits: SplitHistory,
    *,
    allow_biased: bool,
) -> tuple[ShareRows, int]:
    """Return the newest usable statement per symbol and the number of rows dropped as known later.

    A statement of a later date than ``day`` is biased: it counts only when ``allow_biased`` and where no other exists.
    """
    is_biased = _biased(table, day)
    in_time = known_us(table) <= micros(as_of)
    clean = newest_rows(table, symbols, as_of, use=in_time & ~is_biased)
    biased = newest_rows(table, symbols, as_of, use=is_biased)
    only_biased = biased.found & ~clean.found
    take = only_biased if allow_biased else np.zeros(len(symbols), np.bool_)
    at = Aligned(np.where(take, biased.rows, clean.rows), clean.found | take, 0)
    dates = _count_dates(table, at, day)
    float_day, filed = (np.where(d >= 0, d, dates.asked_days) for d in (dates.float_days, dates.outstanding_days))
    confidence = _source_confidence(table, at)
    confidence = np.where(dates.is_undated, np.minimum(confidence, DERIVED_CONFIDENCE), confidence)
    rows = ShareRows(
        listed=at.found,
        float_shares=at.floats(table, "float_shares") * share_factor(splits, symbols, float_day, day, as_of),
        outstanding_shares=at.floats(table, "outstanding_shares") * share_factor(splits, symbols, filed, day, as_of),
        is_biased=take,
        is_withheld=only_biased & ~take,
        source_confidence=np.where(take, np.minimum(confidence, BIASED_CONFIDENCE), confidence),
        known_at=at.instants(table),
        dates=dates,
    )
    return rows, int(np.count_nonzero(~in_time & ~is_biased))


def _count_dates(table: pa.Table, at: Aligned, day: date) -> CountDates:
    """The dates of both counts; shares outstanding without an own date are of the date of the float beside them."""
    stated = at.days(table, "float_effective_date", -1)
    filed = at.days(table, "outstanding_date", -1)
    asked = at.instants(table).astype("datetime64[D]").astype(np.int64)
    asked_days: I32 = np.where(at.found, asked, day_number(day)).astype(np.int32)
    return CountDates(stated, np.where(filed >= 0, filed, stated).astype(np.int32), asked_days)


def _biased(table: pa.Table, day: date) -> BOOL:
    marked = pc.fill_null(pc.equal(table["point_in_time"], "biased"), False)
    effective = pc.fill_null(table["float_effective_date"].cast(pa.int32()), -1)
    later = pc.greater(effective, day_number(day))
    return np.asarray(pc.or_(marked, later).to_numpy(), np.bool_)


def _source_confidence(table: pa.Table, at: Aligned) -> F64:
    if not table.num_rows:
        return np.zeros(len(at.rows))
    encoded = pa.chunked_array([table["source"].combine_chunks()]).combine_chunks().dictionary_encode()
    by_code = np.array([confidence_of(source) for source in encoded.dictionary.to_pylist()])
    return np.where(at.found, by_code[encoded.indices.to_numpy()][at.rows], 0.0)


@dataclass(frozen=True)
class ShortVolumeRead:
    """The published files as matrices, the newest one's date and known_at, and how many rows were dropped as later."""

    rows: ShortVolumeRows
    newest_file: date
    newest_known_at: datetime
    dropped: int


def read_short_volume(
    tables: Mapping[date, pa.Table], symbols: NDArray[np.str_], day: date, as_of: datetime, sessions: int
) -> ShortVolumeRead | None:
    """Return the last ``sessions`` published files up to ``day``; None when no file has a row known at ``as_of``."""
    days = sorted(d for d in tables if d <= day and tables[d].num_rows)
    if not days:
        return None
    names = ["symbol", "short_volume_shares", "total_volume_shares", "known_at"]
    table = pa.concat_tables([tables[d].select(names) for d in days], promote_options="permissive")
    file = np.repeat(np.arange(len(days)), [tables[d].num_rows for d in days])
    known = known_us(table)
    in_time = known <= micros(as_of)
    if not in_time.any():
        return None
    newest = int(file[in_time].max())
    first = max(0, newest + 1 - sessions)
    columns = columns_of(table, symbols)
    use = np.flatnonzero(in_time & (columns >= 0) & (file >= first))
    if (np.diff(known[use]) < 0).any():
        use = use[np.argsort(known[use], kind="stable")]  # the last assignment to a cell is its newest vintage
    cell = (file[use] - first, columns[use])
    short, total = (np.full((newest + 1 - first, len(symbols)), np.nan) for _ in range(2))
    short[cell] = table["short_volume_shares"].to_numpy()[use]
    total[cell] = table["total_volume_shares"].to_numpy()[use]
    known_at = np.full(len(symbols), np.datetime64("NaT", "us"))
    current = use[file[use] == newest]
    known_at[columns[current]] = as_instants(known)[current]
    dropped = int(np.count_nonzero(~in_time)) + sum(t.num_rows for d, t in tables.items() if d > day)
    rows = ShortVolumeRows(short, total, known_at)
    return ShortVolumeRead(rows, days[newest], instant(int(known[in_time].max())), dropped)

"""Which counts stand on an unknown share basis, and which are one count for several classes of a company."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.instants import day_number, day_of, micros
from amc_assets.features.news.company_names import company_words
from amc_assets.features.short_inputs import columns_of, known_us
from amc_assets.features.shorts import CountDates
from amc_assets.features.snapshot import BOOL, F64
from amc_assets.features.splits import SplitHistory
from amc_assets.market.publication import LONGEST_CYCLE, settlement_dates

I32 = NDArray[np.int32]
NEVER = -1
_CYCLE_DAYS = 45  # a report flags the splits since the one before it; the longest cycle and a report that is missing


def undated_across_split(
    dates: CountDates, symbols: NDArray[np.str_], splits: SplitHistory, day: date, as_of: datetime, undated_days: float
) -> BOOL:
    """Return where a count without a date may stand on either side of a known split, bool (N,).

    Such a count may be as old as ``undated_days`` before it was asked for, and as young as that day.
    """
    earliest = dates.asked_days - int(undated_days)
    found = np.zeros(len(symbols), np.bool_)
    if not len(symbols):
        return found
    for split in splits.applying(day, as_of, after_day=int(earliest.min())):
        column = int(np.searchsorted(symbols, split.symbol))
        if column < len(symbols) and symbols[column] == split.symbol:
            found[column] |= split.execution_day > earliest[column]
    return found & dates.is_undated


def unexplained_splits(
    reports: pa.Table, symbols: NDArray[np.str_], splits: SplitHistory, day: date, as_of: datetime
) -> I32:
    """Return the newest settlement by which FINRA flags a split that no known split explains, I32 (N,), else NEVER.

    reports: rows of SHORT_INTEREST of any settlements; rows known after ``as_of`` are not read.
    """
    newest = np.full(len(symbols), NEVER, np.int32)
    if not reports.num_rows or not len(symbols):
        return newest
    columns = columns_of(reports, symbols)
    flagged = reports["is_split_flagged"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.bool_)
    rows = np.flatnonzero(flagged & (columns >= 0) & (known_us(reports) <= micros(as_of)))
    column = columns[rows]
    settled = reports["settlement_date"].cast(pa.int32()).to_numpy()[rows]
    applied = splits.applying(day, as_of, after_day=int(settled.min(initial=day_number(day))) - _CYCLE_DAYS)
    names = np.array([split.symbol for split in applied], np.str_)
    executed = np.array([split.execution_day for split in applied], np.int64)
    explains = (symbols[column][:, None] == names) & (executed <= settled[:, None])
    explains &= executed > settled[:, None] - _CYCLE_DAYS
    alone = ~explains.any(axis=1)
    np.maximum.at(newest, column[alone], settled[alone])
    return newest


def cycle_starts(flagged: I32) -> I32:
    """Return the settlement before each of ``flagged``, I32 (N,), NEVER where that is NEVER: when its cycle began."""
    starts = flagged.copy()
    for number in np.unique(flagged[flagged != NEVER]).tolist():
        settlement = day_of(number)
        before = settlement_dates(settlement - LONGEST_CYCLE, settlement - timedelta(days=1))[-1]
        starts[flagged == number] = day_number(before)
    return starts


def shared_counts(counts: F64, symbols: NDArray[np.str_], names: Sequence[str | None]) -> BOOL:
    """Return where another symbol of the same company has the very same count, bool (N,).

    One company: the same symbol before the dot of its class, or the same words in the security's name. A count of the
    whole company, or of one class, says nothing of either class.
    """
    _, place, often = np.unique(np.where(np.isfinite(counts), counts, -1.0), return_inverse=True, return_counts=True)
    rows = np.flatnonzero(np.isfinite(counts) & (often[place] > 1))
    owners: dict[tuple[int, object], list[int]] = {}
    for row in rows.tolist():
        owners.setdefault((int(place[row]), str(symbols[row]).split(".", 1)[0]), []).append(row)
        owners.setdefault((int(place[row]), company_words(names[row] or "") or row), []).append(row)
    shared = np.zeros(len(symbols), np.bool_)
    for group in owners.values():
        if len(set(group)) > 1:
            shared[group] = True
    return shared

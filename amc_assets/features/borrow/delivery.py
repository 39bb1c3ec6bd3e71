"""Fails to deliver and threshold lists as of an instant: balances that lasted, and who is on the newest list."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.ages import freshness, how_old, sessions_missed
from amc_assets.features.borrow.calibration import FailsRule
from amc_assets.features.instants import NAT_US, as_instants, instant, micros
from amc_assets.features.short_inputs import columns_of, known_us
from amc_assets.features.shorts import Computed, computed
from amc_assets.features.snapshot import F64, INSTANTS
from amc_assets.features.splits import SplitHistory, share_factor
from amc_assets.market.calendar import exchange_date, previous_session, session_on_or_before
from amc_assets.market.publication import SECOND_HALF_DAY, fails_published_at, threshold_list_published_at
from amc_assets.reasons import Reason

WHOLE_FILE_FRAC = 0.10
"""Share of the run's symbols a fails file must name before a name's absence from it is read as no balance."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Delivered:
    """One quantity of a delivery table: values with reasons, known_at (N,), freshness 0-1, and what people read.

    missed: publications after the newest one that are not there; the freshness follows from it. observed_on: the day of
    the newest list or balance.
    """

    part: Computed
    known_at: INSTANTS
    freshness: float
    newest_known_at: datetime | None
    note: str
    dropped: int
    missed: int = 0
    observed_on: date | None = None


def sustained_fails(
    table: pa.Table,
    symbols: NDArray[np.str_],
    day: date,
    as_of: datetime,
    splits: SplitHistory,
    rule: FailsRule,
    absent: Reason,
) -> Delivered:
    """Return the balance in shares (basis of ``day``) that was held ``rule.consecutive_days`` dates in a row.

    The largest such balance among the last ``rule.window_days`` published settlement dates: fails are balances, so days
    are never added up, and one day's spike is not a fail that lasts. No row on a date is a balance of zero (the SEC
    lists every balance), but only in a file that names WHOLE_FILE_FRAC of the run's symbols; in a smaller one a name
    without rows is missing. Rows known after ``as_of`` are dropped and counted.
    """
    known = known_us(table)
    in_time = known <= micros(as_of)
    settled = table["settlement_date"].cast(pa.int32()).to_numpy()
    dates = np.unique(settled[in_time])[-rule.window_days :]
    dropped = int(np.count_nonzero(~in_time))
    if not len(dates):
        return _nothing(len(symbols), absent, dropped)
    columns = columns_of(table, symbols)
    rows = np.flatnonzero(in_time & (columns >= 0) & (settled >= dates[0]))
    rows = rows[np.argsort(known[rows], kind="stable")]  # the last assignment to a cell is its newest vintage
    cell = (np.searchsorted(dates, settled[rows]), columns[rows])
    balance = np.zeros((len(dates), len(symbols)))
    balance[cell] = table["fails_shares"].to_numpy()[rows]
    for index, settlement in enumerate(dates.tolist()):
        basis = np.full(len(symbols), settlement, np.int32)
        balance[index] *= share_factor(splits, symbols, basis, day, as_of)
    named = np.zeros(len(symbols), np.bool_)
    named[columns[rows]] = True
    is_whole = np.count_nonzero(named) >= WHOLE_FILE_FRAC * len(symbols)
    file_known = int(known[in_time & (settled >= dates[0])].max())
    known_at = as_instants(np.where(named | is_whole, file_known, NAT_US))  # dates without a row count too
    part = _held(balance, named | is_whole, rule)
    newest = _EPOCH + timedelta(days=int(dates[-1]))
    note = f"balances of {len(dates)} settlement dates up to {newest}"
    note += "" if is_whole else f"; only {int(named.sum())} names listed, so the others are missing and not zero"
    missed = half_months_missed(newest, as_of)
    note += f", {how_old(missed, 'half month')}" if missed else ""
    fresh = fails_freshness(newest, as_of)
    return Delivered(part, known_at, fresh, instant(file_known), note, dropped, missed, newest)


def _held(balance: F64, listed: NDArray[np.bool_], rule: FailsRule) -> Computed:
    run = rule.consecutive_days
    if len(balance) < run:
        return computed(np.full(len(listed), np.nan), [(np.ones(len(listed), np.bool_), Reason.SHORT_HISTORY)])
    windows = np.lib.stride_tricks.sliding_window_view(balance, run, axis=0)
    held = windows.min(axis=-1).max(axis=0)
    valid = np.isfinite(held) & (held >= 0)
    return computed(
        np.where(listed & valid, held, np.nan), [(~listed, Reason.NOT_LISTED_IN_SOURCE), (~valid, Reason.INVALID_VALUE)]
    )


def on_threshold_list(table: pa.Table, symbols: NDArray[np.str_], as_of: datetime, absent: Reason) -> Delivered:
    """Return 1 for the names of the newest list known at ``as_of`` and 0 for the others.

    A list names everyone it means, so silence is an observation; without any list the flag is missing for ``absent``.
    """
    known = known_us(table)
    in_time = known <= micros(as_of)
    dropped = int(np.count_nonzero(~in_time))
    if not in_time.any():
        return _nothing(len(symbols), absent, dropped)
    listed_on = table["trade_date"].cast(pa.int32()).to_numpy()
    newest_day = int(listed_on[in_time].max())
    of_day = in_time & (listed_on == newest_day)
    columns = columns_of(table, symbols)
    rows = np.flatnonzero(of_day & (columns >= 0))
    values = np.zeros(len(symbols))
    values[columns[rows]] = 1.0
    list_known = int(known[of_day].max())
    own_known = np.full(len(symbols), list_known)
    own_known[columns[rows]] = known[rows]
    day = _EPOCH + timedelta(days=newest_day)
    texts = pc.unique(table["lists"].filter(pa.array(of_day))).to_pylist()
    names = sorted({name for text in texts for name in text.split(",")})
    note = f"list of {day}: {int(of_day.sum())} names ({', '.join(names)})"
    part = Computed(values, np.zeros(len(symbols), np.uint8))
    missed = lists_missed(day, as_of)
    note += f", {how_old(missed)}" if missed else ""
    fresh = threshold_freshness(day, as_of)
    return Delivered(part, as_instants(own_known), fresh, instant(list_known), note, dropped, missed, day)


def fails_freshness(newest_settlement: date, as_of: datetime) -> float:
    """Return 1 until the half month after that of ``newest_settlement`` is published; then age in half months."""
    return float(freshness(np.array(1.0 + half_months_missed(newest_settlement, as_of))))


def half_months_missed(newest_settlement: date, as_of: datetime) -> int:
    """Return how many half months after that of ``newest_settlement`` are published and not there."""
    half = _half_month(newest_settlement)
    expected = _half_before(_half_month(exchange_date(as_of)))
    missed = 0
    while expected > half:
        missed += fails_published_at(expected) <= as_of
        expected = _half_before(expected)
    return missed


def threshold_freshness(newest_list: date, as_of: datetime) -> float:
    """Return 1 until the list after ``newest_list`` is published; age is counted in trading days, the limit is one."""
    return float(freshness(np.array(1.0 + lists_missed(newest_list, as_of))))


def lists_missed(newest_list: date, as_of: datetime) -> int:
    """Return how many lists after ``newest_list`` are published and not there."""
    day = session_on_or_before(exchange_date(as_of))
    expected = day if threshold_list_published_at(day) <= as_of else previous_session(day)
    return sessions_missed(newest_list, expected)


def _half_month(day: date) -> date:
    return day.replace(day=SECOND_HALF_DAY if day.day >= SECOND_HALF_DAY else 1)


def _half_before(half: date) -> date:
    return _half_month(half - timedelta(days=1))


def _nothing(count: int, reason: Reason, dropped: int) -> Delivered:
    missing = computed(np.full(count, np.nan), [(np.ones(count, np.bool_), reason)])
    return Delivered(missing, as_instants(np.full(count, NAT_US)), 0.0, None, "", dropped)

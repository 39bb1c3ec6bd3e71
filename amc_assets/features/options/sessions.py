"""Rows of the option tables as of a run: the newest session's row per symbol, and matrices over sessions."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.instants import as_instants, day_number, instant, micros
from amc_assets.features.short_inputs import columns_of, confidence_of, known_us
from amc_assets.features.snapshot import BOOL, F64, INSTANTS
from amc_assets.market.calendar import new_york, next_session

IDX = NDArray[np.intp]
CHAINS_HOUR = 19
"""New York hour of ``alpha_vantage_options_daily``: from then on the session's own chains are due."""
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class SessionRows:
    """A table known at ``as_of``: for each session (S,), oldest first, and symbol (N,) the row that counts, or -1.

    newest: the last session with any row, None when there is none; dropped: rows known later or of a later day.
    """

    table: pa.Table
    rows: IDX
    newest: date | None
    newest_known_at: datetime | None
    dropped: int

    @property
    def found(self) -> BOOL:
        """Which symbols have a row in the newest session, (N,)."""
        return np.asarray(self.rows[-1] >= 0)

    def floats(self, name: str) -> F64:
        """Return a number column as (S, N), NaN where null or without a row."""
        return np.where(self.rows >= 0, self._column(name)[self.rows], np.nan)

    def current(self, name: str) -> F64:
        """Return a number column of the newest session, (N,)."""
        return np.where(self.found, self._column(name)[self.rows[-1]], np.nan)

    def texts(self, name: str, otherwise: str) -> list[str]:
        """Return a text column of the newest session per symbol, ``otherwise`` without a row."""
        values = self.table[name].to_pylist()
        return [values[row] if row >= 0 else otherwise for row in self.rows[-1].tolist()]

    def flags(self, name: str) -> BOOL:
        """Return a flag column of the newest session, (N,), False without a row."""
        values = np.array([*self.table[name].to_pylist(), False], np.bool_)  # row -1 is the last one: False
        return np.asarray(values[self.rows[-1]])

    def known_at(self) -> INSTANTS:
        """Return when the newest session's rows were known, (N,), NaT without one."""
        known = np.append(as_instants(known_us(self.table)), np.datetime64("NaT", "us"))
        return np.asarray(known[self.rows[-1]])

    def confidence(self) -> F64:
        """Return the confidence of the source of the newest session's rows, (N,), 0 without one."""
        return np.array([confidence_of(source) if source else 0.0 for source in self.texts("source", "")])

    def _column(self, name: str) -> F64:
        return np.append(np.asarray(self.table[name].cast(pa.float64()).to_numpy(), np.float64), np.nan)


def read_sessions(table: pa.Table, symbols: NDArray[np.str_], day: date, as_of: datetime) -> SessionRows:
    """Return the rows of an option table up to ``day`` that were known at ``as_of``; of vintages the newest counts."""
    known = known_us(table)
    days = np.asarray(table["trade_date"].cast(pa.int32()).to_numpy(), np.int64)
    in_time = (known <= micros(as_of)) & (days <= day_number(day))
    dropped = int(np.count_nonzero(~in_time))
    if not in_time.any():
        return SessionRows(table, np.full((1, len(symbols)), -1, np.intp), None, None, dropped)
    sessions = np.unique(days[in_time])
    columns = columns_of(table, symbols)
    use = np.flatnonzero(in_time & (columns >= 0))
    use = use[np.argsort(known[use], kind="stable")]  # the last assignment to a cell is its newest vintage
    rows = np.full((len(sessions), len(symbols)), -1, np.intp)
    rows[np.searchsorted(sessions, days[use]), columns[use]] = use
    newest = date.fromordinal(_EPOCH_ORDINAL + int(sessions[-1]))
    return SessionRows(table, rows, newest, instant(int(known[in_time].max())), dropped)


def overdue_hours(newest: date, as_of: datetime) -> float:
    """Return the hours since the chains after ``newest`` became due (19:00 New York of the next session), 0 before."""
    due = new_york(next_session(newest), CHAINS_HOUR)
    return max(0.0, (as_of - due).total_seconds() / 3600)

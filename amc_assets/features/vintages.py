"""Bars in memory with every vintage: the newest ones as dense matrices, the replaced ones as a short list beside them.

An as-of read is a slice when all newest rows of the window were known by then, which is the normal case: sixty replayed
days must not copy a hundred megabytes each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.instants import NAT_US
from amc_assets.features.snapshot import F64

PRICES = ("open_usd", "high_usd", "low_usd", "close_usd", "vwap_usd")
VALUES = ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares", "vwap_usd")
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
IDX = NDArray[np.intp]
NO_BASIS = int(np.iinfo(np.int32).max)
"""Basis day of a cell without a bar: later than any split, so no split applies to it."""


@dataclass(frozen=True)
class BarMatrix:
    """One version of the bars, all (S, N): values by column name, known_us (NAT_US = no bar), basis_days."""

    values: Mapping[str, F64]
    known_us: I64
    basis_days: I32
    oldest_basis_days: I32

    @property
    def oldest_basis_day(self) -> int:
        """Oldest share basis among the bars, in days since 1970."""
        return int(self.oldest_basis_days.min()) if self.oldest_basis_days.size else NO_BASIS


@dataclass(frozen=True)
class ReplacedRows:
    """Rows that a later vintage replaced, ascending by known_us; all arrays (K,)."""

    row: IDX
    column: IDX
    known_us: I64
    basis_days: I32
    values: Mapping[str, F64]


@dataclass(frozen=True)
class BarVintages:
    """The newest vintage of every cell, the newest known_us per session (S,), and the rows that were replaced."""

    newest: BarMatrix
    session_known_us: I64
    replaced: ReplacedRows

    def as_of(self, rows: slice, limit_us: int) -> BarMatrix:
        """Return the sessions ``rows`` with, per cell, the newest vintage known at ``limit_us``; views if all are."""
        newest = self.newest
        window = BarMatrix(
            {name: array[rows] for name, array in newest.values.items()},
            newest.known_us[rows],
            newest.basis_days[rows],
            newest.oldest_basis_days[rows],
        )
        if not (self.session_known_us[rows] > limit_us).any():
            return window
        return self._overlaid(window, rows, limit_us)

    def _overlaid(self, window: BarMatrix, rows: slice, limit_us: int) -> BarMatrix:
        hidden = window.known_us > limit_us
        values = {name: np.where(hidden, np.nan, array) for name, array in window.values.items()}
        known_us = np.where(hidden, NAT_US, window.known_us)
        basis_days = np.where(hidden, np.int32(NO_BASIS), window.basis_days)
        old = self.replaced
        use = (old.known_us <= limit_us) & (old.row >= rows.start) & (old.row < rows.stop)
        use[use] = hidden[old.row[use] - rows.start, old.column[use]]
        at = (old.row[use] - rows.start, old.column[use])  # ascending by known_us: the last assignment is the newest
        for name, array in values.items():
            array[at] = old.values[name][use]
        known_us[at], basis_days[at] = old.known_us[use], old.basis_days[use]
        return replace(
            window, values=values, known_us=known_us, basis_days=basis_days, oldest_basis_days=_row_minimum(basis_days)
        )


@dataclass(frozen=True)
class _Rows:
    """All rows of all sessions: flat cell number, known_us, basis day and values, arrays (R,)."""

    cell: IDX
    known_us: I64
    basis_days: I32
    values: Mapping[str, F64]

    def take(self, order: IDX) -> "_Rows":
        values = {name: array[order] for name, array in self.values.items()}
        return _Rows(self.cell[order], self.known_us[order], self.basis_days[order], values)


def read_vintages(sessions: tuple[date, ...], tables: Mapping[date, pa.Table]) -> tuple[NDArray[np.str_], BarVintages]:
    """Return the symbols of all tables, ascending, and their bars. Raise FeatureInputError for rows of another date."""
    used = [(index, tables[day]) for index, day in enumerate(sessions) if day in tables and tables[day].num_rows]
    for index, table in used:
        _check_trade_date(table, sessions[index])
    symbols, rows = _flatten(used)
    shape = (len(sessions), len(symbols))
    replaced = rows.take(np.zeros(0, np.intp))
    if _repeats(rows.cell, shape):
        rows, replaced = _newest_and_replaced(rows)
    newest = _dense(rows, shape)
    session_known_us = newest.known_us.max(axis=1, initial=NAT_US)
    at = np.divmod(replaced.cell, max(shape[1], 1))
    old = ReplacedRows(at[0], at[1], replaced.known_us, replaced.basis_days, replaced.values)
    return symbols, BarVintages(newest, session_known_us, old)


def _repeats(cell: IDX, shape: tuple[int, int]) -> bool:
    """Say whether a cell has several versions: marking a million cells takes 3 ms, looking for unique ones 150 ms."""
    seen = np.zeros(shape[0] * shape[1], np.bool_)
    seen[cell] = True
    return int(np.count_nonzero(seen)) < cell.size


def _check_trade_date(table: pa.Table, day: date) -> None:
    bounds = pc.min_max(table["trade_date"]).as_py()
    if bounds["min"] != day or bounds["max"] != day:
        raise FeatureInputError(f"the table given for {day} has rows of {bounds['min']}..{bounds['max']}: pass its own")


def _flatten(used: list[tuple[int, pa.Table]]) -> tuple[NDArray[np.str_], _Rows]:
    if not used:
        none = np.zeros(0)
        empty = _Rows(none.astype(np.intp), none.astype(np.int64), none.astype(np.int32), dict.fromkeys(VALUES, none))
        return np.zeros(0, np.str_), empty
    columns = ["symbol", "known_at", "basis_date", "is_withdrawn", *VALUES]
    table = pa.concat_tables([table.select(columns) for _, table in used], promote_options="permissive")
    encoded = pc.dictionary_encode(table["symbol"].cast(pa.string())).combine_chunks()
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    names = np.array(encoded.dictionary.to_pylist(), dtype=np.str_)
    order = np.argsort(names)
    rank = np.empty(len(names), np.intp)
    rank[order] = np.arange(len(names))
    row = np.repeat([index for index, _ in used], [table.num_rows for _, table in used])
    cell = row * len(names) + rank[encoded.indices.to_numpy()]
    known_us = table["known_at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    basis_days = table["basis_date"].cast(pa.int32()).to_numpy()
    values = {name: table[name].cast(pa.float64()).to_numpy() for name in VALUES}
    gone = table["is_withdrawn"].to_numpy()
    if gone.any():  # a bar that its source took back is a session without a bar
        values = {name: np.where(gone, np.nan, array) for name, array in values.items()}
        basis_days = np.where(gone, np.int32(NO_BASIS), basis_days)
    return names[order], _Rows(cell, known_us, basis_days, values)


def _newest_and_replaced(rows: _Rows) -> tuple[_Rows, _Rows]:
    by_cell = rows.take(np.lexsort((rows.known_us, rows.cell)))
    is_newest = np.append(by_cell.cell[1:] != by_cell.cell[:-1], True)
    replaced = by_cell.take(np.flatnonzero(~is_newest))
    return by_cell.take(np.flatnonzero(is_newest)), replaced.take(np.argsort(replaced.known_us, kind="stable"))


def _dense(rows: _Rows, shape: tuple[int, int]) -> BarMatrix:
    values = {}
    for name in VALUES:
        flat = np.full(shape[0] * shape[1], np.nan)
        flat[rows.cell] = rows.values[name]
        values[name] = flat.reshape(shape)
    known_us = np.full(shape[0] * shape[1], NAT_US)
    known_us[rows.cell] = rows.known_us
    basis_days = np.full(shape[0] * shape[1], NO_BASIS, np.int32)
    basis_days[rows.cell] = rows.basis_days
    basis = basis_days.reshape(shape)
    return BarMatrix(values, known_us.reshape(shape), basis, _row_minimum(basis))


def _row_minimum(basis_days: I32) -> I32:
    return np.asarray(basis_days.min(axis=1, initial=NO_BASIS), np.int32)

"""Bars of today's securities: columns cut where another security took the symbol, joined where it was renamed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.identity import IdentityHistory
from amc_assets.features.instants import NAT_US, day_number
from amc_assets.features.splits import SplitHistory
from amc_assets.features.vintages import NO_BASIS, BarMatrix

Number = TypeVar("Number", np.float64, np.int64, np.int32)


@dataclass(frozen=True)
class _Move:
    """Rows ``rows`` of the column ``source`` belong into the column ``target``."""

    source: int
    target: int
    rows: slice


def bars_of_securities(
    matrix: BarMatrix, sessions: Sequence[date], symbols: NDArray[np.str_], identities: IdentityHistory
) -> BarMatrix:
    """Return the bars (S, N) with, under each symbol, those of the security that holds it.

    sessions: the S days of the rows; symbols: str (N,) ascending. Copies only when a symbol changed hands.
    """
    touched = np.searchsorted(symbols, identities.touched)
    touched = touched[np.isin(identities.touched, symbols)]
    if not touched.size:
        return matrix
    moves = list(_moves(sessions, symbols, identities))
    others = _not_own(moves, touched, len(sessions))
    changed = others.any(axis=0)
    if not changed.any():
        return matrix
    touched, others = touched[changed], others[:, changed]
    known = _without(matrix.known_us, touched, others, NAT_US)
    basis = _without(matrix.basis_days, touched, others, NO_BASIS)
    values = {name: _without(array, touched, others, np.nan) for name, array in matrix.values.items()}
    for move in moves:
        if move.source == move.target:
            continue
        rows = np.flatnonzero(matrix.known_us[move.rows, move.source] != NAT_US) + move.rows.start
        known[rows, move.target] = matrix.known_us[rows, move.source]
        basis[rows, move.target] = matrix.basis_days[rows, move.source]
        for name, array in values.items():
            array[rows, move.target] = matrix.values[name][rows, move.source]
    oldest = np.asarray(basis.min(axis=1, initial=NO_BASIS), np.int32)
    return replace(matrix, values=values, known_us=known, basis_days=basis, oldest_basis_days=oldest)


def splits_of_securities(splits: SplitHistory, identities: IdentityHistory) -> SplitHistory:
    """Return the splits under the symbols of today's securities; those of others are left out."""
    names = identities.names(splits.symbols, splits.execution_days.astype(np.int64))
    use = np.isin(names, splits.symbols) | np.isin(names, identities.touched)
    kept = {item.name: getattr(splits, item.name)[use] for item in fields(splits)}
    return SplitHistory(**{**kept, "symbols": names[use]})


def _moves(sessions: Sequence[date], symbols: NDArray[np.str_], identities: IdentityHistory) -> Iterator[_Move]:
    """Yield the spans of living securities as rows and columns of the matrix; a symbol without a column has no bar."""
    days = np.array([day_number(day) for day in sessions])
    column = {str(symbol): index for index, symbol in enumerate(symbols.tolist())}
    for span in identities.moves():
        if span.symbol in column and span.owner in column:
            first, until = np.searchsorted(days, [span.first_day, span.until_day]).tolist()
            if first < until:
                yield _Move(column[span.symbol], column[span.owner], slice(first, until))


def _not_own(moves: Sequence[_Move], touched: NDArray[np.intp], height: int) -> NDArray[np.bool_]:
    """Return where the touched columns hold rows of another security, bool (S, K)."""
    place = {column: index for index, column in enumerate(touched.tolist())}
    others = np.ones((height, len(touched)), np.bool_)
    for move in moves:
        if move.source == move.target:
            others[move.rows, place[move.source]] = False
    return others


def _without(
    array: NDArray[Number], touched: NDArray[np.intp], others: NDArray[np.bool_], none: float
) -> NDArray[Number]:
    """Return a copy with ``none`` where the touched columns are not their own."""
    copy = array.copy()
    columns = copy[:, touched]
    columns[others] = none
    copy[:, touched] = columns
    return copy

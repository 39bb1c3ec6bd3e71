"""Splits as known at an instant, and the factor that brings a share count or a price to another day's basis.

Ratio is new shares per old share: counts are multiplied by it, prices divided. Only splits that were executed by the
day and known at ``as_of`` count; a later vintage of the same split replaces the earlier one, or withdraws it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.instants import day_number, micros
from amc_assets.features.snapshot import F64

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """One split: ``execution_day`` counts days since 1970-01-01, ``ratio`` is new shares per old share."""

    symbol: str
    execution_day: int
    ratio: float


@dataclass(frozen=True)
class SplitHistory:
    """Every vintage of every split: arrays of equal length, sorted by ``known_us``."""

    symbols: NDArray[np.str_]
    execution_days: I32
    ratios: F64
    known_us: I64
    is_withdrawn: NDArray[np.bool_]

    @classmethod
    def from_table(cls, table: pa.Table) -> "SplitHistory":
        """Read a table of SPLITS. Raise FeatureInputError for a ratio that is not a positive number."""
        order = pc.sort_indices(table, sort_keys=[("known_at", "ascending")])
        rows = table.take(order)
        ratios = np.asarray(rows["ratio"].to_numpy(), np.float64)
        bad = ~(np.isfinite(ratios) & (ratios > 0))
        if bad.any():
            names = ", ".join(sorted(set(np.array(rows["symbol"].to_pylist())[bad].tolist()))[:5])
            raise FeatureInputError(f"split ratio must be a positive number, it is not for {names}: reject those rows")
        return cls(
            np.array(rows["symbol"].to_pylist(), dtype=np.str_),
            rows["execution_date"].cast(pa.int32()).to_numpy(),
            ratios,
            rows["known_at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy(),
            rows["is_withdrawn"].to_numpy(),
        )

    def applying(self, day: date, as_of: datetime, after_day: int) -> list[Split]:
        """Return the splits executed after ``after_day`` (days since 1970) and by ``day``, as known at ``as_of``."""
        use = (self.known_us <= micros(as_of)) & (self.execution_days <= day_number(day))
        use &= self.execution_days > after_day
        newest = {(str(self.symbols[row]), int(self.execution_days[row])): row for row in np.flatnonzero(use).tolist()}
        kept = {key: row for key, row in newest.items() if not self.is_withdrawn[row]}
        return [Split(symbol, execution, float(self.ratios[row])) for (symbol, execution), row in kept.items()]


def share_factors(
    history: SplitHistory, symbols: NDArray[np.str_], days: Sequence[date], basis: date, as_of: datetime
) -> F64:
    """Return what a share count on the basis of each of ``days`` is multiplied by to be on that of ``basis``, (T, N).

    symbols: str (N,) ascending; days in any order. 1 without a split between, and for days after ``basis``.
    """
    factor = np.ones((len(days), len(symbols)))
    if not factor.size:
        return factor
    numbers = np.array([day_number(day) for day in days])
    for split in history.applying(basis, as_of, after_day=int(numbers.min())):
        column = int(np.searchsorted(symbols, split.symbol))
        if column < len(symbols) and symbols[column] == split.symbol:
            factor[numbers < split.execution_day, column] *= split.ratio
    return factor


def share_factor(history: SplitHistory, symbols: NDArray[np.str_], basis_days: I32, day: date, as_of: datetime) -> F64:
    """Return what a share count on the basis of ``basis_days`` is multiplied by to be on the basis of ``day``.

    symbols: str (N,) ascending; basis_days: int32 (N,) days since 1970. Result F64 (N,), 1 without a split between.
    """
    factor = np.ones(len(symbols))
    if not len(symbols):
        return factor
    for split in history.applying(day, as_of, after_day=int(basis_days.min())):
        column = int(np.searchsorted(symbols, split.symbol))
        found = column < len(symbols) and symbols[column] == split.symbol
        if found and basis_days[column] < split.execution_day:
            factor[column] *= split.ratio
    return factor

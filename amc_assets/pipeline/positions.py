"""Short-interest reports of several settlement dates as one matrix on one share basis.

FINRA reports the shares of the settlement date. A known split restates them. A split flag without a known split says
that the basis changed by an unknown factor; a revision flag says that the report before was not what it seemed. A
report that nobody has says nothing of either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.evaluation.positions import ShortPositions
from amc_assets.features.short_inputs import newest_rows
from amc_assets.features.snapshot import BOOL, F64
from amc_assets.features.splits import SplitHistory, share_factors


@dataclass(frozen=True)
class ReportedPositions:
    """Reports of S settlement dates, ascending, for N symbols; arrays (S, N).

    restated_shares: F64, short on the common basis, NaN where a report does not name the symbol; factor: what the
    reported shares were multiplied by for it; is_split_flagged, is_revision_flagged: as sent with the report.
    """

    settlement_dates: tuple[date, ...]
    restated_shares: F64
    factor: F64
    is_split_flagged: BOOL
    is_revision_flagged: BOOL

    def for_labels(self) -> ShortPositions:
        """Return the positions; reports around a split, a split flag, a revision or a lost report do not compare."""
        is_lost = ~np.isfinite(self.restated_shares).any(axis=1, keepdims=True)
        breaks = self.is_split_flagged | self.is_revision_flagged | self._has_known_split() | is_lost
        return ShortPositions(self.settlement_dates, self.restated_shares, breaks)

    def of_known_basis(self) -> F64:
        """Return the restated shares, NaN before a split flag that no known split explains: their basis is unknown."""
        unexplained = self.is_split_flagged & ~self._has_known_split()
        later: NDArray[np.int64] = np.cumsum(unexplained[::-1], axis=0)[::-1] - unexplained
        return np.where(later == 0, self.restated_shares, np.nan)

    def _has_known_split(self) -> BOOL:
        """Return where a known split was executed after the report before and by this one."""
        changed = np.zeros(self.factor.shape, np.bool_)
        changed[1:] = self.factor[1:] != self.factor[:-1]
        return changed


def read_positions(
    tables: Sequence[tuple[date, pa.Table]],
    symbols: NDArray[np.str_],
    splits: SplitHistory,
    basis: date,
    as_of: datetime,
) -> ReportedPositions:
    """Return the reports ``tables`` (settlement date, its SHORT_INTEREST rows; ascending) on the basis of ``basis``.

    Rows known after ``as_of`` do not count, nor do splits. symbols: str (N,) ascending.
    """
    settlements = tuple(settlement for settlement, _ in tables)
    found = [(table, newest_rows(table, symbols, as_of)) for _, table in tables]
    shape = (len(settlements), len(symbols))
    factor = share_factors(splits, symbols, settlements, basis, as_of)
    shares = np.array([at.floats(table, "short_interest_shares") for table, at in found]).reshape(shape)
    split, revision = (
        np.array([at.flags(table, name) for table, at in found], np.bool_).reshape(shape)
        for name in ("is_split_flagged", "is_revision_flagged")
    )
    return ReportedPositions(settlements, shares * factor, factor, split, revision)

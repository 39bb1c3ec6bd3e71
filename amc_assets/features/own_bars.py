"""Each symbol's own observed bars in order: how ragged columns (new listings, halts, gaps) become dense ones.

TA-Lib knows no missing day, so an indicator of a symbol with gaps is defined on the bars it has. Symbols with a bar in
every session are used where they lie; the others are compacted and grouped by the number of their bars.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.snapshot import BOOL, F64

IDX = NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """Symbols with equally many bars and no gap: ``columns`` selects them in (N,), arrays are (m, g)."""

    columns: IDX | slice
    close_usd: F64
    high_usd: F64
    low_usd: F64


@dataclass(frozen=True)
class OwnBars:
    """Bars (T, N) with NaN for missing sessions, seen per symbol without the gaps. A bar is observed when close is."""

    close_usd: F64
    high_usd: F64
    low_usd: F64
    observed: BOOL
    counts: IDX

    @classmethod
    def of(cls, close_usd: F64, high_usd: F64, low_usd: F64) -> "OwnBars":
        """Look at bars (T, N)."""
        observed = np.isfinite(close_usd)
        return cls(close_usd, high_usd, low_usd, observed, np.count_nonzero(observed, axis=0).astype(np.intp))

    @classmethod
    def of_close(cls, close_usd: F64) -> "OwnBars":
        """Look at one series per symbol (T, N)."""
        return cls.of(close_usd, close_usd, close_usd)

    @property
    def symbol_count(self) -> int:
        """Number of symbols N."""
        return int(self.close_usd.shape[1])

    @cached_property
    def ragged(self) -> IDX:
        """Columns with some but not all bars, (R,)."""
        return np.flatnonzero((self.counts < len(self.close_usd)) & (self.counts > 0))

    @cached_property
    def _ragged_rows(self) -> IDX:
        """Rows of the observed bars of the ragged columns, one column after the other, oldest first."""
        mask = np.ascontiguousarray(self.observed[:, self.ragged].T)
        return np.nonzero(mask)[1]

    @cached_property
    def _ragged_ends(self) -> IDX:
        return np.cumsum(self.counts[self.ragged])

    def blocks(self) -> Iterator[Block]:
        """Yield the symbols grouped by their number of bars; every symbol with a bar is in exactly one final group.

        The first block may cover all columns at once (cheaper than copying the full ones out); the ragged ones among
        them come again, and their later value is the right one.
        """
        if (self.counts == len(self.close_usd)).any():
            yield Block(slice(None), self.close_usd, self.high_usd, self.low_usd)
        if not self.ragged.size:
            return
        counts = self.counts[self.ragged]
        starts = self._ragged_ends - counts
        for count in np.unique(counts).tolist():
            members = np.flatnonzero(counts == count)
            rows = self._ragged_rows[starts[members] + np.arange(count)[:, None]]
            columns = self.ragged[members]
            yield Block(
                columns, self.close_usd[rows, columns], self.high_usd[rows, columns], self.low_usd[rows, columns]
            )

    def tail(self, values: F64, n: int) -> F64:
        """Return the last ``n`` own bars of ``values`` (T, N) as (n, N), newest last; NaN on top of short histories."""
        height = len(values)
        out = np.full((n, self.symbol_count), np.nan)
        kept = min(n, height)
        out[n - kept :] = values[height - kept :]
        if self.ragged.size:
            position = self._ragged_ends + np.arange(-n, 0)[:, None]
            inside = position >= self._ragged_ends - self.counts[self.ragged]
            rows = self._ragged_rows[np.where(inside, position, 0)]
            out[:, self.ragged] = np.where(inside, values[rows, self.ragged], np.nan)
        return out

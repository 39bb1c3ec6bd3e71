"""Short positions by settlement date: as they were (for labels) and as the public could know them (for scores)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.snapshot import BOOL, F64

COVERED_AFTER_SESSIONS = 3
"""Shares bought back on D+1, the entry, are settled two sessions later: an earlier report still holds them as short."""


@dataclass(frozen=True)
class ShortPositions:
    """Shares short per settlement, on one share basis per symbol.

    settlement_dates: S exchange dates, ascending, no report skipped; shares: F64 (S, N), NaN where a report does not
    name the symbol; breaks: BOOL (S, N), where a split or a revision lies between the report before and this one, so
    that the two are not comparable (None: nowhere). Raises ValueError for unsorted dates or a wrong shape.
    """

    settlement_dates: tuple[date, ...]
    shares: F64
    breaks: BOOL | None = None

    def __post_init__(self) -> None:
        """Refuse dates that are not ascending or do not match the rows."""
        if any(a >= b for a, b in pairwise(self.settlement_dates)):
            raise ValueError("settlement dates must be ascending and unique: sort the reports by settlement_date")
        if self.shares.ndim != 2 or len(self.shares) != len(self.settlement_dates):
            raise ValueError(f"shares has shape {self.shares.shape}, expected ({len(self.settlement_dates)}, symbols)")
        if self.breaks is not None and self.breaks.shape != self.shares.shape:
            raise ValueError(f"breaks has shape {self.breaks.shape}, shares {self.shares.shape}: give one per report")

    def before_and_after(self, trade_dates: Sequence[date]) -> tuple[F64, F64]:
        """Return shares short in the last report settled by each day D and in the first settled by D+3 or later.

        trade_dates: every session, ascending. F64 (T, N) each; NaN twice where the two are not comparable. By
        settlement date, not publication: for labels only, never for scores.
        """
        ahead = [*trade_dates[COVERED_AFTER_SESSIONS:], *[date.max] * COVERED_AFTER_SESSIONS][: len(trade_dates)]
        before = np.array([bisect_right(self.settlement_dates, day) - 1 for day in trade_dates], dtype=np.int64)
        after = np.array([bisect_left(self.settlement_dates, day) for day in ahead], dtype=np.int64)
        held, later = self._rows(before), self._rows(after)
        if self.breaks is not None and len(self.breaks):
            crossed = np.cumsum(self.breaks, axis=0)
            first, last = (np.clip(index, 0, len(crossed) - 1) for index in (before, after))
            apart = crossed[last] > crossed[first]
            held[apart], later[apart] = np.nan, np.nan
        return held, later

    def published(self, trade_dates: Sequence[date], visible_from: Sequence[date]) -> F64:
        """Return the newest shares short the public could know at each day's end, F64 (T, N).

        visible_from: per settlement, the first trade date whose end-of-day run may use it, ascending. A report that
        nobody has (it names no symbol) is passed over, as a run of that day passed over it.
        """
        if len(visible_from) != len(self.settlement_dates):
            raise ValueError(f"{len(visible_from)} publication dates for {len(self.settlement_dates)} settlements")
        if any(seen <= settled for seen, settled in zip(visible_from, self.settlement_dates, strict=True)):
            raise ValueError("a report is visible on or before its own settlement date: that would look ahead")
        had = np.flatnonzero(np.isfinite(self.shares).any(axis=1))
        visible = [visible_from[row] for row in had.tolist()]
        newest = np.array([bisect_right(visible, day) - 1 for day in trade_dates], dtype=np.int64)
        return self._rows(np.append(had, -1)[newest])

    def _rows(self, index: NDArray[np.int64]) -> F64:
        outside = (index < 0) | (index >= len(self.settlement_dates))
        rows = np.full((len(index), self.shares.shape[1]), np.nan)
        rows[~outside] = self.shares[index[~outside]]
        return rows


def visible_after_sessions(
    settlement_dates: Sequence[date], trade_dates: Sequence[date], lag_sessions: int
) -> tuple[date, ...]:
    """Return the trade date ``lag_sessions`` sessions after each settlement; ``date.max`` when that is not reached.

    trade_dates: all sessions, ascending. A settlement before the first of them becomes visible later than it truly
    was, never earlier. The recorded baselines waited 8 sessions; market.publication has the calendar in force.
    """
    if lag_sessions < 1:
        raise ValueError(f"lag_sessions is {lag_sessions}: short interest is never public on its settlement date")
    places = [bisect_right(trade_dates, day) - 1 + lag_sessions for day in settlement_dates]
    return tuple(trade_dates[place] if place < len(trade_dates) else date.max for place in places)

"""Daily bars as arrays over (sessions, symbols): the panel of one run, and the history it is cut from.

Nothing is computed here and nothing is filled: a session without a bar is NaN. A panel is always one as-of read of one
day's share basis; how vintages are kept apart is ``vintages.py``.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.identity import IdentityHistory
from amc_assets.features.identity_bars import bars_of_securities, splits_of_securities
from amc_assets.features.instants import NAT_US, as_instants, micros
from amc_assets.features.snapshot import F64, INSTANTS
from amc_assets.features.splits import Split, SplitHistory
from amc_assets.features.vintages import PRICES, VALUES, BarMatrix, BarVintages, read_vintages

__all__ = ["HISTORY_SESSIONS", "BarHistory", "PricePanel"]

HISTORY_SESSIONS = 300
"""Sessions of the fixed window over which every trailing feature is defined."""


@dataclass(frozen=True)
class PricePanel:
    """Bars of ``sessions`` (T, oldest first, the last is the day D) for ``symbols`` (N, ascending).

    Prices and volumes: F64 (T, N) on the share basis of D, NaN = no bar; known_at: datetime64[us] (N,) of the bar of D,
    NaT without one; as_of: the limit the bars were read with, None for a panel made by hand. Do not write into the
    arrays: they may be views of the history.
    """

    sessions: tuple[date, ...]
    symbols: NDArray[np.str_]
    open_usd: F64
    high_usd: F64
    low_usd: F64
    close_usd: F64
    volume_shares: F64
    vwap_usd: F64
    known_at: INSTANTS
    as_of: datetime | None = None

    @classmethod
    def of(
        cls,
        sessions: tuple[date, ...],
        symbols: NDArray[np.str_],
        values: Mapping[str, F64],
        known_at: INSTANTS,
        as_of: datetime | None,
    ) -> "PricePanel":
        """Build from the six arrays by column name."""
        return cls(
            sessions=sessions,
            symbols=symbols,
            open_usd=values["open_usd"],
            high_usd=values["high_usd"],
            low_usd=values["low_usd"],
            close_usd=values["close_usd"],
            volume_shares=values["volume_shares"],
            vwap_usd=values["vwap_usd"],
            known_at=known_at,
            as_of=as_of,
        )

    def __post_init__(self) -> None:
        """Refuse arrays of other shapes than (sessions, symbols)."""
        expected = (len(self.sessions), len(self.symbols))
        if not self.sessions:
            raise FeatureInputError("a panel needs at least one session, the day itself")
        for name in VALUES:
            shape = getattr(self, name).shape
            if shape != expected:
                raise FeatureInputError(f"{name} has shape {shape}, sessions and symbols say {expected}")
        if self.known_at.shape != expected[1:]:
            raise FeatureInputError(f"known_at has shape {self.known_at.shape}, symbols say {expected[1:]}")

    @property
    def day(self) -> date:
        """The session the features are of: the last one."""
        return self.sessions[-1]

    @property
    def has_bar(self) -> NDArray[np.bool_]:
        """Where D has a bar, bool (N,)."""
        return np.asarray(np.isfinite(self.close_usd[-1]))

    def window(self, n: int) -> "PricePanel":
        """Return the last ``n`` sessions (all when there are fewer), as views."""
        if n < 1:
            raise FeatureInputError(f"a window of {n} sessions is empty: ask for at least 1")
        if n >= len(self.sessions):
            return self
        cut = {name: getattr(self, name)[-n:] for name in VALUES}
        return PricePanel.of(self.sessions[-n:], self.symbols, cut, self.known_at, self.as_of)

    def without_bars_of_day(self, columns: NDArray[np.bool_]) -> "PricePanel":
        """Return a copy in which the symbols ``columns``, bool (N,), have no bar of D."""
        values = {name: getattr(self, name).copy() for name in VALUES}
        for array in values.values():
            array[-1, columns] = np.nan
        known_at = np.where(columns, np.datetime64("NaT", "us"), self.known_at)
        return PricePanel.of(self.sessions, self.symbols, values, known_at, self.as_of)

    def reindexed(self, symbols: NDArray[np.str_]) -> "PricePanel":
        """Return the panel for other ``symbols`` (ascending), copied; names without bars become NaN columns."""
        if np.array_equal(symbols, self.symbols):
            return self
        columns, found = positions(self.symbols, symbols)
        if not len(self.symbols):
            values = {name: np.full((len(self.sessions), len(symbols)), np.nan) for name in VALUES}
            known_at = np.full(len(symbols), np.datetime64("NaT", "us"))
        else:
            values = {name: np.where(found, getattr(self, name)[:, columns], np.nan) for name in VALUES}
            known_at = np.where(found, self.known_at[columns], np.datetime64("NaT", "us"))
        return PricePanel.of(self.sessions, symbols, values, known_at, self.as_of)


def positions(have: NDArray[np.str_], want: NDArray[np.str_]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the index of each of ``want`` in the ascending ``have`` (0 if absent) and whether it is there."""
    if not len(have):
        return np.zeros(len(want), np.intp), np.zeros(len(want), np.bool_)
    columns = np.minimum(np.searchsorted(have, want), len(have) - 1)
    found = have[columns] == want
    return np.where(found, columns, 0), np.asarray(found)


@dataclass(frozen=True)
class BarHistory:
    """All vintages of the bars of some consecutive sessions, ready to be read as of any instant."""

    sessions: tuple[date, ...]
    symbols: NDArray[np.str_]
    bars: BarVintages
    splits: SplitHistory

    @classmethod
    def from_tables(cls, sessions: Sequence[date], tables: Mapping[date, pa.Table], splits: pa.Table) -> "BarHistory":
        """Build from one table of DAILY_BARS per session (all vintages) and a table of SPLITS.

        ``sessions`` ascending, every trading day of the range: a session without a table has no bars. Raises
        FeatureInputError for unsorted sessions, a table outside them, or rows of another trade_date.
        """
        ordered = tuple(sessions)
        if list(ordered) != sorted(set(ordered)):
            raise FeatureInputError("sessions must be ascending without repeats: pass market.calendar.sessions_between")
        outside = sorted(set(tables) - set(ordered))
        if outside:
            raise FeatureInputError(f"bars of {outside[0]} are outside the sessions given: add that session or drop it")
        symbols, bars = read_vintages(ordered, tables)
        return cls(ordered, symbols, bars, SplitHistory.from_table(splits))

    def panel(
        self,
        day: date,
        as_of: datetime,
        sessions_back: int = HISTORY_SESSIONS,
        symbols: Sequence[str] | None = None,
        identities: IdentityHistory | None = None,
        basis: date | None = None,
    ) -> PricePanel:
        """Return the bars of the ``sessions_back`` sessions up to ``day`` as they were known at ``as_of``.

        Costs no copy when every newest row of the window was known and no split falls into it. Symbols of the history
        that had no bar by then are NaN columns. A row is restated from its basis_date to the basis of ``day`` with the
        splits known at ``as_of``; a row on a later basis (a history sent as adjusted) is left as it was sent.
        identities: as known at ``as_of``; bars of a security that held a symbol before are not this one's. basis:
        another day whose share basis is wanted instead, for hindsight.
        """
        rows = self._rows(day, sessions_back)
        limit_us = micros(as_of)
        matrix = self.bars.as_of(rows, limit_us)
        identities = identities or IdentityHistory()
        matrix = bars_of_securities(matrix, self.sessions[rows], self.symbols, identities)
        matrix = self._restated(matrix, basis or day, as_of, splits_of_securities(self.splits, identities))
        known = matrix.known_us[-1]
        known_at = as_instants(np.where(np.isfinite(matrix.values["close_usd"][-1]), known, NAT_US))
        panel = PricePanel.of(self.sessions[rows], self.symbols, matrix.values, known_at, as_of)
        return panel if symbols is None else panel.reindexed(np.array(sorted(set(symbols)), dtype=np.str_))

    def _rows(self, day: date, sessions_back: int) -> slice:
        index = bisect_left(self.sessions, day)
        if index == len(self.sessions) or self.sessions[index] != day:
            span = f"{self.sessions[0]}..{self.sessions[-1]}" if self.sessions else "nothing"
            raise FeatureInputError(f"{day} is not a session of this history ({span}): load the bars of that day first")
        if sessions_back < 1:
            raise FeatureInputError(
                f"sessions_back is {sessions_back}: the day itself is one session, ask for at least 1"
            )
        return slice(max(0, index + 1 - sessions_back), index + 1)

    def _restated(self, matrix: BarMatrix, day: date, as_of: datetime, known: SplitHistory) -> BarMatrix:
        splits = known.applying(day, as_of, after_day=matrix.oldest_basis_day)
        todo = [(column, split) for split in splits if (column := self._column(split.symbol)) is not None]
        todo = [(c, split) for c, split in todo if (matrix.basis_days[:, c] < split.execution_day).any()]
        return _apply_splits(matrix, todo) if todo else matrix

    def _column(self, symbol: str) -> int | None:
        column = int(np.searchsorted(self.symbols, symbol))
        return column if column < len(self.symbols) and self.symbols[column] == symbol else None


def _apply_splits(matrix: BarMatrix, todo: Sequence[tuple[int, Split]]) -> BarMatrix:
    values = {name: array.copy() for name, array in matrix.values.items()}
    for column, split in todo:
        before = matrix.basis_days[:, column] < split.execution_day
        for name in PRICES:
            values[name][before, column] /= split.ratio
        values["volume_shares"][before, column] *= split.ratio
    return replace(matrix, values=values)

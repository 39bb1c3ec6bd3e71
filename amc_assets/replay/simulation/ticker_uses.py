"""Securities that take over a ticker or change their own: what of the market is shown under which symbol, and when.

The market is drawn once, one symbol per security; here rows get the ticker of their day, so that a planted change
alters no draw. Securities that are not named keep theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import BarsOfDay, ShortInterestReport, ShortVolumeOfDay, TextArray

Row = TypeVar("Row")
Arrays = TypeVar("Arrays", BarsOfDay, ShortVolumeOfDay, ShortInterestReport)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TickerUse:
    """The security drawn under ``security`` is listed as ``symbol`` from ``first_day`` to ``last_day``, both included.

    A security with uses is listed in none of the days that they leave out. Symbols are plain letters.
    """

    security: str
    symbol: str
    first_day: date
    last_day: date


class TickerUses:
    """Shows rows of the drawn market under the tickers of their day."""

    def __init__(self, uses: Iterable[TickerUse] = ()) -> None:
        self._by_security: dict[str, list[TickerUse]] = {}
        for use in uses:
            self._by_security.setdefault(use.security, []).append(use)

    def __bool__(self) -> bool:
        """Say whether any security changes its ticker."""
        return bool(self._by_security)

    def shown(self, security: str, day: date) -> str | None:
        """Return the ticker of a security on ``day``; None while it is not listed."""
        uses = self._by_security.get(security)
        if uses is None:
            return security
        return next((use.symbol for use in uses if use.first_day <= day <= use.last_day), None)

    def uses_of(self, security: str) -> Sequence[TickerUse]:
        """Return the planted uses of a security; none for one that keeps its ticker."""
        return self._by_security.get(security, ())

    def security(self, symbol: str, day: date) -> str | None:
        """Return which drawn security has the ticker ``symbol`` on ``day``."""
        for security in self._by_security:
            if self.shown(security, day) == symbol:
                return security
        return None if symbol in self._by_security else symbol

    def columns(self, arrays: Arrays, day: date) -> Arrays:
        """Return a record of arrays over symbols with the tickers of ``day``, without what is not listed then."""
        if not self._by_security:
            return arrays
        symbols, keep = self._named(arrays.symbols, day)
        given = {item.name: getattr(arrays, item.name) for item in fields(arrays)}
        cut: dict[str, Any] = {n: value[keep] for n, value in given.items() if isinstance(value, np.ndarray)}
        return replace(arrays, **{**cut, "symbols": symbols[keep]})

    def rows(self, rows: Sequence[Row], day_of: Callable[[Row], date]) -> list[Row]:
        """Return rows with one ``symbol`` each under the tickers of their days."""
        if not self._by_security:
            return list(rows)
        named: list[Row] = []
        for row in rows:
            symbol = self.shown(row.symbol, day_of(row))  # type: ignore[attr-defined]
            if symbol is not None and is_dataclass(row) and not isinstance(row, type):
                named.append(row if symbol == row.symbol else replace(row, symbol=symbol))  # type: ignore[attr-defined]
        return named

    def names(self, symbols: Iterable[str], day: date) -> tuple[str, ...]:
        """Return the tickers of some securities on ``day``; those not listed are left out."""
        return tuple(shown for symbol in symbols if (shown := self.shown(symbol, day)) is not None)

    def _named(self, symbols: TextArray, day: date) -> tuple[TextArray, Mask]:
        named = symbols.copy()
        keep = np.ones(len(symbols), np.bool_)
        for row in np.flatnonzero(np.isin(symbols.astype(np.str_), list(self._by_security))).tolist():
            shown = self.shown(symbols[row], day)
            keep[row], named[row] = shown is not None, shown
        return named, keep

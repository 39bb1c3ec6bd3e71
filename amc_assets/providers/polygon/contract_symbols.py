"""What an option's symbol says (``O:AAPL230616C00150000``), read from the right on whole columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amc_assets.providers.polygon.columns import FloatArray, WholeArray
from amc_assets.providers.wire.rejects import BoolArray

_ROOT = re.compile(r"O:[A-Z0-9.]{1,12}\Z", re.ASCII)
_TAIL = 15  # yymmdd, C or P, the strike in thousandths of a dollar
_DAY_WEIGHTS, _STRIKE_WEIGHTS = 10 ** np.arange(5, -1, -1), 10 ** np.arange(7, -1, -1)
Dates = np.ndarray[tuple[int], np.dtype[np.datetime64]]


@dataclass(frozen=True)
class SymbolParts:
    """What each symbol says; of a ``bad`` one nothing is to be believed."""

    bad: BoolArray
    expiration_yymmdd: WholeArray
    is_call: BoolArray
    strike_usd: FloatArray


def read_symbols(symbols: Sequence[str]) -> SymbolParts:
    """Return the parts of OCC symbols behind ``O:``; roots repeat over a chain and are looked at once each."""
    tails = [symbol[-_TAIL:] for symbol in symbols]
    if min(map(len, tails), default=_TAIL) < _TAIL:
        tails = [tail.rjust(_TAIL) for tail in tails]
    column = "".join(tails).encode("ascii", "replace")
    letters = np.frombuffer(column, dtype=np.uint8).reshape(len(symbols), _TAIL)
    digits = letters - np.uint8(ord("0"))  # what stands before the zero wraps round to large
    kind = letters[:, 6]
    roots = [symbol[:-_TAIL] for symbol in symbols]
    is_root = {root: _ROOT.match(root) is not None for root in set(roots)}
    known = True if all(is_root.values()) else np.array([is_root[root] for root in roots], dtype=bool)
    day, strike = digits[:, :6], digits[:, 7:]
    shaped = (day < 10).all(axis=1) & (strike < 10).all(axis=1) & ((kind == ord("C")) | (kind == ord("P")))
    bad: BoolArray = ~(known & shaped)
    return SymbolParts(bad, day @ _DAY_WEIGHTS, kind == ord("C"), (strike @ _STRIKE_WEIGHTS) / 1000)


def yymmdd(days: Dates) -> WholeArray:
    """Return dates as the whole numbers that stand in a symbol: 2026-12-18 is 261218."""
    months = days.astype("datetime64[M]")
    since_1970 = months.astype(np.int64)
    day_of_month = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    numbers: WholeArray = (since_1970 // 12 + 1970) % 100 * 10_000 + (since_1970 % 12 + 1) * 100 + day_of_month
    return numbers

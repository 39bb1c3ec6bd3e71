"""What prices did after a day: entry price, highest rise, deepest fall and return over the next sessions.

Arrays are F64 (T sessions, N symbols), oldest session first, NaN where a symbol did not trade. Only labels and
outcomes read this room's future; no score may.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amc_assets.features.snapshot import BOOL, F64


@dataclass(frozen=True)
class PriceArrays:
    """Bars of T sessions and N symbols on one share basis, USD; NaN where a symbol did not trade.

    Raises ValueError when the four arrays differ in shape.
    """

    open_usd: F64
    high_usd: F64
    low_usd: F64
    close_usd: F64

    def __post_init__(self) -> None:
        """Refuse arrays of different shapes."""
        shapes = {array.shape for array in (self.open_usd, self.high_usd, self.low_usd, self.close_usd)}
        if len(shapes) != 1 or self.open_usd.ndim != 2:
            raise ValueError(
                f"bars must be four arrays of one (sessions, symbols) shape, got {sorted(shapes)}: "
                "build them from the same panel"
            )


def entry_price(open_usd: F64, entry_lag_sessions: int = 1) -> F64:
    """Return the price a reader of day D could have paid: the open of session D + ``entry_lag_sessions``, USD (T, N).

    NaN where that session is not in the data yet or the symbol did not open in it (domain: next tradable price).
    """
    if entry_lag_sessions < 1:
        raise ValueError(f"entry_lag_sessions is {entry_lag_sessions}: entering on day D itself looks ahead; use >= 1")
    entry = np.full_like(open_usd, np.nan)
    entry[:-entry_lag_sessions] = open_usd[entry_lag_sessions:]
    return np.where(entry > 0, entry, np.nan)


@dataclass(frozen=True)
class ForwardMoves:
    """Moves over sessions D + lag .. D + lag + horizon - 1, as fractions of the entry price, F64 (T, N).

    highest_rise_frac: best high; deepest_fall_frac: worst low; close_return_frac: last close of the window.
    NaN (unknown, not zero) where there is no entry, or the window reaches past the newest session. A symbol that
    stopped trading inside the window counts with what it traded.
    """

    horizon_sessions: int
    highest_rise_frac: F64
    deepest_fall_frac: F64
    close_return_frac: F64


def forward_moves(prices: PriceArrays, horizon_sessions: int, entry_lag_sessions: int = 1) -> ForwardMoves:
    """Return the moves of the ``horizon_sessions`` sessions that begin with the entry session."""
    if horizon_sessions < 1:
        raise ValueError(f"horizon_sessions is {horizon_sessions}: a window needs at least one session")
    entry = entry_price(prices.open_usd, entry_lag_sessions)
    offsets = range(entry_lag_sessions, entry_lag_sessions + horizon_sessions)
    mature = _mature(prices.open_usd.shape, offsets)
    high, low, close = (
        _over_window(array, offsets, how)
        for array, how in ((prices.high_usd, "max"), (prices.low_usd, "min"), (prices.close_usd, "last"))
    )
    return ForwardMoves(
        horizon_sessions, *(np.where(mature, price / entry - 1.0, np.nan) for price in (high, low, close))
    )


def _mature(shape: tuple[int, ...], offsets: Sequence[int]) -> BOOL:
    # A hit is often visible before its window is over and a miss never is: counting early hits would flatter.
    sessions = np.arange(shape[0])[:, None]
    return np.broadcast_to(sessions + offsets[-1] < shape[0], shape)


def _over_window(values: F64, offsets: Sequence[int], how: str) -> F64:
    result = np.full_like(values, np.nan)
    for offset in offsets:
        ahead = values[offset:]
        so_far = result[: len(ahead)]
        if how == "max":
            so_far[...] = np.fmax(so_far, ahead)
        elif how == "min":
            so_far[...] = np.fmin(so_far, ahead)
        else:
            so_far[...] = np.where(np.isfinite(ahead), ahead, so_far)
    return result

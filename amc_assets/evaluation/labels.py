"""Did it happen? The outcome labels of every name and day: plain moves, ATR-scaled moves, and squeezes.

Labels read the future by definition. A label that cannot be known yet is unknown, which is never the same as false.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from amc_assets.evaluation.moves import ForwardMoves, PriceArrays, entry_price, forward_moves
from amc_assets.evaluation.positions import ShortPositions
from amc_assets.features.snapshot import BOOL, F64

RISES_FRAC = (0.15, 0.30, 0.50)
HORIZONS_SESSIONS = (5, 10)
PRIMARY = "move_30_5"
SQUEEZE = "squeeze_30_5"
ATR_MOVE = "move_5atr_5"
FALSE_ALERT = "move_15_7"
"""A trade_ready alert that missed this one is a false positive in the brief's words."""

_EXACT = 1e-9
"""A rise of exactly 15 % is a hit: in binary, 11.5 / 10 - 1 falls 1e-16 short of .15."""
_ATR_MULTIPLE = 5.0
_ATR_FLOOR_FRAC = 0.15
_COVERED_FRAC = 0.10


@dataclass(frozen=True)
class Label:
    """One yes-or-no outcome, BOOL (T, N) twice; ``hit`` is false wherever ``known`` is false.

    horizon_sessions: length of the window, which sets the block length of every interval computed from the label.
    """

    name: str
    horizon_sessions: int
    hit: BOOL
    known: BOOL


@dataclass(frozen=True)
class LabelSet:
    """Labels by name for T trade dates (ascending) and N symbols (ascending)."""

    trade_dates: tuple[date, ...]
    symbols: NDArray[np.str_]
    labels: Mapping[str, Label]

    def __post_init__(self) -> None:
        """Refuse labels whose shape is not (trade dates, symbols), and unsorted axes."""
        shape = (len(self.trade_dates), len(self.symbols))
        for label in self.labels.values():
            if label.hit.shape != shape or label.known.shape != shape:
                raise ValueError(f"label {label.name} has shape {label.hit.shape}, its dates and symbols say {shape}")
        if list(self.trade_dates) != sorted(set(self.trade_dates)) or np.any(self.symbols[1:] <= self.symbols[:-1]):
            raise ValueError("trade dates and symbols of a label set must be ascending and unique: sort them first")


def forward_labels(
    prices: PriceArrays,
    *,
    trade_dates: Sequence[date],
    symbols: NDArray[np.str_],
    atr14_usd: F64,
    positions: ShortPositions | None,
    entry_lag_sessions: int = 1,
) -> LabelSet:
    """Return every label for each session D, entered at the open of D + ``entry_lag_sessions``.

    Prices, ATR and positions on one share basis; trade_dates: every session, ascending. move_X_h: highest high
    of the h sessions from the entry on is at least X % above the entry (X 15, 30, 50; h 5, 10; and move_15_7).
    move_5atr_5: at least 5 ATR14 of D and at least 15 % within 5 sessions. squeeze_30_5: move_30_5 and shares short in
    the first report settled by D+3 or later at least 10 % below the last settled by D; absent when ``positions`` is
    None. atr14_usd: F64 (T, N), of D. Sources: the label section of docs/evaluation.md.
    """
    moves = {h: forward_moves(prices, h, entry_lag_sessions) for h in sorted({*HORIZONS_SESSIONS, 7})}
    labels = [_move(f"move_{round(100 * rise)}_{h}", moves[h], rise) for h in HORIZONS_SESSIONS for rise in RISES_FRAC]
    labels.append(_move(FALSE_ALERT, moves[7], 0.15))
    labels.append(_atr_move(moves[5], entry_price(prices.open_usd, entry_lag_sessions), atr14_usd))
    by_name = {label.name: label for label in labels}
    if positions is not None:
        by_name[SQUEEZE] = squeeze_label(by_name[PRIMARY], positions, trade_dates)
    return LabelSet(tuple(trade_dates), symbols, MappingProxyType(by_name))


def squeeze_label(move: Label, positions: ShortPositions, trade_dates: Sequence[date]) -> Label:
    """Return ``move`` and covering together: shares short down at least 10 % from before D to after it.

    Known only where the move, two comparable reports and a short position are known, hit or not: were a failed move
    enough to call it false, the days before the newest report would hold misses only and pull the base rate down. A
    name with no shares short has nothing to cover, so its ratio has no base: unknown.
    """
    held_shares, next_shares = positions.before_and_after(trade_dates)
    known = move.known & (held_shares > 0) & np.isfinite(next_shares)
    covered = next_shares <= held_shares * (1.0 - _COVERED_FRAC) * (1.0 + _EXACT)
    return Label(SQUEEZE, move.horizon_sessions, move.hit & covered & known, known)


def _move(name: str, moves: ForwardMoves, rise_frac: float) -> Label:
    known = np.isfinite(moves.highest_rise_frac)
    return Label(name, moves.horizon_sessions, known & (moves.highest_rise_frac >= rise_frac - _EXACT), known)


def _atr_move(moves: ForwardMoves, entry_usd: F64, atr14_usd: F64) -> Label:
    rise_frac = moves.highest_rise_frac
    known = np.isfinite(rise_frac) & (atr14_usd > 0)
    needed_frac = np.maximum(_ATR_MULTIPLE * atr14_usd / entry_usd, _ATR_FLOOR_FRAC)
    return Label(ATR_MOVE, moves.horizon_sessions, known & (rise_frac >= needed_frac - _EXACT), known)

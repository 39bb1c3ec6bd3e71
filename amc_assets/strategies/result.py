"""What a strategy hands back: scores, ranks and actions of every symbol of the run, with the evidence behind them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.strategies.gates import FunnelStep, GateOutcome, Session

I64 = NDArray[np.int64]


class Action(StrEnum):
    """What a name is good for: nothing, watching, or ready for a person's decision (nothing here trades)."""

    NONE = "none"
    WATCHLIST = "watchlist"
    TRADE_READY = "trade_ready"


ACTIONS: tuple[Action, ...] = tuple(Action)
"""Actions by number: StrategyResult.action_codes holds the index into this tuple."""


@dataclass(frozen=True)
class StrategyResult:
    """One strategy over one snapshot; arrays are (N,) in the snapshot's order of symbols.

    score, confidence, ranking_score: F64 0-1, NaN for a name that has none; rank: I64, 1 = best, 0 = not
    ranked; order: I64 of row numbers, best first, scored names only; passed: BOOL, every hard gate passed;
    action_codes: U8 into ACTIONS; median_score: over all scored names before gates, NaN when there are none.
    """

    strategy: str
    calibration_hash: str
    session: Session
    symbols: NDArray[np.str_]
    score: F64
    confidence: F64
    ranking_score: F64
    rank: I64
    order: I64
    passed: BOOL
    action_codes: U8
    gates: tuple[GateOutcome, ...]
    detectors: tuple[DetectorScores, ...]
    funnel: tuple[FunnelStep, ...]
    median_score: float
    candidates_found: int

    @property
    def action(self) -> NDArray[np.str_]:
        """Actions as text, str (N,)."""
        return np.array([str(action) for action in ACTIONS])[self.action_codes]

    @property
    def candidates(self) -> I64:
        """Row numbers of the candidates, best first, before any cut."""
        return self.order[self.action_codes[self.order] > 0]

"""Where named symbols stood, day by day, through every strategy; who is followed, the replayed market says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from amc_assets.evaluation.study import DayScores
from amc_assets.features.snapshot import BOOL, F64

NOT_IN_UNIVERSE = "not_in_universe"
NOT_SCORED = "not_scored"
FAILED_GATES = "failed_gates"


@dataclass(frozen=True)
class WatchRow:
    """One symbol on one day under one strategy; ranks from 1, None with the reason where there is none.

    rank_scored of scored: among all scored names; rank_gated of gated: among those that passed the hard gates. For a
    sort without gates the two are equal.
    """

    trade_date: date
    strategy: str
    symbol: str
    score: float | None
    rank_scored: int | None
    scored: int
    rank_gated: int | None
    gated: int
    reason: str = ""


def watch(days: Sequence[DayScores], symbols: Sequence[str]) -> list[WatchRow]:
    """Return one row per day, strategy and symbol, in that order; ties break by symbol as in the lists."""
    return [
        _row(day, strategy, scores, day.passed.get(strategy, np.isfinite(scores)), symbol)
        for day in days
        for strategy, scores in day.scores.items()
        for symbol in symbols
    ]


def _row(day: DayScores, strategy: str, scores: F64, passed: BOOL, symbol: str) -> WatchRow:
    is_scored = np.isfinite(scores)
    is_gated = is_scored & passed
    counts = (int(is_scored.sum()), int(is_gated.sum()))
    place = int(np.searchsorted(day.symbols, symbol))
    if place == len(day.symbols) or day.symbols[place] != symbol:
        return WatchRow(day.trade_date, strategy, symbol, None, None, counts[0], None, counts[1], NOT_IN_UNIVERSE)
    if not is_scored[place]:
        return WatchRow(day.trade_date, strategy, symbol, None, None, counts[0], None, counts[1], NOT_SCORED)
    better = (scores > scores[place]) | ((scores == scores[place]) & (np.arange(len(scores)) < place))
    rank_scored = 1 + int((better & is_scored).sum())
    rank_gated = 1 + int((better & is_gated).sum()) if is_gated[place] else None
    reason = "" if is_gated[place] else FAILED_GATES
    score = float(scores[place])
    return WatchRow(day.trade_date, strategy, symbol, score, rank_scored, counts[0], rank_gated, counts[1], reason)

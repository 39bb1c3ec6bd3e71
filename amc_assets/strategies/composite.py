"""From detector scores to a ranked list: composite, gates, confidence, pull to the median, rank, action.

composite = weighted mean over present detectors, unless the strategy combines them its own way;
ranking = confidence x composite + (1 - confidence) x median of all scored names, so that thin evidence drifts to the
middle of the universe and never to zero.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from amc_assets.detectors.declaration import DetectorDeclaration
from amc_assets.detectors.detector import Detector
from amc_assets.detectors.evaluate import weighted_present
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import BOOL, F64, U8, Feature, Snapshot
from amc_assets.strategies.calibration_content import Calibration
from amc_assets.strategies.confidence import confidence, source_features
from amc_assets.strategies.gates import FunnelStep, GateOutcome, Session, as_session, evaluate_gates, funnel
from amc_assets.strategies.result import ACTIONS, I64, Action, StrategyResult

AfterScore = Callable[[Snapshot, Calibration, F64, F64], tuple[Feature, ...]]
BeforeScore = Callable[[Snapshot, Calibration], tuple[Feature, ...]]
Combine = Callable[[Calibration, tuple[DetectorScores, ...]], tuple[F64, F64]]

DECIMALS = 12
"""Scores are rounded here: .70 made of thirds must still meet the limit .70, on every machine's arithmetic."""


def no_features(_snapshot: Snapshot, _calibration: Calibration) -> tuple[Feature, ...]:
    """Derive nothing: for a strategy that reads the snapshot as it is."""
    return ()


def no_gate_features(
    _snapshot: Snapshot, _calibration: Calibration, _score: F64, _coverage: F64
) -> tuple[Feature, ...]:
    """Derive nothing from the score: for a strategy whose gates read only the snapshot."""
    return ()


def weighted_mean(calibration: Calibration, detectors: tuple[DetectorScores, ...]) -> tuple[F64, F64]:
    """Return the weighted mean of present detectors, F64 (N,) NaN where none, and the coverage over all, F64 (N,)."""
    weights = [calibration.detectors[detector.name].weight for detector in detectors]
    return weighted_present(weights, [d.score for d in detectors], [d.confidence for d in detectors])


@dataclass(frozen=True)
class Strategy:
    """What a strategy is, apart from its numbers: detectors, how they combine, features it derives itself."""

    name: str
    doc: str
    role: str
    detectors: tuple[Detector, ...]
    before_score: BeforeScore = no_features
    after_score: AfterScore = no_gate_features
    combine: Combine = weighted_mean

    @property
    def declarations(self) -> tuple[DetectorDeclaration, ...]:
        """What its detectors declare, in their order."""
        return tuple(detector.declaration for detector in self.detectors)


def score_strategy(
    snapshot: Snapshot,
    strategy: Strategy,
    calibration: Calibration,
    session: str = "regular",
    *,
    session_overrides: bool = True,
) -> StrategyResult:
    """Score, gate and rank every symbol of the snapshot by one strategy.

    Raises ValueError for an unknown session or a calibration of another strategy.
    """
    when = as_session(session)
    if calibration.strategy != strategy.name:
        raise ValueError(f"calibration of {calibration.strategy} given to {strategy.name}; load its own")
    seen = snapshot.replacing(*strategy.before_score(snapshot, calibration))
    detectors = tuple(d.score(seen, calibration.detectors[d.declaration.name]) for d in strategy.detectors)
    raw, coverage = strategy.combine(calibration, detectors)
    score = np.round(raw, DECIMALS)
    seen = seen.replacing(
        *source_features(seen, calibration.sources), *strategy.after_score(seen, calibration, score, coverage)
    )
    outcomes = evaluate_gates(seen, calibration.gates, when, overrides=session_overrides)
    sure = np.round(confidence(coverage, outcomes, calibration, when), DECIMALS)
    sure = np.where(np.isfinite(score), sure, np.nan)
    return _result(
        snapshot,
        calibration=calibration,
        session=when,
        detectors=detectors,
        outcomes=outcomes,
        score=score,
        sure=sure,
    )


def _result(
    snapshot: Snapshot,
    *,
    calibration: Calibration,
    session: Session,
    detectors: tuple[DetectorScores, ...],
    outcomes: tuple[GateOutcome, ...],
    score: F64,
    sure: F64,
) -> StrategyResult:
    """Rank and label names whose score and confidence F64 (N,) are known."""
    steps, passed = funnel(outcomes, len(snapshot.symbols))
    median = float(np.median(score[np.isfinite(score)])) if np.isfinite(score).any() else float("nan")
    ranking = np.round(sure * score + (1 - sure) * median, DECIMALS)
    order = _order(snapshot, ranking)
    rank = np.zeros(len(score), np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    actions = _actions(score, sure, passed, calibration)
    found = int((actions > 0).sum())
    return StrategyResult(
        strategy=calibration.strategy,
        calibration_hash=calibration.calibration_hash,
        session=session,
        symbols=snapshot.symbols,
        score=score,
        confidence=sure,
        ranking_score=ranking,
        rank=rank,
        order=order,
        passed=passed,
        action_codes=actions,
        gates=outcomes,
        detectors=detectors,
        funnel=(*steps, FunnelStep("watchlist_score", int(passed.sum()), found)),
        median_score=median,
        candidates_found=found,
    )


def _order(snapshot: Snapshot, ranking: F64) -> I64:
    """Return rows of ranked names, best first, ties by symbol."""
    rows = np.flatnonzero(np.isfinite(ranking))
    symbols = snapshot.symbols[rows]
    if not (symbols[:-1] <= symbols[1:]).all():
        rows = rows[np.argsort(symbols, kind="stable")]
    return np.asarray(rows[np.argsort(-ranking[rows], kind="stable")], dtype=np.int64)


def _actions(score: F64, sure: F64, passed: BOOL, calibration: Calibration) -> U8:
    entry = calibration.entry
    watch = passed & (score >= entry.watchlist_score)
    ready = watch & (score >= entry.trade_ready_score) & (sure >= entry.trade_ready_confidence)
    codes = np.where(ready, ACTIONS.index(Action.TRADE_READY), ACTIONS.index(Action.WATCHLIST))
    return np.where(watch, codes, ACTIONS.index(Action.NONE)).astype(np.uint8)

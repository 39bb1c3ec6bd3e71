"""legacy_v0: the VIGL score with its pass rule, the control arm of experiments, always shadow-scored.

The pass rule asks for the score itself and for the WOLF risk: both become features here, and the rule is two gates.
WOLF is the largest raised warning flag. A flag whose input is missing counts as raised: the gate then rests on the
worst that can be true, not on a guess.
"""

import numpy as np

from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.detector import declared
from amc_assets.features.snapshot import F64, Feature, Snapshot
from amc_assets.strategies.calibration_content import Calibration, RiskRules
from amc_assets.strategies.catalog import ABOUT
from amc_assets.strategies.composite import Strategy, score_strategy
from amc_assets.strategies.conditions import all_of, decide
from amc_assets.strategies.derived import constant_quality_feature, derived_feature
from amc_assets.strategies.result import StrategyResult

VIGL = DetectorDeclaration(
    "vigl",
    "The VIGL score: price band, volume spike, one-day return and range, each in steps.",
    31,
    (
        Component("price", (Term("close_usd", "USD", "peak", "bands"),)),
        Component("volume", (Term("volume_spike_max", "ratio", "up", "steps"),)),
        Component("momentum", (Term("change_1d_frac", "fraction", "up", "steps"),)),
        Component("atr", (Term("atr14_sma_frac", "fraction", "up", "steps"),)),
    ),
)


def wolf_risk_worst(snapshot: Snapshot, rules: RiskRules) -> F64:
    """Return the largest WOLF risk F64 (N,) 0-1 that what is known allows: unknown flags count as raised."""
    risk = np.full(len(snapshot.symbols), rules.baseline)
    for flag in rules.flags.values():
        verdict = all_of([decide(snapshot, condition) for condition in flag.conditions])
        risk = np.where(verdict.yes | ~verdict.known, np.maximum(risk, flag.risk), risk)
    return risk


def gate_features(snapshot: Snapshot, calibration: Calibration, score: F64, _coverage: F64) -> tuple[Feature, ...]:
    """Derive what the pass rule asks for: the score as ``vigl_score`` and ``wolf_risk_worst``."""
    if calibration.risk is None:
        raise ValueError("calibration legacy_v0 has no [risk] table; its pass rule needs the WOLF flags")
    inputs = [snapshot.feature(term.feature) for term in VIGL.inputs]
    return (
        derived_feature("vigl_score", "0-1", score, inputs),
        constant_quality_feature("wolf_risk_worst", "0-1", wolf_risk_worst(snapshot, calibration.risk), snapshot),
    )


STRATEGY = Strategy(
    name="legacy_v0",
    doc=ABOUT["legacy_v0"].doc,
    role=ABOUT["legacy_v0"].role,
    detectors=(declared(VIGL),),
    after_score=gate_features,
)


def score_legacy(snapshot: Snapshot, calibration: Calibration, session: str = "regular") -> StrategyResult:
    """Score every symbol by the VIGL score; numbers: docs/strategies.md."""
    return score_strategy(snapshot, STRATEGY, calibration, session)

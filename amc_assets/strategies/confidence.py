"""Confidence: how much of the evidence was there, how good and how fresh, and what soft gates take off.

confidence = max(floor, coverage x session adjustment x max(penalty floor, 1 + sum of soft penalties)).
"""

import numpy as np

from amc_assets.features.snapshot import F64, Feature, Snapshot
from amc_assets.strategies.calibration_content import Calibration
from amc_assets.strategies.derived import constant_quality_feature
from amc_assets.strategies.gates import GateOutcome, Session

MEAN_SOURCE_CONFIDENCE = "mean_source_confidence"


def source_features(snapshot: Snapshot, sources: dict[str, tuple[str, ...]]) -> tuple[Feature, ...]:
    """Return ``source_<name>_present`` (0/1) per declared source and the mean confidence over all of them.

    A source is there when any of its features is; its confidence is the best of them, 0 when it is missing, so that
    losing a source can only lower the mean.
    """
    flags: list[Feature] = []
    total = np.zeros(len(snapshot.symbols))
    for name, features in sources.items():
        found = [snapshot.feature(feature) for feature in features]
        there = np.logical_or.reduce([feature.present for feature in found])
        best = np.maximum.reduce([np.where(f.present, f.source_confidence, 0.0) for f in found])
        total += best
        flags.append(constant_quality_feature(f"source_{name}_present", "flag", there.astype(np.float64), snapshot))
    mean = constant_quality_feature(MEAN_SOURCE_CONFIDENCE, "0-1", total / len(sources), snapshot)
    return (*flags, mean)


def confidence(coverage: F64, outcomes: tuple[GateOutcome, ...], calibration: Calibration, session: Session) -> F64:
    """Return confidence F64 (N,) 0-1 from coverage F64 (N,), the gate outcomes and the session."""
    rules = calibration.confidence
    penalties = np.zeros(coverage.shape)
    for outcome in outcomes:
        penalties += outcome.penalty_frac
    factor = np.maximum(rules.penalty_factor_floor, 1.0 + penalties)
    return np.maximum(rules.floor, coverage * rules.session_adjustment[session] * factor)

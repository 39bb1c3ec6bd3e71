"""Features a strategy makes from others before it scores: never observed, as old as their oldest input."""

from collections.abc import Sequence

import numpy as np

from amc_assets.features.snapshot import F64, U8, Feature, Provenance, Snapshot
from amc_assets.reasons import Reason, code


def derived_feature(name: str, unit: str, values: F64, inputs: Sequence[Feature]) -> Feature:
    """Return values F64 (N,) as a feature: missing where NaN, else with the weakest quality and latest date.

    Inputs that are missing do not count: a value made of what was there is as good as what was there. A missing value
    has the reason of its first missing input, INPUT_MISSING where all of them are there.
    """
    there = np.isfinite(values)
    known_at = np.fmax.reduce([feature.known_at for feature in inputs])
    sure = np.minimum.reduce([np.where(feature.present, feature.source_confidence, 1.0) for feature in inputs])
    fresh = np.minimum.reduce([np.where(feature.present, feature.freshness, 1.0) for feature in inputs])
    return Feature(
        name=name,
        unit=unit,
        source="derived",
        values=values,
        known_at=np.where(there, known_at, np.datetime64("NaT", "us")),
        provenance=np.where(there, Provenance.DERIVED, Provenance.MISSING).astype(np.uint8),
        reasons=np.where(there, code(Reason.PRESENT), _first_reason(inputs)).astype(np.uint8),
        source_confidence=np.where(there, sure, 0.0),
        freshness=np.where(there, fresh, 0.0),
    )


def _first_reason(inputs: Sequence[Feature]) -> U8:
    """Return per name why the first missing input is missing."""
    present = [feature.present for feature in inputs]
    reasons = [feature.reasons for feature in inputs]
    return np.select([~there for there in present], reasons, default=np.uint8(code(Reason.INPUT_MISSING)))


def constant_quality_feature(name: str, unit: str, values: F64, snapshot: Snapshot) -> Feature:
    """Return values F64 (N,), all present, that describe the run's own evidence and are known at as_of."""
    count = len(snapshot.symbols)
    as_of = np.datetime64(snapshot.as_of.replace(tzinfo=None), "us")
    return Feature(
        name=name,
        unit=unit,
        source="run",
        values=values,
        known_at=np.full(count, as_of),
        provenance=np.full(count, Provenance.DERIVED, np.uint8),
        reasons=np.zeros(count, np.uint8),
        source_confidence=np.ones(count),
        freshness=np.ones(count),
    )

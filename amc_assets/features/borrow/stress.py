"""Borrow stress of every symbol: a weighted mean over the parts that are there, its level and its confidence.

Pure arithmetic on arrays; where the parts come from is ``part.py``. Weights and points: calibration/borrow_stress.toml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from amc_assets.features.borrow.calibration import StressCalibration
from amc_assets.features.snapshot import BOOL, F64, U8


class StressLevel(IntEnum):
    """Codes of the level; unknown where there is no stress."""

    UNKNOWN = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3
    EXTREME = 4


@dataclass(frozen=True)
class BorrowStress:
    """Stress of N symbols.

    values: F64 (N,) 0-100, NaN where missing; levels: U8 (N,) of StressLevel; confidence: F64 (N,) 0-1, share of the
    weights that is there within the calibration's bounds, NaN where missing; scores: F64 (N,) 0-100 by part, NaN where
    the part is missing.
    """

    values: F64
    levels: U8
    confidence: F64
    scores: Mapping[str, F64]


def borrow_stress(inputs: Mapping[str, F64], calibration: StressCalibration) -> BorrowStress:
    """Return the stress of ``inputs``, F64 (N,) by part name, NaN where missing; all parts must be named.

    A missing part leaves the denominator. Flags alone (threshold list, fails) make no stress: their silence is the
    normal state of nearly every name and says nothing about the price of borrowing.
    """
    scores = {name: _curve(inputs[name], part.points) for name, part in calibration.parts.items()}
    share = weight_share(scores, calibration)
    total = sum_of({name: part.weight * scores[name] for name, part in calibration.parts.items()})
    usable = measured(scores, calibration)
    values = np.divide(total, share, out=np.full(share.shape, np.nan), where=usable)
    values = np.clip(values, 0.0, 100.0)  # a mean of equal scores may leave its range by the last bit
    return BorrowStress(values, levels_of(values, calibration), bounded(share, usable, calibration), scores)


def _curve(values: F64, points: tuple[tuple[float, float], ...]) -> F64:
    """Linear between (input, score) points and flat outside; NaN stays NaN."""
    return np.asarray(np.interp(values, [x for x, _ in points], [y for _, y in points]), np.float64)


def weight_share(scores: Mapping[str, F64], calibration: StressCalibration) -> F64:
    """Return the sum of the weights of the parts that are there, F64 (N,) 0-1."""
    return sum_of({name: np.where(np.isfinite(scores[name]), p.weight, 0.0) for name, p in calibration.parts.items()})


def sum_of(terms: Mapping[str, F64]) -> F64:
    """Return the sum over terms F64 (N,), NaN left out."""
    return np.asarray(np.nansum(np.array(list(terms.values())), axis=0), np.float64)


def measured(scores: Mapping[str, F64], calibration: StressCalibration) -> BOOL:
    """Return where at least one part that is not a flag is there, bool (N,)."""
    return np.asarray(
        np.any([np.isfinite(scores[name]) for name, part in calibration.parts.items() if not part.is_flag], axis=0)
    )


def bounded(share: F64, usable: BOOL, calibration: StressCalibration) -> F64:
    """Return a share of evidence within the bounds of confidence (domain.md A3), NaN where not ``usable``."""
    bounds = calibration.confidence
    return np.where(usable, np.clip(share, bounds.floor, bounds.ceiling), np.nan)


def levels_of(values: F64, calibration: StressCalibration) -> U8:
    """Return the level of stress values F64 (N,) as U8 (N,) of StressLevel; a limit belongs to the level it opens."""
    limits = calibration.levels
    at = np.searchsorted([limits.moderate, limits.high, limits.extreme], values, side="right") + StressLevel.LOW
    return np.where(np.isfinite(values), at, StressLevel.UNKNOWN).astype(np.uint8)

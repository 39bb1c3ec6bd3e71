"""Weights, points and limits of borrow stress: the typed form of ``calibration/borrow_stress.toml`` and its hash."""

import hashlib
import math
import tomllib
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import msgspec

from amc_assets.features.errors import FeatureInputError

PARTS = ("implied_borrow", "short_volume", "days_to_cover", "short_interest", "threshold", "fails")
_FOLDER = Path(__file__).resolve().parents[2] / "calibration"


class StressLevels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stress (0-100) from which each level begins; below the first it is low."""

    moderate: float
    high: float
    extreme: float


class StressConfidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds (0-1) of the confidence of a stress that is there."""

    floor: float
    ceiling: float


class FailsRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reg SHO's limit on fails: shares, fraction of the shares outstanding, settlement days in a row and looked at."""

    minimum_shares: float
    minimum_outstanding_frac: float
    consecutive_days: int
    window_days: int


class StressPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part: its feature, weight and points (input, score 0-100); flags alone make no stress."""

    feature: str
    weight: float
    points: tuple[tuple[float, float], ...]
    is_flag: bool = False


class StressCalibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything the file holds; parts by name."""

    levels: StressLevels
    confidence: StressConfidence
    fails: FailsRule
    parts: dict[str, StressPart]

    @cached_property
    def calibration_hash(self) -> str:
        """SHA-256 of the canonical content; it belongs into the identity of a run, since it moves the snapshot."""
        content = msgspec.to_builtins(self)
        return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def load_stress_calibration(root: Path | None = None) -> StressCalibration:
    """Read and check ``borrow_stress.toml`` of ``root`` (default: the shipped folder).

    Raises FeatureInputError when the file is absent, no TOML, or breaks a rule, naming the place.
    """
    path = (root or _FOLDER) / "borrow_stress.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return parse_stress_calibration(raw)
    except FileNotFoundError as absent:
        raise FeatureInputError(f"{path} is not there: restore the file or name another folder") from absent
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as refused:
        raise FeatureInputError(f"{path}: {refused}; correct the file or restore the shipped one") from refused


def parse_stress_calibration(raw: dict[str, object]) -> StressCalibration:
    """Turn decoded TOML into a checked calibration; raises ValueError or msgspec.ValidationError."""
    found = msgspec.convert(raw, StressCalibration)
    if set(found.parts) != set(PARTS):
        raise ValueError(f"parts must be {sorted(PARTS)}, they are {sorted(found.parts)}")
    weights = [part.weight for part in found.parts.values()]
    if not (all(weight > 0 for weight in weights) and math.isclose(sum(weights), 1.0, abs_tol=1e-9)):
        raise ValueError(f"weights of the parts must be positive and add to 1, they are {weights}")
    for name, part in found.parts.items():
        _check_points(name, part.points)
    levels = found.levels
    if not 0 < levels.moderate < levels.high < levels.extreme <= 100:
        raise ValueError(f"levels must rise from above 0 to 100, they are {msgspec.to_builtins(levels)}")
    if not 0 < found.confidence.floor <= found.confidence.ceiling <= 1:
        raise ValueError(f"confidence needs 0 < floor <= ceiling <= 1: {msgspec.to_builtins(found.confidence)}")
    rule = found.fails
    if min(rule.minimum_shares, rule.minimum_outstanding_frac) <= 0:
        raise ValueError("fails.minimum_shares and fails.minimum_outstanding_frac must be above 0")
    if not 1 <= rule.consecutive_days <= rule.window_days:
        raise ValueError("fails.consecutive_days must be at least 1 and at most fails.window_days")
    return found


def _check_points(name: str, points: tuple[tuple[float, float], ...]) -> None:
    """Refuse points that are not a rising curve from 0-100; raises ValueError."""
    if len(points) < 2 or not all(math.isfinite(number) for point in points for number in point):
        raise ValueError(f"parts.{name}: needs at least two finite points")
    if any(right[0] <= left[0] or right[1] < left[1] for left, right in pairwise(points)):
        raise ValueError(f"parts.{name}: inputs must rise and scores never fall, got {points}")
    if not 0 <= points[0][1] <= points[-1][1] <= 100:
        raise ValueError(f"parts.{name}: scores must lie in 0..100, got {points}")

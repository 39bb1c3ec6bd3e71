"""Limits between numbers of one name: the typed form of ``calibration/plausibility.toml`` and its hash."""

import hashlib
import math
import tomllib
from functools import cached_property
from pathlib import Path

import msgspec

from amc_assets.features.errors import FeatureInputError

_FOLDER = Path(__file__).resolve().parents[1] / "calibration"


class CountLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts of shares: smallest, value in USD, age in days; fresh_days: age that costs no freshness.

    undated_days: how long before it was asked for a count without a date may have been made.
    """

    minimum_shares: float
    minimum_value_usd: float
    maximum_value_usd: float
    maximum_age_days: float
    fresh_days: float
    undated_days: float


class FloatLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Float against shares outstanding (fractions above them) and against the usual day's volume (floats a day)."""

    tolerated_above_outstanding_frac: float
    maximum_above_outstanding_frac: float
    maximum_daily_turnover: float


class ShortLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares short over shares outstanding, over the float, and in days of the name's volume."""

    maximum_outstanding_frac: float
    maximum_float_frac: float
    flagged_float_frac: float
    maximum_days_of_volume: float


class PlausibilityLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything the file holds."""

    counts: CountLimits
    float: FloatLimits
    short_interest: ShortLimits

    @cached_property
    def limits_hash(self) -> str:
        """SHA-256 of the canonical content; it belongs into the identity of a run, since it moves the snapshot."""
        return hashlib.sha256(msgspec.json.encode(msgspec.to_builtins(self), order="sorted")).hexdigest()


def load_plausibility_limits(root: Path | None = None) -> PlausibilityLimits:
    """Read and check ``plausibility.toml`` of ``root`` (default: the shipped folder).

    Raises FeatureInputError when the file is absent, no TOML, or breaks a rule, naming the place.
    """
    path = (root or _FOLDER) / "plausibility.toml"
    try:
        return parse_plausibility_limits(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as absent:
        raise FeatureInputError(f"{path} is not there: restore the file or name another folder") from absent
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as refused:
        raise FeatureInputError(f"{path}: {refused}; correct the file or restore the shipped one") from refused


def parse_plausibility_limits(raw: dict[str, object]) -> PlausibilityLimits:
    """Turn decoded TOML into checked limits; raises ValueError or msgspec.ValidationError."""
    found = msgspec.convert(raw, PlausibilityLimits)
    numbers = [number for section in msgspec.to_builtins(found).values() for number in section.values()]
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise ValueError("every limit must be a positive number")
    pairs = (
        (found.counts.minimum_value_usd, found.counts.maximum_value_usd, "counts.minimum_value_usd"),
        (found.counts.fresh_days, found.counts.maximum_age_days, "counts.fresh_days"),
        (
            found.float.tolerated_above_outstanding_frac,
            found.float.maximum_above_outstanding_frac,
            "float.tolerated_above_outstanding_frac",
        ),
        (found.short_interest.flagged_float_frac, found.short_interest.maximum_float_frac, "flagged_float_frac"),
    )
    for low, high, name in pairs:
        if low >= high:
            raise ValueError(f"{name} must be below the limit it belongs to, {low} is not below {high}")
    return found

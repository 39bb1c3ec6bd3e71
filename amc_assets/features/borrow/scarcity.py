"""Borrow stress as a feature and as rows of the lake, both made of features alone.

The rows of a run are therefore those of its frozen snapshot, whatever the lake has learned since.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.borrow.calibration import StressCalibration
from amc_assets.features.borrow.stress import BorrowStress, StressLevel, borrow_stress, bounded, sum_of
from amc_assets.features.feature_columns import make_feature
from amc_assets.features.registry import SPECS
from amc_assets.features.short_inputs import DERIVED_CONFIDENCE
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import BOOL, F64, Feature, Provenance, missing_feature
from amc_assets.lake.tables import BORROW_STRESS
from amc_assets.reasons import CODES, Reason, code

_LEVEL_NAMES = [level.name.lower() for level in StressLevel]


def stress_of(given: Mapping[str, Feature], calibration: StressCalibration) -> BorrowStress:
    """Return the stress that features by name make; a feature nobody built is a missing part."""
    return borrow_stress(_inputs(given, calibration), calibration)


def stress_feature(given: Mapping[str, Feature], calibration: StressCalibration) -> Feature:
    """Return borrow_stress: derived, as old as its newest part.

    Its confidence is the weighted confidence of the parts over all weights, never above that of a derived value, so
    taking a part away never raises it.
    """
    stress = stress_of(given, calibration)
    parts = _features(given, calibration)
    weights = {name: part.weight for name, part in calibration.parts.items()}
    there = np.isfinite(stress.values)
    sure = _evidence({name: w * parts[name].source_confidence for name, w in weights.items()}, stress, calibration)
    good = _evidence({name: w * parts[name].quality for name, w in weights.items()}, stress, calibration)
    return make_feature(
        "borrow_stress",
        Computed(stress.values, np.where(there, 0, code(Reason.INPUT_MISSING)).astype(np.uint8)),
        np.fmax.reduce([parts[name].known_at for name in weights]),
        confidence=sure,
        freshness=np.divide(good, sure, out=np.zeros(sure.shape), where=sure > 0),
        provenance=np.where(_is_biased(parts), Provenance.BIASED, Provenance.DERIVED).astype(np.uint8),
    )


def _is_biased(parts: Mapping[str, Feature]) -> BOOL:
    """Return where some part rests on a float of a later date: what is made of it must say so, too."""
    return np.asarray(np.any([part.provenance == Provenance.BIASED for part in parts.values()], axis=0))


def borrow_rows(symbols: NDArray[np.str_], features: Mapping[str, Feature], calibration: StressCalibration) -> pa.Table:
    """Return the rows of lake table borrow_stress without its date and provenance columns, one per symbol.

    features: those of the run's snapshot; parts: JSON of {part: {score, input, unit, weight, known_at, reason}}.
    """
    stress = stress_of(features, calibration)
    there = np.isfinite(stress.values)
    schema = pa.schema([BORROW_STRESS.arrow.field(name) for name in BORROW_STRESS.own_names])
    return pa.table(
        {
            "symbol": symbols.tolist(),
            "borrow_stress": pa.array(stress.values, from_pandas=True),
            "level": [_LEVEL_NAMES[level] for level in stress.levels.tolist()],
            "stress_confidence": pa.array(stress.confidence, from_pandas=True),
            "parts": _parts_json(stress, features, calibration),
            "reason": np.where(there, Reason.PRESENT.value, Reason.INPUT_MISSING.value).tolist(),
        },
        schema=schema,
    )


def _features(given: Mapping[str, Feature], calibration: StressCalibration) -> dict[str, Feature]:
    """Features by part name; one that no room built is missing with that reason."""
    count = len(next(iter(given.values())).values)
    found = {}
    for name, part in calibration.parts.items():
        unit = SPECS[part.feature].unit if part.feature in SPECS else ""
        unbuilt = missing_feature(part.feature, unit, "none", count, Reason.SOURCE_NOT_BUILT)
        found[name] = given.get(part.feature, unbuilt)
    return found


def _inputs(given: Mapping[str, Feature], calibration: StressCalibration) -> dict[str, F64]:
    """Values by part; fails as a multiple of Reg SHO's limit for the name's own number of shares."""
    values = {name: feature.values for name, feature in _features(given, calibration).items()}
    return {**values, "fails": values["fails"] / _fails_limit_frac(given, calibration)}


def _fails_limit_frac(given: Mapping[str, Feature], calibration: StressCalibration) -> F64:
    """Return half a percent, or 10,000 shares of the name's own where that is more (below two million shares)."""
    rule = calibration.fails
    outstanding, floating = given["outstanding_shares"], given["float_shares"]
    shares = np.where(outstanding.present, outstanding.values, floating.values)
    usable = shares > 0
    least = np.divide(rule.minimum_shares, shares, out=np.zeros(shares.shape), where=usable)
    return np.maximum(least, rule.minimum_outstanding_frac)


def _evidence(terms: Mapping[str, F64], stress: BorrowStress, calibration: StressCalibration) -> F64:
    bounds = bounded(sum_of(terms), np.isfinite(stress.values), calibration)
    return np.minimum(np.nan_to_num(bounds), DERIVED_CONFIDENCE)


def _parts_json(stress: BorrowStress, given: Mapping[str, Feature], calibration: StressCalibration) -> list[str]:
    columns = []
    for name, feature in _features(given, calibration).items():
        scores = np.round(stress.scores[name], 6).tolist()
        weight, unit = calibration.parts[name].weight, feature.unit
        reasons = [CODES[number].value for number in feature.reasons.tolist()]
        known = np.datetime_as_string(feature.known_at, unit="s").tolist()
        columns.append(
            [
                (
                    name,
                    {
                        "score": score,
                        "input": value,
                        "unit": unit,
                        "weight": weight,
                        "known_at": f"{at}Z",
                        "reason": why,
                    },
                )
                if why == Reason.PRESENT.value
                else (
                    name,
                    {"score": None, "input": None, "unit": unit, "weight": weight, "known_at": None, "reason": why},
                )
                for score, value, at, why in zip(scores, feature.values.tolist(), known, reasons, strict=True)
            ]
        )
    encoder = msgspec.json.Encoder()
    return [encoder.encode(dict(row)).decode() for row in zip(*columns, strict=True)]

"""What each component adds to the score of a name, so that the parts of an explanation add up to what they explain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from amc_assets.strategies.calibration_content import Calibration, Entry
from amc_assets.strategies.composite import Strategy, weighted_mean

Json = dict[str, Any]


@dataclass(frozen=True)
class Yardstick:
    """What a name's numbers are held against.

    entry: limits of the lists. weights: of the detectors in the score, by name; None where a strategy does not add its
    detectors up (fuel_ignition multiplies them), so that no part of the score belongs to one of them.
    """

    entry: Entry
    weights: Mapping[str, float] | None


@dataclass(frozen=True)
class Contribution:
    """What one component adds, 0-1: to the score where the yardstick has weights, else to the score of its detector."""

    detector: str
    component: str
    amount: float


def yardstick(strategy: Strategy, calibration: Calibration) -> Yardstick:
    """Return the limits and weights under which a run was scored."""
    if strategy.combine is not weighted_mean:
        return Yardstick(calibration.entry, None)
    return Yardstick(calibration.entry, {name: found.weight for name, found in calibration.detectors.items()})


def contributions(name: Json, against: Yardstick) -> list[Contribution]:
    """Return what each scored component of a name object adds, in its order; with weights they sum to its score."""
    scored = [detector for detector in name["detectors"] if detector["score"] is not None]
    of_all = {detector["name"]: 1.0 for detector in scored}
    if against.weights is not None:
        present = sum(against.weights[detector] for detector in of_all)
        of_all = {detector: against.weights[detector] / present for detector in of_all}
    return [
        Contribution(detector["name"], label, of_all[detector["name"]] * amount)
        for detector in scored
        for label, amount in _of_detector(detector)
    ]


def _of_detector(detector: Json) -> list[tuple[str, float]]:
    used = [component for component in detector["components"] if component["score"] is not None]
    weights = sum(component["weight"] for component in used)
    return [(component["name"], component["weight"] * component["score"] / weights) for component in used]

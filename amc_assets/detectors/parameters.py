"""The calibrated numbers of a detector, typed, bounded and checked against its declaration."""

import math

import msgspec

from amc_assets.detectors.curves import Points, check_points, highest
from amc_assets.detectors.declaration import Component, DetectorDeclaration

TOLERANCE = 1e-9
"""Weights are decimals: a sum within this of 1 is 1."""


class TermParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """points of the declared curve; share: part of the component (0-1, adding to 1), left out when all are equal."""

    points: Points
    share: float | None = None


class ComponentParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """weight inside the detector (0-1, adds to 1); terms by feature name."""

    weight: float
    terms: dict[str, TermParameters]

    def share(self, feature: str) -> float:
        """Return the share of one term, 1 / number of terms where none is given."""
        given = self.terms[feature].share
        return 1 / len(self.terms) if given is None else given


class DetectorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """weight inside the strategy (0-1, adds to 1); bars a symbol needs before any score; components by name."""

    weight: float
    components: dict[str, ComponentParameters]
    minimum_bars: int = 0


def check_weights(what: str, weights: dict[str, float]) -> None:
    """Refuse weights outside 0..1 or not adding to 1; raises ValueError naming ``what``."""
    for name, weight in weights.items():
        if not 0 < weight <= 1:
            raise ValueError(f"{what}: weight of {name} is {weight}, must be above 0 and at most 1")
    total = math.fsum(weights.values())
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"{what}: weights add to {total}, must add to 1")


def check_parameters(declaration: DetectorDeclaration, parameters: DetectorParameters) -> None:
    """Refuse parameters that do not fit the declaration; raises ValueError saying where and what to change."""
    where = f"detector {declaration.name}"
    _same_names(where, "component", {c.name for c in declaration.components}, set(parameters.components))
    check_weights(where, {name: c.weight for name, c in parameters.components.items()})
    if not 0 <= parameters.minimum_bars <= 300:
        raise ValueError(f"{where}: minimum_bars is {parameters.minimum_bars}, must be 0..300 (the feature window)")
    for component in declaration.components:
        _check_component(f"{where}, component {component.name}", component, parameters.components[component.name])


def _check_component(where: str, component: Component, parameters: ComponentParameters) -> None:
    _same_names(where, "term", {t.feature for t in component.terms}, set(parameters.terms))
    if len({t.share is None for t in parameters.terms.values()}) > 1:
        raise ValueError(f"{where}: give a share to every term or to none")
    check_weights(f"{where}, shares", {name: parameters.share(name) for name in parameters.terms})
    for term in component.terms:
        share = parameters.share(term.feature)
        given = parameters.terms[term.feature]
        try:
            check_points(term.form, given.points, term.direction)
        except ValueError as refused:
            raise ValueError(f"{where}, term {term.feature}: {refused}") from refused
        if component.combine == "sum" and abs(highest(given.points) - share) > TOLERANCE:
            raise ValueError(
                f"{where}, term {term.feature}: in a sum the share ({share}) is the best score of the curve "
                f"({highest(given.points)}); make them equal"
            )


def _same_names(where: str, kind: str, wanted: set[str], given: set[str]) -> None:
    if unknown := sorted(given - wanted):
        raise ValueError(f"{where}: unknown {kind} {unknown}; known are {sorted(wanted)}")
    if lacking := sorted(wanted - given):
        raise ValueError(f"{where}: calibration lacks {kind} {lacking}")

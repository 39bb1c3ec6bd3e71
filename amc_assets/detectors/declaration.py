"""What a detector is, apart from its numbers: inputs with units, forms, directions, how terms combine.

Numbers (weights, shares, points, minimum bars) live in the calibration; see ``parameters``.
"""

from dataclasses import dataclass
from typing import Literal

from amc_assets.detectors.curves import Form
from amc_assets.detectors.knots import Direction

Combine = Literal["mean", "sum", "bonus", "product"]
"""mean: weighted by share over the present terms; sum: scores added, divided by the shares present; bonus: the first
term carries, the others add when present; product: every factor is needed."""


@dataclass(frozen=True)
class Term:
    """One input of a component: the feature it reads, its unit, the form of its curve and the way it runs."""

    feature: str
    unit: str
    direction: Direction
    form: Form = "knots"


@dataclass(frozen=True)
class Component:
    """A named part of a detector; it has at least one term."""

    name: str
    terms: tuple[Term, ...]
    combine: Combine = "mean"
    doc: str = ""


@dataclass(frozen=True)
class DetectorDeclaration:
    """A detector: name, one line of meaning, window it looks back over, components."""

    name: str
    doc: str
    window_sessions: int
    components: tuple[Component, ...]

    @property
    def inputs(self) -> tuple[Term, ...]:
        """Every distinct input in the order of first use."""
        found: dict[str, Term] = {}
        for component in self.components:
            for term in component.terms:
                found.setdefault(term.feature, term)
        return tuple(found.values())

"""A detector as strategies use it: a declaration with the pure function that scores it."""

from collections.abc import Callable
from dataclasses import dataclass

from amc_assets.detectors.declaration import DetectorDeclaration
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

ScoreFunction = Callable[[Snapshot, DetectorParameters], DetectorScores]


@dataclass(frozen=True)
class Detector:
    """A declaration and its function from Snapshot and parameters to scores of all symbols."""

    declaration: DetectorDeclaration
    score: ScoreFunction


def declared(declaration: DetectorDeclaration) -> Detector:
    """Return the detector that is nothing but its declaration: components of terms, combined as declared."""

    def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
        return evaluate(snapshot, declaration, parameters)

    return Detector(declaration, score)

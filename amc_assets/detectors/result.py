"""What a detector hands back: scores per component and term for every symbol, with what each rests on."""

from dataclasses import dataclass

from amc_assets.detectors.declaration import Combine
from amc_assets.features.snapshot import BOOL, F64, INSTANTS, U8


@dataclass(frozen=True)
class TermScores:
    """One term: values F64 (N,) read, scores F64 (N,) NaN where not used, used BOOL (N,), reasons U8 (N,).

    source, known_at (datetime64 UTC (N,)) and provenance (U8 (N,)) are those of the feature that was read.
    """

    feature: str
    unit: str
    share: float
    values: F64
    scores: F64
    used: BOOL
    reasons: U8
    source: str
    known_at: INSTANTS
    provenance: U8


@dataclass(frozen=True)
class ComponentScores:
    """One component: weight in its detector, scores F64 (N,) 0-1 or NaN, quality F64 (N,) 0-1, reasons U8 (N,).

    quality is the sum over used terms of share x source confidence x freshness: the coverage of this component.
    reasons holds why the score is missing (0 where it is there). combine: how the terms made the score.
    """

    name: str
    weight: float
    terms: tuple[TermScores, ...]
    scores: F64
    quality: F64
    reasons: U8
    combine: Combine = "mean"

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features read."""
        return tuple(term.feature for term in self.terms)


@dataclass(frozen=True)
class DetectorScores:
    """One detector: score F64 (N,) 0-1, NaN where no component is present; confidence F64 (N,) 0-1 (its coverage)."""

    name: str
    score: F64
    confidence: F64
    components: tuple[ComponentScores, ...]

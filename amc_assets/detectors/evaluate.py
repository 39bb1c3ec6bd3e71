"""The one pure function behind every detector: declaration, numbers and Snapshot to scores of all symbols at once."""

import numpy as np

from amc_assets.detectors.combine import combine_terms
from amc_assets.detectors.curves import CURVES
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.parameters import ComponentParameters, DetectorParameters
from amc_assets.detectors.result import ComponentScores, DetectorScores, TermScores
from amc_assets.features.snapshot import BOOL, F64, U8, Snapshot
from amc_assets.reasons import Reason, code


def evaluate(snapshot: Snapshot, declaration: DetectorDeclaration, parameters: DetectorParameters) -> DetectorScores:
    """Score one detector for all symbols.

    Score: weighted mean over present components; confidence: sum of weight x quality over all components, so that a
    missing input lowers confidence and never counts as zero in the score.
    """
    blocked = _too_short(snapshot, parameters.minimum_bars)
    components = tuple(
        _component(snapshot, component, parameters.components[component.name], blocked)
        for component in declaration.components
    )
    score, confidence = weighted_present(
        [c.weight for c in components], [c.scores for c in components], [c.quality for c in components]
    )
    return DetectorScores(declaration.name, score, confidence, components)


def weighted_present(weights: list[float], scores: list[F64], qualities: list[F64]) -> tuple[F64, F64]:
    """Return the weighted mean of present scores (NaN where none) and that of qualities over all weights."""
    total, present, coverage = (np.zeros(scores[0].shape) for _ in range(3))
    for weight, score, quality in zip(weights, scores, qualities, strict=True):
        there = np.isfinite(score)
        total += np.where(there, weight * score, 0.0)
        present += np.where(there, weight, 0.0)
        coverage += weight * quality
    mean = np.divide(total, present, out=np.full(total.shape, np.nan), where=present > 0)
    return mean, coverage / sum(weights)


def _component(
    snapshot: Snapshot, component: Component, parameters: ComponentParameters, blocked: U8
) -> ComponentScores:
    allowed = blocked == code(Reason.PRESENT)
    terms = tuple(_term(snapshot, term, parameters, allowed, blocked) for term in component.terms)
    scores, terms, reasons = combine_terms(component.combine, terms)
    quality = np.zeros(scores.shape)
    for term in terms:
        quality += np.where(term.used, term.share * snapshot.feature(term.feature).quality, 0.0)
    return ComponentScores(component.name, parameters.weight, terms, scores, quality, reasons, component.combine)


def _term(snapshot: Snapshot, term: Term, parameters: ComponentParameters, allowed: BOOL, blocked: U8) -> TermScores:
    feature = snapshot.feature(term.feature)
    scores = CURVES[term.form](feature.values, parameters.terms[term.feature].points)
    used = np.isfinite(scores) & allowed
    # A present value outside the curve's domain (a float of 0 shares on a log axis) should never have been sent.
    reasons = np.where(feature.present, np.where(used, 0, code(Reason.INVALID_VALUE)), feature.reasons)
    reasons = np.where(allowed, reasons, blocked).astype(np.uint8)
    return TermScores(
        feature=term.feature,
        unit=term.unit,
        share=parameters.share(term.feature),
        values=feature.values,
        scores=np.where(used, scores, np.nan),
        used=used,
        reasons=reasons,
        source=feature.source,
        known_at=feature.known_at,
        provenance=feature.provenance,
    )


def _too_short(snapshot: Snapshot, minimum_bars: int) -> U8:
    """Return per symbol why the detector may not score: too few bars, or their number unknown; 0 where it may."""
    count = len(snapshot.symbols)
    if minimum_bars == 0:
        return np.zeros(count, np.uint8)
    bars = snapshot.feature("bars_observed")
    short = np.where(bars.values >= minimum_bars, code(Reason.PRESENT), code(Reason.SHORT_HISTORY))
    return np.where(bars.present, short, bars.reasons).astype(np.uint8)

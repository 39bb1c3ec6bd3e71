"""How the terms of a component become one score: four rules, each with its answer to a missing term."""

from dataclasses import replace

import numpy as np

from amc_assets.detectors.declaration import Combine
from amc_assets.detectors.result import TermScores
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.reasons import Reason, code


def combine_terms(rule: Combine, terms: tuple[TermScores, ...]) -> tuple[F64, tuple[TermScores, ...], U8]:
    """Return scores F64 (N,), the terms with ``used`` narrowed to what the rule could use, and reasons U8 (N,)."""
    if rule in {"mean", "sum"}:
        scores = _weighted(rule, terms)
    elif rule == "bonus":
        scores = _with_bonus(terms)
    else:
        scores = _product(terms)
    there = np.isfinite(scores)
    narrowed = tuple(_only_where(term, there) for term in terms)
    return np.clip(scores, 0.0, 1.0), narrowed, _reasons(rule, terms, there)


def _weighted(rule: Combine, terms: tuple[TermScores, ...]) -> F64:
    """Average over present terms; a missing one leaves both lines of the fraction."""
    total: F64 = np.zeros(terms[0].scores.shape)
    shares: F64 = np.zeros(terms[0].scores.shape)
    for term in terms:
        factor = term.share if rule == "mean" else 1.0
        total += np.where(term.used, factor * term.scores, 0.0)
        shares += np.where(term.used, term.share, 0.0)
    mean: F64 = np.divide(total, shares, out=np.full(total.shape, np.nan), where=shares > 0)
    return mean


def _with_bonus(terms: tuple[TermScores, ...]) -> F64:
    """Add to the leading term what present bonuses give; without the leading term there is nothing to add to."""
    base, *bonuses = terms
    scores: F64 = np.where(base.used, base.scores, np.nan)
    for bonus in bonuses:
        scores += np.where(bonus.used, bonus.scores, 0.0)
    return scores


def _product(terms: tuple[TermScores, ...]) -> F64:
    """Multiply factors; NaN where any is missing, since a factor of 1 would be an invented value."""
    scores: F64 = np.ones(terms[0].scores.shape)
    for term in terms:
        scores *= np.where(term.used, term.scores, np.nan)
    return scores


def _only_where(term: TermScores, there: BOOL) -> TermScores:
    return replace(term, used=term.used & there)


def _reasons(rule: Combine, terms: tuple[TermScores, ...], there: BOOL) -> U8:
    """Say why the score is missing: the leading term's reason, in a product that of the first missing factor."""
    reasons = terms[0].reasons
    if rule == "product":
        for term in terms[1:]:
            reasons = np.where(reasons == code(Reason.PRESENT), term.reasons, reasons)
    return np.where(there, code(Reason.PRESENT), reasons).astype(np.uint8)

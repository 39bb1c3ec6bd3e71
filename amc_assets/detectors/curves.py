"""The forms a term may take: a form is code, its points are calibration.

A curve turns input values F64 (N,) and points into scores F64 (N,) in 0..1. A value outside a form's domain (a float of
zero shares on a logarithmic axis) gives NaN, which counts as missing, never as zero.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import numpy as np

from amc_assets.detectors.knots import Direction, Knots, follows
from amc_assets.features.snapshot import F64

Points = tuple[tuple[float, ...], ...]
Form = Literal["knots", "log_knots", "rank_knots", "inverse", "steps", "bands", "above"]


def knots(values: F64, points: Points) -> F64:
    """Interpolate linearly between (x, y) points, flat outside."""
    return _as_knots(points).interpolate(values)


def log_knots(values: F64, points: Points) -> F64:
    """Interpolate linearly in log10 of the input between (x, y) points; NaN at or below zero."""
    logs = np.log10(np.where(values > 0, values, np.nan))
    return Knots(tuple(np.log10([x for x, _ in points]).tolist()), tuple(y for _, y in points)).interpolate(logs)


def rank_knots(values: F64, points: Points) -> F64:
    """Interpolate over the value's rank among the names present, as a fraction 0..1 (ties share their mean rank)."""
    present = np.sort(values[np.isfinite(values)])
    if present.size == 0:
        return np.full(values.shape, np.nan)
    below = np.searchsorted(present, values, side="left")
    at_or_below = np.searchsorted(present, values, side="right")
    ranks = np.where(np.isfinite(values), (below + at_or_below) / (2 * present.size), np.nan)
    return _as_knots(points).interpolate(ranks)


def inverse(values: F64, points: Points) -> F64:
    """Return y * min(x / input, 1) for the one point (x, y): full up to x, falling as 1/input; NaN at or below 0."""
    ((x, y),) = points
    return y * x / np.maximum(np.where(values > 0, values, np.nan), x)


def steps(values: F64, points: Points) -> F64:
    """Return y of the last point whose x is at or below the input; below the first point, the first y."""
    index = np.searchsorted([x for x, _ in points], values, side="right") - 1
    return np.where(np.isfinite(values), np.array([y for _, y in points])[np.maximum(index, 0)], np.nan)


def bands(values: F64, points: Points) -> F64:
    """Return y of the first (low, high, y) band that holds the input, both ends included; 0 outside all of them."""
    scores = np.zeros(values.shape)
    for low, high, y in reversed(points):
        scores = np.where((values >= low) & (values <= high), y, scores)
    return np.where(np.isfinite(values), scores, np.nan)


def above(values: F64, points: Points) -> F64:
    """Return y where the input is strictly above x of the one point (x, y), else 0."""
    ((x, y),) = points
    return np.where(np.isfinite(values), np.where(values > x, y, 0.0), np.nan)


CURVES: dict[Form, Callable[[F64, Points], F64]] = {
    "knots": knots,
    "log_knots": log_knots,
    "rank_knots": rank_knots,
    "inverse": inverse,
    "steps": steps,
    "bands": bands,
    "above": above,
}


def check_points(form: Form, points: Points, direction: Direction) -> None:
    """Refuse points that do not fit their form or run against the declared direction.

    Raises ValueError saying which rule is broken.
    """
    width = 3 if form == "bands" else 2
    if not points or any(len(point) != width for point in points):
        raise ValueError(f"a curve of form {form} needs points of {width} numbers each, got {points}")
    scores = tuple(point[-1] for point in points)
    if any(not 0 <= y <= 1 for y in scores):
        raise ValueError(f"scores must lie in 0..1, got {scores}")
    _check_inputs(form, points)
    if form != "bands" and not follows(scores, direction):
        raise ValueError(f"scores {scores} run against the declared direction {direction!r}")


def _check_inputs(form: Form, points: Points) -> None:
    """Refuse points whose x do not fit the form; raises ValueError."""
    if form == "bands":
        if any(not low <= high for low, high, _ in points):
            raise ValueError(f"a band needs low <= high, got {points}")
    elif form in {"inverse", "above"}:
        if len(points) != 1:
            raise ValueError(f"a curve of form {form} has exactly one point, got {len(points)}")
    elif any(right[0] <= left[0] for left, right in pairwise(points)):
        raise ValueError(f"a curve of form {form} needs strictly ascending x, got {points}")
    elif form != "steps":
        _as_knots(points)
    if form in {"inverse", "log_knots"} and points[0][0] <= 0:
        raise ValueError(f"a curve of form {form} needs x above zero, got {points[0][0]}")


def highest(points: Points) -> float:
    """Return the best score a curve through ``points`` can give."""
    return max(point[-1] for point in points)


def _as_knots(points: Points) -> Knots:
    return Knots(tuple(x for x, _ in points), tuple(y for _, y in points))

"""Arithmetic that keeps missing missing: ratios without warnings, means and medians over what was observed."""

import numpy as np

from amc_assets.features.snapshot import BOOL, F64


def ratio(above: F64, below: F64) -> F64:
    """Return above / below; NaN where either is missing or ``below`` is not positive."""
    positive = below > 0
    return np.asarray(np.divide(above, below, out=np.full(positive.shape, np.nan), where=positive))


def observed_mean(values: F64, minimum: int) -> tuple[F64, BOOL]:
    """Return the mean over the observed rows of (n, N), and where at least ``minimum`` rows were; NaN elsewhere."""
    observed = np.isfinite(values)
    count = np.count_nonzero(observed, axis=0)
    enough = count >= minimum
    total = np.sum(values, axis=0, where=observed)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=enough), enough


def observed_max(values: F64, minimum: int) -> tuple[F64, BOOL]:
    """Return the largest of the observed rows of (n, N), and where at least ``minimum`` rows were; NaN elsewhere."""
    observed = np.isfinite(values)
    enough = np.count_nonzero(observed, axis=0) >= minimum
    if not len(values):
        return np.full(enough.shape, np.nan), enough
    top = np.max(values, axis=0, where=observed, initial=-np.inf)
    return np.where(enough, top, np.nan), enough


def observed_median(values: F64, minimum: int) -> tuple[F64, BOOL]:
    """Return the median of the observed rows of (n, N), and where at least ``minimum`` rows were; NaN elsewhere.

    An even number of observations gives the mean of the middle two. One sort of the columns: it puts NaN last.
    """
    count = np.count_nonzero(np.isfinite(values), axis=0)
    enough = count >= minimum
    if not len(values):
        return np.full(enough.shape, np.nan), enough
    ordered = np.sort(values, axis=0)
    column = np.arange(values.shape[1])
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(values) - 1)
    return np.where(enough & (count > 0), 0.5 * (ordered[low, column] + ordered[high, column]), np.nan), enough

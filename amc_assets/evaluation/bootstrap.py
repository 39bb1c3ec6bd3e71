"""Intervals for means over days whose outcomes overlap: a circular block bootstrap with whole days as the unit.

Names of one day share its market and windows of neighbouring days share sessions, so names cannot be resampled and
single days cannot either: an interval from independent draws came out half as wide on such data.
"""

from dataclasses import dataclass

import numpy as np

from amc_assets.features.snapshot import F64

RESAMPLES = 2_000
MIN_BLOCKS = 3
TOO_FEW_DAYS = "too_few_days"


@dataclass(frozen=True)
class Interval:
    """A percentile interval, or None twice with the reason why there is none."""

    low: float | None
    high: float | None
    reason: str = ""


def block_days(horizon_sessions: int) -> int:
    """Return the block length for outcomes of a window of H sessions: 2H days."""
    return 2 * horizon_sessions


def resampled_means(series: F64, *, block: int, seed: int, resamples: int = RESAMPLES) -> F64:
    """Return means of circular block resamples, F64 (resamples, K).

    series: F64 (D days in order, K), NaN = no value that day (left out of the mean). All columns share the drawn
    days, so differences and ratios of columns are paired. Blocks of ``block`` days, the last one cut to D days in all;
    sums come from one cumulative sum per column.
    """
    days = len(series)
    if not 1 <= block <= days:
        raise ValueError(f"a block of {block} days does not fit {days} days of outcomes: shorten it or wait for more")
    starts = np.random.default_rng([seed, block]).integers(0, days, size=(resamples, -(-days // block)))
    lengths = np.full(starts.shape[1], block)
    lengths[-1] = days - block * (len(lengths) - 1)
    present = np.isfinite(series)
    totals = _block_sums(np.where(present, series, 0.0), starts, lengths)
    if present.all():
        return totals / days
    counts = _block_sums(present.astype(np.float64), starts, lengths)
    return np.where(counts > 0, totals / np.maximum(counts, 1.0), np.nan)


def interval(means: F64, level: float = 0.95) -> Interval:
    """Return the central ``level`` interval of resampled values, (resamples,), of the finite ones."""
    usable = means[np.isfinite(means)]
    if not len(usable):
        return Interval(None, None, TOO_FEW_DAYS)
    low, high = np.quantile(usable, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(float(low), float(high))


def _block_sums(series: F64, starts: np.ndarray[tuple[int, int], np.dtype[np.int64]], lengths: np.ndarray) -> F64:
    cumulative = np.zeros((2 * len(series) + 1, series.shape[1]))
    np.cumsum(np.concatenate([series, series]), axis=0, out=cumulative[1:])
    total = np.zeros((len(starts), series.shape[1]))
    for column, length in enumerate(lengths):
        first = starts[:, column]
        total += cumulative[first + length] - cumulative[first]
    return total

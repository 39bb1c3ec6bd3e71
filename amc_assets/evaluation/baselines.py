"""The simple sorts a score must beat, recomputed from the same bars, universe and publication lag as the score."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from amc_assets.features.relative_volume import relative_volumes
from amc_assets.features.snapshot import BOOL, F64

HISTORY_SESSIONS = 30
MIN_CLOSE_USD = 1.0
MIN_DOLLAR_VOLUME_USD = 500_000.0

BASELINES: Mapping[str, str] = {
    "one_day_return": "close over previous close",
    "range_frac": "(high - low) / previous close",
    "five_day_return": "close over the close five sessions before",
    "relvol_30": "volume / median volume of the 30 sessions before",
    "si_float": "published shares short / float",
    "si_float_x_relvol": "si_float times relvol_30",
    "si_float_x_range": "si_float times range_frac",
    "rank_mean": "mean rank of si_float, range_frac and five_day_return among the eligible names of the day",
    "atr14_frac": "ATR14 / close",
    "days_to_cover": "published shares short / mean volume of the 30 sessions before",
}
"""Every sort and what it sorts by, highest first. The random pick is the base rate, which every study row carries."""


@dataclass(frozen=True)
class BaselineInputs:
    """What the sorts read, F64 (T, N) unless said, as known at each day's end, on one share basis.

    traded_close_usd: the close on the share basis of its own day, for limits in USD; published_short_shares:
    ShortPositions.published; float_shares: (N,) or (T, N); NaN = missing everywhere.
    """

    high_usd: F64
    low_usd: F64
    close_usd: F64
    traded_close_usd: F64
    volume_shares: F64
    atr14_usd: F64
    published_short_shares: F64
    float_shares: F64


def mean_volume_before(volume_shares: F64, sessions: int = HISTORY_SESSIONS) -> F64:
    """Return the mean volume of the ``sessions`` sessions before each day, (T, N); NaN unless all of them traded."""
    result = np.full_like(volume_shares, np.nan)
    if len(volume_shares) <= sessions:
        return result
    traded = np.isfinite(volume_shares)
    total = np.cumsum(np.where(traded, volume_shares, 0.0), axis=0)
    count = np.cumsum(traded, axis=0)
    window_total, window_count = total[sessions - 1 :].copy(), count[sessions - 1 :].copy()
    window_total[1:] -= total[:-sessions]
    window_count[1:] -= count[:-sessions]
    result[sessions:] = np.where(window_count == sessions, window_total / sessions, np.nan)[:-1]
    return result


def eligible(inputs: BaselineInputs, known: BOOL) -> BOOL:
    """Return who takes part in a study, (T, N): close >= 1 USD, dollar volume >= 500k, 30 sessions before, label known.

    ``known``: where the label of the study is known. It reads the future, so this is the universe of a measurement,
    the same for every score in it, and not a gate of a product list.
    """
    dollar_volume_usd = inputs.close_usd * inputs.volume_shares
    history = np.isfinite(mean_volume_before(inputs.volume_shares))
    return (inputs.traded_close_usd >= MIN_CLOSE_USD) & (dollar_volume_usd >= MIN_DOLLAR_VOLUME_USD) & history & known


def baseline_scores(inputs: BaselineInputs, eligible_names: BOOL) -> dict[str, F64]:
    """Return each sort's value, F64 (T, N), higher is listed first, NaN where an input is missing.

    eligible_names: (T, N); only ``rank_mean`` reads it, because a rank needs a field to be ranked in.
    """
    previous_close = _before(inputs.close_usd, 1)
    mean_volume = mean_volume_before(inputs.volume_shares)
    range_frac = (inputs.high_usd - inputs.low_usd) / previous_close
    five_day_return = inputs.close_usd / _before(inputs.close_usd, 5) - 1.0
    relvol = relative_volumes(inputs.volume_shares)
    si_float = inputs.published_short_shares / _positive(inputs.float_shares)
    return {
        "one_day_return": inputs.close_usd / previous_close - 1.0,
        "range_frac": range_frac,
        "five_day_return": five_day_return,
        "relvol_30": relvol,
        "si_float": si_float,
        "si_float_x_relvol": si_float * relvol,
        "si_float_x_range": si_float * range_frac,
        "rank_mean": rank_mean((si_float, range_frac, five_day_return), eligible_names),
        "atr14_frac": inputs.atr14_usd / _positive(inputs.close_usd),
        "days_to_cover": inputs.published_short_shares / _positive(mean_volume),
    }


def rank_mean(values: tuple[F64, ...], eligible_names: BOOL) -> F64:
    """Return the mean of each name's ranks, scaled to 0-1 (1 = highest of the day), (T, N); ties share a rank.

    NaN for a name that is not eligible or lacks one of the values.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - 0.3 s of import that labels and look-ahead checks do not need

    field = eligible_names & np.logical_and.reduce([np.isfinite(value) for value in values])
    result = np.full(field.shape, np.nan)
    for session in np.flatnonzero(field.any(axis=1)):
        names = np.flatnonzero(field[session])
        ranks = rankdata(np.stack([value[session, names] for value in values]), axis=1)
        result[session, names] = ranks.mean(axis=0) / len(names)
    return result


def _before(values: F64, sessions: int) -> F64:
    shifted = np.full_like(values, np.nan)
    shifted[sessions:] = values[:-sessions]
    return _positive(shifted)


def _positive(values: F64) -> F64:
    return np.where(values > 0, values, np.nan)

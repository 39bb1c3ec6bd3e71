"""Treasury bill rates: a slow path of the short rate by date, a little slope over the terms and a day's noise."""

from datetime import date

import numpy as np

from amc_assets.replay.simulation.draws import normal
from amc_assets.replay.simulation.timeline import ORIGIN

TERMS_WEEKS = (4, 6, 8, 13, 17, 26, 52)
_STREAM = 31
_START_FRAC, _END_FRAC, _HALF_LIFE_DAYS = 0.054, 0.034, 420.0
_WAVE_FRAC, _WAVE_DAYS = 0.003, 1500.0
_NOISE_FRAC = 0.0002
_SLOPE_FRAC = -0.004


def bill_rates(seed: int, day: date) -> list[tuple[int, float]]:
    """Return (term in weeks, coupon-equivalent yield as a fraction, four places) of ``day``, shortest first."""
    age_days = (day - ORIGIN).days
    level = _END_FRAC + (_START_FRAC - _END_FRAC) * 0.5 ** (age_days / _HALF_LIFE_DAYS)
    level += _WAVE_FRAC * float(np.sin(2 * np.pi * age_days / _WAVE_DAYS))
    return [
        (weeks, round(level + _SLOPE_FRAC * weeks / 52 + _NOISE_FRAC * normal(seed, _STREAM, age_days, weeks), 4))
        for weeks in TERMS_WEEKS
    ]


def short_rate_frac(seed: int, day: date) -> float:
    """Return the rate of the thirteen-week bill of ``day``."""
    return dict(bill_rates(seed, day))[13]

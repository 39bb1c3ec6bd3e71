"""Black's formula on forward terms, undiscounted and normalised: prices, vegas and their logarithms for arrays.

x = -|ln(F/K)| is the distance to the money of the option that is out of it, s = volatility x sqrt(years) its total
volatility, beta = price / (discount x sqrt(F K)). Both sides of the money are one function of (x, s) by parity.
"""

from typing import NamedTuple

import numpy as np

from amc_assets.features.snapshot import BOOL, F64

_ROOT_2 = 2.0**0.5
_ROOT_HALF_PI = (np.pi / 2.0) ** 0.5
LOG_ROOT_2PI = 0.5 * float(np.log(2.0 * np.pi))


class Curve(NamedTuple):
    """Logarithm of a function of s, and the function over vega: what a Newton step on the logarithm needs."""

    log: F64
    over_vega: F64


def log_price(x: F64, s: F64) -> Curve:
    """Return ln beta and beta / vega of the out-of-the-money option; x <= 0 < s, all (N,).

    Scaled complementary error functions keep full relative precision down to prices of 1e-300 (Jaeckel, Let's Be
    Rational, 2015, section 3).
    """
    from scipy.special import erfcx  # noqa: PLC0415 - 0.1 s, only where options are priced

    h, t = x / s, 0.5 * s
    ratio = erfcx((h + t) / -_ROOT_2)
    ratio -= erfcx((t - h) / _ROOT_2)
    ratio *= _ROOT_HALF_PI
    return Curve(np.log(ratio) + log_vega(h, t), ratio)


def log_room(x: F64, s: F64) -> Curve:
    """Return ln of (highest beta - beta) and that difference / vega; x <= 0 < s, all (N,)."""
    from scipy.special import erfcx  # noqa: PLC0415 - as above

    h, t = x / s, 0.5 * s
    ratio = erfcx((h + t) / _ROOT_2)
    ratio += erfcx((t - h) / _ROOT_2)
    ratio *= _ROOT_HALF_PI
    return Curve(np.log(ratio) + log_vega(h, t), ratio)


def log_vega(h: F64, t: F64) -> F64:
    """Return ln d(beta)/ds from h = x/s and t = s/2."""
    return -0.5 * (h * h + t * t) - LOG_ROOT_2PI


def black_price(forward: F64, strike: F64, years: F64, iv_frac: F64, discount: F64, is_call: BOOL) -> F64:
    """Return the price of a European option on a forward, USD per share; arrays broadcast. Source: Black 1976."""
    from scipy.special import ndtr  # noqa: PLC0415 - as above

    s = iv_frac * np.sqrt(years)
    d1 = np.log(forward / strike) / s + 0.5 * s
    side = np.where(is_call, 1.0, -1.0)
    return np.asarray(discount * side * (forward * ndtr(side * d1) - strike * ndtr(side * (d1 - s))))


def black_gamma_shares(forward: F64, strike: F64, years: F64, iv_frac: F64) -> F64:
    """Return the shares that one option's delta gains per +1 (100 %) of the forward: phi(d1) / s, undiscounted.

    With gamma taken in the spot S and F = S x carry, gamma x S = discount x carry x phi(d1) / s.
    """
    s = iv_frac * np.sqrt(years)
    d1 = np.log(forward / strike) / s + 0.5 * s
    return np.asarray(np.exp(-0.5 * d1 * d1 - LOG_ROOT_2PI) / s)

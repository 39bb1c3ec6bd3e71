"""Implied volatility of arrays of options: a safeguarded Halley iteration on the logarithm of the price.

Every input ends in a volatility or a reason; there is no third outcome. Prices below half of what the option can be
worth at most are matched on ln(price), the others on ln(highest - price): both are nearly straight in s.
"""

from collections.abc import Callable

import numpy as np

from amc_assets.features.options.black import LOG_ROOT_2PI, Curve, log_price, log_room, log_vega
from amc_assets.features.options.contracts import IDX
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.reasons import Reason, code

CHUNK = 8192
"""Contracts per block: the working arrays stay in the second-level cache (100k at once took 1.6 times as long)."""
MOST_ITERATIONS = 64
CLOSE_ENOUGH = 1e-5
"""Relative step after which the cubic convergence of Halley leaves less than 1e-12."""
MOST_ROUNDING = 1e-10
"""A price is refused when one unit in its last place moves the total volatility by more: it holds no volatility."""
_EPS = float(np.finfo(np.float64).eps)
_MOST_X = 600.0  # a forward e^600 strikes away: beyond it the square roots below leave the range of floats
_LOWEST_S, _HIGHEST_S = 1e-9, 80.0  # total volatilities an iteration starts between; no market has less or more


def implied_volatility(
    price: F64, forward: F64, strike: F64, years: F64, discount: F64, is_call: BOOL
) -> tuple[F64, U8]:
    """Return volatilities (fraction a year) and reasons, both (N,); NaN exactly where the reason is not PRESENT.

    All arrays (N,). price, forward and strike in USD per share; years to expiry; discount: value today of 1 USD then.
    INPUT_MISSING: an input is not a number. INVALID_VALUE: forward, strike, years or discount not above zero, or a
    negative price. NO_ROOT: the price is not strictly inside the no-arbitrage bounds, or has no time value beyond its
    own rounding.
    """
    size = len(price)
    iv_frac, reasons = np.full(size, np.nan), np.zeros(size, np.uint8)
    for start in range(0, size, CHUNK):
        part = slice(start, start + CHUNK)
        iv_frac[part], reasons[part] = _block(
            price[part], forward[part], strike[part], years[part], discount[part], is_call[part]
        )
    return iv_frac, reasons


def _block(price: F64, forward: F64, strike: F64, years: F64, discount: F64, is_call: BOOL) -> tuple[F64, U8]:
    finite = np.isfinite(price + forward + strike + years + discount)
    sound = finite & (forward > 0) & (strike > 0) & (years > 0) & (discount > 0) & (price >= 0)
    reasons = np.where(finite, code(Reason.INVALID_VALUE), code(Reason.INPUT_MISSING)).astype(np.uint8)
    reasons[sound] = code(Reason.NO_ROOT)
    with np.errstate(all="ignore"):  # unsound rows run along; they are masked before and after
        log_moneyness = np.log(forward / strike)
        value = price / discount
        time_value = value - np.maximum(np.where(is_call, forward - strike, strike - forward), 0.0)
        root = np.sqrt(forward) * np.sqrt(strike)
        x, beta = -np.abs(log_moneyness), time_value / root
        highest = np.exp(0.5 * x)
        inside = sound & (beta > 0) & (beta < highest) & (-x < _MOST_X)
        rows = np.flatnonzero(inside)
        x, beta, highest = x[rows], beta[rows], highest[rows]
        s = _total_volatility(x, beta, highest)
        rounding = _EPS * np.exp(np.log(value[rows] / root[rows]) - log_vega(x / s, 0.5 * s))
    found = (rounding <= MOST_ROUNDING) & (s > _LOWEST_S)
    iv_frac: F64 = np.full(price.shape, np.nan)
    iv_frac[rows[found]] = s[found] / np.sqrt(years[rows[found]])
    reasons[rows[found]] = code(Reason.PRESENT)
    return iv_frac, reasons


def _total_volatility(x: F64, beta: F64, highest: F64) -> F64:
    """Return s with beta(x, s) = beta, (N,), NaN where the iteration does not settle."""
    upper = beta > 0.5 * highest
    s: F64 = np.empty(x.shape)
    for mask, curve, target, side in (
        (~upper, log_price, np.log(beta), 1.0),
        (upper, log_room, np.log(highest - beta), -1.0),
    ):
        rows = np.flatnonzero(mask)
        s[rows] = _halley(curve, x[rows], target[rows], side, _first_guess(x[rows], beta[rows]))
    return s


def _first_guess(x: F64, beta: F64) -> F64:
    """Start near the money from Corrado and Miller (1996), farther out from the asymptote of a vanishing price."""
    half = np.sinh(0.5 * x)
    above = beta - half
    root = above * above - (4.0 / np.pi) * half * half
    near = (0.5 * np.sqrt(2.0 * np.pi)) * (above + np.sqrt(np.maximum(root, 0.0))) / np.cosh(0.5 * x)
    far = np.sqrt(-2.0 * x)
    wanted = -np.log(beta) - 2.0 * np.log(-x) - LOG_ROOT_2PI
    for _ in range(2):
        far = -x / np.sqrt(np.maximum(2.0 * (wanted + 3.0 * np.log(far)), 0.5))
    is_far = (root <= 0) | (near * near < -1.2 * x)
    return np.clip(np.where(is_far, far, near), _LOWEST_S, _HIGHEST_S)


def _halley(curve: Callable[[F64, F64], Curve], x: F64, target: F64, side: float, s: F64) -> F64:
    """Iterate s until ``curve(x, s).log`` meets ``target``; ``side`` is the sign of the curve's slope in s.

    The raw step is judged first: a bracket that is tested before it bisects away from a root already found.
    """
    result: F64 = np.full(x.shape, np.nan)
    rows: IDX = np.arange(x.size, dtype=np.intp)
    low, high = np.full(x.shape, 0.0), np.full(x.shape, 2 * _HIGHEST_S)
    for _ in range(MOST_ITERATIONS):
        if not rows.size:
            break
        log, over_vega = curve(x, s)
        newton = side * (target - log) * over_vega
        bend = (x * x / (s * s * s) - 0.25 * s) - side / over_vega
        step = newton / np.maximum(1.0 + 0.5 * newton * bend, 0.2)
        moved = s + step
        done = np.abs(step) <= CLOSE_ENOUGH * s
        result[rows[done]] = moved[done]
        low, high = np.where(newton > 0, s, low), np.where(newton < 0, s, high)
        moved = np.where((moved > low) & (moved < high), moved, 0.5 * (low + high))
        left = ~done
        rows, x, target = rows[left], x[left], target[left]
        s, low, high = moved[left], low[left], high[left]
    return result

"""Prices of one chain: forward with a borrowing cost, a volatility surface, Black's formula, quotes with spreads.

Arrays have shape (contracts,). Prices are European, lifted to the exercise value where that is more, as the contracts
are American.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.volatility import SymbolState

Flags = npt.NDArray[np.bool_]
_LEAST_YEARS = 1e-6
_STEEPEST = 4.0
_SKEW, _HEAT_SKEW, _CURVATURE = -0.035, 0.07, 0.012
_USUAL_BORROW, _CROWD_FROM, _BORROW_GAIN, _BORROW_HEAT = 0.003, 0.12, 2.0, 0.5
_BUSY_USD = 2e7
_ROOT_TWO = sqrt(2.0)


@dataclass(frozen=True)
class Contracts:
    """The contracts of a chain: strike, years to expiry and side."""

    strike_usd: FloatArray
    years: FloatArray
    is_call: Flags


@dataclass(frozen=True)
class Prices:
    """Model prices: ``depth`` is the log-moneyness in standard deviations, clipped at 4."""

    mid_usd: FloatArray
    volatility_frac: FloatArray
    delta: FloatArray
    gamma: FloatArray
    depth: FloatArray


@dataclass(frozen=True)
class Quotes:
    """Best bid (0 for none) and offer on the exchange's grid."""

    bid_usd: FloatArray
    ask_usd: FloatArray


def borrow_frac(state: SymbolState) -> float:
    """Return the cost of borrowing the shares, a fraction a year: almost nothing until a crowd is short."""
    crowd = max(state.short_frac - _CROWD_FROM, 0.0)
    return float(_USUAL_BORROW + _BORROW_GAIN * crowd**1.5 * (1 + _BORROW_HEAT * state.heat))


def price(contracts: Contracts, state: SymbolState, spot_usd: float, rate_frac: float) -> Prices:
    """Return Black's prices on the surface of ``state``; delta and gamma are with respect to the share."""
    years = np.maximum(contracts.years, _LEAST_YEARS)
    carry = borrow_frac(state)
    forward = spot_usd * np.exp((rate_frac - carry) * years)
    root, sign = np.sqrt(years), np.where(contracts.is_call, 1.0, -1.0)
    at_the_money = state.at_the_money_frac(years)
    moneyness = np.log(contracts.strike_usd / forward)
    depth = (moneyness / (at_the_money * root)).clip(-_STEEPEST, _STEEPEST)
    volatility = at_the_money * (1 + (_SKEW + _HEAT_SKEW * state.heat) * depth + _CURVATURE * depth**2)
    first = -moneyness / (volatility * root) + 0.5 * volatility * root
    density = np.exp(-0.5 * first**2) / sqrt(2 * np.pi)
    in_one, in_two = normal_share(sign * first), normal_share(sign * (first - volatility * root))
    european = np.exp(-rate_frac * years) * sign * (forward * in_one - contracts.strike_usd * in_two)
    exercise = np.maximum(sign * (spot_usd - contracts.strike_usd), 0.0)
    shrink = np.exp(-carry * years)
    return Prices(
        mid_usd=np.maximum(european, exercise),
        volatility_frac=volatility,
        delta=sign * shrink * in_one,
        gamma=shrink * density / (spot_usd * volatility * root),
        depth=depth,
    )


def quote(prices: Prices, turnover_usd: float) -> Quotes:
    """Return bid and offer around the model prices: wide and coarse for quiet names, no bid under one tick."""
    quiet = 1.0 / (1.0 + turnover_usd / _BUSY_USD)
    is_busy = turnover_usd >= _BUSY_USD
    tick = np.where(prices.mid_usd < 3.0, 0.01 if is_busy else 0.05, 0.05 if is_busy else 0.10)
    half = 0.5 * tick + prices.mid_usd * (0.008 + 0.035 * quiet) * (1 + 0.3 * np.abs(prices.depth))
    half = np.minimum(half, 0.5 * tick + 0.05 * prices.mid_usd + 0.4)
    bid = np.floor((prices.mid_usd - half) / tick + 1e-9).clip(0.0, None) * tick
    ask = np.maximum(np.ceil((prices.mid_usd + half) / tick - 1e-9), 1.0) * tick
    return Quotes(np.round(bid, 2), np.round(np.maximum(ask, bid + tick), 2))


def normal_share(values: FloatArray) -> FloatArray:
    """Return the standard normal distribution function; ``math.erf`` because SciPy would cost a second at start."""
    return np.array([0.5 * (1.0 + erf(value / _ROOT_TWO)) for value in values.tolist()])

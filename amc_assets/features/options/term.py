"""From quotes to volatilities: each contract's own, at the money of each expiry, and the term structure at 30 days."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from amc_assets.features.options.contracts import IDX, Contracts, read_contracts
from amc_assets.features.options.forward import Forwards, discounts, parity_forwards
from amc_assets.features.options.hygiene import LEAST_DAYS, Dropped, check_quotes
from amc_assets.features.options.implied import implied_volatility
from amc_assets.features.snapshot import BOOL, F64, U8

TARGET_DAYS = 30.0
MOST_EXTRAPOLATION_DAYS = 15.0
MOST_STRIKE_GAP = 0.40
"""Widest ln(K2/K1) of the strikes around the forward: a two-dollar stock has strikes at 1.5 and 2, .29 apart."""


@dataclass(frozen=True)
class Surface:
    """A day's volatilities. iv_frac (C,) of contracts out of the money; at_money_frac and its quotes' spread (E,).

    dropped (C,): why a contract has none; TOO_SHORT marks contracts that have one but do not count for 30 days.
    """

    contracts: Contracts
    dropped: U8
    discount: F64
    forwards: Forwards
    iv_frac: F64
    at_money_frac: F64
    spread_frac: F64


@dataclass(frozen=True)
class Constant:
    """Volatility at 30 days per symbol (S,): near and far expiry (-1: none), NaN where it is missing."""

    iv_frac: F64
    near: IDX
    far: IDX
    is_calendar_arbitrage: BOOL


def build_surface(chains: pa.Table, rate_frac: float | None) -> Surface:
    """Return the volatilities of one day's chains (rows of OPTION_CHAINS), all symbols at once."""
    contracts = read_contracts(chains)
    dropped = check_quotes(contracts)
    discount = discounts(contracts.expiry_years, rate_frac)
    forwards = parity_forwards(contracts, dropped == Dropped.KEPT, discount)
    iv_frac, dropped = _solve(contracts, dropped, discount, forwards)
    at_money, spread = _at_the_money(contracts, iv_frac, forwards.forward_usd)
    short = (dropped == Dropped.KEPT) & (contracts.expiry_days[contracts.expiry] < LEAST_DAYS)
    dropped = np.where(short, Dropped.TOO_SHORT, dropped).astype(np.uint8)
    return Surface(contracts, dropped, discount, forwards, iv_frac, at_money, spread)


def _solve(contracts: Contracts, dropped: U8, discount: F64, forwards: Forwards) -> tuple[F64, U8]:
    forward = forwards.forward_usd[contracts.expiry]
    strike, is_call = contracts.strike_usd, contracts.is_call
    inside = np.where(is_call, strike < forward, strike > forward)
    kept = dropped == Dropped.KEPT
    dropped = np.where(kept & np.isnan(forward), Dropped.NO_FORWARD, dropped)
    dropped = np.where(kept & inside, Dropped.IN_THE_MONEY, dropped)
    rows = np.flatnonzero(dropped == Dropped.KEPT)
    expiry = contracts.expiry[rows]
    solved, reasons = implied_volatility(
        contracts.mid_usd[rows], forward[rows], strike[rows], contracts.expiry_years[expiry], discount[expiry],
        is_call[rows],
    )  # fmt: skip
    iv_frac: F64 = np.full(len(strike), np.nan)
    iv_frac[rows] = solved
    dropped[rows[reasons != 0]] = Dropped.NO_ROOT
    return iv_frac, dropped.astype(np.uint8)


def _at_the_money(contracts: Contracts, iv_frac: F64, forward_usd: F64) -> tuple[F64, F64]:
    """Return per expiry (E,) the volatility at the forward and the mean relative spread of the two quotes behind it.

    Linear in log-moneyness between the highest put at or below the forward and the lowest call at or above it.
    """
    moneyness = np.log(contracts.strike_usd / forward_usd[contracts.expiry])
    solved = np.isfinite(iv_frac)
    below = last_of(contracts.expiry, moneyness, solved & ~contracts.is_call, len(forward_usd))
    above = last_of(contracts.expiry, -moneyness, solved & contracts.is_call, len(forward_usd))
    k_low, k_high, iv_low, iv_high = (at(a, i) for a in (moneyness, iv_frac) for i in (below, above))
    width = k_high - k_low
    near_enough = width <= MOST_STRIKE_GAP
    weight = np.divide(-k_low, width, out=np.full(len(below), 0.5), where=width > 0)
    spread_frac = (contracts.ask_usd - contracts.bid_usd) / contracts.mid_usd
    spread = 0.5 * (at(spread_frac, below) + at(spread_frac, above))
    return np.where(near_enough, iv_low + (iv_high - iv_low) * weight, np.nan), np.where(near_enough, spread, np.nan)


def last_of(group: IDX, values: F64, use: BOOL, count: int) -> IDX:
    """Return per group (count,) the row with the largest value among those that ``use`` marks, -1 where none is."""
    rows = np.flatnonzero(use)
    rows = rows[np.lexsort((values[rows], group[rows]))]
    found = np.full(count, -1, np.intp)
    found[group[rows]] = rows  # ascending: the last assignment is the largest
    return found


def at_30_days(surface: Surface) -> Constant:
    """Return the volatility at 30 days of every symbol: linear in total variance between the expiries around it.

    With expiries on one side only the nearest one's volatility stands, up to 15 days away. Total variance that falls
    between the two expiries is flagged and used as it is.
    """
    contracts = surface.contracts
    days, count = contracts.expiry_days, len(contracts.symbols)
    usable = np.isfinite(surface.at_money_frac) & (days >= LEAST_DAYS)
    near = last_of(contracts.expiry_symbol, days, usable & (days <= TARGET_DAYS), count)
    far = last_of(contracts.expiry_symbol, -days, usable & (days >= TARGET_DAYS), count)
    near = np.where((far < 0) & (near >= 0) & (at(days, near) < TARGET_DAYS - MOST_EXTRAPOLATION_DAYS), -1, near)
    far = np.where((near < 0) & (far >= 0) & (at(days, far) > TARGET_DAYS + MOST_EXTRAPOLATION_DAYS), -1, far)
    iv = surface.at_money_frac
    days_1, days_2, iv_1, iv_2 = at(days, near), at(days, far), at(iv, near), at(iv, far)
    variance_1, variance_2 = iv_1**2 * days_1, iv_2**2 * days_2
    span = days_2 - days_1
    weight = np.divide(TARGET_DAYS - days_1, span, out=np.zeros(count), where=span > 0)
    between = np.sqrt((variance_1 + (variance_2 - variance_1) * weight) / TARGET_DAYS)
    value = np.where(np.isnan(iv_1), iv_2, np.where(np.isnan(iv_2), iv_1, between))
    return Constant(value, near, far, np.asarray(variance_2 < variance_1))


def at(values: F64, index: IDX) -> F64:
    """Return values at ``index``, NaN where it is -1."""
    if not len(values):
        return np.full(len(index), np.nan)
    return np.where(index >= 0, values[np.maximum(index, 0)], np.nan)

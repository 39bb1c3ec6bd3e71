"""The forward of each expiry from put-call parity: it carries dividends and the cost of borrowing, a spot does not.

Volatilities from the spot put calls too low and puts too high exactly in the names that are hard to borrow.
"""

from dataclasses import dataclass

import numpy as np

from amc_assets.features.options.contracts import IDX, Contracts
from amc_assets.features.snapshot import BOOL, F64

STRIKES = 3
"""Strikes whose median is taken: those with the smallest |C - P|, where early exercise matters least."""


@dataclass(frozen=True)
class Forwards:
    """Per expiry (E,): forward, what the quotes' spreads leave open around it, and strikes used (0-3); NaN = none."""

    forward_usd: F64
    half_spread_usd: F64
    strikes_used: IDX


def discounts(years: F64, rate_frac: float | None) -> F64:
    """Return the value today of 1 USD at each expiry: simple interest, as bill yields are quoted.

    Without a rate prices stay undiscounted. At 5 % and 30 days that moves an at-the-money volatility by .4 % of itself.
    """
    rate = 0.0 if rate_frac is None else rate_frac
    return 1.0 / (1.0 + rate * np.maximum(years, 0.0))


def parity_forwards(contracts: Contracts, kept: BOOL, discount: F64) -> Forwards:
    """Return forwards F = K + (C - P) / discount, the median over up to three strikes; ``kept``: bool (C,)."""
    call, put = _pairs(contracts, kept)
    mid, expiry = contracts.mid_usd, contracts.expiry[call]
    gap = mid[call] - mid[put]
    order = np.lexsort((contracts.strike_usd[call], np.abs(gap), expiry))
    call, put, gap, expiry = call[order], put[order], gap[order], expiry[order]
    rank = np.arange(len(expiry)) - np.searchsorted(expiry, expiry, side="left")
    nearest = rank < STRIKES
    call, put, gap, expiry, rank = call[nearest], put[nearest], gap[nearest], expiry[nearest], rank[nearest]
    spread = (contracts.ask_usd - contracts.bid_usd)[call] + (contracts.ask_usd - contracts.bid_usd)[put]
    forward = contracts.strike_usd[call] + gap / discount[expiry]
    used = np.bincount(expiry, minlength=len(discount)).astype(np.intp)
    return Forwards(
        _median(forward, expiry, rank, used), _median(0.5 * spread / discount[expiry], expiry, rank, used), used
    )


def _pairs(contracts: Contracts, kept: BOOL) -> tuple[IDX, IDX]:
    """Return the rows of calls and of puts that share symbol, expiry and strike; the first of repeated ones."""
    key = contracts.expiry.astype(np.int64) * 10**10 + np.rint(contracts.strike_usd * 1000).astype(np.int64)
    calls, puts = np.flatnonzero(kept & contracts.is_call), np.flatnonzero(kept & ~contracts.is_call)
    _, of_call, of_put = np.intersect1d(key[calls], key[puts], return_indices=True)
    return calls[of_call], puts[of_put]


def _median(values: F64, expiry: IDX, rank: IDX, used: IDX) -> F64:
    table = np.full((len(used), STRIKES), np.nan)
    table[expiry, rank] = values
    table.sort(axis=1)  # NaN last
    rows, middle = np.arange(len(used)), np.maximum(used - 1, 0)
    return np.asarray(0.5 * (table[rows, middle // 2] + table[rows, (middle + 1) // 2]), np.float64)

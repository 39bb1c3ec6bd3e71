"""The cost of shorting that option prices imply: what the forward lacks against a spot that earns the bill rate."""

import numpy as np

from amc_assets.features.options.term import Surface, at, last_of
from amc_assets.features.snapshot import F64, U8
from amc_assets.reasons import Reason, code

LEAST_DAYS, MOST_DAYS = 14.0, 190.0
MOST_NOISE_FRAC = 0.10
"""A year; the quotes' own spread leaves this much open at most, else the number would say nothing."""


def implied_borrow(surface: Surface, rate_frac: float | None, spot_usd: F64) -> tuple[F64, U8]:
    """Return b + q = r - ln(F/S)/T per symbol (S,), fraction a year, from the expiry whose quotes pin it best, and why.

    Expiries of 14 to 190 days count; F is the median over three strikes. q, the dividend yield, is not known from a
    free source and stays inside: a few per cent a year say nothing, twenty do. spot_usd (S,): price of the underlying
    with the quotes. Reasons U8 (S,): NO_RATE without a rate, INPUT_MISSING without a spot, WIDE_MARKET where no
    expiry's spreads leave less than MOST_NOISE_FRAC open.
    """
    contracts, forwards = surface.contracts, surface.forwards
    if rate_frac is None:
        count = len(contracts.symbols)
        return np.full(count, np.nan), np.full(count, code(Reason.NO_RATE), np.uint8)
    days, years = contracts.expiry_days, contracts.expiry_years
    spot = spot_usd[contracts.expiry_symbol]
    timely = (days >= LEAST_DAYS) & (days <= MOST_DAYS)
    years = np.where(timely, years, np.nan)
    noise = forwards.half_spread_usd / spot / years
    borrow = -np.log(surface.discount) / years - np.log(forwards.forward_usd / spot) / years
    pinned = np.isfinite(borrow) & (noise <= MOST_NOISE_FRAC)
    value = at(borrow, last_of(contracts.expiry_symbol, -noise, pinned, len(contracts.symbols)))
    missing = np.where(np.isfinite(spot_usd), code(Reason.WIDE_MARKET), code(Reason.INPUT_MISSING))
    return value, np.where(np.isfinite(value), code(Reason.PRESENT), missing).astype(np.uint8)

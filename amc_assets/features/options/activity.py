"""The lake's ``option_activity``: what a chain says of the day's trading, sums per underlying over all its contracts.

The chain of day t carries the open interest of the evening before (the OCC publishes overnight), so volume of t stands
against open interest of t-1 without any shift. Gamma comes from our own volatilities and forwards.
"""

import numpy as np
import pyarrow as pa

from amc_assets.features.arithmetic import ratio
from amc_assets.features.options.black import black_gamma_shares
from amc_assets.features.options.contracts import STANDARD_SHARES, Contracts
from amc_assets.features.options.term import Surface, build_surface
from amc_assets.features.snapshot import BOOL, F64
from amc_assets.lake.tables import OPTION_ACTIVITY

OWN_COLUMNS = OPTION_ACTIVITY.own_names
NEAR_DAYS, NEAR_FRAC = 10.0, 0.10
"""Calls that turn into buying of stock soonest: up to ten days left, strike up to 10 % above the price."""
PER_MOVE_FRAC = 0.01
LEAST_GAMMA_COVERAGE = 0.5
"""Share of open calls whose gamma is known, below which their sum is missing rather than too small."""


def activity_rows(chains: pa.Table, rate_frac: float | None = None) -> pa.Table:
    """Return the day's rows of OPTION_ACTIVITY without trade_date and provenance, symbols ascending.

    chains: rows of OPTION_CHAINS of one trade_date, any symbols. Sums are over contracts whose number was sent and null
    where none was. Raises FeatureInputError for chains of several days.
    """
    surface = build_surface(chains, rate_frac)
    contracts = surface.contracts
    alive = contracts.is_standard & (contracts.expiry_days[contracts.expiry] >= 0)
    calls, puts = alive & contracts.is_call, alive & ~contracts.is_call
    volume, interest = contracts.volume_contracts, contracts.open_interest_contracts
    spot = _spot(surface)
    columns: dict[str, F64] = {
        "call_volume_contracts": contracts.per_symbol(volume, calls),
        "put_volume_contracts": contracts.per_symbol(volume, puts),
        "call_open_interest_contracts": contracts.per_symbol(interest, calls),
        "put_open_interest_contracts": contracts.per_symbol(interest, puts),
        "option_notional_usd": contracts.per_symbol(volume * _premium(contracts) * STANDARD_SHARES, alive),
        "opening_volume_frac": _opening(contracts, alive),
        "call_hedge_shares": _hedge(surface, calls, spot),
        "near_call_open_interest_frac": _near(contracts, calls, spot),
    }
    schema = pa.schema([OPTION_ACTIVITY.arrow.field(name) for name in OWN_COLUMNS])
    arrays = {name: pa.array(values, pa.float64(), from_pandas=True) for name, values in columns.items()}
    arrays["symbol"] = pa.array(contracts.symbols.tolist(), pa.string())
    every = np.bincount(contracts.symbol, minlength=len(contracts.symbols))
    arrays["contracts_count"] = pa.array(every.astype(np.float64))
    return pa.table([arrays[name] for name in OWN_COLUMNS], schema=schema)


def _spot(surface: Surface) -> F64:
    """Price of the underlying per symbol; where none was sent, the forward of the nearest expiry stands for it."""
    contracts, forward = surface.contracts, surface.forwards.forward_usd
    nearest: F64 = np.full(len(contracts.symbols), np.nan)
    for number in np.flatnonzero(np.isfinite(forward))[::-1].tolist():  # expiries ascend: the first one stays
        nearest[contracts.expiry_symbol[number]] = forward[number]
    sent = contracts.spot_usd()
    return np.where(np.isfinite(sent), sent, nearest)


def _premium(contracts: Contracts) -> F64:
    """What a contract traded at, USD per share: the middle of its quote, else its last trade."""
    mid = contracts.mid_usd
    return np.where(np.isfinite(mid), mid, contracts.last_usd)


def _opening(contracts: Contracts, alive: BOOL) -> F64:
    """Volume above the open interest of the evening before, over all volume: opened today at the least."""
    volume, interest = contracts.volume_contracts, contracts.open_interest_contracts
    both = alive & np.isfinite(volume) & np.isfinite(interest)
    return ratio(contracts.per_symbol(np.maximum(volume - interest, 0.0), both), contracts.per_symbol(volume, both))


def _hedge(surface: Surface, calls: BOOL, spot_usd: F64) -> F64:
    """Shares that hedgers of all open calls trade per +1 % of the stock, unsigned: who is long is not known."""
    contracts, expiry = surface.contracts, surface.contracts.expiry
    forward, iv = surface.forwards.forward_usd[expiry], smile(surface)
    with np.errstate(divide="ignore", invalid="ignore"):  # the day of expiry has no gamma left to compute
        per_option = black_gamma_shares(forward, contracts.strike_usd, contracts.expiry_years[expiry], iv)
    carry = forward / spot_usd[contracts.symbol] * surface.discount[expiry]
    interest = contracts.open_interest_contracts
    shares = per_option * carry * interest * STANDARD_SHARES * PER_MOVE_FRAC
    known, every = contracts.per_symbol(interest, calls & np.isfinite(shares)), contracts.per_symbol(interest, calls)
    covered = np.nan_to_num(known) >= LEAST_GAMMA_COVERAGE * every
    return np.where(covered, contracts.per_symbol(shares, calls), np.nan)


def smile(surface: Surface) -> F64:
    """Return a volatility for every contract (C,): along its expiry's own ones, linear in ln(K/F), flat outside.

    In-the-money contracts take that of the other side at their strike: parity gives both the same one.
    """
    contracts = surface.contracts
    expiry = contracts.expiry
    moneyness = np.log(contracts.strike_usd / surface.forwards.forward_usd[expiry])
    known = np.flatnonzero(np.isfinite(surface.iv_frac))
    result: F64 = np.full(len(expiry), np.nan)
    if not known.size:
        return result
    known = known[np.lexsort((moneyness[known], expiry[known]))]
    first = np.searchsorted(expiry[known], expiry, side="left")
    last = np.searchsorted(expiry[known], expiry, side="right") - 1
    has = np.flatnonzero((last >= first) & np.isfinite(moneyness))
    low, high = moneyness[known[first[has]]], moneyness[known[last[has]]]
    offset = 2.0 * (np.ptp(moneyness[known]) + 1.0)  # keeps the expiries apart on one axis
    axis = expiry[known] * offset + moneyness[known]
    result[has] = np.interp(expiry[has] * offset + np.clip(moneyness[has], low, high), axis, surface.iv_frac[known])
    return result


def _near(contracts: Contracts, calls: BOOL, spot_usd: F64) -> F64:
    """Open calls with up to ten days left and a strike from the price to 10 % above it, over all open calls."""
    spot = spot_usd[contracts.symbol]
    highest = spot * (1.0 + NEAR_FRAC) * (1.0 + 1e-9)  # 11 is within 10 % of 10, whatever the last binary digit says
    near = (contracts.strike_usd >= spot) & (contracts.strike_usd <= highest)
    near &= contracts.expiry_days[contracts.expiry] <= NEAR_DAYS
    interest = np.where(near, contracts.open_interest_contracts, 0.0)
    interest = np.where(np.isfinite(contracts.open_interest_contracts), interest, np.nan)
    share = ratio(contracts.per_symbol(interest, calls), contracts.per_symbol(contracts.open_interest_contracts, calls))
    return np.where(np.isfinite(spot_usd), share, np.nan)

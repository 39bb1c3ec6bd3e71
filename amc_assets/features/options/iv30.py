"""The lake's ``iv_30d``: one row per symbol of the day's chains, with a volatility or the reason why there is none."""

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.options.borrow import implied_borrow
from amc_assets.features.options.hygiene import LEAST_DAYS, Dropped, counts_by_reason
from amc_assets.features.options.term import Constant, Surface, at, at_30_days, build_surface
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.lake.tables import IV_30D
from amc_assets.reasons import CODES, Reason

OWN_COLUMNS = IV_30D.own_names
FLAT_CONFIDENCE = 0.6
"""One side of 30 days only: the term structure between is a guess at its being flat."""
ARBITRAGE_CONFIDENCE = 0.8
NO_RATE_CONFIDENCE = 0.95
_UNUSABLE = (Dropped.EXPIRED, Dropped.ADJUSTED)


def iv_30d_rows(
    chains: pa.Table, rate_frac: float | None, underlying_usd: Mapping[str, float] | None = None
) -> pa.Table:
    """Return the day's rows of IV_30D without trade_date and provenance, symbols ascending.

    chains: rows of OPTION_CHAINS of one trade_date, any symbols. rate_frac: bill yield, fraction a year, simple;
    None: prices are not discounted, the borrow is missing. underlying_usd: closing price by symbol for sources whose
    chains carry none. Raises FeatureInputError for chains of several days.
    """
    surface = build_surface(chains, rate_frac)
    constant, symbols = at_30_days(surface), surface.contracts.symbols
    sent, given = surface.contracts.spot_usd(), underlying_usd or {}
    spot = np.where(np.isfinite(sent), sent, [given.get(symbol, np.nan) for symbol in symbols.tolist()])
    reasons = _reasons(surface, constant.iv_frac)
    borrow, borrow_reasons = implied_borrow(surface, rate_frac, spot)
    columns = {
        "symbol": symbols.tolist(),
        "iv_30d_frac": _nullable(constant.iv_frac),
        "reason": [str(reason) for reason in reasons],
        "method": _methods(constant),
        "iv_confidence": _nullable(_confidence(surface, constant, knows_rate=rate_frac is not None)),
        "is_calendar_arbitrage": constant.is_calendar_arbitrage.tolist(),
        "implied_borrow_frac": _nullable(borrow),
        "borrow_reason": [str(CODES[reason]) for reason in borrow_reasons.tolist()],
        "quotes_used_count": _used(surface).tolist(),
        "quotes_dropped": _dropped(surface),
        "term": _terms(surface),
    }
    schema = pa.schema([IV_30D.arrow.field(name) for name in OWN_COLUMNS])
    return pa.table([pa.array(columns[name], schema.field(name).type) for name in OWN_COLUMNS], schema=schema)


def _reasons(surface: Surface, iv_frac: F64) -> list[Reason]:
    """Why a symbol has no volatility, the first that applies: no contracts, no quotes, no root, no near expiry."""
    contracts, count = surface.contracts, len(iv_frac)

    def has(rows: BOOL) -> BOOL:
        return np.bincount(contracts.symbol[rows], minlength=count) > 0

    kept = np.isfinite(surface.at_money_frac) & (contracts.expiry_days >= LEAST_DAYS)
    has_expiry = np.bincount(contracts.expiry_symbol[kept], minlength=count) > 0
    solved, rootless = np.isfinite(surface.iv_frac), surface.dropped == Dropped.NO_ROOT
    tests = (
        (np.isfinite(iv_frac), Reason.PRESENT),
        (~has(~np.isin(surface.dropped, _UNUSABLE)), Reason.NO_CHAIN),
        (has_expiry, Reason.NO_EXTRAPOLATION),
        (has(rootless) & ~has(solved), Reason.NO_ROOT),
    )
    return [next((why for test, why in tests if test[row]), Reason.WIDE_MARKET) for row in range(count)]


def _methods(constant: Constant) -> list[str]:
    method = np.where(constant.far < 0, "flat_near", np.where(constant.near < 0, "flat_far", "interpolated"))
    named: list[str] = np.where(np.isfinite(constant.iv_frac), method, "none").tolist()
    return named


def _confidence(surface: Surface, constant: Constant, *, knows_rate: bool) -> F64:
    """Full for tight quotes on both sides of 30 days; halved as the spread around the money nears all of the mid."""
    near, far = at(surface.spread_frac, constant.near), at(surface.spread_frac, constant.far)
    spread = np.fmax(near, far)
    confidence = 1.0 - 0.5 * np.minimum(spread, 1.0)
    one_sided = (constant.near < 0) | (constant.far < 0)
    confidence = confidence * np.where(one_sided, FLAT_CONFIDENCE, 1.0)
    confidence = confidence * np.where(constant.is_calendar_arbitrage, ARBITRAGE_CONFIDENCE, 1.0)
    return np.where(np.isfinite(constant.iv_frac), confidence * (1.0 if knows_rate else NO_RATE_CONFIDENCE), np.nan)


def _used(surface: Surface) -> NDArray[np.float64]:
    used = surface.dropped == Dropped.KEPT
    count = len(surface.contracts.symbols)
    return np.bincount(surface.contracts.symbol[used], minlength=count).astype(np.float64)


def _dropped(surface: Surface) -> list[str]:
    """Counts by reason per symbol; every contract is either used or in exactly one of them."""
    symbol, kinds = surface.contracts.symbol, len(Dropped)
    count = len(surface.contracts.symbols)
    table = np.bincount(symbol * kinds + surface.dropped, minlength=count * kinds).reshape(count, kinds)
    every: U8 = np.arange(kinds, dtype=np.uint8)
    return [json.dumps(counts_by_reason(np.repeat(every, row))) for row in table]


def _terms(surface: Surface) -> list[str]:
    """[[days, volatility], ...] per symbol, days ascending, expiries with a volatility only."""
    contracts = surface.contracts
    terms: list[list[list[float]]] = [[] for _ in contracts.symbols]
    for symbol, days, iv in zip(
        contracts.expiry_symbol.tolist(), contracts.expiry_days.tolist(), surface.at_money_frac.tolist(), strict=True
    ):
        if np.isfinite(iv):
            terms[symbol].append([days, round(iv, 6)])
    return [json.dumps(term) for term in terms]


def _nullable(values: F64) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]

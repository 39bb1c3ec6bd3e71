"""What the option trading of a session says about each symbol: arithmetic on arrays (S, N), oldest session first.

Volumes of day t stand against open interest of the evening before, as the chain of day t carries it. Ratios of unsigned
volume do not know who bought; levels of 1.5 to 3 calls per put are everyday life of small caps, hence the own history.
"""

from dataclasses import dataclass

import numpy as np

from amc_assets.features.arithmetic import ratio
from amc_assets.features.shorts import Computed, computed, quotient, robust_z
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.reasons import Reason, code

LEAST_CONTRACTS = 100.0
"""A day's volume below which a ratio of calls to puts is a handful of orders."""
VOLUME_SESSIONS = 30
LEAST_NOTIONAL_USD = 100_000.0
"""Premium traded below which a day is not unusual, however quiet the days before were."""

ZERO = Reason.ZERO_DENOMINATOR


@dataclass(frozen=True)
class FlowRows:
    """Volumes and open interest in contracts (S, N), the last row is the newest session; the rest of it (N,).

    missing: (N,) reason for symbols without a row in the newest session, 0 for the others.
    """

    call_volume: F64
    put_volume: F64
    call_interest: F64
    put_interest: F64
    notional_usd: F64
    hedge_shares: F64
    near_interest_frac: F64
    missing: U8


def flow_features(rows: FlowRows) -> dict[str, Computed]:
    """Return ratio and log-z of calls over puts, volume over open interest, volume z, near calls, by feature name."""
    total, interest = rows.call_volume + rows.put_volume, rows.call_interest[-1] + rows.put_interest[-1]
    return {
        "call_put_volume_ratio": _call_put(rows, total[-1]),
        "call_put_volume_log_z": _call_put_z(rows, total),
        "volume_open_interest_ratio": _with_reasons(ratio(total[-1], interest), rows, [(interest == 0, ZERO)]),
        "option_volume_z": _volume_z(rows, total),
        "near_call_open_interest_frac": _with_reasons(rows.near_interest_frac, rows, []),
    }


def gamma_features(rows: FlowRows, mean_volume: Computed, float_shares: Computed) -> dict[str, Computed]:
    """Return hedging of open calls per +1 % over mean daily volume, over the float, and the mean of those present."""
    hedge = _with_reasons(rows.hedge_shares, rows, [])
    over_volume, over_float = quotient(hedge, mean_volume), quotient(hedge, float_shares)
    stacked = np.stack([over_volume.values, over_float.values])
    count = np.count_nonzero(np.isfinite(stacked), axis=0)
    mean = np.nansum(stacked, axis=0) / np.where(count > 0, count, np.nan)
    reasons = np.where(count > 0, code(Reason.PRESENT), over_volume.reasons).astype(np.uint8)
    return {
        "call_gamma_adv_frac": over_volume,
        "call_gamma_float_frac": over_float,
        "call_gamma_pressure": Computed(mean, reasons),
    }


def _call_put(rows: FlowRows, total: F64) -> Computed:
    thin = total < LEAST_CONTRACTS
    values = np.where(thin, np.nan, ratio(rows.call_volume[-1], rows.put_volume[-1]))
    return _with_reasons(values, rows, [(thin, Reason.SHORT_HISTORY), (rows.put_volume[-1] == 0, ZERO)])


def _call_put_z(rows: FlowRows, total: F64) -> Computed:
    traded = (total >= LEAST_CONTRACTS) & (rows.call_volume > 0)
    logs = np.log(np.where(traded, ratio(rows.call_volume, rows.put_volume), np.nan))
    z, enough = robust_z(logs)
    absent = [
        (total[-1] < LEAST_CONTRACTS, Reason.SHORT_HISTORY),
        ((rows.put_volume[-1] == 0) | (rows.call_volume[-1] == 0), ZERO),
        (np.isfinite(logs[-1]) & ~enough, Reason.SHORT_HISTORY),
        (np.isfinite(logs[-1]), ZERO),
    ]
    return _with_reasons(z, rows, absent)


def _volume_z(rows: FlowRows, total: F64) -> Computed:
    """Robust z of ln(volume) against the 30 sessions before; not above 0 while hardly any premium changed hands."""
    logs = np.log(np.where(total > 0, total, np.nan))[-1 - VOLUME_SESSIONS :]
    z, enough = robust_z(logs)
    z = np.where(rows.notional_usd >= LEAST_NOTIONAL_USD, z, np.minimum(z, 0.0))
    absent = [
        (total[-1] == 0, ZERO),
        (np.isfinite(logs[-1]) & ~enough, Reason.SHORT_HISTORY),
        (np.isfinite(logs[-1]), ZERO),
    ]
    return _with_reasons(z, rows, absent)


def _with_reasons(values: F64, rows: FlowRows, absent: list[tuple[BOOL, Reason]]) -> Computed:
    """Missing values get the first reason that applies; without a row that of the row, else INPUT_MISSING."""
    part = computed(values, [*absent, (np.isnan(values), Reason.INPUT_MISSING)])
    rowless = rows.missing > 0
    reasons = np.where(rowless, rows.missing, part.reasons).astype(np.uint8)
    return Computed(np.where(rowless, np.nan, part.values), reasons)

"""The lake's ``iv_percentiles``: where today's 30-day volatility stands among the sessions that were really observed.

The window is the last 252 observed sessions before today: gaps (days on which the name was not asked for) are skipped,
never filled, and today itself is excluded. Fewer than 126 give no percentile: half of the range is not a default.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.snapshot import BOOL, F64
from amc_assets.lake.tables import IV_PERCENTILES
from amc_assets.reasons import Reason

WINDOW_SESSIONS = 252
LEAST_SESSIONS = 126
EXPANSION_BELOW_FRAC = 0.30
LOWEST_CONFIDENCE = 0.10
PROXY_METHOD = "realised_proxy"
MOST_PROXY_CONFIDENCE = 0.5
_MOST_AUTOCORRELATION = 0.999
OWN_COLUMNS = IV_PERCENTILES.own_names


def iv_percentile_rows(history: pa.Table, today: pa.Table, proxy: pa.Table | None = None) -> pa.Table:
    """Return one row of IV_PERCENTILES per symbol of ``today``, without trade_date and provenance, symbols ascending.

    history, today: rows of IV_30D, with trade_date; rows of history on or after today's date are not read. proxy: rows
    of ``realised_proxy_rows`` up to today, used only where fewer than 126 sessions were observed; like is compared with
    like, the row says ``is_proxy`` and its confidence is at most .5. Raises FeatureInputError when ``today`` holds
    several dates.
    """
    dates = set(today["trade_date"].to_pylist())
    if len(dates) > 1:
        raise FeatureInputError(f"today holds {len(dates)} dates, {min(dates)} to {max(dates)}: pass one session")
    now = _observed(today, proxies=False)
    symbols = np.unique(np.array(today["symbol"].to_pylist(), np.str_))
    day = np.datetime64(min(dates), "D") if dates else np.datetime64("NaT", "D")
    found = _standing(symbols, now, _observed(history, proxies=False), day)
    reasons = _reasons(symbols, today, found)
    is_proxy = np.zeros(len(symbols), np.bool_)
    if proxy is not None:
        other = _standing(symbols, _observed(proxy, proxies=True), _observed(proxy, proxies=True), day)
        is_proxy = (found.count < LEAST_SESSIONS) & np.isfinite(other.percentile)
        found = found.or_where(is_proxy, other)
        reasons = np.where(is_proxy, str(Reason.PRESENT), reasons)
    return _table(symbols, found, reasons, is_proxy)


@dataclass(frozen=True)
class _Rows:
    """Observations of a table: symbol, date and volatility, missing ones left out."""

    symbol: NDArray[np.str_]
    day: NDArray[np.datetime64]
    value: F64


@dataclass(frozen=True)
class _Standing:
    """Per symbol (N,): today's value, percentile, rank, number of earlier sessions, confidence."""

    value: F64
    percentile: F64
    rank: F64
    count: F64
    confidence: F64

    def or_where(self, take: BOOL, other: "_Standing") -> "_Standing":
        """Return this with the rows of ``other`` where ``take``; their confidence is capped."""
        capped = np.minimum(other.confidence, MOST_PROXY_CONFIDENCE)
        pairs = (
            (self.value, other.value), (self.percentile, other.percentile), (self.rank, other.rank),
            (self.count, other.count), (self.confidence, capped),
        )  # fmt: skip
        return _Standing(*(np.where(take, theirs, own) for own, theirs in pairs))


def _observed(table: pa.Table, *, proxies: bool) -> _Rows:
    """The observed rows; of several for one symbol and day the last known one."""
    value = np.asarray(table["iv_30d_frac"].cast(pa.float64()).to_numpy(), np.float64)
    symbol = np.array(table["symbol"].to_pylist(), np.str_)
    day = table["trade_date"].cast(pa.date32()).to_numpy().astype("datetime64[D]")
    is_proxy = np.array([method == PROXY_METHOD for method in table["method"].to_pylist()], np.bool_)
    use = np.flatnonzero(np.isfinite(value) & (is_proxy == proxies))
    known = np.arange(len(value))
    if "known_at" in table.column_names:
        known = table["known_at"].cast(pa.int64()).to_numpy()
    use = use[np.lexsort((known[use], day[use], symbol[use]))]
    if use.size:
        last = np.append((symbol[use][1:] != symbol[use][:-1]) | (day[use][1:] != day[use][:-1]), True)
        use = use[last]
    return _Rows(symbol[use], day[use], value[use])


def _standing(symbols: NDArray[np.str_], now: _Rows, before: _Rows, day: np.datetime64) -> _Standing:
    value: F64 = np.full(len(symbols), np.nan)
    today = np.isin(now.symbol, symbols) & (now.day == day)
    value[np.searchsorted(symbols, now.symbol[today])] = now.value[today]
    past = _window(symbols, before, day)
    count = np.count_nonzero(np.isfinite(past), axis=1).astype(np.float64)
    enough = (count >= LEAST_SESSIONS) & np.isfinite(value)
    own = value[:, None]
    below, equal = np.count_nonzero(past < own, axis=1), np.count_nonzero(past == own, axis=1)
    percentile = np.where(enough, (below + 0.5 * equal) / np.maximum(count, 1), np.nan)
    high, low = np.fmax.reduce(past, axis=1, initial=np.nan), np.fmin.reduce(past, axis=1, initial=np.nan)
    span = np.where(enough & (high > low), high - low, np.nan)
    rank = np.clip((value - low) / span, 0.0, 1.0)
    confidence = np.where(enough, percentile_confidence(count, autocorrelation(past)), np.nan)
    return _Standing(value, percentile, rank, count, confidence)


def _window(symbols: NDArray[np.str_], rows: _Rows, day: np.datetime64) -> F64:
    """The last 252 observed values before ``day`` per symbol, (N, 252), oldest first, NaN in front."""
    use = np.isin(rows.symbol, symbols) & (rows.day < day)
    place, value = np.searchsorted(symbols, rows.symbol[use]), rows.value[use]  # sorted by symbol, then day
    back = np.searchsorted(place, place, side="right") - 1 - np.arange(len(place))  # 0 = newest of its symbol
    recent = back < WINDOW_SESSIONS
    past: F64 = np.full((len(symbols), WINDOW_SESSIONS), np.nan)
    past[place[recent], WINDOW_SESSIONS - 1 - back[recent]] = value[recent]
    return past


def autocorrelation(past: F64) -> F64:
    """Return the lag-one autocorrelation of ln(values) per row (N,), 0 to .999; rows (N, T) hold NaN in front only.

    Values that do not vary carry one observation's worth: .999.
    """
    logs = np.log(past)
    there = np.isfinite(logs)
    count = np.count_nonzero(there, axis=1)
    mean = np.sum(logs, axis=1, where=there) / np.maximum(count, 1)
    centred = np.where(there, logs - mean[:, None], 0.0)
    variance = np.sum(centred**2, axis=1)
    lagged = np.sum(centred[:, 1:] * centred[:, :-1], axis=1)
    varies = variance > 1e-18 * np.maximum(count, 1)
    rho = np.divide(lagged, variance, out=np.full(len(past), _MOST_AUTOCORRELATION), where=varies)
    return np.asarray(np.clip(rho, 0.0, _MOST_AUTOCORRELATION), np.float64)


def percentile_confidence(count: F64, rho: F64) -> F64:
    """Return min(n/252, 1) x (1 - 1/sqrt(n_eff)), at least .10, with n_eff = n (1 - rho)/(1 + rho), at least 1.

    1/sqrt(n_eff) is twice the largest standard error of a percentile, sqrt(p (1 - p)/n_eff) at p = 1/2; n_eff is the
    number of independent observations that an AR(1) series of n is worth.
    """
    effective = np.maximum(count * (1.0 - rho) / (1.0 + rho), 1.0)
    grown = np.minimum(count / WINDOW_SESSIONS, 1.0) * (1.0 - 1.0 / np.sqrt(effective))
    return np.maximum(grown, LOWEST_CONFIDENCE)


def _reasons(symbols: NDArray[np.str_], today: pa.Table, found: _Standing) -> NDArray[np.str_]:
    """Today's own reason where today has no volatility, SHORT_HISTORY where the past is too short."""
    own = dict(zip(today["symbol"].to_pylist(), today["reason"].to_pylist(), strict=True))
    missing = np.array([own[symbol] for symbol in symbols.tolist()], np.str_)
    missing = np.where(missing == str(Reason.PRESENT), str(Reason.INPUT_MISSING), missing)
    short = np.where(np.isfinite(found.value), str(Reason.SHORT_HISTORY), missing)
    return np.where(np.isfinite(found.percentile), str(Reason.PRESENT), short)


def _table(symbols: NDArray[np.str_], found: _Standing, reasons: NDArray[np.str_], is_proxy: BOOL) -> pa.Table:
    schema = pa.schema([IV_PERCENTILES.arrow.field(name) for name in OWN_COLUMNS])
    expands = (found.percentile < EXPANSION_BELOW_FRAC) & ~is_proxy
    columns = {
        "symbol": symbols.tolist(),
        "iv_30d_frac": found.value,
        "iv_percentile_frac": found.percentile,
        "iv_rank_frac": found.rank,
        "observations_count": found.count,
        "percentile_confidence": found.confidence,
        "has_expansion_potential": expands,
        "is_proxy": is_proxy,
        "reason": reasons.tolist(),
    }
    arrays = [pa.array(columns[name], schema.field(name).type, from_pandas=True) for name in OWN_COLUMNS]
    return pa.table(arrays, schema=schema)

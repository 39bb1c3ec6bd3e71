"""Trailing price and volume features of every symbol as of the last session of a panel (detectors.md, Features).

Two ways of counting live side by side, and docs/features.md says which is whose: windows of sessions (a session without
a bar is missing, never zero) and windows of own bars (indicators: TA-Lib knows no missing day). Without a bar of D
nothing but ``has_bar`` and ``bars_observed`` has a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from amc_assets.features.arithmetic import observed_max, observed_mean, ratio
from amc_assets.features.indicators import Smoothed, bollinger_width, smoothed_last
from amc_assets.features.own_bars import IDX, OwnBars
from amc_assets.features.panel import HISTORY_SESSIONS, PricePanel
from amc_assets.features.predecessor import OwnTail, predecessor_features
from amc_assets.features.registry import SPECS
from amc_assets.features.relative_volume import OrdinaryVolume
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.reasons import Reason, code

SESSION_TAIL = 36
"""Sessions that the session windows look at: 5 + 30 for volume_trend, one to spare."""
OWN_TAIL = 31
"""Own bars that the longest own-bar window looks at: D and the 30 before (volume_spike_max)."""
ALWAYS_PRESENT = ("has_bar", "bars_observed")
NEEDS_WHOLE_DAY = ("relvol_30", "volume_trend", "volume_spike_max")
"""Features that compare the volume of D with whole days: missing while D is still trading."""
NEEDS_RANGE = ("atr14_frac", "atr14_sma_frac", "vwap_ratio", "vwap_20d_usd", "vwap_reclaim_20d")
"""Features of the day's range: missing as INPUT_MISSING where D has a close and neither high nor low."""

Pair = tuple[F64, BOOL]


@dataclass(frozen=True)
class PriceFeatures:
    """Values by name, F64 (N,), NaN exactly where missing; reasons by name, U8 (N,); where vwap_ratio is derived."""

    values: Mapping[str, F64]
    reasons: Mapping[str, U8]
    vwap_is_typical: BOOL


def price_features(
    panel: PricePanel, *, is_partial: BOOL | None = None, mean_cumulative_volume_shares: F64 | None = None
) -> PriceFeatures:
    """Compute every price feature for all symbols of ``panel`` over its last 300 sessions.

    is_partial: bool (N,), where the bar of D is still being traded: there the features of NEEDS_WHOLE_DAY are missing.
    mean_cumulative_volume_shares: F64 (N,), each symbol's own mean volume by this minute: gives relvol_30 there.
    """
    panel = panel.window(HISTORY_SESSIONS)
    own = OwnBars.of(panel.close_usd, panel.high_usd, panel.low_usd)
    trailing = Trailing(
        session_tail=panel.window(SESSION_TAIL),
        ordinary_volume=OrdinaryVolume.before(panel.volume_shares[:-1]),
        own_tail=own_tail_of(own, panel),
        smoothed=smoothed_last(own),
        up_days=up_days(panel.close_usd),
        bars_observed=own.counts,
    )
    return assemble(trailing, is_partial, mean_cumulative_volume_shares)


@dataclass(frozen=True)
class Trailing:
    """What the features of D are assembled from; the rebuild and the incremental step both end here."""

    session_tail: PricePanel
    ordinary_volume: OrdinaryVolume
    own_tail: OwnTail
    smoothed: Smoothed
    up_days: F64
    bars_observed: IDX


def own_tail_of(own: OwnBars, panel: PricePanel) -> OwnTail:
    """Return the last own bars of every symbol, newest last, (31, N) each."""
    return OwnTail(*(own.tail(v, OWN_TAIL) for v in (own.close_usd, own.high_usd, own.low_usd, panel.volume_shares)))


def up_days(close_usd: F64) -> F64:
    """Count consecutive sessions with close > the previous session's close, the last row included, F64 (N,).

    NaN where the last or the one before has no bar; a session without a bar ends the run.
    """
    count = np.zeros(close_usd.shape[1])
    if len(close_usd) < 2:
        return np.full(close_usd.shape[1], np.nan)
    rising = np.ones(close_usd.shape[1], np.bool_)
    for row in range(len(close_usd) - 1, 0, -1):
        rising &= close_usd[row] > close_usd[row - 1]
        if not rising.any():
            break
        count += rising
    return np.where(np.isfinite(close_usd[-1]) & np.isfinite(close_usd[-2]), count, np.nan)


def assemble(
    trailing: Trailing, is_partial: BOOL | None = None, mean_cumulative_volume_shares: F64 | None = None
) -> PriceFeatures:
    """Turn the trailing windows into features with reasons; arguments as in ``price_features``."""
    day = trailing.session_tail
    has_bar = day.has_bar
    typical = has_bar & ~np.isfinite(day.vwap_usd[-1])
    pairs = {
        **_day_features(day, typical),
        **_session_windows(day, trailing.ordinary_volume),
        **_own_bar_features(trailing),
    }
    pairs["up_days"] = (trailing.up_days, np.isfinite(trailing.up_days))
    everywhere = np.ones(has_bar.shape, np.bool_)
    pairs["has_bar"] = (has_bar.astype(np.float64), everywhere)
    pairs["bars_observed"] = (trailing.bars_observed.astype(np.float64), everywhere)
    if is_partial is not None:
        _hide_partial(pairs, is_partial, day.volume_shares[-1], mean_cumulative_volume_shares)
    values, reasons = {}, {}
    no_range = has_bar & ~np.isfinite(day.high_usd[-1] - day.low_usd[-1])
    for name, (value, enough) in pairs.items():
        visible = np.isfinite(value) & (has_bar if name not in ALWAYS_PRESENT else everywhere)
        lacking = np.where(enough, code(Reason.ZERO_DENOMINATOR), code(Reason.SHORT_HISTORY))
        if name in NEEDS_RANGE and no_range.any():
            hidden = no_range & (~visible if name == "vwap_ratio" else True)  # a vwap that was sent needs no range
            visible &= ~hidden
            lacking = np.where(hidden, code(Reason.INPUT_MISSING), lacking)
        values[name] = np.where(visible, value, np.nan)
        reasons[name] = np.where(visible, 0, np.where(has_bar, lacking, code(Reason.NO_BAR))).astype(np.uint8)
    return PriceFeatures(values, reasons, typical)


def _hide_partial(pairs: dict[str, Pair], is_partial: BOOL, volume: F64, curve: F64 | None) -> None:
    for name in NEEDS_WHOLE_DAY:
        value, enough = pairs[name]
        pairs[name] = (np.where(is_partial, np.nan, value), enough & ~is_partial)
    if curve is not None:
        value, enough = pairs["relvol_30"]
        known = is_partial & np.isfinite(curve)
        pairs["relvol_30"] = (np.where(known, ratio(volume, curve), value), enough | known)


def _day_features(day: PricePanel, typical: BOOL) -> dict[str, Pair]:
    close, volume = day.close_usd[-1], day.volume_shares[-1]
    has_bar = day.has_bar
    typical_price = (day.high_usd[-1] + day.low_usd[-1] + close) / 3.0
    vwap = np.where(typical, typical_price, day.vwap_usd[-1])
    return {
        "close_usd": (close, has_bar),
        "dollar_volume_usd": (close * volume, has_bar),
        "vwap_ratio": (ratio(close, vwap), has_bar),
    }


def _session_windows(day: PricePanel, ordinary: OrdinaryVolume) -> dict[str, Pair]:
    close, volume = day.close_usd, day.volume_shares
    mean_30, enough_30 = observed_mean(volume[-31:-1], SPECS["mean_volume_30_shares"].minimum_observations)
    last_5, enough_5 = observed_mean(volume[-5:], 3)
    before_5, enough_before = observed_mean(volume[-35:-5], SPECS["volume_trend"].minimum_observations)
    highest, enough_high = observed_max(day.high_usd[-21:-1], SPECS["breakout_frac"].minimum_observations)
    return {
        "mean_volume_30_shares": (mean_30, enough_30),
        "relvol_30": (ratio(volume[-1], ordinary.shares), ordinary.enough),
        "volume_trend": (ratio(last_5, before_5), enough_5 & enough_before),
        "breakout_frac": (ratio(close[-1], highest) - 1.0, enough_high),
        "change_1d_frac": _change(close, 1),
        "change_5d_frac": _change(close, 5),
    }


def _change(close: F64, sessions: int) -> Pair:
    if len(close) <= sessions:
        missing = np.full(close.shape[1], np.nan)
        return missing, np.zeros(close.shape[1], np.bool_)
    before = close[-1 - sessions]
    return ratio(close[-1], before) - 1.0, np.isfinite(before)


def _own_bar_features(trailing: Trailing) -> dict[str, Pair]:
    smoothed, tail, bars = trailing.smoothed, trailing.own_tail, trailing.bars_observed
    close = trailing.session_tail.close_usd[-1]
    values = {
        "ema9_usd": smoothed.ema9_usd,
        "ema20_usd": smoothed.ema20_usd,
        "ema9_over_ema20_frac": ratio(smoothed.ema9_usd, smoothed.ema20_usd) - 1.0,
        "rsi14": smoothed.rsi14,
        "atr14_frac": ratio(smoothed.atr14_usd, close),
        "bb_width_frac": bollinger_width(tail.close_usd[-20:]),
        **predecessor_features(tail, smoothed.ema9_first_price_usd, smoothed.ema20_first_price_usd),
    }
    pairs = {}
    for name, value in values.items():
        enough = bars >= SPECS[name].minimum_observations
        pairs[name] = (np.where(enough, value, np.nan), enough)
    return pairs

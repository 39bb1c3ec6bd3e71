"""Snapshots for tests and benchmarks: rows written by hand, or a random universe with every feature and its gaps."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np

from amc_assets.features.snapshot import F64, Feature, Provenance, Snapshot, missing_feature
from amc_assets.reasons import Reason, code

AS_OF = datetime(2021, 1, 26, 23, 45, tzinfo=UTC)
KNOWN_AT = np.datetime64("2021-01-26T21:15:00", "us")

SOURCES = {
    "polygon.bars": (
        "close_usd relvol_30 volume_trend vwap_ratio up_days change_1d_frac change_5d_frac atr14_frac rsi14 ema9_usd "
        "ema20_usd ema9_over_ema20_frac breakout_frac dollar_volume_usd mean_volume_30_shares bars_observed "
        "bb_width_frac volume_spike_max rsi14_cutler atr14_sma_frac ema9_first_price_usd ema20_first_price_usd "
        "vwap_20d_usd vwap_reclaim_20d has_bar market_data_age_minutes"
    ),
    "finra.short_interest": (
        "short_interest_shares short_interest_float_frac days_to_cover days_to_cover_reported "
        "short_interest_change_frac"
    ),
    "finra.short_volume": "short_volume_ratio short_volume_ratio_z",
    "sec.float": "float_shares outstanding_shares float_outstanding_frac",
    "derived.borrow": "borrow_stress",
    "alpha_vantage.options": "iv_percentile_frac call_put_volume_ratio call_gamma_pressure",
    "lending": "borrow_fee_frac utilization_frac",
    "news": "has_news_catalyst social_rank_frac",
    "symbols": "is_common_or_adr",
    "derived.short_book": "short_loss_float_frac",
    "alpha_vantage.flow": (
        "near_call_open_interest_frac call_put_volume_log_z volume_open_interest_ratio option_volume_z"
    ),
    "news.headlines": "news_direction news_attention_z news_sources_count",
    "sec.filings": "event_proximity dilution_proximity",
    "nasdaq.trade_halts": "is_halted",
}
FEATURES = {name: source for source, names in SOURCES.items() for name in names.split()}
PROVIDERS = {source: tuple(names.split()) for source, names in SOURCES.items()}
CONFIDENCE = {
    "polygon.bars": 0.98, "finra.short_interest": 0.95, "finra.short_volume": 0.90, "sec.float": 0.95,
    "derived.borrow": 0.60, "alpha_vantage.options": 0.75, "lending": 0.60, "news": 0.60, "symbols": 0.98,
    "derived.short_book": 0.60, "alpha_vantage.flow": 0.75, "news.headlines": 0.60, "sec.filings": 0.65,
    "nasdaq.trade_halts": 0.95,
}  # fmt: skip
# Ranges (low, high, logarithmic) wide enough that every knot and every limit has values on both sides.
RANGES = {
    "close_usd": (0.2, 1200, True), "relvol_30": (0.3, 30, True), "volume_trend": (0.8, 1.8, False),
    "vwap_ratio": (0.96, 1.03, False), "up_days": (0, 8, False), "change_1d_frac": (-0.3, 0.4, False),
    "change_5d_frac": (-0.3, 2.4, False), "atr14_frac": (0, 0.1, False), "rsi14": (20, 98, False),
    "ema9_usd": (1, 20, True), "ema20_usd": (1, 20, True), "ema9_over_ema20_frac": (-0.03, 0.06, False),
    "breakout_frac": (-0.06, 0.04, False), "dollar_volume_usd": (1e5, 1e7, True),
    "mean_volume_30_shares": (1e5, 1e7, True), "bars_observed": (20, 300, True), "bb_width_frac": (0, 0.3, False),
    "volume_spike_max": (0.3, 80, True), "rsi14_cutler": (50, 80, False), "atr14_sma_frac": (0, 0.35, False),
    "ema9_first_price_usd": (1, 2, False), "ema20_first_price_usd": (1, 2, False), "vwap_20d_usd": (1, 20, True),
    "market_data_age_minutes": (0, 800, False), "short_interest_shares": (1e5, 1e8, True),
    "short_interest_float_frac": (0, 0.5, False), "days_to_cover": (0, 12, False),
    "days_to_cover_reported": (0, 12, False), "short_interest_change_frac": (-0.3, 0.3, False),
    "short_volume_ratio": (0, 1, False), "short_volume_ratio_z": (-3, 4, False), "float_shares": (5e6, 2e9, True),
    "outstanding_shares": (5e6, 2e9, True), "float_outstanding_frac": (0.4, 0.7, False),
    "borrow_stress": (0, 100, False), "iv_percentile_frac": (0, 1, False), "call_put_volume_ratio": (0.5, 6, False),
    "call_gamma_pressure": (0, 1, False), "borrow_fee_frac": (0, 0.6, False), "utilization_frac": (0.6, 1, False),
    "social_rank_frac": (0, 1, False), "short_loss_float_frac": (-0.1, 1, False),
    "near_call_open_interest_frac": (0, 0.3, False), "call_put_volume_log_z": (-2, 4, False),
    "volume_open_interest_ratio": (0, 1.2, False), "option_volume_z": (-2, 4, False),
    "news_direction": (-0.8, 1, False), "news_attention_z": (-1, 6, False), "news_sources_count": (0, 6, False),
    "event_proximity": (0, 1, False), "dilution_proximity": (0, 1, False),
}  # fmt: skip
COUNTS = {"up_days", "bars_observed", "news_sources_count"}
FLAGS = {
    "vwap_reclaim_20d": 0.7, "has_bar": 0.98, "has_news_catalyst": 0.5, "is_common_or_adr": 0.9, "is_halted": 0.05,
}  # fmt: skip


def feature_of(name: str, values: F64, *, confidence: float | None = None, freshness: F64 | None = None) -> Feature:
    """Return values F64 (N,), NaN = missing, as a feature of its usual source."""
    there = np.isfinite(values)
    source = FEATURES.get(name, "none")
    sure = CONFIDENCE.get(source, 1.0) if confidence is None else confidence
    return Feature(
        name=name,
        unit="",
        source=source,
        values=np.asarray(values, np.float64),
        known_at=np.where(there, KNOWN_AT, np.datetime64("NaT", "us")),
        provenance=np.where(there, Provenance.OBSERVED, Provenance.MISSING).astype(np.uint8),
        reasons=np.where(there, 0, code(Reason.NOT_PUBLISHED)).astype(np.uint8),
        source_confidence=np.where(there, sure, 0.0),
        freshness=np.where(there, 1.0 if freshness is None else freshness, 0.0),
    )


def snapshot_of(symbols: list[str], features: Mapping[str, Feature], session: str = "regular") -> Snapshot:
    """Return a snapshot of the given features."""
    return Snapshot(
        trade_date=date(2021, 1, 26),
        session=session,
        as_of=AS_OF,
        is_simulated=False,
        symbols=np.array(symbols),
        features=dict(features),
        inputs=(),
        universe_count=len(symbols),
    )


def rows(table: Mapping[str, Mapping[str, float]], *, confidence: float | None = None) -> Snapshot:
    """Return a snapshot from {symbol: {feature: value}}; what a symbol does not list is missing for it."""
    symbols = sorted(table)
    names = sorted({name for row in table.values() for name in row})
    return snapshot_of(
        symbols,
        {
            name: feature_of(name, np.array([table[s].get(name, np.nan) for s in symbols]), confidence=confidence)
            for name in names
        },
    )


def universe(count: int, seed: int, *, missing_frac: float = 0.1, without: tuple[str, ...] = ()) -> Snapshot:
    """Return ``count`` random names with every feature, each missing at random; ``without`` leaves features out."""
    rng = np.random.default_rng(seed)
    symbols = [f"S{i:05d}" for i in range(count)]
    features = {}
    for name, source in FEATURES.items():
        if name in FLAGS:
            values = (rng.random(count) < FLAGS[name]).astype(np.float64)
        else:
            low, high, logarithmic = RANGES[name]
            if logarithmic:
                values = 10 ** rng.uniform(np.log10(low), np.log10(high), count)
            else:
                values = rng.uniform(low, high, count)
        values = np.floor(values) if name in COUNTS else values
        values = np.where(rng.random(count) < missing_frac, np.nan, values)
        features[name] = feature_of(name, values, freshness=rng.uniform(0.2, 1.0, count))
        if name in without:
            features[name] = missing_feature(name, "", source, count, Reason.PLAN_LACKS_SOURCE)
    return snapshot_of(symbols, features)

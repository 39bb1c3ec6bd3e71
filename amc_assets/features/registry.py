"""Every feature by name: unit, how many observations it needs, its convention in words, where it comes from.

One list for the code (units, minimum observations), the detectors and docs/features.md, which is generated from it.
"""

from types import MappingProxyType

from amc_assets.features.evidence_specs import BORROW_SPECS, NEWS_SPECS, OPTION_SPECS
from amc_assets.features.spec import BARS, NO_SOURCE, SHARE_COUNTS, SHORT_INTEREST, SHORT_VOLUME, UNIVERSE, FeatureSpec


def _bars(name: str, unit: str, minimum: int, convention: str) -> FeatureSpec:
    return FeatureSpec(name, unit, minimum, convention, (BARS,))


PRICE_SPECS = (
    _bars("close_usd", "USD", 1, "Last price of D."),
    _bars("has_bar", "flag", 0, "1 when D has a bar, else 0."),
    _bars("bars_observed", "bars", 0, "Own bars among the last 300 sessions; a session without a bar is not filled."),
    _bars("mean_volume_30_shares", "shares", 20, "Mean volume of the 30 sessions before D that have a bar; 20 needed."),
    _bars("dollar_volume_usd", "USD", 1, "Close times volume of D."),
    _bars(
        "relvol_30", "ratio", 20,
        "Volume of D / median volume of the 30 sessions before D that have a bar, 20 needed (a mean would hold the "
        "squeeze itself); inside a session: volume so far / the symbol's own mean volume by that minute of day, "
        "missing where no such curve is given.",
    ),
    _bars(
        "volume_trend", "ratio", 20,
        "Mean volume of the last 5 sessions incl. D (3 needed) / mean of the 30 before those (20 needed).",
    ),
    _bars(
        "vwap_ratio", "ratio", 1,
        "Close / the session's VWAP as sent; without one the typical price (H+L+C)/3 takes its place (derived).",
    ),
    _bars(
        "up_days", "sessions", 2,
        "Consecutive sessions with close > previous session's close, D included; a session without a bar ends the run, "
        "and directly before D makes the count missing.",
    ),
    _bars("change_1d_frac", "fraction", 2, "Close of D / close one session before - 1; both sessions need a bar."),
    _bars("change_5d_frac", "fraction", 2, "Close of D / close five sessions before - 1; both sessions need a bar."),
    _bars(
        "atr14_frac", "fraction", 15,
        "TA-Lib ATR(14) / close: Wilder, first true range at bar 1, seed the mean of 14; own bars of 300 "
        "sessions, those without high and low left out; missing where D is one of them.",
    ),
    _bars(
        "rsi14", "0-100", 15,
        "TA-Lib RSI(14): Wilder, seed the mean of the first 14 changes; own bars of 300 sessions; missing without any "
        "change (TA-Lib prints 0).",
    ),
    _bars("ema9_usd", "USD", 9, "TA-Lib EMA(9): seed the mean of the first 9, alpha 2/10; own bars of 300 sessions."),
    _bars("ema20_usd", "USD", 20, "TA-Lib EMA(20): seed the mean of the first 20, alpha 2/21; own bars likewise."),
    _bars("ema9_over_ema20_frac", "fraction", 20, "ema9_usd / ema20_usd - 1."),
    _bars(
        "breakout_frac", "fraction", 15,
        "Close / highest high of the 20 sessions before D - 1; 15 of them need a bar.",
    ),
    _bars(
        "bb_width_frac", "fraction", 20,
        "Bollinger bands (20, 2 sigma, population sigma, ddof 0): (upper - lower) / middle; last 20 own bars.",
    ),
    _bars(
        "market_data_age_minutes", "minutes", 0,
        "0 once the whole bar of D is there (nothing newer exists), else minutes since its newest bar was known.",
    ),
)  # fmt: skip

PREDECESSOR_SPECS = (
    _bars(
        "volume_spike_max", "ratio", 31,
        "Predecessor's: the largest of 0.8 V/mean5, 0.9 V/mean10, V/mean30 over own bars before D.",
    ),
    _bars("rsi14_cutler", "0-100", 15, "Predecessor's: simple means of the last 14 gains and losses; own bars."),
    _bars("atr14_sma_frac", "fraction", 15, "Predecessor's: simple mean of the last 14 true ranges / close; own bars."),
    _bars("ema9_first_price_usd", "USD", 9, "Predecessor's: EMA(9) seeded with the first price of the window."),
    _bars("ema20_first_price_usd", "USD", 20, "Predecessor's: EMA(20) seeded with the first price of the window."),
    _bars("vwap_20d_usd", "USD", 20, "Predecessor's: typical price weighted by volume over the last 20 own bars."),
    _bars("vwap_reclaim_20d", "flag", 20, "Predecessor's: 1 when close > vwap_20d_usd, else 0."),
)  # fmt: skip

SHORT_SPECS = (
    FeatureSpec(
        "short_interest_shares", "shares", 1,
        "Newest published shares short, restated from settlement_date to D by splits.", (SHORT_INTEREST,),
    ),
    FeatureSpec(
        "short_interest_float_frac", "fraction", 1,
        "short_interest_shares / float_shares, both on the share basis of D; may exceed 1.",
        (SHORT_INTEREST, SHARE_COUNTS),
    ),
    FeatureSpec(
        "days_to_cover", "days", 20, "short_interest_shares / mean_volume_30_shares, recomputed.",
        (SHORT_INTEREST, BARS),
    ),
    FeatureSpec(
        "days_to_cover_reported", "days", 1,
        "As FINRA sent it; its codes (999.99, and the floor of 1 below a day) are missing as SENTINEL.",
        (SHORT_INTEREST,),
    ),
    FeatureSpec(
        "short_interest_change_frac", "fraction", 2,
        "Shares short / previous cycle - 1 as sent together; missing across a flagged or known split.",
        (SHORT_INTEREST,),
    ),
    FeatureSpec(
        "short_volume_ratio", "fraction", 1,
        "Short / total off-exchange volume of the newest published file; not short interest.", (SHORT_VOLUME,),
    ),
    FeatureSpec(
        "short_volume_ratio_z", "sigmas", 20,
        "(ratio - median) / (1.4826 MAD) over the symbol's own last 60 sessions before that file; 20 needed.",
        (SHORT_VOLUME,),
    ),
    FeatureSpec(
        "float_shares", "shares", 1, "Newest known float, restated from its effective date to D by splits.",
        (SHARE_COUNTS,),
    ),
    FeatureSpec(
        "outstanding_shares", "shares", 1, "Shares outstanding of the same statement, restated likewise.",
        (SHARE_COUNTS,),
    ),
    FeatureSpec(
        "float_outstanding_frac", "fraction", 1, "float_shares / outstanding_shares.", (SHARE_COUNTS,),
    ),
)  # fmt: skip

UNIVERSE_SPECS = (FeatureSpec("is_common_or_adr", "flag", 1, "1 for common stock and ADRs, else 0.", (UNIVERSE,)),)


UNBUILT_SPECS = tuple(
    FeatureSpec(name, unit, 1, "No free source: missing with SOURCE_NOT_BUILT.", (NO_SOURCE,))
    for name, unit in (
        ("borrow_fee_frac", "fraction"),
        ("utilization_frac", "fraction"),
        ("social_rank_frac", "rank 0-1"),
    )
)

SPECS = MappingProxyType(
    {
        s.name: s
        for s in (
            *PRICE_SPECS,
            *PREDECESSOR_SPECS,
            *SHORT_SPECS,
            *UNIVERSE_SPECS,
            *BORROW_SPECS,
            *OPTION_SPECS,
            *NEWS_SPECS,
            *UNBUILT_SPECS,
        )
    }
)
"""All features of a snapshot by name."""


def features_table() -> str:
    """Return the Markdown table of docs/features.md: one row per feature, in declaration order."""
    lines = ["| feature | unit | needs | convention | sources |", "|---|---|---|---|---|"]
    lines += [
        f"| `{s.name}` | {s.unit} | {s.minimum_observations} | {s.convention} | {', '.join(s.sources)} |"
        for s in SPECS.values()
    ]
    return "\n".join(lines)

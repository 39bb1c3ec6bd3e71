"""Every feature by name: unit, how many observations it needs, its convention in words, where it comes from.

One list for the code (units, minimum observations), the detectors and docs/features.md, which is generated from it.
"""

from dataclasses import dataclass
from types import MappingProxyType

BARS = "polygon.daily_bars"
SHORT_INTEREST = "finra.short_interest"
SHORT_VOLUME = "finra.short_volume"
SHARE_COUNTS = "share_counts"
OPTIONS = "options"
UNIVERSE = "universe"
FAILS = "sec.fails_to_deliver"
THRESHOLD_LIST = "threshold_list"
NEWS = "news"
FILINGS = "sec.filings"
HALTS = "nasdaq.trade_halts"
NO_SOURCE = "none"


@dataclass(frozen=True)
class FeatureSpec:
    """Declaration of one feature.

    minimum_observations: own bars, sessions or reports as the convention says; below it the value is SHORT_HISTORY.
    """

    name: str
    unit: str
    minimum_observations: int
    convention: str
    sources: tuple[str, ...]


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
        "Volume of D / mean_volume_30_shares; inside a session: volume so far / the symbol's own mean volume by that "
        "minute of day, missing where no such curve is given.",
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
        "Shares short / previous cycle - 1 as sent together; missing across a flagged split.", (SHORT_INTEREST,),
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

BORROW_SPECS = (
    FeatureSpec(
        "borrow_stress", "0-100", 1,
        "Weighted mean of the parts that are there (docs/borrow.md): implied borrow, short_volume_ratio_z, "
        "days_to_cover, short_interest_float_frac, threshold list, fails; flags alone make none.",
        (SHORT_VOLUME, SHORT_INTEREST, SHARE_COUNTS, FAILS, THRESHOLD_LIST),
    ),
    FeatureSpec(
        "is_on_threshold_list", "flag", 1, "1 when the newest published Reg SHO list names it, else 0.",
        (THRESHOLD_LIST,),
    ),
    FeatureSpec(
        "fails_outstanding_frac", "fraction", 5,
        "Largest balance of fails held five settlement dates in a row among the last ten published / shares "
        "outstanding, or float (derived) where those are unknown.", (FAILS, SHARE_COUNTS),
    ),
    FeatureSpec(
        "short_loss_frac", "fraction", 3,
        "(close - mean entry of the short book) / mean entry; three published reports needed; positive where shorts "
        "lose.", (SHORT_INTEREST, BARS),
    ),
    FeatureSpec(
        "short_loss_float_frac", "fraction", 3, "short_loss_frac x short_interest_float_frac.",
        (SHORT_INTEREST, BARS, SHARE_COUNTS),
    ),
)  # fmt: skip

UNIVERSE_SPECS = (FeatureSpec("is_common_or_adr", "flag", 1, "1 for common stock and ADRs, else 0.", (UNIVERSE,)),)


def _options(name: str, unit: str, minimum: int, convention: str, *others: str) -> FeatureSpec:
    return FeatureSpec(name, unit, minimum, convention, (OPTIONS, *others))


OPTION_SPECS = (
    _options(
        "iv_30d_frac", "fraction", 1,
        "Implied volatility a year at the money of 30 days, from the newest chain's quotes (docs/volatility.md).",
    ),
    _options(
        "iv_percentile_frac", "fraction", 126,
        "(sessions below + half of those equal) / sessions, of the last 252 observed before today's; 126 needed.",
    ),
    _options(
        "iv_rank_frac", "fraction", 126, "(today - lowest) / (highest - lowest) of the same sessions, held to 0..1.",
    ),
    _options("iv_observations_count", "sessions", 0, "Observed sessions behind the percentile, at most 252."),
    _options(
        "call_put_volume_ratio", "ratio", 1,
        "Volume of all calls / of all puts of the newest chain; missing below 100 contracts in all.",
    ),
    _options(
        "call_put_volume_log_z", "sigmas", 20,
        "Robust z of ln(calls / puts) against the symbol's own last 60 sessions with chains; 20 needed.",
    ),
    _options(
        "volume_open_interest_ratio", "ratio", 1,
        "Volume of the chain's day / open interest of the evening before, which is what that chain carries.",
    ),
    _options(
        "option_volume_z", "sigmas", 20,
        "Robust z of ln(contracts) against the own last 30 sessions with chains, 20 needed; not above 0 below "
        "100,000 USD of premium traded.",
    ),
    _options(
        "call_gamma_adv_frac", "fraction", 20,
        "Shares that hedging all open calls takes per +1 % of the stock, unsigned, / mean_volume_30_shares.", BARS,
    ),
    _options("call_gamma_float_frac", "fraction", 1, "The same shares / float_shares.", SHARE_COUNTS),
    _options(
        "call_gamma_pressure", "fraction", 1,
        "Mean of call_gamma_adv_frac and call_gamma_float_frac, of those present; detectors read its rank.",
        BARS, SHARE_COUNTS,
    ),
    _options(
        "near_call_open_interest_frac", "fraction", 1,
        "Open calls of up to 10 days with a strike from the price to 10 % above it / all open calls.",
    ),
    _options(
        "implied_borrow_frac", "fraction", 1,
        "Cost of shorting a year from put-call parity, r - ln(F/S)/T; dividends stay inside.",
    ),
)  # fmt: skip

UNBUILT_SPECS = (*BORROW_SPECS, *(
    FeatureSpec(name, unit, 1, "No source in this version: missing with SOURCE_NOT_BUILT.", (NO_SOURCE,))
    for name, unit in (
        ("iv_percentile_frac", "fraction"),
        ("call_put_volume_ratio", "ratio"),
        ("call_gamma_pressure", "rank 0-1"),
        ("is_halted", "flag"),
        ("borrow_fee_frac", "fraction"),
        ("utilization_frac", "fraction"),
        ("has_news_catalyst", "flag"),
        ("social_rank_frac", "rank 0-1"),
    )
))  # fmt: skip

NEWS_SPECS = (
    FeatureSpec(
        "news_direction", "-1..1", 1,
        "Mean direction of the headlines of the last 72 hours, weighted by credibility, .5^(age / 6 h) and 1.15 for "
        "two independent sources (docs/news.md); missing without a headline.", (NEWS,),
    ),
    FeatureSpec(
        "news_attention_z", "sigmas", 20,
        "Stories since this hour of the session before against the same stretch of the own last 60 sessions: robust z "
        "of 2 sqrt(n + 3/8), spread at least 1; 20 collected sessions needed.", (NEWS,),
    ),
    FeatureSpec(
        "news_sources_count", "count", 0, "Publishers with a headline in that stretch; 0 where feeds name none.",
        (NEWS,),
    ),
    FeatureSpec(
        "event_proximity", "0-1", 0,
        "Strongest 8-K item or halt, faded linearly over 5 sessions; 0 where filings or halts name none.",
        (FILINGS, HALTS),
    ),
    FeatureSpec(
        "dilution_proximity", "0-1", 0,
        "Strongest of S-3, 424B5 and 8-K item 3.02, faded linearly over 10 sessions; the higher, the worse.",
        (FILINGS,),
    ),
    FeatureSpec(
        "has_news_catalyst", "flag", 0,
        "1 with a story of direction >= .2 in that stretch or event_proximity >= .5, else 0.", (NEWS, HALTS),
    ),
    FeatureSpec("is_halted", "flag", 0, "1 while a halt has no resumption by as_of, else 0.", (HALTS,)),
)  # fmt: skip

SPECS = MappingProxyType(
    {
        s.name: s
        for s in (
            *PRICE_SPECS,
            *PREDECESSOR_SPECS,
            *SHORT_SPECS,
            *UNIVERSE_SPECS,
            *UNBUILT_SPECS,
            *OPTION_SPECS,
            *NEWS_SPECS,
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

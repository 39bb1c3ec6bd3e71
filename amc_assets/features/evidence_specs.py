"""Features of options, news, halts and borrowing: events and second-stage sources."""

from amc_assets.features.spec import (
    BARS,
    FAILS,
    FILINGS,
    HALTS,
    NEWS,
    OPTIONS,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    THRESHOLD_LIST,
    FeatureSpec,
)


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

"""Tables of options and of what is derived from them and from borrowing."""

from amc_assets.lake.column import Column
from amc_assets.lake.common_columns import DATE, FLAG, FLOAT, INSTANT, PROVENANCE, SYMBOL, TEXT, TRADE_DATE
from amc_assets.lake.schema import TableSchema

OPTION_CHAINS = TableSchema(
    "option_chains", "Option chains of the shortlist after the close, as sent.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("contract_symbol", TEXT, "text", "contract as the source spells it"),
        Column("expiration_date", DATE, "exchange date", "last day of the contract"),
        Column("strike_usd", FLOAT, "USD", "strike"),
        Column("is_call", FLAG, "flag", "call or put"),
        Column("bid_usd", FLOAT, "USD", "best bid", nullable=True),
        Column("ask_usd", FLOAT, "USD", "best offer", nullable=True),
        Column("last_usd", FLOAT, "USD", "last trade", nullable=True),
        Column("volume_contracts", FLOAT, "contracts", "volume of the day", nullable=True),
        Column("open_interest_contracts", FLOAT, "contracts", "open, as of the evening before", nullable=True),
        Column("vendor_iv_frac", FLOAT, "fraction a year", "implied volatility as sent", nullable=True),
        Column("vendor_delta", FLOAT, "-1..1", "delta as sent", nullable=True),
        Column("vendor_gamma", FLOAT, "per USD", "gamma as sent", nullable=True),
        Column("multiplier_shares", FLOAT, "shares", "shares per contract", nullable=True),
        Column("underlying_usd", FLOAT, "USD", "price of the underlying as sent", nullable=True),
        Column("quoted_at", INSTANT, "UTC instant", "instant of the quotes, null when not sent", nullable=True),
        *PROVENANCE,
    ),
    ("symbol", "contract_symbol"), vintaged=True,
)  # fmt: skip
OPTION_ACTIVITY = TableSchema(
    "option_activity", "What one chain says of a day's option trading, per underlying: history grows from day one.",
    "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("call_volume_contracts", FLOAT, "contracts", "volume of all calls", nullable=True),
        Column("put_volume_contracts", FLOAT, "contracts", "volume of all puts", nullable=True),
        Column("call_open_interest_contracts", FLOAT, "contracts", "open calls of the evening before", nullable=True),
        Column("put_open_interest_contracts", FLOAT, "contracts", "open puts of the evening before", nullable=True),
        Column("option_notional_usd", FLOAT, "USD", "premium traded: volume x mid x multiplier", nullable=True),
        Column("opening_volume_frac", FLOAT, "fraction", "volume above open interest / volume", nullable=True),
        Column("call_hedge_shares", FLOAT, "shares", "call gamma x open interest per +1 %, unsigned", nullable=True),
        Column("near_call_open_interest_frac", FLOAT, "fraction", "calls to +10 %, 10 days / all calls", nullable=True),
        Column("contracts_count", FLOAT, "contracts", "contracts of the chain"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
IV_30D = TableSchema(
    "iv_30d", "Implied volatility at 30 days per underlying, from its chain.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("iv_30d_frac", FLOAT, "fraction a year", "at-the-money volatility of 30 days", nullable=True),
        Column("reason", TEXT, "code", "present, or why it is missing"),
        Column("method", TEXT, "code", "interpolated, flat_near, flat_far, realised_proxy or none"),
        Column("iv_confidence", FLOAT, "0-1", "evidence behind it", nullable=True),
        Column("is_calendar_arbitrage", FLAG, "flag", "total variance falls between the two expiries used"),
        Column("implied_borrow_frac", FLOAT, "fraction a year", "cost of shorting implied by parity", nullable=True),
        Column("borrow_reason", TEXT, "code", "present, or why the implied borrow is missing", nullable=True),
        Column("quotes_used_count", FLOAT, "contracts", "contracts that passed hygiene"),
        Column("quotes_dropped", TEXT, "JSON", "contracts left out, by reason"),
        Column("term", TEXT, "JSON", "term structure: [[days, volatility fraction], ...]"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
IV_PERCENTILES = TableSchema(
    "iv_percentiles", "Where today's 30-day volatility stands among the last 252 observed sessions.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("iv_30d_frac", FLOAT, "fraction a year", "today's", nullable=True),
        Column("iv_percentile_frac", FLOAT, "fraction", "(below + half of equal) / n, today excluded", nullable=True),
        Column("iv_rank_frac", FLOAT, "fraction", "(today - lowest) / (highest - lowest)", nullable=True),
        Column("observations_count", FLOAT, "sessions", "observed sessions in the window"),
        Column("percentile_confidence", FLOAT, "0-1", "grows with the number of observations", nullable=True),
        Column("has_expansion_potential", FLAG, "flag", "low volatility with room to expand; false when unknown"),
        Column("is_proxy", FLAG, "flag", "true when realised volatility stands in: derived"),
        Column("reason", TEXT, "code", "present, or why it is missing"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
BORROW_STRESS = TableSchema(
    "borrow_stress", "How hard a name is to short, 0-100, with its parts; no fee is observed.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("borrow_stress", FLOAT, "0-100", "weighted mean of the parts that are there", nullable=True),
        Column("level", TEXT, "code", "low, moderate, high, extreme or unknown"),
        Column("stress_confidence", FLOAT, "0-1", "share of the weights that is there, capped at 0.8", nullable=True),
        Column("parts", TEXT, "JSON", "score and input of each part, or its reason"),
        Column("reason", TEXT, "code", "present, or why it is missing"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip

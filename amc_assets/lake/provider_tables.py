"""Tables of what whole-market providers sent: listings, bars, short volume, short interest."""

from amc_assets.lake.column import Column
from amc_assets.lake.common_columns import DATE, FLAG, FLOAT, PROVENANCE, SYMBOL, TEXT, TRADE_DATE
from amc_assets.lake.schema import TableSchema

UNIVERSE = TableSchema(
    "universe", "Listed securities of the day, with type and, where left out, the reason.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("name", TEXT, "text", "security name as the directory prints it"),
        Column("exchange", TEXT, "text", "listing exchange", nullable=True),
        Column("security_type", TEXT, "text", "common_stock, adr, etf, warrant, ..."),
        Column("is_eligible", FLAG, "flag", "part of the discovery universe"),
        Column("exclusion_reason", TEXT, "code", "why it is not eligible", nullable=True),
        Column("cik", TEXT, "text", "SEC number of the company, ten digits", nullable=True, is_young=True),
        Column("composite_figi", TEXT, "text", "composite FIGI of the security", nullable=True, is_young=True),
        Column("listed_on_date", DATE, "exchange date", "first day of the listing", nullable=True, is_young=True),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True, is_public_by_date=True,
)  # fmt: skip
IDENTITY_CHANGES = TableSchema(
    "identity_changes", "Symbols that another security took, renames, departures; partition is the month (YYYY-MM-01).",
    "change_month",
    (
        Column("change_date", DATE, "exchange date", "session of the listing that shows it"), SYMBOL,
        Column("kind", TEXT, "code", "break, rename or left"),
        Column("from_date", DATE, "exchange date", "rows of the symbol from then on are of its present security"),
        Column("previous_symbol", TEXT, "text", "rename: symbol of the security before", nullable=True),
        Column("previous_until_date", DATE, "exchange date", "rename: end of its rows there", nullable=True),
        Column("name", TEXT, "text", "security whose use ended (rename: goes on), as last listed", nullable=True),
        Column("security_type", TEXT, "text", "its type", nullable=True),
        Column("cik", TEXT, "text", "its SEC number", nullable=True),
        Column("composite_figi", TEXT, "text", "its composite FIGI", nullable=True),
        Column("last_listed_date", DATE, "exchange date", "listing that showed it last"),
        Column("evidence", TEXT, "text", "what decided"),
        *PROVENANCE,
    ),
    ("symbol", "kind", "change_date"), vintaged=True, is_public_by_date=True,
)  # fmt: skip
SHARE_COUNTS = TableSchema(
    "share_counts", "Float and shares outstanding as a source stated them, with their date.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("float_shares", FLOAT, "shares", "freely tradable shares", nullable=True),
        Column("float_effective_date", DATE, "exchange date", "date the float is of", nullable=True),
        Column("outstanding_shares", FLOAT, "shares", "shares outstanding of the class", nullable=True),
        Column("outstanding_date", DATE, "exchange date", "date the outstanding shares are of", nullable=True),
        Column("point_in_time", TEXT, "code", "point_in_time, or biased when effective later than trade_date"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
DAILY_BARS = TableSchema(
    "daily_bars", "One bar per symbol and session, on the share basis the provider sent.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("open_usd", FLOAT, "USD", "first price; null from a source of last sales", nullable=True),
        Column("high_usd", FLOAT, "USD", "highest price; null likewise", nullable=True),
        Column("low_usd", FLOAT, "USD", "lowest price; null likewise", nullable=True),
        Column("close_usd", FLOAT, "USD", "last price"),
        Column("volume_shares", FLOAT, "shares", "consolidated volume"),
        Column("vwap_usd", FLOAT, "USD", "volume-weighted average price", nullable=True),
        Column("basis_date", DATE, "exchange date", "share basis: splits up to this date are in the numbers"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
SPLITS = TableSchema(
    "splits", "Stock splits; partition is the month of execution (YYYY-MM-01).", "execution_month",
    (
        Column("execution_date", DATE, "exchange date", "first session on the new basis"), SYMBOL,
        Column("ratio", FLOAT, "new shares per old share", "4.0 for 4-for-1, 0.1 for 1-for-10"),
        *PROVENANCE,
    ),
    ("symbol", "execution_date"), vintaged=True, is_public_by_date=True,
)  # fmt: skip
SHORT_VOLUME = TableSchema(
    "short_volume", "FINRA daily short volume, off-exchange only: it is not short interest.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("short_volume_shares", FLOAT, "shares", "short volume, exempt included"),
        Column("short_exempt_volume_shares", FLOAT, "shares", "short-exempt volume"),
        Column("total_volume_shares", FLOAT, "shares", "reported volume, long and short"),
        Column("market_codes", TEXT, "text", "facilities, comma joined", nullable=True),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
SHORT_INTEREST = TableSchema(
    "short_interest", "FINRA consolidated short interest per settlement date.", "settlement_date",
    (
        Column("settlement_date", DATE, "exchange date", "settlement date of the positions"), SYMBOL,
        Column("short_interest_shares", FLOAT, "shares", "shares short"),
        Column("previous_short_interest_shares", FLOAT, "shares", "prior cycle, as revised", nullable=True),
        Column("reported_average_volume_shares", FLOAT, "shares per day", "FINRA's own average", nullable=True),
        Column("days_to_cover_reported", FLOAT, "days", "as sent, floored at 1; null for 999.99", nullable=True),
        Column("is_split_flagged", FLAG, "flag", "stockSplitFlag S"),
        Column("is_revision_flagged", FLAG, "flag", "revisionFlag R: the prior cycle was revised"),
        Column("market_class", TEXT, "text", "NNM SC NYSE AMEX ARCA BZX OTC", nullable=True),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip

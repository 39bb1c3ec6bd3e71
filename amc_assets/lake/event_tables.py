"""Tables of events: news, filings, halts, fails, threshold lists, and the rates of bills."""

from amc_assets.lake.column import Column
from amc_assets.lake.common_columns import DATE, FLAG, FLOAT, INSTANT, PROVENANCE, SYMBOL, TEXT, TRADE_DATE
from amc_assets.lake.schema import TableSchema

NEWS = TableSchema(
    "news", "Headlines and filings, one row per item and symbol; partition is the New York date of publication.",
    "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("item_id", TEXT, "text", "the source's own identity of the item"),
        Column("published_at", INSTANT, "UTC instant", "when the source published it"),
        Column("feed", TEXT, "text", "dataset it came by: globenewswire, prnewswire, filings, ..."),
        Column("publisher", TEXT, "text", "who wrote it, as sent", nullable=True),
        Column("title", TEXT, "text", "headline, cleaned of control characters, not of markup: escape it"),
        Column("summary", TEXT, "text", "summary, cleaned likewise", nullable=True),
        Column("url", TEXT, "text", "address of the item", nullable=True),
        Column("is_tagged_by_source", FLAG, "flag", "false where the symbol was read out of the text"),
        Column("form", TEXT, "text", "form of a filing: 8-K, S-3, 424B5", nullable=True),
        Column("filing_items", TEXT, "text", "items of an 8-K, comma joined", nullable=True),
        Column("vendor_sentiment", FLOAT, "-1..1", "sentiment the source sent", nullable=True),
        *PROVENANCE,
    ),
    ("symbol", "feed", "item_id"), vintaged=True, is_public_by_date=True,
)  # fmt: skip
TRADE_HALTS = TableSchema(
    "trade_halts", "Trading halts of all US exchanges by the day they began.", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("halted_at", INSTANT, "UTC instant", "begin of the halt"),
        Column("resumed_at", INSTANT, "UTC instant", "resumption of trading, null while halted", nullable=True),
        Column("reason_code", TEXT, "text", "Nasdaq's code: T1, LUDP, H10, ..."),
        *PROVENANCE,
    ),
    ("symbol", "halted_at"), vintaged=True, is_public_by_date=True,
)  # fmt: skip
FAILS_TO_DELIVER = TableSchema(
    "fails_to_deliver", "SEC fails to deliver: balances, not flows; partition is the first day of the half month.",
    "half_month_date",
    (
        Column("settlement_date", DATE, "exchange date", "date of the balance"), SYMBOL,
        Column("fails_shares", FLOAT, "shares", "shares not delivered as of that date"),
        Column("price_usd", FLOAT, "USD", "closing price of the day before, as sent", nullable=True),
        *PROVENANCE,
    ),
    ("symbol", "settlement_date"), vintaged=True,
)  # fmt: skip
THRESHOLD_LIST = TableSchema(
    "threshold_list", "Securities on a Reg SHO threshold list (Nasdaq, NYSE group, FINRA for OTC).", "trade_date",
    (
        TRADE_DATE, SYMBOL,
        Column("lists", TEXT, "text", "lists that name it, comma joined"),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
BILL_RATES = TableSchema(
    "bill_rates", "Treasury bill rates; partition is the year.", "year_date",
    (
        Column("quote_date", DATE, "exchange date", "day of the rates"),
        Column("term_days", FLOAT, "days", "term of the bill"),
        Column("yield_frac", FLOAT, "fraction a year", "coupon-equivalent yield"),
        *PROVENANCE,
    ),
    ("quote_date", "term_days"), vintaged=True, is_public_by_date=True,
)  # fmt: skip

"""Every table of the lake, declared once: code, checks, Dagster column schemas and docs/lake.md all read this."""

from amc_assets.lake.column import Column, ColumnType
from amc_assets.lake.schema import TableSchema

_TEXT = ColumnType.TEXT
_CODE = ColumnType.CODE
_FLOAT = ColumnType.NUMBER
_DATE = ColumnType.DATE
_INSTANT = ColumnType.INSTANT
_FLAG = ColumnType.FLAG

_SYMBOL = Column("symbol", _TEXT, "text", "canonical symbol (Polygon spelling)")
_SYMBOL_CODE = Column("symbol", _CODE, "text", "canonical symbol (Polygon spelling)")
_TRADE_DATE = Column("trade_date", _DATE, "exchange date", "session the row belongs to")
_PROVENANCE = (
    Column("source", _TEXT, "text", "provider and dataset that sent it"),
    Column("known_at", _INSTANT, "UTC instant", "when it could be known; a run reads only known_at <= as_of"),
    Column("is_simulated", _FLAG, "flag", "true for rows of the simulated market"),
)
_RUN = (
    Column("discovery_run_id", _CODE, "uuid", "discovery run the row belongs to"),
    Column("session", _CODE, "text", "premarket, regular or afterhours"),
    Column("as_of", _INSTANT, "UTC instant", "the run read only what was known then"),
)

UNIVERSE = TableSchema(
    "universe", "Listed securities of the day, with type and, where left out, the reason.", "trade_date",
    (
        _TRADE_DATE, _SYMBOL,
        Column("name", _TEXT, "text", "security name as the directory prints it"),
        Column("exchange", _TEXT, "text", "listing exchange", nullable=True),
        Column("security_type", _TEXT, "text", "common_stock, adr, etf, warrant, ..."),
        Column("is_eligible", _FLAG, "flag", "part of the discovery universe"),
        Column("exclusion_reason", _TEXT, "code", "why it is not eligible", nullable=True),
        *_PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
SHARE_COUNTS = TableSchema(
    "share_counts", "Float and shares outstanding as a source stated them, with their date.", "trade_date",
    (
        _TRADE_DATE, _SYMBOL,
        Column("float_shares", _FLOAT, "shares", "freely tradable shares", nullable=True),
        Column("float_effective_date", _DATE, "exchange date", "date the float is of", nullable=True),
        Column("outstanding_shares", _FLOAT, "shares", "shares outstanding of the class", nullable=True),
        Column("point_in_time", _TEXT, "code", "point_in_time, or biased when effective later than trade_date"),
        *_PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
DAILY_BARS = TableSchema(
    "daily_bars", "One bar per symbol and session, on the share basis the provider sent.", "trade_date",
    (
        _TRADE_DATE, _SYMBOL,
        Column("open_usd", _FLOAT, "USD", "first price of the regular session"),
        Column("high_usd", _FLOAT, "USD", "highest price"),
        Column("low_usd", _FLOAT, "USD", "lowest price"),
        Column("close_usd", _FLOAT, "USD", "last price"),
        Column("volume_shares", _FLOAT, "shares", "consolidated volume"),
        Column("vwap_usd", _FLOAT, "USD", "volume-weighted average price", nullable=True),
        Column("basis_date", _DATE, "exchange date", "share basis: splits up to this date are in the numbers"),
        *_PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
SPLITS = TableSchema(
    "splits", "Stock splits; partition is the month of execution (YYYY-MM-01).", "execution_month",
    (
        Column("execution_date", _DATE, "exchange date", "first session on the new basis"), _SYMBOL,
        Column("ratio", _FLOAT, "new shares per old share", "4.0 for 4-for-1, 0.1 for 1-for-10"),
        *_PROVENANCE,
    ),
    ("symbol", "execution_date"), vintaged=True,
)  # fmt: skip
SHORT_VOLUME = TableSchema(
    "short_volume", "FINRA daily short volume, off-exchange only: it is not short interest.", "trade_date",
    (
        _TRADE_DATE, _SYMBOL,
        Column("short_volume_shares", _FLOAT, "shares", "short volume, exempt included"),
        Column("short_exempt_volume_shares", _FLOAT, "shares", "short-exempt volume"),
        Column("total_volume_shares", _FLOAT, "shares", "reported volume, long and short"),
        Column("market_codes", _TEXT, "text", "facilities, comma joined", nullable=True),
        *_PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
SHORT_INTEREST = TableSchema(
    "short_interest", "FINRA consolidated short interest per settlement date.", "settlement_date",
    (
        Column("settlement_date", _DATE, "exchange date", "settlement date of the positions"), _SYMBOL,
        Column("short_interest_shares", _FLOAT, "shares", "shares short"),
        Column("previous_short_interest_shares", _FLOAT, "shares", "prior cycle, as revised", nullable=True),
        Column("reported_average_volume_shares", _FLOAT, "shares per day", "FINRA's own average", nullable=True),
        Column("days_to_cover_reported", _FLOAT, "days", "as sent, floored at 1; null for 999.99", nullable=True),
        Column("is_split_flagged", _FLAG, "flag", "stockSplitFlag S"),
        Column("is_revision_flagged", _FLAG, "flag", "revisionFlag R: the prior cycle was revised"),
        Column("market_class", _TEXT, "text", "NNM SC NYSE AMEX ARCA BZX OTC", nullable=True),
        *_PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
PRICE_FEATURES = TableSchema(
    "price_features", "Nightly rebuild of trailing price features; an intraday step starts from it.", "trade_date",
    (
        _TRADE_DATE, _SYMBOL_CODE,
        Column("feature", _CODE, "text", "feature name (detectors.md)"),
        Column("value", _FLOAT, "as the feature says", "value, null when missing", nullable=True),
        Column("reason", _CODE, "code", "present, or why it is missing"),
        Column("as_of", _INSTANT, "UTC instant", "known_at limit of the inputs"),
    ),
    ("symbol", "feature"), vintaged=False,
)  # fmt: skip
FEATURE_SNAPSHOT = TableSchema(
    "feature_snapshot", "The frozen input of a discovery run: every feature of every symbol, long form.", "trade_date",
    (
        *_RUN, _SYMBOL_CODE,
        Column("feature", _CODE, "text", "feature name (detectors.md)"),
        Column("value", _FLOAT, "as the feature says", "value, null when missing", nullable=True),
        Column("known_at", _INSTANT, "UTC instant", "when its newest input could be known", nullable=True),
        Column("provenance", _CODE, "code", "missing, observed, derived or biased"),
        Column("reason", _CODE, "code", "present, or why it is missing"),
        Column("source_confidence", _FLOAT, "0-1", "confidence of the source", nullable=True),
        Column("freshness", _FLOAT, "0-1", "1 within the staleness limit", nullable=True),
        Column("is_simulated", _FLAG, "flag", "true for the simulated market"),
    ),
    ("symbol", "feature"), vintaged=False,
)  # fmt: skip
DETECTOR_SCORES = TableSchema(
    "detector_scores", "Score and confidence of one detector for every symbol of a run.", "trade_date",
    (
        *_RUN, _SYMBOL,
        Column("detector", _CODE, "text", "detector name"),
        Column("score", _FLOAT, "0-1", "null when every component is missing", nullable=True),
        Column("confidence", _FLOAT, "0-1", "coverage confidence"),
    ),
    ("symbol", "detector"), vintaged=False,
)  # fmt: skip
SCORES = TableSchema(
    "scores", "Every scored name of a run under one strategy, best first.", "trade_date",
    (
        *_RUN,
        Column("strategy", _CODE, "text", "strategy name"), _SYMBOL,
        Column("rank", ColumnType.COUNT, "1 = best", "by ranking score, ties by symbol"),
        Column("score", _FLOAT, "0-1", "weighted mean over present detectors"),
        Column("confidence", _FLOAT, "0-1", "coverage x session x soft gates"),
        Column("ranking_score", _FLOAT, "0-1", "score pulled to the universe median by (1 - confidence)"),
        Column("action", _CODE, "code", "trade_ready, watchlist or none"),
        Column("passed", _FLAG, "flag", "passed every hard gate"),
        Column("failed_gates", ColumnType.TEXTS, "codes", "gates not passed, hard and soft"),
        Column("is_simulated", _FLAG, "flag", "true for the simulated market"),
    ),
    ("symbol", "strategy"), vintaged=False,
)  # fmt: skip
CANDIDATES = TableSchema(
    "candidates", "Names that passed every hard gate and the watchlist limit, explained.", "trade_date",
    (
        *_RUN,
        Column("strategy", _CODE, "text", "strategy name"), _SYMBOL,
        Column("rank", ColumnType.COUNT, "1 = best", "rank among all scored names"),
        Column("score", _FLOAT, "0-1", "score"),
        Column("confidence", _FLOAT, "0-1", "confidence"),
        Column("ranking_score", _FLOAT, "0-1", "what the list is sorted by"),
        Column("action", _CODE, "code", "trade_ready or watchlist"),
        Column("explanation", _TEXT, "JSON", "the name object of detectors.md"),
        Column("is_simulated", _FLAG, "flag", "true for the simulated market"),
    ),
    ("symbol", "strategy"), vintaged=False,
)  # fmt: skip
DISCOVERY_RUNS = TableSchema(
    "discovery_runs", "Head of a run per strategy: inputs with ages, funnel, hashes, status.", "trade_date",
    (
        *_RUN,
        Column("strategy", _CODE, "text", "strategy name"),
        Column("status", _TEXT, "code", "succeeded, empty, degraded or failed"),
        Column("head", _TEXT, "JSON", "the screen object of detectors.md without candidates and ranked"),
    ),
    ("strategy",), vintaged=False,
)  # fmt: skip

TABLES: dict[str, TableSchema] = {
    table.name: table
    for table in (
        UNIVERSE, SHARE_COUNTS, DAILY_BARS, SPLITS, SHORT_VOLUME, SHORT_INTEREST,
        PRICE_FEATURES, FEATURE_SNAPSHOT, DETECTOR_SCORES, SCORES, CANDIDATES, DISCOVERY_RUNS,
    )
}  # fmt: skip

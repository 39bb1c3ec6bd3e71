"""Tables of what a discovery run made: features, scores, candidates."""

from amc_assets.lake.column import Column, ColumnType
from amc_assets.lake.common_columns import CODE, FLAG, FLOAT, INSTANT, RUN, SYMBOL, SYMBOL_CODE, TEXT, TRADE_DATE
from amc_assets.lake.schema import TableSchema

PRICE_FEATURES = TableSchema(
    "price_features", "Nightly rebuild of trailing price features; an intraday step starts from it.", "trade_date",
    (
        TRADE_DATE, SYMBOL_CODE,
        Column("feature", CODE, "text", "feature name (detectors.md)"),
        Column("value", FLOAT, "as the feature says", "value, null when missing", nullable=True),
        Column("reason", CODE, "code", "present, or why it is missing"),
        Column("as_of", INSTANT, "UTC instant", "known_at limit of the inputs"),
    ),
    ("symbol", "feature"), vintaged=False,
)  # fmt: skip
FEATURE_SNAPSHOT = TableSchema(
    "feature_snapshot", "The frozen input of a discovery run: every feature of every symbol, long form.", "trade_date",
    (
        *RUN, SYMBOL_CODE,
        Column("feature", CODE, "text", "feature name (detectors.md)"),
        Column("value", FLOAT, "as the feature says", "value, null when missing", nullable=True),
        Column("known_at", INSTANT, "UTC instant", "when its newest input could be known", nullable=True),
        Column("provenance", CODE, "code", "missing, observed, derived or biased"),
        Column("reason", CODE, "code", "present, or why it is missing"),
        Column("source_confidence", FLOAT, "0-1", "confidence of the source", nullable=True),
        Column("freshness", FLOAT, "0-1", "1 within the staleness limit", nullable=True),
        Column("is_simulated", FLAG, "flag", "true for the simulated market"),
    ),
    ("symbol", "feature"), vintaged=False,
)  # fmt: skip
DETECTOR_SCORES = TableSchema(
    "detector_scores", "Score and confidence of one detector for every symbol of a run.", "trade_date",
    (
        *RUN, SYMBOL,
        Column("detector", CODE, "text", "detector name"),
        Column("score", FLOAT, "0-1", "null when every component is missing", nullable=True),
        Column("confidence", FLOAT, "0-1", "coverage confidence"),
    ),
    ("symbol", "detector"), vintaged=False,
)  # fmt: skip
SCORES = TableSchema(
    "scores", "Every scored name of a run under one strategy, best first.", "trade_date",
    (
        *RUN,
        Column("strategy", CODE, "text", "strategy name"), SYMBOL,
        Column("rank", ColumnType.COUNT, "1 = best", "by ranking score, ties by symbol"),
        Column("score", FLOAT, "0-1", "weighted mean over present detectors"),
        Column("confidence", FLOAT, "0-1", "coverage x session x soft gates"),
        Column("ranking_score", FLOAT, "0-1", "score pulled to the universe median by (1 - confidence)"),
        Column("action", CODE, "code", "trade_ready, watchlist or none"),
        Column("passed", FLAG, "flag", "passed every hard gate"),
        Column("failed_gates", ColumnType.TEXTS, "codes", "gates not passed, hard and soft"),
        Column("is_simulated", FLAG, "flag", "true for the simulated market"),
    ),
    ("symbol", "strategy"), vintaged=False,
)  # fmt: skip
CANDIDATES = TableSchema(
    "candidates", "Names that passed every hard gate and the watchlist limit, explained.", "trade_date",
    (
        *RUN,
        Column("strategy", CODE, "text", "strategy name"), SYMBOL,
        Column("rank", ColumnType.COUNT, "1 = best", "rank among all scored names"),
        Column("score", FLOAT, "0-1", "score"),
        Column("confidence", FLOAT, "0-1", "confidence"),
        Column("ranking_score", FLOAT, "0-1", "what the list is sorted by"),
        Column("action", CODE, "code", "trade_ready or watchlist"),
        Column("explanation", TEXT, "JSON", "the name object of detectors.md"),
        Column("is_simulated", FLAG, "flag", "true for the simulated market"),
    ),
    ("symbol", "strategy"), vintaged=False,
)  # fmt: skip
DISCOVERY_RUNS = TableSchema(
    "discovery_runs", "Head of a run per strategy: inputs with ages, funnel, hashes, status.", "trade_date",
    (
        *RUN,
        Column("strategy", CODE, "text", "strategy name"),
        Column("status", TEXT, "code", "succeeded, empty, degraded or failed"),
        Column("head", TEXT, "JSON", "the screen object of detectors.md without candidates and ranked"),
    ),
    ("strategy",), vintaged=False,
)  # fmt: skip

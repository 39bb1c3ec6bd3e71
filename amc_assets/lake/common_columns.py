"""Columns that many tables share: symbol, day, provenance, run."""

from amc_assets.lake.column import Column, ColumnType

TEXT = ColumnType.TEXT
CODE = ColumnType.CODE
FLOAT = ColumnType.NUMBER
DATE = ColumnType.DATE
INSTANT = ColumnType.INSTANT
FLAG = ColumnType.FLAG

SYMBOL = Column("symbol", TEXT, "text", "canonical symbol (Polygon spelling)")
SYMBOL_CODE = Column("symbol", CODE, "text", "canonical symbol (Polygon spelling)")
TRADE_DATE = Column("trade_date", DATE, "exchange date", "session the row belongs to")
PROVENANCE = (
    Column("source", TEXT, "text", "provider and dataset that sent it"),
    Column("known_at", INSTANT, "UTC instant", "when it could be known; a run reads only known_at <= as_of"),
    Column("is_simulated", FLAG, "flag", "true for rows of the simulated market"),
)
RUN = (
    Column("discovery_run_id", CODE, "uuid", "discovery run the row belongs to"),
    Column("session", CODE, "text", "premarket, regular or afterhours"),
    Column("as_of", INSTANT, "UTC instant", "the run read only what was known then"),
)

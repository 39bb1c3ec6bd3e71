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
    Column("known_at", INSTANT, "UTC instant", "when it was public; a run reads only known_at <= as_of"),
    Column(
        "arrived_at", INSTANT, "UTC instant", "when it was received; a repeat of a run reads no later", is_young=True
    ),
    Column("is_simulated", FLAG, "flag", "true for rows of the simulated market"),
    Column("is_withdrawn", FLAG, "flag", "true for the version that says: the source took it back", is_young=True),
)
"""Provenance of every versioned row. ``Lake.write`` fills in ``arrived_at`` and ``is_withdrawn``."""
RUN = (
    Column("discovery_run_id", CODE, "uuid", "discovery run the row belongs to"),
    Column("session", CODE, "text", "premarket, regular or afterhours"),
    Column("as_of", INSTANT, "UTC instant", "the run read only what was known then"),
)

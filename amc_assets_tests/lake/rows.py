"""Rows for the tests of the lake: a small vintaged table with nullable columns of every kind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from amc_assets.lake.column import Column, ColumnType
from amc_assets.lake.common_columns import PROVENANCE
from amc_assets.lake.schema import TableSchema

NOTES = TableSchema(
    "notes", "A table of the tests.", "trade_date",
    (
        Column("symbol", ColumnType.TEXT, "text", "key"),
        Column("value", ColumnType.NUMBER, "number", "a number", nullable=True),
        Column("text", ColumnType.TEXT, "text", "a text", nullable=True),
        Column("effective_date", ColumnType.DATE, "exchange date", "a date", nullable=True),
        *PROVENANCE,
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
PLAIN = TableSchema("plain", "A derived table of the tests.", "trade_date", NOTES.columns[:2], ("symbol",), False)
SOURCE = "finra.daily_short_volume"
GIVEN = [name for name in NOTES.arrow.names if name not in {"arrived_at", "is_withdrawn"}]
"""What a caller of ``Lake.write`` gives; the lake fills in the rest."""
START = datetime(2024, 5, 1, tzinfo=UTC)
DAY = "2024-05-01"


def hour(number: int) -> datetime:
    """Return an instant, counted in hours."""
    return START + timedelta(hours=number)


def notes(rows: Sequence[tuple[Any, ...]], known_at: datetime = START) -> pa.Table:
    """Return rows (symbol, value[, text[, effective_date]]) of the table, all known at one instant."""
    padded = [(*row, *(None,) * (4 - len(row))) for row in rows]
    columns = list(zip(*padded, strict=True)) if padded else [(), (), (), ()]
    count = len(padded)
    given = [*columns, [SOURCE] * count, [known_at] * count, [False] * count]
    return pa.table(given, schema=pa.schema([NOTES.arrow.field(name) for name in GIVEN]))


def content(table: pa.Table) -> list[tuple[Any, ...]]:
    """Return rows as a sorted list, for comparison."""
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def values(table: pa.Table) -> dict[str, float | None]:
    """Return symbol -> value."""
    return dict(zip(table["symbol"].to_pylist(), table["value"].to_pylist(), strict=True))


def stored(columns: dict[str, Any], schema: TableSchema) -> pa.Table:
    """Return rows of a declared table as the lake gives them back: what the test does not name is filled in.

    A row arrived when it was known, is not withdrawn, and holds null in the columns that may be empty.
    """
    count = len(next(iter(columns.values())))
    known_at = columns.get("known_at")
    filled = {
        "arrived_at": known_at,
        "is_withdrawn": [False] * count,
        **{column.name: [None] * count for column in schema.columns if column.nullable},
        **columns,
    }
    return pa.table({name: filled[name] for name in schema.arrow.names}).cast(schema.arrow)

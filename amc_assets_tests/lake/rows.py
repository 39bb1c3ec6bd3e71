"""Rows for the tests of the lake: a small vintaged table with nullable columns of every kind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from amc_assets.lake.column import Column, ColumnType
from amc_assets.lake.schema import TableSchema

NOTES = TableSchema(
    "notes", "A table of the tests.", "trade_date",
    (
        Column("symbol", ColumnType.TEXT, "text", "key"),
        Column("value", ColumnType.NUMBER, "number", "a number", nullable=True),
        Column("text", ColumnType.TEXT, "text", "a text", nullable=True),
        Column("effective_date", ColumnType.DATE, "exchange date", "a date", nullable=True),
        Column("known_at", ColumnType.INSTANT, "UTC instant", "when it could be known"),
    ),
    ("symbol",), vintaged=True,
)  # fmt: skip
PLAIN = TableSchema("plain", "A derived table of the tests.", "trade_date", NOTES.columns[:2], ("symbol",), False)
START = datetime(2024, 5, 1, tzinfo=UTC)
DAY = "2024-05-01"


def hour(number: int) -> datetime:
    """Return an instant, counted in hours."""
    return START + timedelta(hours=number)


def notes(rows: Sequence[tuple[Any, ...]], known_at: datetime = START) -> pa.Table:
    """Return rows (symbol, value[, text[, effective_date]]) of the table, all known at one instant."""
    padded = [(*row, *(None,) * (4 - len(row))) for row in rows]
    columns = list(zip(*padded, strict=True)) if padded else [(), (), (), ()]
    return pa.table([*columns, [known_at] * len(padded)], schema=NOTES.arrow)


def content(table: pa.Table) -> list[tuple[Any, ...]]:
    """Return rows as a sorted list, for comparison."""
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def values(table: pa.Table) -> dict[str, float | None]:
    """Return symbol -> value."""
    return dict(zip(table["symbol"].to_pylist(), table["value"].to_pylist(), strict=True))

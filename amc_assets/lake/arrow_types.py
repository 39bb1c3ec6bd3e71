"""Arrow types behind the column types of the lake."""

import pyarrow as pa

from amc_assets.lake.column import ColumnType

INSTANT = pa.timestamp("us", tz="UTC")
CODE = pa.dictionary(pa.int32(), pa.string())
"""Repeated codes of long tables: a snapshot is 140,000 rows and more, plain strings cost ten times the time."""


def arrow_type(kind: ColumnType) -> pa.DataType:
    """Return the Arrow type of a column type."""
    return {
        ColumnType.TEXT: pa.string(),
        ColumnType.CODE: CODE,
        ColumnType.NUMBER: pa.float64(),
        ColumnType.COUNT: pa.int32(),
        ColumnType.DATE: pa.date32(),
        ColumnType.INSTANT: INSTANT,
        ColumnType.FLAG: pa.bool_(),
        ColumnType.TEXTS: pa.list_(pa.string()),
    }[kind]

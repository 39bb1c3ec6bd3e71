"""Versions of a row: a revised row is kept beside the old one; a read takes the newest known at its as_of."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.schema import TableSchema


def known_at_or_before(table: pa.Table, as_of: datetime) -> pa.Table:
    """Return the rows with ``known_at <= as_of``."""
    limit = pa.scalar(as_of, type=INSTANT)
    if not table.num_rows or pc.max(table.column("known_at")).as_py() <= as_of:
        return table
    return table.filter(pc.less_equal(table.column("known_at"), limit))


def newest(schema: TableSchema, table: pa.Table) -> pa.Table:
    """Return one row per key: the one known last. Order of the rows is that of the key."""
    if table.num_rows < 2:
        return table
    order = [(name, "ascending") for name in (*schema.key, "known_at")]
    ordered = table.sort_by(order)
    is_last = np.ones(ordered.num_rows, dtype=bool)
    same = np.ones(ordered.num_rows - 1, dtype=bool)
    for name in schema.key:
        column = ordered.column(name).combine_chunks()
        same &= pc.equal(column[:-1], column[1:]).to_numpy(zero_copy_only=False)
    is_last[:-1] = ~same
    return ordered if is_last.all() else ordered.filter(pa.array(is_last))


def merge(schema: TableSchema, stored: pa.Table, arriving: pa.Table, observed_at: datetime) -> tuple[pa.Table, int]:
    """Return all vintages after ``arriving`` came, and how many of its rows were new or different.

    A row equal to the newest stored vintage in all but ``known_at`` is the same knowledge and adds nothing, so a
    repeated fetch leaves the table as it is. A row that differs from what is stored, or that an earlier fetch of the
    partition did not bring, was known at ``observed_at``, whatever the publication calendar says of the first version
    (else a fetch of today would rewrite what a run of last year could see). Only the first fetch of a partition keeps
    the ``known_at`` it came with.
    """
    content = [name for name in schema.arrow.names if name != "known_at"]
    latest = newest(schema, stored).select(content)
    seen = latest.append_column("_stored", pa.array(np.ones(latest.num_rows, dtype=bool)))
    joined = _left_join(arriving, seen, content)
    fresh = arriving.filter(pc.is_null(joined.column("_stored")))
    if stored.num_rows:
        fresh = _known_when_observed(schema, fresh, observed_at)
    merged = pa.concat_tables([stored, fresh]).sort_by([(name, "ascending") for name in (*schema.key, "known_at")])
    return _one_per_instant(schema, merged), fresh.num_rows


def _known_when_observed(schema: TableSchema, fresh: pa.Table, observed_at: datetime) -> pa.Table:
    published, observed = fresh.column("known_at"), pa.scalar(observed_at, type=INSTANT)
    known_at = pc.if_else(pc.less(published, observed), observed, published)
    return fresh.set_column(fresh.column_names.index("known_at"), schema.arrow.field("known_at"), known_at)


def _left_join(left: pa.Table, right: pa.Table, on: list[str]) -> pa.Table:
    # arrow's join never matches null with null: a marker value stands in for null on both sides
    numbered = left.append_column("_row", pa.array(np.arange(left.num_rows)))
    joined = _without_nulls(numbered, on).join(_without_nulls(right, on), keys=on, join_type="left outer")
    return joined.sort_by("_row")


def _without_nulls(table: pa.Table, columns: list[str]) -> pa.Table:
    for name in columns:
        values = table.column(name)
        if values.null_count:
            table = table.set_column(table.column_names.index(name), name, _marked(values))
    return table


def _marked(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_floating(values.type):
        return pc.fill_null(values, float("-1.7e308"))
    if pa.types.is_string(values.type):
        return pc.fill_null(values, "\x00null")
    if pa.types.is_date32(values.type):
        return pc.fill_null(values, pa.scalar(-999_999, pa.int32()).cast(pa.date32()))
    return pc.fill_null(values, pa.scalar(0, values.type))


def _one_per_instant(schema: TableSchema, merged: pa.Table) -> pa.Table:
    """Drop an earlier row with the same key and known_at: a correction within one instant replaces it."""
    marked = merged.append_column("_row", pa.array(np.arange(merged.num_rows)))
    last = marked.group_by([*schema.key, "known_at"], use_threads=False).aggregate([("_row", "max")])
    if last.num_rows == merged.num_rows:
        return merged
    return merged.take(pa.array(np.sort(last.column("_row_max").to_numpy())))

"""Versions of a row: a revised row is kept beside the old one; a read takes the newest known at its as_of.

``known_at`` is when the fact was public, ``arrived_at`` when it was received. A version may also say that its row was
withdrawn; reads leave such a row out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.clock_ahead import brought_back, capped
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.withdrawals import Complete, are_too_many, as_withdrawn, covered, missing_rows

INSTANTS_AND_MARKS = frozenset({"known_at", "arrived_at", "is_withdrawn", "source"})
"""Columns that say when, whence and whether a row holds: versions that differ in them alone say the same."""


def known_at_or_before(table: pa.Table, as_of: datetime) -> pa.Table:
    """Return the rows with ``known_at <= as_of``."""
    limit = pa.scalar(as_of, type=INSTANT)
    if not table.num_rows or pc.max(table.column("known_at")).as_py() <= as_of:
        return table
    return table.filter(pc.less_equal(table.column("known_at"), limit))


def arrived_by(table: pa.Table, limit: datetime) -> pa.Table:
    """Return the rows with ``arrived_at <= limit``."""
    return table.filter(pc.less_equal(table.column("arrived_at"), pa.scalar(limit, type=INSTANT)))


def newest(schema: TableSchema, table: pa.Table) -> pa.Table:
    """Return one row per key: the one known last, without the rows withdrawn by then. Order is that of the key."""
    if not table.num_rows:
        return table
    order = [(name, "ascending") for name in (*schema.key, "known_at", "arrived_at")]
    ordered = table.sort_by(order)
    is_last = np.ones(ordered.num_rows, dtype=bool)
    same = np.ones(ordered.num_rows - 1, dtype=bool)
    for name in schema.key:
        column = ordered.column(name).combine_chunks()
        same &= pc.equal(column[:-1], column[1:]).to_numpy(zero_copy_only=False)
    is_last[:-1] = ~same
    is_last &= ~ordered.column("is_withdrawn").to_numpy()
    return ordered if is_last.all() else ordered.filter(pa.array(is_last))


def with_arrival(schema: TableSchema, rows: pa.Table, arrived_at: datetime) -> pa.Table:
    """Return ``rows`` with the columns that the lake itself fills in where the caller gave none."""
    at = pa.scalar(arrived_at, type=INSTANT)
    for name, value in (("arrived_at", at), ("is_withdrawn", pa.scalar(False))):
        if name in schema.arrow.names and name not in rows.column_names:
            rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    return rows


@dataclass(frozen=True)
class Merged:
    """All versions of a partition after an answer: how many rows were new or different, withdrawn, or spared.

    rows_kept_back: stored rows that the answer lacks and that were not withdrawn, because they are too many.
    rows_brought_back: stored rows that a clock set ahead had stamped.
    """

    table: pa.Table
    rows_new: int
    rows_withdrawn: int = 0
    rows_kept_back: int = 0
    rows_brought_back: int = 0


def merge(
    schema: TableSchema,
    stored: pa.Table,
    arriving: pa.Table,
    observed_at: datetime,
    arrived_at: datetime,
    whole: Complete | None = None,
) -> Merged:
    """Return every version after ``arriving`` came.

    A row equal to the newest stored version in all but its instants is the same knowledge and adds nothing, so a
    repeated fetch leaves the table as it is. A row that differs from what is stored was known at ``observed_at``,
    whatever the publication calendar says of the first version (else a fetch of today would rewrite what a run of last
    year could see). So was a row that an earlier fetch did not bring, except in tables whose rows are public by a date
    of their own. With ``whole`` the rows that the answer no longer holds are withdrawn from ``observed_at`` on.
    Of two writes the later one holds, whatever the clock said at the first (``lake/clock_ahead.py``).
    """
    stored, rows_brought_back = brought_back(stored, arrived_at)
    current = newest(schema, stored)
    fresh = _unseen(schema, arriving, current)
    if fresh.num_rows and stored.num_rows and pc.max(stored.column("known_at")).as_py() > observed_at:
        # asked out of order (a replay of an earlier day): a repeat of what held by then adds nothing either
        fresh = _unseen(schema, fresh, newest(schema, known_at_or_before(stored, observed_at)))
    fresh = capped(_known_when_observed(schema, stored, fresh, observed_at))
    fresh = _after_stored(schema, stored, fresh, arrived_at)
    tables, kept_back = [stored, fresh], 0
    if whole is not None and stored.num_rows:
        gone = missing_rows(schema, current, arriving, whole)
        if are_too_many(gone.num_rows, int(pc.sum(covered(current, whole)).as_py() or 0)):
            gone, kept_back = gone.slice(0, 0), gone.num_rows
        tables.append(_after_stored(schema, stored, as_withdrawn(schema, gone, observed_at, arrived_at), arrived_at))
    merged = pa.concat_tables(tables).sort_by([(name, "ascending") for name in (*schema.key, "known_at", "arrived_at")])
    withdrawn = tables[2].num_rows if len(tables) > 2 else 0
    return Merged(_one_per_instant(schema, merged), fresh.num_rows, withdrawn, kept_back, rows_brought_back)


def _unseen(schema: TableSchema, arriving: pa.Table, stored: pa.Table) -> pa.Table:
    """Return the arriving rows that say something else than ``stored``, which has one version per key."""
    content = [name for name in schema.arrow.names if name not in INSTANTS_AND_MARKS]
    seen = stored.select(content).append_column("_stored", pa.array(np.ones(stored.num_rows, dtype=bool)))
    joined = _left_join(arriving, seen, content)
    return arriving.filter(pc.is_null(joined.column("_stored").combine_chunks()))


def _known_when_observed(schema: TableSchema, stored: pa.Table, fresh: pa.Table, observed_at: datetime) -> pa.Table:
    """Return ``fresh``, known not before ``observed_at`` where an earlier answer said otherwise, or nothing."""
    if not fresh.num_rows:
        return fresh
    published, observed = fresh.column("known_at"), pa.scalar(observed_at, type=INSTANT)
    late = pc.if_else(pc.less(published, observed), observed, published)
    if schema.is_public_by_date:
        late = pc.if_else(_are_stored(schema, stored, fresh), late, published)
    return fresh.set_column(fresh.column_names.index("known_at"), schema.arrow.field("known_at"), late)


def _are_stored(schema: TableSchema, stored: pa.Table, fresh: pa.Table) -> pa.Array:
    """Return which rows of ``fresh`` have a key that some version in ``stored`` has, bool (R,)."""
    keys = stored.select(list(schema.key)).group_by(list(schema.key), use_threads=False).aggregate([])
    seen = keys.append_column("_stored", pa.array(np.ones(keys.num_rows, dtype=bool)))
    joined = _left_join(fresh.select(list(schema.key)), seen, list(schema.key))
    return pc.is_valid(joined.column("_stored").combine_chunks())


def _after_stored(schema: TableSchema, stored: pa.Table, fresh: pa.Table, arrived_at: datetime) -> pa.Table:
    """Return ``fresh`` ordered after the stored versions of its keys that a clock minutes ahead has stamped."""
    keys, instants = list(schema.key), ("known_at", "arrived_at")
    limit = pa.scalar(arrived_at, type=INSTANT)
    ahead = stored.filter(pc.or_(*(pc.greater(stored.column(name), limit) for name in instants)))
    if not ahead.num_rows or not fresh.num_rows:
        return fresh
    latest = ahead.group_by(keys, use_threads=False).aggregate([(name, "max") for name in instants])
    joined = _left_join(fresh.select([*keys, *instants]), latest, keys)
    for name in instants:
        own, held = (joined.column(column).combine_chunks() for column in (name, f"{name}_max"))
        next_after = pc.add(held, pa.scalar(timedelta(microseconds=1), pa.duration("us"))).cast(INSTANT)
        moved = pc.if_else(pc.fill_null(pc.greater_equal(held, own), False), next_after, own)
        fresh = fresh.set_column(fresh.column_names.index(name), schema.arrow.field(name), moved)
    return fresh


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
    """Drop an earlier row with the same key and instants: a correction within one instant replaces it."""
    marked = merged.append_column("_row", pa.array(np.arange(merged.num_rows)))
    last = marked.group_by([*schema.key, "known_at", "arrived_at"], use_threads=False).aggregate([("_row", "max")])
    if last.num_rows == merged.num_rows:
        return merged
    return merged.take(pa.array(np.sort(last.column("_row_max").to_numpy())))

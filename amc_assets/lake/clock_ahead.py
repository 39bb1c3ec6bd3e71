"""Instants that a clock set ahead wrote: no row is known later than five minutes after it arrived.

The lake believes the later write. Rows that say they arrived after the write at hand came by a clock that was ahead:
they are brought back to just before that write, in the order in which they came (docs/adr/0014-clock-set-ahead.md).
"""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.arrow_types import INSTANT

MOST_AHEAD = timedelta(minutes=5)
"""Clocks of two machines, or of one before and after its correction, may differ by so much."""


def capped(table: pa.Table) -> pa.Table:
    """Return the rows with ``known_at`` at most five minutes after ``arrived_at``."""
    if not table.num_rows:
        return table
    known, arrived = table.column("known_at"), table.column("arrived_at")
    if pc.max(known).as_py() <= pc.min(arrived).as_py() + MOST_AHEAD:
        return table
    latest = pc.add(arrived, pa.scalar(MOST_AHEAD, pa.duration("us"))).cast(INSTANT)
    return _with(table, "known_at", pc.if_else(pc.greater(known, latest), latest, known))


def brought_back(stored: pa.Table, received_at: datetime) -> tuple[pa.Table, int]:
    """Return stored rows with instants that a clock set ahead wrote brought back before ``received_at``, and how many.

    Each distinct instant of arrival becomes one of its own, a microsecond apart: versions keep their order.
    """
    limit = received_at + MOST_AHEAD
    if not stored.num_rows or pc.max(stored.column("arrived_at")).as_py() < limit:
        return stored, 0
    arrived_us, known_us = (_microseconds(stored, name) for name in ("arrived_at", "known_at"))
    is_ahead = arrived_us >= _microseconds_of(limit)
    instants, place = np.unique(arrived_us[is_ahead], return_inverse=True)
    at_us = _microseconds_of(received_at)
    arrived_us[is_ahead] = at_us - len(instants) + place
    known_us[is_ahead] = np.minimum(known_us[is_ahead], arrived_us[is_ahead])
    table = _with(stored, "arrived_at", pa.array(arrived_us, pa.int64()).cast(INSTANT))
    return _with(table, "known_at", pa.array(known_us, pa.int64()).cast(INSTANT)), int(is_ahead.sum())


def _microseconds(table: pa.Table, name: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(table.column(name).cast(pa.int64()).to_numpy())


def _microseconds_of(at: datetime) -> int:
    return int(pa.scalar(at, INSTANT).value)


def _with(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)

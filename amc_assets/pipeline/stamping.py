"""When a row of an answer could be known: the source's own instant, never later than when it arrived."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.arrow_types import INSTANT
from amc_assets.providers.exchange import Fetched


def stamped(table: pa.Table, fetched: Fetched, known_at: datetime | pa.ChunkedArray, *, is_simulated: bool) -> pa.Table:
    """Return the table with source, known_at (one instant or one per row) and the simulation flag."""
    count = table.num_rows
    arrived = pa.scalar(fetched.fetched_at.astimezone(UTC), INSTANT)
    if isinstance(known_at, datetime):
        known: pa.Array | pa.ChunkedArray = pa.repeat(pa.scalar(known_at.astimezone(UTC), INSTANT), count)
    else:
        known = known_at.cast(INSTANT)
    return (
        table.append_column("source", pa.repeat(pa.scalar(fetched.source), count))
        .append_column("known_at", pc.if_else(pc.less(known, arrived), known, arrived))
        .append_column("is_simulated", pa.repeat(pa.scalar(is_simulated), count))
    )

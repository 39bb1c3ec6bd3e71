"""Provenance of the rows of an answer: where they came from and when they were public."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.arrow_types import INSTANT
from amc_assets.providers.exchange import Fetched


def stamped(
    table: pa.Table, fetched: Fetched, known_at: datetime | pa.Array | pa.ChunkedArray, *, is_simulated: bool
) -> pa.Table:
    """Return the table with source, known_at (one instant or one per row) and the simulation flag.

    ``known_at`` is the instant at which the fact was public, null where nobody says so; a row is never known later than
    it was fetched.
    """
    count = table.num_rows
    fetched_at = pa.scalar(fetched.fetched_at.astimezone(UTC), INSTANT)
    if isinstance(known_at, datetime):
        known: pa.Array | pa.ChunkedArray = pa.repeat(pa.scalar(known_at.astimezone(UTC), INSTANT), count)
    else:
        known = known_at.cast(INSTANT)
    is_earlier = pc.less(known, fetched_at)
    return (
        table.append_column("source", pa.repeat(pa.scalar(fetched.source), count))
        .append_column("known_at", pc.if_else(pc.fill_null(is_earlier, False), known, fetched_at))
        .append_column("is_simulated", pa.repeat(pa.scalar(is_simulated), count))
    )


def public_by_date(days: pa.ChunkedArray, public_at: Callable[[date], datetime]) -> pa.ChunkedArray:
    """Return the instant at which each row was public, from its date; null where the date is null.

    ``public_at`` is asked once per distinct date.
    """
    encoded = days.combine_chunks().dictionary_encode()
    instants = [None if day is None else public_at(day).astimezone(UTC) for day in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(instants, INSTANT).take(encoded.indices)])

"""What a complete answer no longer holds: rows that a source took back, as versions of their own."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.schema import TableSchema

MOST_WITHDRAWN_FRAC = 0.20
MOST_WITHDRAWN_ROWS = 20


@dataclass(frozen=True)
class Complete:
    """What a whole answer speaks for: a stored row of it that the answer does not hold was taken back.

    providers: names before the dot of ``source``; rows of other providers stay. spared_symbols: canonical symbols of
    rows that came and could not be used; spared_days: such rows by symbol and day of ``date_column``. first, last: the
    asked range of ``date_column``, both included.
    """

    providers: frozenset[str]
    spared_symbols: frozenset[str] = frozenset()
    date_column: str | None = None
    first: date | None = None
    last: date | None = None
    spared_days: frozenset[tuple[str, date]] = frozenset()


def providers_of(source: str) -> frozenset[str]:
    """Return the providers of a ``source`` such as ``polygon.tickers+nasdaq.symbol_directory``."""
    return frozenset(part.split(".", 1)[0] for part in source.split("+"))


def missing_rows(schema: TableSchema, current: pa.Table, arriving: pa.Table, whole: Complete) -> pa.Table:
    """Return the rows of ``current`` (newest versions of what is stored) that the answer covers and does not hold."""
    spoken_for = current.filter(covered(current, whole))
    if not spoken_for.num_rows:
        return spoken_for
    keys = list(schema.key)
    held = arriving.select(keys).append_column("_held", pa.array(np.ones(arriving.num_rows, dtype=bool)))
    numbered = spoken_for.append_column("_row", pa.array(np.arange(spoken_for.num_rows)))
    joined = numbered.select([*keys, "_row"]).join(held, keys=keys, join_type="left outer").sort_by("_row")
    return spoken_for.filter(pc.is_null(joined.column("_held").combine_chunks()))


def are_too_many(missing: int, stored: int) -> bool:
    """Say whether an answer lacks so many stored rows that it counts as cut short and takes nothing back.

    Sources lose rows by accident more often than they take back a fifth of a file.
    """
    return missing > MOST_WITHDRAWN_ROWS and missing > MOST_WITHDRAWN_FRAC * stored


def as_withdrawn(schema: TableSchema, rows: pa.Table, known_at: datetime, arrived_at: datetime) -> pa.Table:
    """Return the versions that withdraw ``rows``: their last values, marked, known from ``known_at``."""
    count = rows.num_rows
    for name, values in (
        ("known_at", pa.repeat(pa.scalar(known_at, type=INSTANT), count)),
        ("arrived_at", pa.repeat(pa.scalar(arrived_at, type=INSTANT), count)),
        ("is_withdrawn", pa.array(np.ones(count, dtype=bool))),
    ):
        rows = rows.set_column(rows.column_names.index(name), schema.arrow.field(name), values)
    return rows


def covered(rows: pa.Table, whole: Complete) -> pa.ChunkedArray:
    """Return which rows a whole answer speaks for, bool (R,)."""
    sources = pc.unique(rows.column("source")).to_pylist()
    own = [source for source in sources if providers_of(source) <= whole.providers]
    mask = pc.is_in(rows.column("source"), value_set=pa.array(own, pa.string()))
    if whole.spared_symbols:
        spared = pa.array(sorted(whole.spared_symbols), pa.string())
        mask = pc.and_(mask, pc.invert(pc.is_in(rows.column("symbol"), value_set=spared)))
    if whole.date_column is not None:
        days = rows.column(whole.date_column)
        inside = pc.and_(
            pc.greater_equal(days, pa.scalar(whole.first, pa.date32())),
            pc.less_equal(days, pa.scalar(whole.last, pa.date32())),
        )
        mask = pc.and_(mask, inside)
        for symbol, day in whole.spared_days:
            is_it = pc.and_(pc.equal(rows.column("symbol"), symbol), pc.equal(days, pa.scalar(day, pa.date32())))
            mask = pc.and_(mask, pc.invert(is_it))
    return mask

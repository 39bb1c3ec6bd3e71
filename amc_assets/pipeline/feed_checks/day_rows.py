"""The rows of one day as rules see them: names, numbers, and who sent them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.lake.withdrawals import providers_of

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class DayRows:
    """Rows of one day, one per name.

    names: unique (N,); columns: numbers by column, NaN where missing, F64 (N,); rows: rows before several of one name
    were averaged; providers: who sent most of them.
    """

    day: date
    names: pa.Array
    columns: Mapping[str, F64]
    rows: int
    providers: frozenset[str]


@dataclass(frozen=True)
class Pair:
    """An answer beside an earlier day: columns of the names in both, in one order, F64 (C,)."""

    answer: DayRows
    earlier: DayRows
    now: Mapping[str, F64]
    then: Mapping[str, F64]
    common: int


def day_rows(day: date, table: pa.Table, name: str, columns: Iterable[str]) -> DayRows:
    """Return the rows of a table whose ``source`` most of them share; ``name`` is the column that identifies them.

    A name with several rows (fails of several days) gets their mean.
    """
    providers, own = _of_most(table)
    wanted = list(columns)
    kept = pa.table({name: own.column(name), **{one: own.column(one).cast(pa.float64()) for one in wanted}})
    grouped = kept.group_by(name, use_threads=False).aggregate([(one, "mean") for one in wanted])
    numbers = {one: _floats(grouped.column(f"{one}_mean")) for one in wanted}
    return DayRows(day, grouped.column(name).combine_chunks(), numbers, own.num_rows, providers)


def pair(answer: DayRows, earlier: DayRows) -> Pair:
    """Return both days on the names they share."""
    places = pc.index_in(answer.names, value_set=earlier.names)
    here = np.flatnonzero(pc.is_valid(places).to_numpy(zero_copy_only=False))
    there = places.drop_null().to_numpy()
    now = {name: values[here] for name, values in answer.columns.items()}
    then = {name: values[there] for name, values in earlier.columns.items()}
    return Pair(answer, earlier, now, then, len(here))


def _of_most(table: pa.Table) -> tuple[frozenset[str], pa.Table]:
    """Return the providers that sent at least half of the rows, and their rows; nobody and all rows otherwise."""
    if not table.num_rows:
        return frozenset(), table
    counts = pc.value_counts(table.column("source")).to_pylist()
    by_providers: dict[frozenset[str], list[str]] = {}
    rows: dict[frozenset[str], int] = {}
    for item in counts:
        key = providers_of(item["values"])
        by_providers.setdefault(key, []).append(item["values"])
        rows[key] = rows.get(key, 0) + item["counts"]
    most = max(rows, key=lambda key: rows[key])
    if 2 * rows[most] < table.num_rows:
        return frozenset(), table
    return most, table.filter(pc.is_in(table.column("source"), value_set=pa.array(by_providers[most], pa.string())))


def _floats(column: pa.ChunkedArray) -> F64:
    return np.asarray(column.to_numpy(), np.float64)

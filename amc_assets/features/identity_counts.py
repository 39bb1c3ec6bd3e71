"""Floats and shares outstanding of today's securities: each count is judged by the date it is of, not by its row's.

A row is carried forward from day to day, and a vendor states a float of last quarter today: after another company took
the symbol both look new and are the old company's.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.identity import IdentityHistory

_COUNTS = (("float_shares", "float_effective_date"), ("outstanding_shares", "outstanding_date"))


def counts_of_securities(table: pa.Table, identities: IdentityHistory) -> tuple[pa.Table, frozenset[str]]:
    """Return rows of SHARE_COUNTS under today's symbols, and the symbols of which another security's were dropped.

    A count without a date is of the day on which it was known. A row belongs to the security of its newest count; its
    other count is emptied where it is another security's.
    """
    known_on = table["known_at"].cast(pa.timestamp("us")).cast(pa.date32())
    dates = [pc.coalesce(table[date_name], known_on) for _, date_name in _COUNTS]
    newest = _newest(table, dates, known_on)
    names = _text(table)
    owners = identities.names(names, _days(newest))
    foreign = set(names[owners != names].tolist())
    for (name, date_name), on in zip(_COUNTS, dates, strict=True):
        is_other = (identities.names(names, _days(on)) != owners) & pc.is_valid(table[name]).to_numpy()
        if is_other.any():
            foreign |= set(names[is_other].tolist())
            for column in (name, date_name):
                index = table.column_names.index(column)
                emptied = pc.if_else(pa.array(is_other), pa.scalar(None, table.schema.field(index).type), table[column])
                table = table.set_column(index, table.schema.field(index), emptied)
    return identities.applied_by(table, newest), frozenset(foreign)


def _newest(table: pa.Table, dates: list[pa.ChunkedArray], known_on: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the date of the newest count of each row; of a row without counts the day on which it was known."""
    stated = [
        pc.if_else(pc.is_valid(table[name]), on, pa.scalar(None, pa.date32()))
        for (name, _), on in zip(_COUNTS, dates, strict=True)
    ]
    return pc.coalesce(pc.max_element_wise(*stated), known_on)


def _text(table: pa.Table) -> np.ndarray:
    return np.array(table["symbol"].to_pylist(), dtype=np.str_)


def _days(dates: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(dates.cast(pa.int32()).to_numpy(), np.int64)

"""Whose row is it? The security behind every (symbol, date), as known at an instant.

Rows of a symbol dated before another security took it are not its history; rows of the symbol that a renamed security
had before are. Everything here is a function of the changes handed in: no lake, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.identity_spans import ENDED, Span, spans_of
from amc_assets.features.snapshot import BOOL

I64 = NDArray[np.int64]
IDX = NDArray[np.intp]
_KEY_BITS = 32
_DAY_OFFSET = 1 << 24  # dates as days since 1970, made positive
UNTOUCHED, NOBODY = -2, -1


@dataclass(frozen=True)
class IdentityHistory:
    """Spans of dates in which a symbol belonged to one security, for the symbols that ever changed hands.

    spans: ascending by symbol and date, of one symbol without overlap. A symbol without spans is its own for all time.
    """

    spans: tuple[Span, ...] = ()

    @classmethod
    def from_table(cls, changes: pa.Table) -> "IdentityHistory":
        """Read rows of IDENTITY_CHANGES, one vintage of each, as known at the instant that matters."""
        return cls(spans_of(changes.to_pylist()))

    @cached_property
    def touched(self) -> NDArray[np.str_]:
        """Symbols with spans, ascending."""
        return np.unique(np.array([span.symbol for span in self.spans], dtype=np.str_))

    @cached_property
    def owners(self) -> NDArray[np.str_]:
        """Names of the securities of the spans, ascending: today's symbol, or an ended one's ``SYMBOL~YYYYMMDD``."""
        return np.unique(np.array([span.owner for span in self.spans], dtype=np.str_))

    def applied(self, table: pa.Table, date_column: str) -> pa.Table:
        """Return the rows of securities that still hold a symbol, each under the symbol it holds now."""
        return self.applied_by(table, table[date_column])

    def applied_by(self, table: pa.Table, dates: pa.Array | pa.ChunkedArray) -> pa.Table:
        """Do the same by dates (date32, (R,)) that are no column; a row without a date is taken for a present one."""
        owner = self._owner(table["symbol"], dates)
        if owner is None:
            return table
        lives = np.append(np.char.find(self.owners, ENDED) < 0, False)  # the last answers for NOBODY
        keep = (owner == UNTOUCHED) | ((owner >= 0) & lives[owner])
        return _relabelled(table, owner, self.owners).filter(pa.array(keep))

    def as_securities(self, table: pa.Table, date_column: str) -> pa.Table:
        """Return all rows under a name per security, ended ones as ``SYMBOL~YYYYMMDD``; rows of nobody are left out."""
        owner = self._owner(table["symbol"], table[date_column])
        return table if owner is None else _relabelled(table, owner, self.owners).filter(pa.array(owner != NOBODY))

    def foreign(self, table: pa.Table, date_column: str) -> frozenset[str]:
        """Return the symbols of which the table has rows of a security that held the symbol before."""
        owner = self._owner(table["symbol"], table[date_column])
        if owner is None:
            return frozenset()
        names = np.array(table["symbol"].to_pylist(), dtype=np.str_)
        current = np.array([*self.owners.tolist(), ""], dtype=np.str_)[owner]
        return frozenset(names[(owner != UNTOUCHED) & (current != names)].tolist())

    def names(self, symbols: NDArray[np.str_], days: I64) -> NDArray[np.str_]:
        """Return the security behind each symbol on its day (days since 1970), (R,); ``""`` for nobody's."""
        owner = self._owner(pa.array(symbols.tolist(), pa.string()), pa.array(days.astype(np.int32)))
        if owner is None:
            return symbols
        named = np.array([*self.owners.tolist(), ""], dtype=np.str_)[owner]
        return np.where(owner == UNTOUCHED, symbols, named)

    def began_after(self, symbols: NDArray[np.str_], days: I64) -> BOOL:
        """Return which securities that hold ``symbols`` had no symbol yet on their day (days since 1970), bool (R,)."""
        first: dict[str, int] = {}
        for span in self.moves():
            first[span.owner] = min(span.first_day, first.get(span.owner, span.first_day))
        codes = _codes(pa.array(symbols.tolist(), pa.string()), self.touched)
        begins = np.array([first.get(name, days.min(initial=0)) for name in self.touched.tolist()] or [0], np.int64)
        return np.asarray((codes >= 0) & (begins[np.maximum(codes, 0)] > days))

    def _owner(self, symbols: pa.Array | pa.ChunkedArray, dates: pa.Array | pa.ChunkedArray) -> IDX | None:
        """Return each row's owner by number, UNTOUCHED or NOBODY, (R,); None when every row is its symbol's own."""
        if not self.spans or not len(symbols):
            return None
        codes = _codes(symbols, self.touched)
        rows = np.flatnonzero(codes >= 0)
        if not rows.size:
            return None
        lookup = self._lookup
        days = np.asarray(pc.fill_null(dates.cast(pa.int32()), 2**22).to_numpy(zero_copy_only=False), np.int64)
        at = np.searchsorted(lookup.keys, _key(codes[rows], days[rows]), side="right") - 1
        inside = (at >= 0) & (lookup.codes[at] == codes[rows]) & (days[rows] < lookup.until[at])
        owner = np.full(len(codes), UNTOUCHED, np.intp)
        owner[rows] = np.where(inside, lookup.owners[at], NOBODY)
        own = np.searchsorted(self.owners, self.touched)
        own = np.where(self.owners[np.minimum(own, len(self.owners) - 1)] == self.touched, own, -3)
        return None if (owner[rows] == own[codes[rows]]).all() else owner

    @cached_property
    def _lookup(self) -> "_Lookup":
        codes = np.searchsorted(self.touched, np.array([span.symbol for span in self.spans], dtype=np.str_))
        first = np.array([span.first_day for span in self.spans], np.int64)
        return _Lookup(
            keys=_key(codes, first),
            codes=codes,
            until=np.array([span.until_day for span in self.spans], np.int64),
            owners=np.searchsorted(self.owners, np.array([span.owner for span in self.spans], dtype=np.str_)),
        )

    def moves(self) -> Iterator[Span]:
        """Yield the spans of securities that still hold a symbol: which rows of which symbol are whose."""
        return (span for span in self.spans if ENDED not in span.owner)


@dataclass(frozen=True)
class _Lookup:
    """The spans as arrays (K,), ascending by key."""

    keys: I64
    codes: IDX
    until: I64
    owners: IDX


def _key(codes: NDArray[np.integer[Any]], days: I64) -> I64:
    shifted = np.clip(days, -_DAY_OFFSET, _DAY_OFFSET) + _DAY_OFFSET
    return np.asarray((codes.astype(np.int64) << _KEY_BITS) + shifted, np.int64)


def _codes(symbols: pa.Array | pa.ChunkedArray, touched: NDArray[np.str_]) -> IDX:
    found = pc.index_in(symbols.cast(pa.string()), value_set=pa.array(touched.tolist(), pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.intp)


def _relabelled(table: pa.Table, owner: IDX, owners: NDArray[np.str_]) -> pa.Table:
    index = table.column_names.index("symbol")
    new = pa.array(np.where(owner >= 0, owner, 0)).cast(pa.int64())
    named: pa.Array = pa.array(owners.tolist(), pa.string()).take(new)
    is_moved: BOOL = owner >= 0
    symbols = pc.if_else(pa.array(is_moved), named, _flat(table["symbol"].cast(pa.string())))
    return table.set_column(index, table.schema.field(index), symbols.cast(table.schema.field(index).type))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole

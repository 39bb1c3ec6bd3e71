"""Refuses rows by whole columns: masks in, a Parsed table with counted reasons and samples out.

A row that is not understood is counted under a reason, never dropped in silence: kept rows and rejected rows add up
to the rows that came. One rule says when a body as a whole is not what it claims to be (``refuse_body``); every parser
ends with it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Parsed, Request

MOST_REJECTED_FRAC = 0.05
MOST_REJECTED_ROWS = 20  # one odd row says nothing about the 38 others of a small body
SAMPLES = 5
SAMPLE_CHARACTERS = 160
_SYMBOL_COLUMN = "source_symbol"
_SYMBOL = r"[A-Z][A-Z0-9]{0,9}(?:[pr][A-Z]?)?w?(?:[ ./+=^*#$-][A-Z0-9]{0,4}){0,3}"
_ANY_SYMBOL = re.compile(_SYMBOL, re.ASCII)

BoolArray = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Unread:
    """Rows that never became rows of a table; ``symbols`` has one entry per row whose symbol could still be read."""

    count: int = 0
    samples: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()


class Rejects:
    """Collects which rows to refuse, first reason first; masks are boolean arrays of one entry per row."""

    def __init__(self, rows: int) -> None:
        self.kept: BoolArray = np.ones(rows, dtype=bool)
        self.counts: dict[str, int] = {}
        self._samples: list[str] = []
        self._said_twice: BoolArray | None = None
        self._symbols: set[str] = set()
        self._unnamed = 0
        self.days: set[tuple[str, date]] = set()

    def where(self, mask: BoolArray, reason: str, describe: Callable[[int], str]) -> None:
        """Refuse the rows of ``mask`` that are still kept."""
        if not mask.any():
            return
        fresh = mask & self.kept
        count = int(fresh.sum())
        if not count:
            return
        self.kept &= ~fresh
        self.counts[reason] = self.counts.get(reason, 0) + count
        if reason == "duplicate_row":  # the row is there: nothing is lost with its repeat
            self._said_twice = fresh if self._said_twice is None else fresh | self._said_twice
        room = max(SAMPLES - len(self._samples), 0)
        self.sample(*(f"{reason}: {describe(int(row))}" for row in np.flatnonzero(fresh)[:room]))

    def before_parsing(
        self, counts: Mapping[str, int], samples: Sequence[str], symbols: Sequence[str] = (), unnamed: int | None = None
    ) -> None:
        """Add lines that never became rows; ``symbols`` are those that can be read, by default one per line.

        ``unnamed`` lines have none; by default what is left of the counts.
        """
        for reason, count in counts.items():
            self.counts[reason] = self.counts.get(reason, 0) + count
        self._symbols.update(symbols)
        self._unnamed += sum(counts.values()) - len(symbols) if unnamed is None else unnamed
        self.sample(*samples)

    def unread(self, rows: Unread) -> None:
        """Add JSON rows with a field missing or of another type."""
        self.before_parsing({"unreadable_row": rows.count} if rows.count else {}, rows.samples, rows.symbols)

    def sample(self, *texts: str) -> None:
        """Keep a few refused rows to look at, on one line each and cut."""
        room = max(SAMPLES - len(self._samples), 0)
        cut = (text[:SAMPLE_CHARACTERS] for text in texts[:room])
        self._samples += ["".join(c if c.isprintable() else "?" for c in text) for text in cut]

    def finish(
        self,
        table: pa.Table,
        request: Request,
        notes: Mapping[str, str] | None = None,
        *,
        is_source_answerable: bool = True,
        day_column: str | None = None,
    ) -> Parsed:
        """Return the kept rows and whose rows were refused; raise MalformedBody by the rule of ``refuse_body``.

        A source that only passes on what others state is not answerable for it: no share of their slips refuses a body.
        day_column: of a table with several rows a symbol, so that a refused row is known by symbol and day.
        """
        kept = table if self.kept.all() else table.filter(pa.array(self.kept))
        if is_source_answerable:
            refuse_body(kept.num_rows, self.counts, self._samples, request)
        lost = ~self.kept if self._said_twice is None else ~self.kept & ~self._said_twice
        if day_column is not None:
            lost = lost & ~self._keep_days(table, lost, day_column)
        symbols, unnamed = self._lost(table, lost)
        return Parsed(
            kept, dict(self.counts), tuple(self._samples), dict(notes or {}), symbols, unnamed, frozenset(self.days)
        )

    def _keep_days(self, table: pa.Table, lost: BoolArray, day_column: str) -> BoolArray:
        """Keep symbol and day of the lost rows that have both; return which rows those are."""
        has_both = np.zeros(len(lost), dtype=bool)
        for row in np.flatnonzero(lost):
            symbol, day = readable_symbol(table[_SYMBOL_COLUMN][row].as_py()), table[day_column][row].as_py()
            if symbol and day is not None:
                self.days.add((symbol, day))
                has_both[row] = True
        return has_both

    def _lost(self, table: pa.Table, lost: BoolArray) -> tuple[frozenset[str], int]:
        """Return the symbols of refused rows as the source spells them, and of how many rows nobody can tell."""
        if not lost.any():
            return frozenset(self._symbols), self._unnamed
        if _SYMBOL_COLUMN not in table.column_names:
            return frozenset(self._symbols), self._unnamed + int(lost.sum())
        sent = table.column(_SYMBOL_COLUMN).filter(pa.array(lost)).to_pylist()
        named = [symbol for text in sent if (symbol := readable_symbol(text))]
        return frozenset(self._symbols.union(named)), self._unnamed + len(sent) - len(named)


def refuse_body(kept: int, counts: Mapping[str, int], samples: Sequence[str], request: Request) -> None:
    """Raise MalformedBody when more than 5 % and more than 20 of the rows were refused, or none of them remains.

    Of one part of an answer in several nothing may remain: the parts are judged together again.
    """
    rejected = sum(counts.values())
    is_much = rejected > MOST_REJECTED_ROWS and rejected > MOST_REJECTED_FRAC * (kept + rejected)
    is_all = rejected > 0 and not kept and not request.is_part
    if not is_much and not is_all:
        return
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    raise MalformedBody(
        request.provider,
        request.dataset,
        f"{rejected} of {kept + rejected} rows were refused ({reasons}; such as {list(samples[:1])})",
        "nothing of it was used; compare the body with docs/providers.md, the provider may have changed it",
    )


def readable_symbol(text: object) -> str | None:
    """Return a text that looks like a symbol as the source spelled it; None for a name, a number or nothing."""
    return text if isinstance(text, str) and _ANY_SYMBOL.fullmatch(text) else None


def describer(table: pa.Table) -> Callable[[int], str]:
    """Return a function that writes a row of ``table`` on one line, for samples of refused rows."""
    return lambda row: "|".join(str(table.column(name)[row].as_py()) for name in table.column_names)


def repeated(keys: "pa.ChunkedArray | pa.Array") -> BoolArray | None:
    """Return a mask of all rows whose key occurs more than once; None when every key is unique (the common case)."""
    if len(keys) < 2 or pc.all(pc.less(keys.slice(0, len(keys) - 1), keys.slice(1)), skip_nulls=False).as_py():
        return None  # strictly ascending, as most files are
    encoded = pc.dictionary_encode(keys, null_encoding="encode")  # a key may be unknown in a row already refused
    codes = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    if isinstance(codes, pa.ChunkedArray):
        codes = codes.chunk(0)
    if len(codes.dictionary) == len(codes):
        return None
    indices = codes.indices.to_numpy(zero_copy_only=False)
    mask: BoolArray = np.bincount(indices, minlength=len(codes.dictionary))[indices] > 1
    return mask


def refuse_repeats(rejects: Rejects, table: pa.Table, keys: tuple[str, ...], describe: Callable[[int], str]) -> None:
    """Keep the first of identical rows of a key; refuse all rows of a key that disagree: which is right is unknown."""
    mask = repeated(_joined(table, keys)) if table.num_rows else None
    if mask is None:
        return
    rows = np.flatnonzero(mask & rejects.kept)
    seen: dict[tuple[object, ...], list[int]] = {}
    columns = [table.column(name) for name in table.column_names]
    key_positions = [table.column_names.index(name) for name in keys]
    values = {int(row): tuple(column[int(row)].as_py() for column in columns) for row in rows}
    for row, value in values.items():
        seen.setdefault(tuple(value[i] for i in key_positions), []).append(row)
    same, conflicting = np.zeros(table.num_rows, dtype=bool), np.zeros(table.num_rows, dtype=bool)
    for group in seen.values():
        agree = all(values[row] == values[group[0]] for row in group)
        same[group[1:] if agree else []] = True
        conflicting[[] if agree else group] = True
    rejects.where(same, "duplicate_row", describe)
    rejects.where(conflicting, "conflicting_duplicate", describe)


def _joined(table: pa.Table, keys: tuple[str, ...]) -> "pa.ChunkedArray | pa.Array":
    if len(keys) == 1:
        return table.column(keys[0])
    return pc.binary_join_element_wise(*(pc.cast(table.column(name), pa.string()) for name in keys), "\x1f")

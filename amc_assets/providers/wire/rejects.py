"""Refuses rows by whole columns: masks in, a Parsed table with counted reasons and samples out.

A row that is not understood is counted under a reason, never dropped in silence: kept rows and rejected rows add up
to the rows that came. When more than one row in twenty is refused, the body as a whole is not what it claims to be.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Parsed, Request

MOST_REJECTED_FRAC = 0.05
SAMPLES = 5
SAMPLE_CHARACTERS = 160

BoolArray = np.ndarray[tuple[int], np.dtype[np.bool_]]


class Rejects:
    """Collects which rows to refuse, first reason first; masks are boolean arrays of one entry per row."""

    def __init__(self, rows: int) -> None:
        self.kept: BoolArray = np.ones(rows, dtype=bool)
        self.counts: dict[str, int] = {}
        self._samples: list[str] = []

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
        room = max(SAMPLES - len(self._samples), 0)
        self.sample(*(f"{reason}: {describe(int(row))}" for row in np.flatnonzero(fresh)[:room]))

    def before_parsing(self, counts: Mapping[str, int], samples: tuple[str, ...]) -> None:
        """Add lines that never became rows."""
        for reason, count in counts.items():
            self.counts[reason] = self.counts.get(reason, 0) + count
        self.sample(*samples)

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
        most_rejected_frac: float = MOST_REJECTED_FRAC,
    ) -> Parsed:
        """Return the kept rows; raise MalformedBody when more than 5 % of all rows were refused.

        A ``most_rejected_frac`` of 1 is for rows that strangers wrote: their slips say nothing about the source.
        """
        rejected = sum(self.counts.values())
        kept = table if self.kept.all() else table.filter(pa.array(self.kept))
        if rejected > most_rejected_frac * (kept.num_rows + rejected):
            reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.counts.items()))
            raise MalformedBody(
                request.provider,
                request.dataset,
                f"{rejected} of {kept.num_rows + rejected} rows were refused ({reasons}; such as {self._samples[:1]})",
                "nothing of it was used; compare the body with docs/providers.md, the provider may have changed it",
            )
        return Parsed(kept, dict(self.counts), tuple(self._samples), dict(notes or {}))


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

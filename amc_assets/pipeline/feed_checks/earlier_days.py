"""The days before a day, out of the lake: read when a rule asks for them, and kept for the next day's comparison."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import overload

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.vintages import known_at_or_before, newest
from amc_assets.pipeline.feed_checks.day_rows import DayRows, day_rows
from amc_assets.pipeline.feed_checks.rules import IDENTIFIER, columns_of

MOST_DAYS = 10
MOST_KEPT = 48
"""Days kept in memory, about half a megabyte each for a whole market."""


@dataclass(frozen=True)
class _Kept:
    """A day as it was read, and until when its newest row was known."""

    stamp_ns: int
    last_known_at: datetime
    rows: DayRows


class EarlierDays:
    """Reads days of any table as known at an instant; a file that was written since is read again."""

    def __init__(self, lake: Lake) -> None:
        """Read nothing yet."""
        self._lake = lake
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def before(self, schema: TableSchema, day: date, at: datetime, most_days_apart: int) -> "Days":
        """Return at most ten days with rows in the calendar days before ``day``, as known at ``at``, newest first."""
        first = (day - timedelta(days=most_days_apart)).isoformat()
        keys = [key for key in self._lake.partitions(schema) if first <= key < day.isoformat()]
        return Days(self, schema, keys[-MOST_DAYS:][::-1], at)

    def rows(self, schema: TableSchema, key: str, at: datetime) -> DayRows:
        """Return one day as known at ``at``."""
        stamp_ns = self._lake.written_ns(schema, key)
        kept = self._kept.get((schema.name, key))
        if kept is not None and kept.stamp_ns == stamp_ns and kept.last_known_at <= at:
            self._kept.move_to_end((schema.name, key))
            return kept.rows
        table = self._lake.vintages(schema, key)
        rows = of_table(schema, date.fromisoformat(key), newest(schema, known_at_or_before(table, at)))
        last_known_at = pc.max(table.column("known_at")).as_py()
        if last_known_at is not None and last_known_at <= at:
            self._kept[schema.name, key] = _Kept(stamp_ns, last_known_at, rows)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return rows


class Days(Sequence[DayRows]):
    """Earlier days, newest first, each read when it is asked for."""

    def __init__(self, source: EarlierDays, schema: TableSchema, keys: Sequence[str], at: datetime) -> None:
        self._source, self._schema, self._keys, self._at = source, schema, keys, at

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> DayRows: ...

    @overload
    def __getitem__(self, place: slice) -> "Days": ...

    def __getitem__(self, place: int | slice) -> "DayRows | Days":
        """Read one day, or return a part of them unread."""
        if isinstance(place, slice):
            return Days(self._source, self._schema, self._keys[place], self._at)
        return self._source.rows(self._schema, self._keys[place], self._at)


def of_table(schema: TableSchema, day: date, table: pa.Table) -> DayRows:
    """Return the rows of one day of a table as its rules see them."""
    return day_rows(day, table, IDENTIFIER.get(schema.name, "symbol"), columns_of(schema.name))

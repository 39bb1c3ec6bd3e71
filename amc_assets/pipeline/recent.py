"""Small tables of many days (volatility, option activity, news, halts) kept in memory and read as of an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.vintages import known_at_or_before, newest
from amc_assets.pipeline.identities import Identities


@dataclass(frozen=True)
class _Held:
    """One partition as it was read: all vintages, the newest ones, and when the last of them was known."""

    stamp_ns: int
    table: pa.Table
    current: pa.Table
    last_known_at: datetime | None


class RecentTables:
    """Reads partitions once; a file that was written since is read again.

    Rows come as histories of the securities that hold a symbol at ``as_of`` (docs/identity.md).
    """

    def __init__(self, lake: Lake) -> None:
        """Read nothing yet."""
        self._lake = lake
        self.identities = Identities(lake)
        self._held: dict[tuple[str, str], _Held] = {}

    def between(self, schema: TableSchema, first: date, last: date, as_of: datetime) -> pa.Table:
        """Return the rows of the partitions ``first`` to ``last`` as known at ``as_of``, oldest partition first."""
        keys = [key for key in self._lake.partitions(schema) if first.isoformat() <= key <= last.isoformat()]
        return self.of(schema, keys, as_of)

    def of(self, schema: TableSchema, keys: Sequence[str], as_of: datetime) -> pa.Table:
        """Return the rows of some partitions as known at ``as_of``."""
        tables = [self._as_of(schema, key, as_of) for key in keys]
        whole = pa.concat_tables(tables) if tables else schema.arrow.empty_table()
        return self.identities.of(schema, whole, as_of)

    def _as_of(self, schema: TableSchema, key: str, as_of: datetime) -> pa.Table:
        stamp_ns = self._lake.written_ns(schema, key)
        held = self._held.get((schema.name, key))
        if held is None or held.stamp_ns != stamp_ns:
            table = self._lake.vintages(schema, key)
            last_known_at = pc.max(table.column("known_at")).as_py() if table.num_rows else None
            held = self._held[schema.name, key] = _Held(stamp_ns, table, newest(schema, table), last_known_at)
        if held.last_known_at is None or held.last_known_at <= as_of:
            return held.current
        return newest(schema, known_at_or_before(held.table, as_of))

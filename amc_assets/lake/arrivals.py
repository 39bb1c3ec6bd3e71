"""The lake as it stood at an instant: only what had arrived by then. A repeat of a run reads this one."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.absences import Absence, failing_since, note_at
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake, PartitionWrite
from amc_assets.lake.vintages import arrived_by


class LakeAt(Lake):
    """Reads of a lake limited to rows with ``arrived_at <= limit``; it is opened for reading and writes nothing.

    What was withdrawn or noted as absent later does not show. Partitions of derived tables (one file per run) are those
    of the whole lake.
    """

    def __init__(self, lake: Lake, limit: datetime) -> None:
        """Limit ``lake``; nothing is read yet."""
        self.root = lake.root
        self.clock = lake.clock
        self.limit = limit
        self._held: dict[tuple[str, str], tuple[int, pa.Table]] = {}

    def write(self, *_rows: object, **_options: object) -> PartitionWrite:
        """Refuse: the past is read. Raises PermissionError."""
        raise _read_only(self.limit)

    def write_part(self, *_rows: object) -> PartitionWrite:
        """Refuse: the past is read. Raises PermissionError."""
        raise _read_only(self.limit)

    def mark_absent(self, *_note: object) -> None:
        """Refuse: the past is read. Raises PermissionError."""
        raise _read_only(self.limit)

    def vintages(self, schema: TableSchema, partition: str) -> pa.Table:
        """Return every version that had arrived."""
        name, stamp_ns = (schema.name, partition), self.written_ns(schema, partition)
        held = self._held.get(name)
        if held is None or held[0] != stamp_ns:
            held = self._held[name] = (stamp_ns, arrived_by(super().vintages(schema, partition), self.limit))
        return held[1]

    def holds(self, schema: TableSchema, partition: str) -> bool:
        """Return whether an answer had arrived, with rows or without."""
        if not super().holds(schema, partition):
            return False
        arrivals = self.arrivals(schema, partition)
        return arrivals.first_at <= self.limit if arrivals else self.vintages(schema, partition).num_rows > 0

    def absence(self, schema: TableSchema, partition: str) -> Absence | None:
        """Return the note that held at the limit."""
        return self._noted(schema, partition, lambda notes: note_at(notes, self.limit))

    def failing_since(self, schema: TableSchema, partition: str) -> datetime | None:
        """Return since when no source answered, as it was at the limit."""
        return self._noted(schema, partition, lambda notes: failing_since(notes, self.limit))

    def partitions(self, schema: TableSchema) -> list[str]:
        """Return the partition keys of which something had arrived, ascending."""
        keys = super().partitions(schema)
        return [key for key in keys if self.holds(schema, key)] if schema.vintaged else keys


def _read_only(limit: datetime) -> PermissionError:
    return PermissionError(f"this is the lake as it stood at {limit}. Next: write to the lake itself")


def late_rows(lake: Lake, schema: TableSchema, partition: str, as_of: datetime, limit: datetime) -> int | None:
    """Return how many versions known at ``as_of`` arrived after ``limit``; None when nothing arrived since.

    A first answer without rows counts as 0: it says that there are none. Rows are read only where some came since.
    """
    arrivals = lake.arrivals(schema, partition)
    if not lake.holds(schema, partition):
        return None
    if arrivals is not None and arrivals.last_at <= limit:
        return None
    table = lake.vintages(schema, partition)
    late = pc.and_(pc.less_equal(table.column("known_at"), as_of), pc.greater(table.column("arrived_at"), limit))
    count = int(pc.sum(late).as_py() or 0)
    is_first = arrivals is not None and arrivals.first_at > limit and not table.num_rows
    return count if count or is_first else None

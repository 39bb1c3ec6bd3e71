"""The lake: typed partitions on disk, written atomically, read as of an instant.

Layout: ``<root>/<table>/<partition>/data.parquet`` for vintaged tables, ``<root>/<table>/<partition>/<part>.parquet``
for derived ones (one part per discovery run), ``absent.json`` where a source had nothing and why.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from amc_assets.lake.absences import Absence, add_note, end_notes, failing_since, note_at
from amc_assets.lake.files import LakeError, exclusive, read_json, replace_file, sweep, write_json
from amc_assets.lake.partition_file import Arrivals, arrivals_of, read_table, write_table
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.vintages import Merged, known_at_or_before, merge, newest, with_arrival
from amc_assets.lake.withdrawals import Complete

__all__ = ["Absence", "Complete", "Lake", "MixedDataError", "PartitionWrite"]


@dataclass(frozen=True)
class PartitionWrite:
    """What a write did: versions in the partition afterwards, rows new or different, the file and its size.

    rows_withdrawn: stored rows that a complete answer took back; rows_kept_back: those it lacked and that stay, because
    an answer that lacks so many counts as cut short.
    """

    table: str
    partition: str
    rows: int
    rows_new: int
    path: Path
    size_bytes: int
    rows_withdrawn: int = 0
    rows_kept_back: int = 0


class MixedDataError(ValueError):
    """Simulated and real rows were about to share one lake."""


class Lake:
    """All tables under one root folder. Opening it sweeps what a killed writer left behind."""

    def __init__(self, root: Path) -> None:
        self.root = root
        sweep(root)

    @classmethod
    def at(cls, url: str) -> "Lake":
        """Open the lake of ``AMC_LAKE_URL``: a path or file:// address. Raises LakeError for other schemes."""
        scheme, found, rest = url.partition("://")
        if found and scheme != "file":
            raise LakeError(f"AMC_LAKE_URL scheme {scheme!r} is not supported. Next: use a folder path or file://")
        return cls(Path(rest if found else url).expanduser().resolve())

    def claim(self, *, is_simulated: bool) -> None:
        """Bind the lake to simulated or real data at its first use; refuse the other kind afterwards.

        Raises MixedDataError, LakeError.
        """
        marker = self.root / "kind.json"
        kind = "simulated" if is_simulated else "real"
        with exclusive(self.root / ".locks" / "kind"):  # two first uses at once: one of them decides for both
            if not marker.exists():
                replace_file(marker, lambda path: write_json(path, {"kind": kind}))
        held = str(read_json(marker).get("kind"))
        if held != kind:
            raise MixedDataError(
                f"the lake at {self.root} holds {held} data and this run is {kind}. Next: set AMC_LAKE_URL "
                f"(or AMC_HOME) to another folder for {kind} data, or change AMC_PLAN back"
            )

    def write(
        self,
        schema: TableSchema,
        partition: str,
        rows: pa.Table,
        observed_at: datetime,
        *,
        arrived_at: datetime | None = None,
        whole: Complete | None = None,
    ) -> PartitionWrite:
        """Add rows to a vintaged partition; a repeat adds nothing, a revision is known at ``observed_at``.

        arrived_at: when they were received (``observed_at`` by default). whole: what a complete answer speaks for; rows
        of it that the answer does not hold are withdrawn. Raises SchemaError, LakeError.
        """
        received_at = arrived_at or observed_at
        arriving = schema.conform(with_arrival(schema, rows, received_at))
        path = self._file(schema, partition, "data")
        with exclusive(self.root / ".locks" / f"{schema.name}-{partition}"):
            is_new = not path.exists()
            merged = Merged(arriving, arriving.num_rows)
            if not is_new:
                merged = merge(schema, read_table(schema, path), arriving, observed_at, received_at, whole)
            if is_new or merged.rows_new or merged.rows_withdrawn:
                earlier = None if is_new else arrivals_of(path)
                first_at = earlier.first_at if earlier else received_at
                write_table(path, merged.table, Arrivals(first_at, max(received_at, first_at)))
            end_notes(self.notes_file(schema, partition), received_at)
        return PartitionWrite(
            schema.name, partition, merged.table.num_rows, merged.rows_new, path, path.stat().st_size,
            merged.rows_withdrawn, merged.rows_kept_back,
        )  # fmt: skip

    def write_part(self, schema: TableSchema, partition: str, part: str, rows: pa.Table) -> PartitionWrite:
        """Replace one run's part of a derived partition. Raises SchemaError, LakeError."""
        table = schema.conform(rows)
        path = self._file(schema, partition, part)
        write_table(path, table)
        return PartitionWrite(schema.name, partition, table.num_rows, table.num_rows, path, path.stat().st_size)

    def mark_absent(self, schema: TableSchema, partition: str, absence: Absence) -> None:
        """Record why a partition has no rows; a later write ends the note."""
        add_note(self.notes_file(schema, partition), absence)

    def absence(self, schema: TableSchema, partition: str) -> Absence | None:
        """Return why a partition has no rows, or None when it has some or was never asked for."""
        return note_at(self.notes_file(schema, partition))

    def failing_since(self, schema: TableSchema, partition: str) -> datetime | None:
        """Return since when no source answered for a partition, with rows or without; None when the last one did."""
        return failing_since(self.notes_file(schema, partition))

    def read(self, schema: TableSchema, partition: str, as_of: datetime) -> pa.Table:
        """Return the newest vintage of each row known at ``as_of``; no rows when the partition does not exist."""
        if as_of.tzinfo is None:
            raise ValueError(f"as_of {as_of!r} has no time zone. Next: pass a UTC-aware instant")
        return newest(schema, known_at_or_before(self.vintages(schema, partition), as_of))

    def current(self, schema: TableSchema, partition: str) -> pa.Table:
        """Return the newest version of each row, whenever it was known; withdrawn rows are left out."""
        return newest(schema, self.vintages(schema, partition))

    def vintages(self, schema: TableSchema, partition: str) -> pa.Table:
        """Return every version of every row of a vintaged partition."""
        path = self._file(schema, partition, "data")
        return read_table(schema, path) if path.exists() else schema.arrow.empty_table()

    def read_part(self, schema: TableSchema, partition: str, part: str) -> pa.Table | None:
        """Return one run's part of a derived partition, or None."""
        path = self._file(schema, partition, part)
        return read_table(schema, path) if path.exists() else None

    def holds(self, schema: TableSchema, partition: str) -> bool:
        """Return whether a vintaged partition has been written."""
        return self._file(schema, partition, "data").exists()

    def written_ns(self, schema: TableSchema, partition: str) -> int:
        """Return when a vintaged partition was last written, in nanoseconds of the file system; 0 when it was not."""
        path = self._file(schema, partition, "data")
        return path.stat().st_mtime_ns if path.exists() else 0

    def parts(self, schema: TableSchema, partition: str) -> list[str]:
        """Return the names of the parts of a derived partition, oldest write first."""
        files = list((self.root / schema.name / partition).glob("*.parquet"))
        return [path.stem for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))]

    def partitions(self, schema: TableSchema) -> list[str]:
        """Return the partition keys that hold rows, ascending."""
        folder = self.root / schema.name
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if any(path.glob("*.parquet")))

    def asked_partitions(self, schema: TableSchema) -> list[str]:
        """Return the partition keys that hold rows or a note of absence, ascending."""
        folder = self.root / schema.name
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def newest_partition(self, schema: TableSchema, on_or_before: date) -> str | None:
        """Return the newest partition key not after a day, or None."""
        keys = [key for key in self.partitions(schema) if key <= on_or_before.isoformat()]
        return keys[-1] if keys else None

    def _file(self, schema: TableSchema, partition: str, part: str) -> Path:
        for name in (partition, part):
            if not name.replace("-", "").replace("_", "").isalnum():
                raise LakeError(f"{name!r} cannot name a partition of {schema.name}. Next: use a date or a run id")
        return self.root / schema.name / partition / f"{part}.parquet"

    def notes_file(self, schema: TableSchema, partition: str) -> Path:
        """Return where the notes of absence of a partition are kept."""
        return self._file(schema, partition, "data").parent / "absent.json"

"""The lake: typed partitions on disk, written atomically, read as of an instant.

Layout: ``<root>/<table>/<partition>/data.parquet`` for vintaged tables, ``<root>/<table>/<partition>/<part>.parquet``
for derived ones (one part per discovery run), ``absent.json`` where a source had nothing and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from amc_assets.lake.files import LakeError, exclusive, read_json, replace_file, sweep, write_json
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.vintages import known_at_or_before, merge, newest
from amc_assets.reasons import Reason


@dataclass(frozen=True)
class PartitionWrite:
    """What a write did: rows in the partition afterwards, rows that were new or different, the file and its size."""

    table: str
    partition: str
    rows: int
    rows_new: int
    path: Path
    size_bytes: int


@dataclass(frozen=True)
class Absence:
    """Why a partition has no rows."""

    reason: Reason
    detail: str
    observed_at: datetime


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

    def write(self, schema: TableSchema, partition: str, rows: pa.Table, observed_at: datetime) -> PartitionWrite:
        """Add rows to a vintaged partition; a repeat adds nothing, a revision is known at ``observed_at``.

        Raises SchemaError, LakeError.
        """
        arriving = schema.conform(rows)
        path = self._file(schema, partition, "data")
        with exclusive(self.root / ".locks" / f"{schema.name}-{partition}"):
            fresh = arriving.num_rows
            if path.exists():
                stored = self._read_file(schema, path)
                arriving, fresh = merge(schema, stored, arriving, observed_at)
            if fresh or not path.exists():
                self._write_file(path, arriving)
            (path.parent / "absent.json").unlink(missing_ok=True)
        return PartitionWrite(schema.name, partition, arriving.num_rows, fresh, path, path.stat().st_size)

    def write_part(self, schema: TableSchema, partition: str, part: str, rows: pa.Table) -> PartitionWrite:
        """Replace one run's part of a derived partition. Raises SchemaError, LakeError."""
        table = schema.conform(rows)
        path = self._file(schema, partition, part)
        self._write_file(path, table)
        return PartitionWrite(schema.name, partition, table.num_rows, table.num_rows, path, path.stat().st_size)

    def mark_absent(self, schema: TableSchema, partition: str, absence: Absence) -> None:
        """Record why a partition has no rows; a later write removes the note."""
        note = {"reason": absence.reason, "detail": absence.detail, "observed_at": absence.observed_at.isoformat()}
        replace_file(self._file(schema, partition, "data").parent / "absent.json", lambda path: write_json(path, note))

    def absence(self, schema: TableSchema, partition: str) -> Absence | None:
        """Return why a partition has no rows, or None when it has some or was never asked for."""
        path = self._file(schema, partition, "data").parent / "absent.json"
        if not path.exists():
            return None
        note = read_json(path)
        observed_at = datetime.fromisoformat(str(note["observed_at"]))
        return Absence(Reason(str(note["reason"])), str(note["detail"]), observed_at)

    def read(self, schema: TableSchema, partition: str, as_of: datetime) -> pa.Table:
        """Return the newest vintage of each row known at ``as_of``; no rows when the partition does not exist."""
        if as_of.tzinfo is None:
            raise ValueError(f"as_of {as_of!r} has no time zone. Next: pass a UTC-aware instant")
        return newest(schema, known_at_or_before(self.vintages(schema, partition), as_of))

    def vintages(self, schema: TableSchema, partition: str) -> pa.Table:
        """Return every version of every row of a vintaged partition."""
        path = self._file(schema, partition, "data")
        return self._read_file(schema, path) if path.exists() else schema.arrow.empty_table()

    def read_part(self, schema: TableSchema, partition: str, part: str) -> pa.Table | None:
        """Return one run's part of a derived partition, or None."""
        path = self._file(schema, partition, part)
        return self._read_file(schema, path) if path.exists() else None

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

    def _write_file(self, path: Path, table: pa.Table) -> None:
        def write(temporary: Path) -> None:
            # a flipped bit in a page is otherwise read as another number: without checksums parquet cannot tell
            pq.write_table(table, temporary, compression="zstd", compression_level=1, write_page_checksum=True)

        replace_file(path, write)

    def _read_file(self, schema: TableSchema, path: Path) -> pa.Table:
        try:
            table = pq.read_table(path, partitioning=None, memory_map=False, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            raise LakeError(
                f"cannot read {path}: {error}. Next: delete that file and materialise the partition again"
            ) from error
        if table.column_names != schema.arrow.names:
            differing = sorted(set(table.column_names) ^ set(schema.arrow.names)) or ["their order"]
            raise LakeError(
                f"{path} was written under another declaration of {schema.name} (columns: {', '.join(differing)}). "
                "Next: delete that file and materialise the partition again"
            )
        return table


def rows_with_provenance(
    table: pa.Table,
    *,
    source: str,
    known_at: datetime,
    is_simulated: bool,
    constants: Mapping[str, pa.Scalar] | None = None,
) -> pa.Table:
    """Return ``table`` with the provenance columns every vintaged table has, plus constant columns."""
    count = table.num_rows
    added = {
        "source": pa.scalar(source),
        "known_at": pa.scalar(known_at.astimezone(UTC), pa.timestamp("us", tz="UTC")),
        "is_simulated": pa.scalar(is_simulated),
        **(constants or {}),
    }
    for name, value in added.items():
        table = table.append_column(name, pa.repeat(value, count))
    return table

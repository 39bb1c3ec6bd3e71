"""The lake: typed partitions on disk, written atomically, read as of an instant.

Layout: ``<root>/<table>/<partition>/data.parquet`` for vintaged tables, ``<root>/<table>/<partition>/<part>.parquet``
for derived ones (one part per discovery run), ``absent.json`` where a source had nothing and why.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.clock import Clock
from amc_assets.lake.absences import Absence, add_note, changed_after, end_notes, failing_since, note_at
from amc_assets.lake.clock_ahead import capped
from amc_assets.lake.damage import DamagedFileError, mark, marked, rename_aside, unmark
from amc_assets.lake.files import LakeError, exclusive, read_json, replace_file, sweep, write_json
from amc_assets.lake.partition_file import Arrivals, arrivals_of, read_table, write_table
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.vintages import Merged, known_at_or_before, merge, newest, with_arrival
from amc_assets.lake.withdrawals import Complete
from amc_assets.reasons import Reason

__all__ = ["Absence", "Complete", "Lake", "MixedDataError", "PartitionWrite"]

LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class PartitionWrite:
    """What a write did: versions in the partition afterwards, rows new or different, the file and its size.

    rows_withdrawn: stored rows that a complete answer took back; rows_kept_back: those it lacked and that stay, because
    an answer that lacks so many counts as cut short. rows_brought_back: stored rows that a clock set ahead had stamped.
    """

    table: str
    partition: str
    rows: int
    rows_new: int
    path: Path
    size_bytes: int
    rows_withdrawn: int = 0
    rows_kept_back: int = 0
    rows_brought_back: int = 0


class MixedDataError(ValueError):
    """Simulated and real rows were about to share one lake."""


class Lake:
    """All tables under one root folder. Opening it sweeps what a killed writer left behind.

    clock: given to the lake of a run. It sets a damaged file aside, notes the reason, and reads on without it. A lake
    without a clock is for looking: it raises DamagedFileError and renames nothing.
    """

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = root
        self.clock = clock
        sweep(root)

    @classmethod
    def at(cls, url: str, clock: Clock | None = None) -> "Lake":
        """Open the lake of ``AMC_LAKE_URL``: a path or file:// address. Raises LakeError for other schemes."""
        scheme, found, rest = url.partition("://")
        if found and scheme != "file":
            raise LakeError(f"AMC_LAKE_URL scheme {scheme!r} is not supported. Next: use a folder path or file://")
        return cls(Path(rest if found else url).expanduser().resolve(), clock)

    def claim(self, *, is_simulated: bool) -> None:
        """Bind the lake to simulated or real data at its first use; refuse the other kind afterwards.

        Raises MixedDataError, LakeError.
        """
        marker = self.root / "kind.json"
        kind = "simulated" if is_simulated else "real"
        with exclusive(self.root / ".locks" / "kind"):  # two first uses at once: one of them decides for both
            if not marker.exists():
                replace_file(marker, lambda path: write_json(path, {"kind": kind}))
        try:
            held = str(read_json(marker).get("kind"))
        except LakeError as error:
            what = str(error).partition(". Next: ")[0]
            raise LakeError(
                f"{what}: it says whether the lake holds simulated or real data. Next: look which it is (the folder "
                f'name, a report page), then write {{"kind": "simulated"}} or {{"kind": "real"}} into that file'
            ) from error
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
        arriving = capped(schema.conform(with_arrival(schema, rows, received_at)))
        path = self._file(schema, partition, "data")
        with exclusive(self._lock(schema, partition)):
            stored = self._stored(schema, partition, path)
            is_new = stored is None
            merged = Merged(arriving, arriving.num_rows)
            if stored is not None:
                merged = merge(schema, stored, arriving, observed_at, received_at, whole)
            if is_new or merged.rows_new or merged.rows_withdrawn or merged.rows_brought_back:
                earlier = None if is_new else arrivals_of(path)
                first_at = min(earlier.first_at, received_at) if earlier else received_at
                write_table(path, merged.table, Arrivals(first_at, _last_arrival(merged.table, received_at)))
            self._noted(schema, partition, lambda notes: end_notes(notes, received_at))
            unmark(self.root, schema.name, partition)
        return PartitionWrite(
            schema.name, partition, merged.table.num_rows, merged.rows_new, path, path.stat().st_size,
            merged.rows_withdrawn, merged.rows_kept_back, merged.rows_brought_back,
        )  # fmt: skip

    def write_part(self, schema: TableSchema, partition: str, part: str, rows: pa.Table) -> PartitionWrite:
        """Replace one run's part of a derived partition. Raises SchemaError, LakeError."""
        table = schema.conform(rows)
        path = self._file(schema, partition, part)
        write_table(path, table)
        return PartitionWrite(schema.name, partition, table.num_rows, table.num_rows, path, path.stat().st_size)

    def mark_absent(self, schema: TableSchema, partition: str, absence: Absence) -> None:
        """Record why a partition has no rows; a later write ends the note."""
        self._noted(schema, partition, lambda notes: add_note(notes, absence))

    def absence(self, schema: TableSchema, partition: str) -> Absence | None:
        """Return why a partition has no rows, or None when it has some or was never asked for."""
        return self._noted(schema, partition, note_at)

    def failing_since(self, schema: TableSchema, partition: str) -> datetime | None:
        """Return since when no source answered for a partition, with rows or without; None when the last one did."""
        return self._noted(schema, partition, failing_since)

    def noted_after(self, schema: TableSchema, partition: str, at: datetime) -> bool:
        """Return whether a note of absence of a partition began or ended after an instant."""
        return self._noted(schema, partition, lambda notes: changed_after(notes, at))

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
        stored = self._table(schema, partition, self._file(schema, partition, "data"))
        return schema.arrow.empty_table() if stored is None else capped(stored)

    def arrivals(self, schema: TableSchema, partition: str) -> Arrivals | None:
        """Return when the answers of a partition came; None where it is not kept, or nothing readable is there."""
        path = self._file(schema, partition, "data")
        try:
            return arrivals_of(path) if path.exists() else None
        except FileNotFoundError:
            return None
        except DamagedFileError:
            self._table(schema, partition, path)
            return None

    def read_part(self, schema: TableSchema, partition: str, part: str) -> pa.Table | None:
        """Return one run's part of a derived partition, or None."""
        return self._table(schema, partition, self._file(schema, partition, part))

    def unreadable(self) -> Mapping[tuple[str, str], str]:
        """Return the set-aside file of each (table, partition) whose rows were not written again since."""
        return marked(self.root)

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

    def _table(self, schema: TableSchema, partition: str, path: Path) -> pa.Table | None:
        """Return the rows of a file, None when there is none. A damaged one: see the class."""
        try:
            return read_table(schema, path) if path.exists() else None
        except FileNotFoundError:  # another process has just set it aside
            return None
        except DamagedFileError:
            if self.clock is None:
                raise
        with exclusive(self._lock(schema, partition)):
            return self._stored(schema, partition, path)

    def _stored(self, schema: TableSchema, partition: str, path: Path) -> pa.Table | None:
        """Return the rows of a file with the lock of its partition held; a damaged one is set aside first."""
        try:
            return read_table(schema, path) if path.exists() else None
        except DamagedFileError as error:
            if self.clock is None:
                raise
            now, why = self.clock.now(), str(error).partition(". Next: ")[0]
            aside = rename_aside(path, now)
            if schema.vintaged:
                detail = f"{why}; the file is set aside as {aside.relative_to(self.root).as_posix()}"
                self._noted(schema, partition, lambda notes: add_note(notes, Absence(Reason.UNREADABLE, detail, now)))
                mark(self.root, schema.name, partition, aside)
            return None

    def _noted(self, schema: TableSchema, partition: str, ask: Callable[[Path], T]) -> T:
        """Ask the notes of a partition; the lake of a run sets damaged ones aside and says so in a new note."""
        path = self.notes_file(schema, partition)
        try:
            return ask(path)
        except DamagedFileError as error:
            if self.clock is None:
                raise
            now, why = self.clock.now(), str(error).partition(". Next: ")[0]
            aside = rename_aside(path, now)
            LOG.warning("%s; it is set aside as %s", why, aside)
            if not self._file(schema, partition, "data").exists():
                add_note(path, Absence(Reason.UNREADABLE, f"{why}; it is set aside as {aside.name}", now))
            return ask(path)

    def _lock(self, schema: TableSchema, partition: str) -> Path:
        return self.root / ".locks" / f"{schema.name}-{partition}"

    def _file(self, schema: TableSchema, partition: str, part: str) -> Path:
        for name in (partition, part):
            if not name.replace("-", "").replace("_", "").isalnum():
                raise LakeError(f"{name!r} cannot name a partition of {schema.name}. Next: use a date or a run id")
        return self.root / schema.name / partition / f"{part}.parquet"

    def notes_file(self, schema: TableSchema, partition: str) -> Path:
        """Return where the notes of absence of a partition are kept."""
        return self._file(schema, partition, "data").parent / "absent.json"


def _last_arrival(rows: pa.Table, received_at: datetime) -> datetime:
    """Return the latest arrival in a file: a clock that was minutes ahead may have stamped a row after this write."""
    return max(received_at, pc.max(rows.column("arrived_at")).as_py()) if rows.num_rows else received_at

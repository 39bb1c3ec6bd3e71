"""One Parquet file of the lake: written whole with checksums, read by its declaration, older files brought up to it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from amc_assets.lake.damage import DamagedFileError
from amc_assets.lake.files import LakeError, replace_file
from amc_assets.lake.schema import TableSchema

_FAULTS = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, MemoryError)
"""What a damaged file may raise in arrow, and what the system says of one that cannot be reached."""
_FIRST, _LAST = b"first_arrived_at", b"last_arrived_at"


@dataclass(frozen=True)
class Arrivals:
    """When a partition got its first answer, rows or none, and when the newest of its rows came."""

    first_at: datetime
    last_at: datetime


def write_table(path: Path, table: pa.Table, arrivals: Arrivals | None = None) -> None:
    """Write ``table`` to ``path``, with ``arrivals`` beside the rows: they are asked without reading these."""
    if arrivals is not None:
        first, last = arrivals.first_at.isoformat(), arrivals.last_at.isoformat()
        table = table.replace_schema_metadata({_FIRST: first.encode(), _LAST: last.encode()})

    def write(temporary: Path) -> None:
        # a flipped bit in a page is otherwise read as another number: without checksums parquet cannot tell
        pq.write_table(table, temporary, compression="zstd", compression_level=1, write_page_checksum=True)

    replace_file(path, write)


def read_table(schema: TableSchema, path: Path) -> pa.Table:
    """Return the rows of ``path`` in the declared columns.

    Raises DamagedFileError for a damaged file or one that lacks columns, LakeError for one that cannot be reached or
    has columns that are not declared, FileNotFoundError.
    """
    try:
        table = pq.read_table(path, partitioning=None, memory_map=False, page_checksum_verification=True)
    except _FAULTS as error:
        raise _fault(path, error) from error
    missing = {column.name for column in schema.columns if not column.is_young} - set(table.column_names)
    if missing:
        raise _damaged(path, f"it lacks the columns {', '.join(sorted(missing))}")
    table = _brought_up(schema, table.replace_schema_metadata(None))
    if table.column_names != schema.arrow.names:
        differing = sorted(set(table.column_names) ^ set(schema.arrow.names)) or ["their order"]
        raise LakeError(
            f"{path} was written under another declaration of {schema.name} (columns: {', '.join(differing)}). "
            "Next: use the version of amc_assets that wrote it, or move that file away and run again"
        )
    if table.schema.types != schema.arrow.types:  # a flipped bit in the footer turns instants into whole numbers
        raise _damaged(path, "column types differ from their declaration")
    return table


def arrivals_of(path: Path) -> Arrivals | None:
    """Return when the answers of a partition came; None for a file of a version that did not keep it.

    Raises DamagedFileError, LakeError, FileNotFoundError.
    """
    try:
        stored = pq.read_schema(path).metadata or {}
        if _FIRST not in stored or _LAST not in stored:
            return None
        first, last = (datetime.fromisoformat(stored[name].decode()) for name in (_FIRST, _LAST))
    except _FAULTS as error:
        raise _fault(path, error) from error
    return Arrivals(first, last)


def _fault(path: Path, error: Exception) -> Exception:
    """Return what to raise for a file that did not open: of errors of the system the content is not to blame."""
    if isinstance(error, FileNotFoundError):
        return error
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return LakeError(f"cannot read {path}: {what}. Next: check the disk, the rights and free memory")
    return _damaged(path, str(error) or type(error).__name__)


def _damaged(path: Path, why: str) -> DamagedFileError:
    return DamagedFileError(
        f"cannot read {path}: {' '.join(why.split())}. "
        "Next: run the day again: the run sets that file aside and fetches its rows again where a source has them"
    )


def _brought_up(schema: TableSchema, table: pa.Table) -> pa.Table:
    """Add the columns that are younger than the file; a row without ``arrived_at`` arrived when it was known."""
    young = [column for column in schema.columns if column.is_young and column.name not in table.column_names]
    for column in young:
        if column.name == "arrived_at":
            values: pa.Array | pa.ChunkedArray = table.column("known_at")
        elif column.nullable:
            values = pa.nulls(table.num_rows, column.arrow_type)
        else:
            values = pa.repeat(pa.scalar(False), table.num_rows)
        table = table.append_column(schema.arrow.field(column.name), values)
    return table.select(schema.arrow.names) if young and set(table.column_names) == set(schema.arrow.names) else table

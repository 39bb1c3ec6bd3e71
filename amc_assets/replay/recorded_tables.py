"""Reading the delimited files of a folder: as text or gzip, with the columns that are needed or a clear refusal."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from amc_assets.replay.recorded_folder import RecordedDataError


def unzipped(path: Path) -> bytes | None:
    """Return the content of a file, inflated when its name ends in ``.gz``; None when there is no such file."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return gzip.decompress(body) if path.suffix == ".gz" else body
    except (OSError, EOFError) as error:
        raise RecordedDataError(f"{path} is no complete gzip file: {error}. Next: replace it") from error


def csv_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file with a header. Raises RecordedDataError when it lacks one of ``columns``."""
    body = unzipped(path) or b""
    rows = csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""))
    missing = [name for name in columns if name not in (rows.fieldnames or ())]
    if missing:
        raise RecordedDataError(f"{path} lacks the column {missing[0]!r}. Next: it needs {', '.join(columns)}")
    yield from rows

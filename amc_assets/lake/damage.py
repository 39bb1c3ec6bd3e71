"""Damaged files of the lake: told apart from files that cannot be reached, and set aside beside their place.

Nothing is deleted: a set-aside file keeps its content under ``<name>.unreadable-<UTC instant>``. A marker under
``.unreadable`` says which partitions lack their rows for that reason, until they are written again.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from amc_assets.lake.files import DamagedFileError, LakeError, replace_file

__all__ = ["SUFFIX", "DamagedFileError", "mark", "marked", "rename_aside", "set_aside_files", "unmark"]

SUFFIX = ".unreadable-"
_MARKERS = ".unreadable"


def rename_aside(path: Path, at: datetime) -> Path:
    """Rename ``path`` to a free name beside it that says when; return that name. Raises LakeError."""
    stamp = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    taken = {item.name for item in path.parent.glob(f"{path.name}{SUFFIX}{stamp}*")}
    name = f"{path.name}{SUFFIX}{stamp}"
    aside = path.with_name(name if name not in taken else f"{name}-{len(taken)}")
    try:
        path.rename(aside)
    except OSError as error:
        raise LakeError(
            f"{path} is damaged and cannot be set aside: {error.strerror or error}. "
            "Next: make its folder writable, or move the file away by hand"
        ) from error
    return aside


def mark(root: Path, table: str, partition: str, aside: Path) -> None:
    """Say that a partition lacks its rows because its file was set aside as ``aside``. Raises LakeError."""
    text = aside.relative_to(root).as_posix()
    replace_file(_marker(root, table, partition), lambda temporary: temporary.write_text(text, encoding="utf-8"))


def unmark(root: Path, table: str, partition: str) -> None:
    """Say that a partition has rows again."""
    with suppress(FileNotFoundError):
        _marker(root, table, partition).unlink()


def marked(root: Path) -> Mapping[tuple[str, str], str]:
    """Return the set-aside file (relative to ``root``) of each (table, partition) that lacks its rows for it."""
    found: dict[tuple[str, str], str] = {}
    folder = root / _MARKERS
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        table, dot, partition = path.name.partition(".")
        if dot and ".tmp-" not in path.name:
            with suppress(OSError):  # another process has just written the rows
                found[table, partition] = path.read_text(encoding="utf-8", errors="replace")
    return found


def set_aside_files(root: Path) -> list[Path]:
    """Return every set-aside file of a lake, fetched again or not; for people, not for runs: it looks everywhere."""
    return sorted(path for path in root.glob(f"*/*/*{SUFFIX}*") if path.is_file())


def _marker(root: Path, table: str, partition: str) -> Path:
    return root / _MARKERS / f"{table}.{partition}"

"""Files that only their owner may read: written whole or not at all, and looked at before they are trusted."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from amc_assets.private import OWNER_ONLY, make_private

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def replace_private(path: Path, text: str) -> None:
    """Write ``text`` to a new file of mode 0600, fsync, rename over ``path``: a reader sees the old or the new one.

    Call it with the lock of ``locked`` held. Raises OSError.
    """
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        create_private(temporary, text)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _fsync(path.parent)


def create_private(path: Path, text: str) -> None:
    """Write ``text`` to a file of mode 0600 that does not exist yet. Raises FileExistsError for one that does, OSError.

    The mode is set when the file is made: between making and changing it, others could open it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        os.fchmod(handle.fileno(), OWNER_ONLY)  # a umask may take more away, and 0400 could not be written again
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def is_open_to_others(path: Path) -> bool:
    """Return whether anybody but the owner may read, write or run ``path``; False when it does not exist."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except FileNotFoundError:
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of ``path`` (a file beside it), and remove what a killed writer left. Raises OSError."""
    make_private(path.parent)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for stray in path.parent.glob(f"{path.name}.tmp-*"):
            stray.unlink(missing_ok=True)  # nobody else writes while the lock is held
        yield
    finally:
        os.close(descriptor)


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

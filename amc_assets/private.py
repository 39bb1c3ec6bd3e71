"""Folders and files that only their owner may read, whatever the umask says: state, caches, databases, the lake."""

import os
import stat
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
FOLDER_MODE = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(folder: Path) -> None:
    """Create a folder and the parents it lacks with mode 0700; folders that exist stay as they are. Raises OSError."""
    if folder.is_dir():
        return
    make_private(folder.parent)
    with suppress(FileExistsError):  # another process was first
        folder.mkdir(mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)  # a umask may take the owner's rights away
    if not folder.is_dir():
        raise NotADirectoryError(20, "a file stands in the place of a folder", str(folder))


def make_private_file(path: Path) -> None:
    """Create an empty file of mode 0600 with its folders, or take other people's rights from the one that is there.

    SQLite gives the files beside a database the mode of the database. Raises OSError.
    """
    make_private(path.parent)
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, OWNER_ONLY)
    try:
        if os.fstat(descriptor).st_mode & (_OTHERS | stat.S_IRWXU) != OWNER_ONLY:
            with suppress(OSError):  # it belongs to somebody else, who decides
                os.fchmod(descriptor, OWNER_ONLY)
    finally:
        os.close(descriptor)

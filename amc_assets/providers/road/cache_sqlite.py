"""Copies of answers in one SQLite file of a bounded size, shared by the processes of a machine."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from amc_assets.private import make_private_file
from amc_assets.providers.road.cache import Kept, pack, unpack

MOST_BYTES = 256 * 1024 * 1024
BUSY_SECONDS = 0.25  # a cache that is slower than that is not worth waiting for
_SETUP = (
    "CREATE TABLE IF NOT EXISTS copies (key TEXT PRIMARY KEY, used INTEGER NOT NULL, size INTEGER NOT NULL, "
    "packed BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS copies_used ON copies (used, size, key)",
)
_LOG = logging.getLogger(__name__)
Result = TypeVar("Result")


class SqliteCache:
    """Keeps at most ``most_bytes`` of copies, the least recently used go first; one above a quarter of it is not kept.

    A connection per call, so that forks and threads never share one. A file that is no database is made anew; whatever
    else fails (disk full, locked, no rights) is logged and means no copy.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self._most_bytes = most_bytes

    def get(self, key: str) -> Kept | None:
        """Return the copy under ``key``; None when there is none, or none that is whole."""
        stored = self._try(lambda connection: _read(connection, key))
        kept = unpack(key, stored) if stored else None
        if stored and kept is None:
            _LOG.warning("a copy in %s is damaged and was dropped", self.path.name)
            self.drop(key)
        return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep a copy, in place of an earlier one, and make room for it."""
        packed = pack(key, kept)
        if len(packed) > self._most_bytes // 4:
            self.drop(key)
            return
        self._try(lambda connection: _write(connection, key, packed, self._most_bytes))

    def drop(self, key: str) -> None:
        """Forget a copy."""
        self._try(lambda connection: _delete(connection, key))

    def _try(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        try:
            make_private_file(self.path)
            with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                _prepare(connection)
                return work(connection)  # closing rolls an open transaction back
        except (OSError, sqlite3.Error) as error:
            _LOG.warning("the cache of answers at %s cannot be used now (%s); work goes on without", self.path, error)
            if type(error) is sqlite3.DatabaseError:  # "not a database", "malformed"; its children mean other things
                self._start_anew()
            return None

    def _start_anew(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _prepare(connection: sqlite3.Connection) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'copies_used'").fetchone():
        with suppress(sqlite3.OperationalError):  # several processes may be here: one wins the switch
            connection.execute("PRAGMA journal_mode = WAL")
        for statement in _SETUP:
            connection.execute(statement)
    connection.execute("PRAGMA synchronous = NORMAL")


def _read(connection: sqlite3.Connection, key: str) -> bytes | None:
    found = connection.execute("SELECT packed, used FROM copies WHERE key = ?", (key,)).fetchone()
    if found is None:
        return None
    packed, used = found
    (newest,) = connection.execute("SELECT max(used) FROM copies").fetchone()
    if used < newest:  # reading the newest again and again writes nothing
        with suppress(sqlite3.OperationalError):  # another process is writing: the copy itself is good
            connection.execute("UPDATE copies SET used = ? WHERE key = ?", (newest + 1, key))
    return bytes(packed)


def _write(connection: sqlite3.Connection, key: str, packed: bytes, most_bytes: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    _delete(connection, key)
    held, newest = connection.execute("SELECT ifnull(sum(size), 0), ifnull(max(used), 0) FROM copies").fetchone()
    surplus = held + len(packed) - most_bytes
    if surplus > 0:
        for oldest, size in connection.execute("SELECT key, size FROM copies ORDER BY used").fetchall():
            _delete(connection, oldest)
            surplus -= size
            if surplus <= 0:
                break
    connection.execute("INSERT INTO copies VALUES (?, ?, ?, ?)", (key, newest + 1, len(packed), packed))
    connection.execute("COMMIT")


def _delete(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("DELETE FROM copies WHERE key = ?", (key,))

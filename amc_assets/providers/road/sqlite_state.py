"""The shared state of one machine: a small SQLite file; its clock is the machine's steady clock."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from amc_assets.clock import Clock, SystemClock
from amc_assets.private import make_private_file
from amc_assets.providers.road.state import Change, Document, Result, StateError
from amc_assets.providers.road.ticks import decoded, encoded, forgotten_after_boot, stamped

BUSY_SECONDS = 10.0
_TABLE = "CREATE TABLE IF NOT EXISTS shared_state (key TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID"


class SqliteRows:
    """The documents inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def now(self) -> float:
        """Return seconds of the machine's steady clock."""
        return self._clock.monotonic()

    def load(self, key: str) -> Document | None:
        """Return the document at ``key``, None when there is none."""
        row = self._connection.execute("SELECT document FROM shared_state WHERE key = ?", (key,)).fetchone()
        return None if row is None else forgotten_after_boot(decoded(row[0]), self.now())

    def store(self, key: str, document: Document) -> None:
        """Write the document as it is."""
        self._connection.execute("INSERT OR REPLACE INTO shared_state VALUES (?, ?)", (key, encoded(document)))

    def delete(self, key: str) -> None:
        """Remove the document, if there is one."""
        self._connection.execute("DELETE FROM shared_state WHERE key = ?", (key,))


class SqliteState:
    """One SQLite file; a connection per transaction, so that forks and threads never share one."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = clock or SystemClock()

    def update(self, key: str, change: Change[Result]) -> Result:
        """Apply ``change`` to the document at ``key``, alone; it runs once.

        Raises StateError when the file cannot be opened, locked within ten seconds, or written.
        """
        with self.writing() as rows:
            now = rows.now()
            changed, result = change(rows.load(key), now)
            if changed is not None:
                rows.store(key, stamped(changed, now))
        return result

    def read(self, key: str) -> tuple[Document | None, float]:
        """Return the document at ``key`` and the machine's steady now; raise StateError when the file is unusable."""
        with self.reading() as rows:
            return rows.load(key), rows.now()

    @contextmanager
    def writing(self) -> Iterator[SqliteRows]:
        """Yield the documents under the write lock; commit at the end, roll back on an error."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield SqliteRows(connection, self._clock)
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[SqliteRows]:
        """Yield the documents without a lock."""
        with self._connected() as connection:
            yield SqliteRows(connection, self._clock)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._open()
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            yield connection
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        finally:
            connection.close()  # an open transaction is rolled back

    def _open(self) -> sqlite3.Connection:
        make_private_file(self.path)
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'shared_state'").fetchone():
                # several processes may get here at once: one wins the switch, the others work in either mode
                with suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(_TABLE)
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _unusable(self, error: Exception) -> StateError:
        return StateError(
            f"the shared state of rate limits and breakers at {self.path} cannot be used ({error}). "
            "Check that its folder exists, is writable and has space; the file may be deleted while nothing runs"
        )

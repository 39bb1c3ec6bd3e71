"""The small SQLite file processes share for limiter and breaker state: opening and transactions only."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BUSY_SECONDS = 10.0

_TABLES = (
    "CREATE TABLE IF NOT EXISTS rate_slots ("
    "provider TEXT PRIMARY KEY, next_slot REAL NOT NULL, written REAL NOT NULL, day TEXT NOT NULL, "
    "day_calls INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS breakers ("
    "provider TEXT PRIMARY KEY, state TEXT NOT NULL, failures INTEGER NOT NULL, successes INTEGER NOT NULL, "
    "recent TEXT NOT NULL, opened REAL, opened_at TEXT, probe INTEGER NOT NULL, probe_until REAL, cause TEXT)",
)


class StateFileError(RuntimeError):
    """The shared state file cannot be used; the message names the file, the reason and what to do."""


class StateFile:
    """One SQLite file; a connection per transaction, so that forks and threads never share one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that holds the write lock; commit at the end, roll back on an error.

        Raises StateFileError when the file cannot be opened, locked within ten seconds, or written.
        """
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection without a lock; raise StateFileError when the file cannot be used."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
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
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'breakers'").fetchone():
                # several processes may get here at once: one wins the switch, the others work in either mode
                with suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in _TABLES:
                    connection.execute(statement)
                connection.execute("COMMIT")
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _unusable(self, error: Exception) -> StateFileError:
        return StateFileError(
            f"the shared state of rate limits and breakers at {self.path} cannot be used ({error}). "
            "Check that its folder exists, is writable and has space; the file may be deleted while nothing runs"
        )

"""Open the operational database, and the address it is found at; migrations and its kind are named here too."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from amc_assets.clock import SystemClock
from amc_assets.private import make_private, make_private_file
from amc_assets.store.errors import StoreError
from amc_assets.store.installation import claim_kind
from amc_assets.store.migrate import current, downgrade, head, leave_shared_place, revisions, unmoved, upgrade
from amc_assets.store.schema import SCHEMA
from amc_assets.store.scrub import dump_json
from amc_assets.store.transactions import SQLITE_BEGIN, database_name, reading

__all__ = [
    "claim_kind",
    "current",
    "downgrade",
    "head",
    "leave_shared_place",
    "open_engine",
    "parse_url",
    "revisions",
    "unmoved",
    "upgrade",
]

BUSY_TIMEOUT_SECONDS = 30
WAL_PAUSE_SECONDS = 0.05
WAL_ATTEMPTS = 300  # each waits at most the pause twice: 30 s in all
POSTGRES_POOL = {"pool_size": 20, "max_overflow": 30, "pool_timeout": 30, "pool_recycle": 3600, "pool_pre_ping": True}


def parse_url(url: str) -> URL:
    """Return a DATABASE_URL with the driver this project ships and an absolute SQLite path.

    `postgres://` and `postgresql://` become `postgresql+psycopg2://`: SQLAlchemy 2.1 would look for psycopg 3.
    Raises StoreError for anything but a PostgreSQL address or an SQLite file.
    """
    wanted = "DATABASE_URL is sqlite:///folder/file.db or postgresql://user:password@host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"a database address cannot be read; {wanted}") from error
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg2")
    if backend != "sqlite":
        raise StoreError(f"database {database_name(parsed)}: {backend} is not supported; {wanted}")
    if not parsed.database or parsed.database.startswith((":memory:", "file:")):
        raise StoreError(
            f"database {database_name(parsed)}: not a plain file, "
            f"so the processes of a run could not share it; {wanted}"
        )
    return parsed.set(drivername="sqlite+pysqlite", database=str(Path(parsed.database).expanduser().absolute()))


def open_engine(url: str, *, sleep: Callable[[float], None] | None = None) -> Engine:
    """Open the database at `url` and prove that it answers.

    PostgreSQL uses the brief's pool; SQLite uses WAL, foreign keys, a busy timeout of 30 s, and its folder is
    created. The engine survives a fork: a child opens its own connections. `sleep` (seconds) is used while another
    process switches a fresh SQLite file to WAL. Raises StoreError naming the database.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _open_sqlite(parsed, sleep or SystemClock().sleep)
    else:
        engine = _open_postgres(parsed)
    _guard_forks(engine)
    try:
        with reading(engine):
            return engine
    except StoreError:
        engine.dispose()
        raise


def _open_postgres(url: URL) -> Engine:
    defaults = {"connect_timeout": 10, "application_name": "amc_assets"}
    missing = {key: value for key, value in defaults.items() if key not in url.query}
    return create_engine(url, json_serializer=dump_json, hide_parameters=True, connect_args=missing, **POSTGRES_POOL)


def _open_sqlite(url: URL, sleep: Callable[[float], None]) -> Engine:
    folder = Path(str(url.database)).parent
    try:
        make_private(folder)
    except OSError as error:
        raise StoreError(
            f"database {database_name(url)}: its folder cannot be created ({error.strerror}); "
            "correct the folder, or change DATABASE_URL"
        ) from error
    with suppress(OSError):  # SQLite says it better when it opens the file
        make_private_file(Path(str(url.database)))
    engine = create_engine(
        url,
        poolclass=QueuePool,
        json_serializer=dump_json,
        hide_parameters=True,
        execution_options={"schema_translate_map": {SCHEMA: None}},
    )

    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # None: the driver begins nothing by itself, so that DDL and reads stay inside our transactions
        connection.isolation_level = None
        _use_wal(connection, sleep)
        connection.execute("PRAGMA foreign_keys=ON")
        # A killed process loses nothing; a power cut may lose the last commits, never the file.
        connection.execute("PRAGMA synchronous=NORMAL")

    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(SQLITE_BEGIN, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _use_wal(connection: sqlite3.Connection, sleep: Callable[[float], None]) -> None:
    """Switch the file to WAL, waiting out other processes, then set the busy timeout.

    SQLite refuses some of these switches at once, whatever the timeout: 9 of 800 when 8 processes opened fresh files.
    """
    connection.execute(f"PRAGMA busy_timeout={round(WAL_PAUSE_SECONDS * 1_000)}")
    for attempt in range(WAL_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == WAL_ATTEMPTS - 1:
                raise
            sleep(WAL_PAUSE_SECONDS)
        else:
            break
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1_000}")


def _guard_forks(engine: Engine) -> None:
    """Make a forked child discard its parent's connections: two processes on one socket mix up their answers."""

    def remember(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["pid"] = os.getpid()

    def check(_connection: Any, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
        if entry.info["pid"] != os.getpid():
            # both are SQLAlchemy's own recipe for forks; their types call the attribute read-only
            entry.dbapi_connection = None  # type: ignore[misc]
            proxy.dbapi_connection = None  # type: ignore[misc]
            raise DisconnectionError("this connection belongs to the parent process")

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", check)

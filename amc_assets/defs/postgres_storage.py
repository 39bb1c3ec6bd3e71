"""Dagster's storage on a PostgreSQL that may hold our tables too: pooled, and out of each other's way.

This leans on semi-internal modules as ``instance_storage.py`` does, under the same pin and contract tests.
"""

from typing import Any

from alembic.runtime.migration import MigrationContext
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.runs.migration import RUN_PARTITIONS
from dagster._core.storage.sql import stamp_alembic_rev
from dagster._serdes import ConfigurableClassData
from dagster_postgres.run_storage import run_storage
from dagster_postgres.storage import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_connection, create_pg_engine, pg_alembic_config
from sqlalchemy.pool import NullPool

from amc_assets.store.engine import leave_shared_place, open_engine
from amc_assets.store.shared_place import shared_place

STATEMENT_TIMEOUT_MS = 300_000
POOL_RECYCLE_SECONDS = 3600
MAX_OVERFLOW_CONNECTIONS = 20


def opened_postgres(database_url: str, inst_data: ConfigurableClassData | None) -> DagsterStorage:
    """Open Dagster's PostgreSQL storage and let it keep connections, each tried before it is used again.

    As installed, each of its three storages connects anew for every statement (NullPool): 2.5 s instead of 0.6 s for
    fifteen assets. ``optimize_for_webserver`` is the interface by which Dagster's own web server gets a pool. Raises
    StoreError when tables of an older version of this package are in the way and cannot be moved.
    """
    _make_way(database_url)
    storage = DagsterPostgresStorage(database_url, inst_data=inst_data)
    _finish(storage)
    for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
        _try_before_use(part)
        part.optimize_for_webserver(
            statement_timeout=STATEMENT_TIMEOUT_MS,
            pool_recycle=POOL_RECYCLE_SECONDS,
            max_overflow=MAX_OVERFLOW_CONNECTIONS,
        )
    return storage


def _try_before_use(part: Any) -> None:
    """Make every pool of a storage try an idle connection before it is used, also the pool that the web server makes.

    Without it, a connection that a firewall or a restart cut fails the next statement. Dagster has no option for it.
    """
    make_pool = part.optimize_for_webserver

    def optimize_for_webserver(*sizes: int, **more: int) -> None:
        make_pool(*sizes, **more)
        part._engine.pool._pre_ping = True

    part.optimize_for_webserver = optimize_for_webserver


def _make_way(database_url: str) -> None:
    """Move our tables out of the version table that older versions shared with Dagster: it stops at our revision."""
    # Dagster's own connection: it waits for a server that is just starting
    with create_pg_connection(create_pg_engine(database_url, poolclass=NullPool)) as connection:
        is_in_the_way = shared_place(connection) is not None
    if is_in_the_way:
        engine = open_engine(database_url)
        try:
            leave_shared_place(engine)
        finally:
            engine.dispose()


def _finish(storage: Any) -> None:
    """Finish what Dagster began while our revision stood in its version table: its revision, its data migrations.

    It creates the tables of each storage before it writes its revision and marks its data migrations. Stopped there,
    the tables are taken as complete at the next start, and a later ``dagster instance migrate`` creates them again.
    """
    with storage.run_storage.connect() as connection:
        has_revision = bool(MigrationContext.configure(connection).get_current_heads())
        if not has_revision:
            stamp_alembic_rev(pg_alembic_config(run_storage.__file__), connection)
    if has_revision and storage.run_storage.has_built_index(RUN_PARTITIONS):
        return
    for part in (storage.run_storage, storage.schedule_storage):
        part.migrate()
        part.optimize()
    storage.event_log_storage.reindex_events()
    storage.event_log_storage.reindex_assets()

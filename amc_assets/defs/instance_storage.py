"""Where Dagster keeps its own history: SQLite in the state folder, PostgreSQL when DATABASE_URL names one.

``dagster.yaml`` has no conditionals and ``env:`` no default, so its ``storage: custom:`` points here. This leans on
semi-internal modules: dagster is pinned to ~1.13 and a contract test opens both storages.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dagster import Field, StringSource
from dagster._config import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from amc_assets.defs.sqlite_addresses import escape_sqlite_addresses
from amc_assets.pipeline.vaulted import vaulted_settings
from amc_assets.private import make_private

FIRST_OPEN_SECONDS = 120.0


class SelectedStorage(DagsterSqliteStorage):
    """SQLite under ``<AMC_HOME>/dagster``, or the PostgreSQL of DATABASE_URL."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return the options of the ``config:`` block: ``base_dir``, a folder for SQLite whatever the environment."""
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(  # type: ignore[override]  # returns another storage class when PostgreSQL is configured
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        """Open the storage the environment asks for. Raises SettingsError, VaultError."""
        settings = vaulted_settings(os.environ)
        base = folder_of(config_value)
        with one_at_a_time(base):
            if settings.database_url.startswith("postgresql") and not config_value.get("base_dir"):
                return pooled_postgres(settings.database_url, inst_data)
            escape_sqlite_addresses()
            return DagsterSqliteStorage(base_dir=str(base), inst_data=inst_data)


def folder_of(config_value: Mapping[str, Any]) -> Path:
    """Return Dagster's folder as an absolute path, created: ``base_dir`` of the config, else ``<AMC_HOME>/dagster``."""
    base = Path(config_value.get("base_dir") or vaulted_settings(os.environ).home / "dagster").absolute()
    make_private(base)
    return base


@contextmanager
def one_at_a_time(base: Path) -> Iterator[None]:
    """Let one process at a time open the storage of ``base``.

    Several processes that open a fresh SQLite home together corrupt it for good ("alembic_version has more than one
    head"). The lock is an exclusive SQLite transaction: it works on every system and ends with its process. Raises
    sqlite3.OperationalError when the lock is not free within two minutes.
    """
    with closing(sqlite3.connect(base / "first_open.lock", timeout=FIRST_OPEN_SECONDS, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def pooled_postgres(database_url: str, inst_data: ConfigurableClassData | None) -> DagsterStorage:
    """Open Dagster's PostgreSQL storage with pooled connections. Raises StoreError as ``opened_postgres`` does."""
    from amc_assets.defs.postgres_storage import opened_postgres  # noqa: PLC0415 - its packages only where they are used

    return opened_postgres(database_url, inst_data)

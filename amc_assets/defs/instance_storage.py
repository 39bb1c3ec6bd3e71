"""Where Dagster keeps its own history: SQLite in the state folder, PostgreSQL when DATABASE_URL names one.

``dagster.yaml`` has no conditionals and ``env:`` no default, so its ``storage: custom:`` points here. This leans on
semi-internal modules: dagster is pinned to ~1.13 and a contract test opens both storages.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import Field, StringSource
from dagster._config import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from amc_assets.settings import load_settings


class SelectedStorage(DagsterSqliteStorage):
    """SQLite under ``<AMC_HOME>/dagster``, or the PostgreSQL of DATABASE_URL."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return the options of the ``config:`` block: a folder that overrides the default one."""
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(  # type: ignore[override] - returns another storage class when PostgreSQL is configured
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        """Open the storage the environment asks for."""
        settings = load_settings(os.environ)
        if settings.database_url.startswith("postgresql"):
            from dagster_postgres.storage import DagsterPostgresStorage  # noqa: PLC0415 - only where it is used

            return DagsterPostgresStorage(settings.database_url, inst_data=inst_data)
        base = Path(config_value.get("base_dir") or settings.home / "dagster").absolute()
        base.mkdir(parents=True, exist_ok=True)
        return DagsterSqliteStorage(base_dir=str(base), inst_data=inst_data)

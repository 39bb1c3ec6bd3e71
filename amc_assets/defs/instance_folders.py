"""Where Dagster keeps files: logs of steps and artifacts, in the state folder beside its history.

Without these two, ``dagster dev`` puts both into a temporary folder that it deletes when it stops.
"""

from collections.abc import Mapping
from typing import Any

from dagster import Field, StringSource
from dagster._config import UserConfigSchema
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._serdes import ConfigurableClassData

from amc_assets.defs.instance_storage import folder_of

_OPTIONS = {"base_dir": Field(StringSource, is_required=False)}


class SelectedArtifacts(LocalArtifactStorage):
    """Artifacts under ``<AMC_HOME>/dagster``."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return the options of the ``config:`` block: a folder that overrides the default one."""
        return _OPTIONS

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "SelectedArtifacts":
        """Return the storage in the folder of the environment. Raises SettingsError."""
        return cls(str(folder_of(config_value)), inst_data=inst_data)


class SelectedComputeLogs(LocalComputeLogManager):
    """What steps print, under ``<AMC_HOME>/dagster/logs``."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Return the options of the ``config:`` block: a folder that overrides the default one."""
        return _OPTIONS

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "SelectedComputeLogs":
        """Return the log manager in the folder of the environment. Raises SettingsError."""
        return cls(str(folder_of(config_value) / "logs"), inst_data=inst_data)

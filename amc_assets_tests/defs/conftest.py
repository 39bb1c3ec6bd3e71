"""A small simulated market, its lake and Dagster's records of real runs of the real jobs, made once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from amc_assets.definitions import build_definitions
from amc_assets.defs import jobs
from amc_assets.defs.resources import HeldWorkspace
from amc_assets.defs.running import run_days
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import load_settings
from amc_assets_tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

FIRST_DAY = date(2024, 2, 1)  # enough sessions before the run for TA-Lib's sixty bars
ONE_DAY = date(2024, 5, 15)
THREE_DAYS = [date(2024, 5, 16), date(2024, 5, 17), date(2024, 5, 20)]
SPARE_DAY = date(2024, 5, 21)


def small_market() -> SimulatedMarket:
    """Return a market of 150 names and five months."""
    return SimulatedMarket(symbol_count=150, first_day=FIRST_DAY, last_day=date(2024, 6, 28))


@dataclass(frozen=True)
class Shell:
    """An open workspace, the definitions on it and an instance that remembers what ran."""

    workspace: Workspace
    definitions: dg.Definitions
    instance: dg.DagsterInstance

    def run(self, *keys: str, job: str = jobs.DISCOVERY_JOB) -> dg.ExecuteInProcessResult:
        """Run a job for a range of partitions as one run; a failure is returned, not raised."""
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]},
            raise_on_error=False,
        )

    def metadata(self, asset: str, key: str) -> dict[str, object]:
        """Return the metadata of the newest materialisation of a partition, as plain values."""
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset.split("/")), asset_partitions=[key]), limit=1
        ).records
        assert records, f"{asset} {key} was never materialised"
        found = records[0].asset_materialization
        assert found is not None
        return {name: value.value for name, value in found.metadata.items()}


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Yield a shell in which one day and then three days as one run were materialised."""
    home: Path = tmp_path_factory.mktemp("shell")
    settings = load_settings({"AMC_PLAN": "simulated"}, home=home)
    with open_workspace(settings, market=small_market()) as workspace, dg.DagsterInstance.ephemeral() as instance:
        run_days(workspace, [ONE_DAY], instance)
        run_days(workspace, THREE_DAYS, instance)
        definitions = build_definitions(
            settings, today=date(2024, 6, 28), resources={"workspace": HeldWorkspace(workspace)}
        )
        yield Shell(workspace, definitions, instance)

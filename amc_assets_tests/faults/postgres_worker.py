"""One run of the small market through the project's jobs, on the database and in the folder of the environment."""

import os

from amc_assets.defs.running import instance_of, run_days
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.settings import load_settings
from amc_assets_tests.faults.worker import DAYS, small_market


def main() -> None:
    """Run the days with Dagster's history where dagster.yaml of the working folder says."""
    settings = load_settings(os.environ)
    with open_workspace(settings, market=small_market()) as workspace, instance_of(settings.home) as instance:
        run_days(workspace, DAYS, instance)


if __name__ == "__main__":
    main()

"""Everything Dagster loads, assembled by one function; tests and replays call it with their own resources."""

import os
from collections.abc import Mapping
from datetime import date

import dagster as dg

from amc_assets.clock import SystemClock
from amc_assets.defs import jobs, schedules
from amc_assets.defs.assets import candidates, features, operations, provider_data
from amc_assets.defs.io_manager import lake_io_manager
from amc_assets.defs.partitions import session_partitions, settlement_partitions
from amc_assets.defs.resources import EnvironmentWorkspace
from amc_assets.settings import Settings, load_settings


def build_definitions(
    settings: Settings, *, today: date, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """Return assets, checks, jobs, schedules and resources.

    ``today`` bounds the settlement partitions; ``resources`` replaces resources by key (``workspace``, ``io_manager``).
    """
    sessions, settlements = session_partitions(), settlement_partitions(today)
    return dg.Definitions(
        assets=[
            *provider_data.build(sessions, settlements),
            *features.build(sessions),
            *candidates.build(sessions),
            *operations.build(sessions),
        ],
        jobs=jobs.build(),
        schedules=schedules.build(settings),
        resources={"workspace": EnvironmentWorkspace(), "io_manager": lake_io_manager, **(resources or {})},
        executor=dg.in_process_executor,
    )


defs = build_definitions(load_settings(os.environ), today=SystemClock().now().date())

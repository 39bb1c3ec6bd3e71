"""Everything Dagster loads, assembled by one function; tests and replays call it with their own resources."""

import os
import warnings
from collections.abc import Mapping
from datetime import date

import dagster as dg

from amc_assets.clock import SystemClock
from amc_assets.defs import jobs, schedules
from amc_assets.defs.assets import candidates, events, features, operations, provider_data, second_stage
from amc_assets.defs.brief_console import BRIEF, brief_console
from amc_assets.defs.failed_days import audit_failed_days
from amc_assets.defs.io_manager import lake_io_manager
from amc_assets.defs.partitions import session_partitions, settlement_partitions
from amc_assets.defs.resources import EnvironmentWorkspace
from amc_assets.market.calendar import exchange_date
from amc_assets.pipeline.vaulted import vaulted_settings
from amc_assets.settings import Settings


def build_definitions(
    settings: Settings, *, today: date, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """Return assets, checks, jobs, schedules and resources.

    ``today`` bounds the settlement partitions; ``resources`` replaces resources by key (``workspace``, ``io_manager``).
    """
    sessions, settlements = session_partitions(), settlement_partitions(today)
    with warnings.catch_warnings():
        # single-run backfills are beta in dagster 1.13: accepted (pinned <1.14, materialise tests use them), and
        # said once here instead of seven times on everybody's terminal
        warnings.simplefilter("ignore", dg.BetaWarning)
        assets = [
            *provider_data.build(sessions, settlements),
            *events.build(sessions),
            *features.build(sessions),
            *second_stage.build(sessions),
            *candidates.build(sessions),
            *operations.build(sessions),
        ]
    return dg.Definitions(
        assets=[asset.with_hooks({audit_failed_days}) for asset in assets],
        jobs=jobs.build(),
        schedules=schedules.build(settings),
        resources={"workspace": EnvironmentWorkspace(), "io_manager": lake_io_manager, **(resources or {})},
        loggers={"console": dg.colored_console_logger, BRIEF: brief_console},
        executor=dg.in_process_executor,
    )


defs = build_definitions(vaulted_settings(os.environ), today=exchange_date(SystemClock().now()))

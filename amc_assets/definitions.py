"""Everything Dagster loads, assembled by one function; tests and replays call it with their own resources."""

import os
import warnings
from collections.abc import Mapping
from datetime import date

import dagster as dg

from amc_assets.clock import SystemClock
from amc_assets.defs import jobs, schedules
from amc_assets.defs.assets import candidates, events, features, operations, provider_data, second_stage
from amc_assets.defs.failed_days import audit_failed_days
from amc_assets.defs.io_manager import lake_io_manager
from amc_assets.defs.partitions import FIRST_SESSION, session_partitions, settlement_partitions
from amc_assets.defs.resources import EnvironmentWorkspace
from amc_assets.market.calendar import exchange_date
from amc_assets.pipeline.first_session import kept_first_session
from amc_assets.pipeline.vaulted import vaulted_settings
from amc_assets.settings import Settings


def build_definitions(
    settings: Settings,
    *,
    today: date,
    resources: Mapping[str, object] | None = None,
    first_session: date = FIRST_SESSION,
) -> dg.Definitions:
    """Return assets, checks, jobs, schedules and resources.

    ``today`` bounds the settlement partitions, trading days begin with ``first_session``; ``resources`` replaces
    resources by key (``workspace``, ``io_manager``).
    """
    sessions, settlements = session_partitions(first_session), settlement_partitions(today)
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
        executor=dg.in_process_executor,
    )


def loaded_definitions(settings: Settings, today: date) -> dg.Definitions:
    """Return what Dagster loads: trading days begin at AMC_FIRST_SESSION, else where a demo in the home begins."""
    first = settings.first_session or kept_first_session(settings.home) or FIRST_SESSION
    return build_definitions(settings, today=today, first_session=first)


defs = loaded_definitions(vaulted_settings(os.environ), exchange_date(SystemClock().now()))

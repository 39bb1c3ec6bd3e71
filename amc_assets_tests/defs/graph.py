"""The definitions as plain data for the snapshot: everything a user of the UI or another project may rely on.

Rewrite the snapshot after a wanted change with ``python -m amc_assets_tests.defs.graph``, and read the difference.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from amc_assets.definitions import build_definitions
from amc_assets.settings import load_settings

SNAPSHOT = Path(__file__).with_name("graph.json")


def default_definitions() -> dg.Definitions:
    """Return the definitions of an installation without any variable."""
    return build_definitions(load_settings({}), today=date(2026, 11, 20))


def graph(definitions: dg.Definitions) -> dict[str, Any]:
    """Return assets, jobs, schedules and sensors as plain data in a fixed order."""
    assets = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    return {
        "assets": {key.to_user_string(): _asset(assets, key) for key in sorted(assets.get_all_asset_keys())},
        "jobs": {
            job.name: {"assets": sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys)}
            for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
            if job.name != "__ASSET_JOB"
        },
        "schedules": {
            schedule.name: {
                "job": schedule.job_name,
                "cron": schedule.cron_schedule,
                "timezone": schedule.execution_timezone,
                "status": schedule.default_status.value,
                "description": schedule.description,
            }
            for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name)
        },
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    }


def _asset(assets: Any, key: dg.AssetKey) -> dict[str, Any]:
    node = assets.get(key)
    columns = node.metadata.get("dagster/column_schema")
    return {
        "group": node.group_name,
        "description": node.description,
        "owners": sorted(node.owners),
        "kinds": sorted(node.kinds),
        "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
        "partitions": _partitions(node.partitions_def),
        "single_run_backfill": node.backfill_policy == dg.BackfillPolicy.single_run(),
        "checks": {
            check.name: {"blocking": assets.get_check_spec(check).blocking}
            for check in sorted(node.check_keys, key=lambda check: check.name)
        },
        "columns": [column.name for column in columns.value.columns] if columns else [],
    }


def _partitions(partitions: dg.PartitionsDefinition[str] | None) -> str | None:
    if partitions is None:
        return None
    keys = partitions.get_partition_keys()
    return f"{type(partitions).__name__} from {keys[0]}"


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(graph(default_definitions()), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

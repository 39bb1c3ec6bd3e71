"""`amc list`: what this version has, read from the registries themselves."""

from collections.abc import Callable
from typing import Any

from amc_assets.commands.output import print_json, print_table, result

Rows = list[dict[str, Any]]


def list_things(what: str, *, as_json: bool) -> None:
    """Print one registry as a table or as a JSON list of objects with ``name`` first."""
    rows = _LISTS[what]()
    if as_json:
        print_json(rows)
    elif not rows:
        result(f"this version has no {what}")
    else:
        shown = [_shown(what, row) for row in rows]
        print_table(f"{what} ({len(rows)}); --json has every field", shown, list(shown[0]))


def _shown(what: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return of a row what people ask for first, so that a table of 80 columns can be read."""
    if what == "gates":
        rule = " ".join(part for part in (row["feature"], row["direction"], _limit(row["limit"])) if part)
        return {"name": row["name"], "strategy": row["strategy"], "kind": row["kind"], "rule": rule}
    if what == "strategies":
        return {"name": row["name"], "calibration": row["calibration_hash"][:12]}
    if what == "schedules":
        when = f"{row['cron']} {row['timezone']}"
        return {"name": row["name"], "when": when, "description": row["description"]}
    return {column: row[column] for column in _FOR_PEOPLE[what]}


def _limit(limit: object) -> str:
    values = limit if isinstance(limit, list | tuple) else [] if limit is None else [limit]
    return " to ".join(f"{value:g}" if isinstance(value, int | float) else str(value) for value in values)


_FOR_PEOPLE = {
    "detectors": ("name", "doc"),
    "providers": ("name", "needs_key", "cadence"),
    "assets": ("name", "partitions", "description"),
    "sensors": ("name", "default_status", "description"),
    "reasons": ("name", "meaning"),
}


def detectors() -> Rows:
    """Return every detector of unified_detectors."""
    from amc_assets.detectors.registry import DETECTORS

    return [
        {
            "name": name,
            "inputs": sorted(term.feature for term in detector.declaration.inputs),
            "doc": detector.declaration.doc,
        }
        for name, detector in DETECTORS.items()
    ]


def strategies() -> Rows:
    """Return every strategy with the hash of its calibration."""
    from amc_assets.strategies.calibration import load_calibration
    from amc_assets.strategies.registry import STRATEGIES

    return [{"name": name, "calibration_hash": load_calibration(name).calibration_hash} for name in STRATEGIES]


def gates() -> Rows:
    """Return every gate of every strategy."""
    from amc_assets.strategies.calibration import load_calibration
    from amc_assets.strategies.registry import STRATEGIES

    return [
        {
            "name": gate.name,
            "strategy": name,
            "kind": gate.kind,
            "feature": gate.feature,
            "direction": gate.direction,
            "limit": gate.limit if gate.feature else None,
            "unit": gate.unit,
            "limit_by_session": dict(gate.limit_by_session),
            "when_missing": gate.when_missing,
            "penalty_frac": gate.penalty_frac,
        }
        for name in STRATEGIES
        for gate in load_calibration(name).gates
    ]


def providers() -> Rows:
    """Return every dataset the road out can ask for."""
    from dataclasses import asdict

    from amc_assets.providers.registry import DATASETS

    return [
        {
            "name": f"{item.provider}.{item.name}",
            **{k: v for k, v in asdict(item).items() if k != "name" and not callable(v)},
        }
        for item in DATASETS
    ]


def assets() -> Rows:
    """Return every asset of the project."""
    from amc_assets.defs.catalog import asset_rows

    return asset_rows()


def schedules() -> Rows:
    """Return every schedule."""
    from amc_assets.defs.catalog import schedule_rows

    return schedule_rows()


def sensors() -> Rows:
    """Return every sensor."""
    from amc_assets.defs.catalog import sensor_rows

    return sensor_rows()


def reasons() -> Rows:
    """Return every reason code with its meaning."""
    from amc_assets.reasons import MEANING

    return [{"name": str(reason), "meaning": text} for reason, text in MEANING.items()]


_LISTS: dict[str, Callable[[], Rows]] = {
    "detectors": detectors,
    "strategies": strategies,
    "gates": gates,
    "providers": providers,
    "assets": assets,
    "schedules": schedules,
    "sensors": sensors,
    "reasons": reasons,
}

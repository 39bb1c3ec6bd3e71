"""`amc list`: what this version has, read from the registries themselves."""

from collections.abc import Callable
from typing import Any

from amc_assets.commands.output import print_json, print_table

Rows = list[dict[str, Any]]


def list_things(what: str, *, as_json: bool) -> None:
    """Print one registry as a table or as a JSON list of objects with ``name`` first."""
    rows = _LISTS[what]()
    if as_json:
        print_json(rows)
    else:
        print_table(what, rows, list(rows[0]) if rows else ["name"])


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

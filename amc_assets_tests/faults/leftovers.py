"""Everything a run leaves, in a form that can be compared: rows of lake and database, without the machine's times."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import select

from amc_assets.store.engine import open_engine
from amc_assets.store.models import candidates, detector_performance, discovery_audit_log
from amc_assets.store.transactions import reading

_OF_THE_MACHINE = {
    "id", "created_at", "updated_at", "started_at", "finished_at", "total_execution_time_ms", "provider_success_rates",
}  # fmt: skip


def lake_rows(home: Path) -> dict[str, list[str]]:
    """Return file -> its rows, each as text, in order of text."""
    found = {}
    for path in (home / "lake").rglob("*.parquet"):
        rows = sorted(map(repr, map(_comparable, pq.read_table(path, partitioning=None).to_pylist())))
        found[str(path.relative_to(home))] = rows
    for path in (home / "lake").rglob("absent.json"):
        found[str(path.relative_to(home))] = []
    return found


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the lake without when it arrived: two runs of a test never run at one time."""
    kept = {name: value for name, value in row.items() if name != "arrived_at"}
    if "head" in kept:
        kept["head"] = _without_arrival(json.loads(kept["head"]))
    return kept


def _without_arrival(content: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in content.items() if name != "arrived_by"}, sort_keys=True)


def database_rows(home: Path, url: str | None = None) -> dict[str, list[str]]:
    """Return table -> its rows, each as text, in order of text; of the database at ``url``, else of the home's file."""
    engine = open_engine(url or f"sqlite:///{home / 'amc.db'}")
    try:
        found = {}
        with reading(engine) as connection:
            for table in (discovery_audit_log, candidates, detector_performance):
                rows: list[dict[str, Any]] = [dict(row._mapping) for row in connection.execute(select(table))]
                kept = [{k: _in_order(v) for k, v in row.items() if k not in _OF_THE_MACHINE} for row in rows]
                found[table.name] = sorted(map(repr, kept))
        return found
    finally:
        engine.dispose()


def _in_order(value: Any) -> Any:
    """Return a JSON object with its keys in order: PostgreSQL does not keep the order they came in."""
    return _without_arrival(value) if isinstance(value, dict) else value


def temporary_files(home: Path) -> list[Path]:
    """Return what a killed writer left."""
    return list((home / "lake").rglob("*.tmp-*"))

"""Is this run a repeat? What the first run of the same inputs had read, and what arrived since.

A repeat reads what had arrived by its first time and is the same run. Facts that were public by the run's ``as_of`` and
arrived later make another run: it carries the hash of its own snapshot in its id and says what came late.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow.compute as pc

from amc_assets.lake.arrivals import late_rows
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DISCOVERY_RUNS, TABLES
from amc_assets.pipeline.identity import Moment

ABSENCES = "reasons of absence"
"""Under this name notes are counted that began or ended since: a reason is part of what a run says."""


@dataclass(frozen=True)
class FirstRun:
    """The stored run of the same inputs: by when its facts had arrived, what it saw, and what had come late for it."""

    arrived_by: datetime
    snapshot_hash: str
    came_late: Mapping[str, int]


def first_run(lake: Lake, moment: Moment, part: str) -> FirstRun | None:
    """Return the stored run under ``part``; None when it was never stored whole, or by a version without arrivals."""
    runs = lake.read_part(DISCOVERY_RUNS, moment.trade_date.isoformat(), part)
    if runs is None or not runs.num_rows:
        return None
    head = json.loads(pc.first(runs.column("head")).as_py())
    if not head.get("arrived_by"):
        return None
    return FirstRun(datetime.fromisoformat(head["arrived_by"]), head["snapshot_hash"], head.get("came_late") or {})


def late_facts(lake: Lake, moment: Moment, first: FirstRun) -> dict[str, int]:
    """Return rows by table that were public by the run's as_of and arrived after the first run had read.

    A complete answer without rows counts with 0 rows, a changed reason of absence under ``ABSENCES``.
    """
    found: dict[str, int] = {}
    for schema, partition in _read_by(lake, moment):
        count = late_rows(lake, schema, partition, moment.as_of, first.arrived_by)
        if count is not None:
            found[schema.name] = found.get(schema.name, 0) + count
        if lake.noted_after(schema, partition, first.arrived_by):
            found[ABSENCES] = found.get(ABSENCES, 0) + 1
    return found


def late_sentence(late: Mapping[str, int]) -> str:
    """Return what came late, for people; empty when nothing did."""
    return ", ".join(
        f"{count} {name}" if name == ABSENCES else f"{count} rows of {name}" for name, count in sorted(late.items())
    )


def _read_by(lake: Lake, moment: Moment) -> Iterator[tuple[TableSchema, str]]:
    """Yield every partition that the run of ``moment`` may have read: all up to its day, however far it looks back."""
    last = max(moment.trade_date, moment.as_of.date()).isoformat()
    for schema in TABLES.values():
        if schema.vintaged and schema.name != "borrow_stress":  # made by runs themselves
            yield from ((schema, key) for key in lake.asked_partitions(schema) if key <= last)

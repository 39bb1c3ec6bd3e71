"""Is this run a repeat? What the first run of the same inputs had read, and which facts arrived since.

A repeat reads what had arrived by its first time and is the same run. Facts that were public by the run's ``as_of`` and
arrived later make another run: it carries the hash of its own snapshot in its id and says what came late.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow.compute as pc

from amc_assets.lake.arrivals import late_rows
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DISCOVERY_RUNS, TABLES
from amc_assets.market.calendar import session_offset
from amc_assets.pipeline.history import PANEL_SESSIONS
from amc_assets.pipeline.identity import Moment

SETTLEMENT_DAYS = 200
"""Calendar days whose short-interest reports a run may look at: six reports and the window of the newest."""
_LONG = frozenset({"daily_bars", "iv_30d", "splits"})
_SHORT_DAYS = 100


@dataclass(frozen=True)
class FirstRun:
    """The stored run of the same inputs: by when its facts had arrived, and what it saw."""

    arrived_by: datetime
    snapshot_hash: str


def first_run(lake: Lake, moment: Moment, part: str) -> FirstRun | None:
    """Return the stored run under ``part``; None when it was never stored whole, or by a version without arrivals."""
    runs = lake.read_part(DISCOVERY_RUNS, moment.trade_date.isoformat(), part)
    if runs is None or not runs.num_rows:
        return None
    head = json.loads(pc.first(runs.column("head")).as_py())
    if not head.get("arrived_by"):
        return None
    return FirstRun(datetime.fromisoformat(head["arrived_by"]), head["snapshot_hash"])


def late_facts(lake: Lake, moment: Moment, first: FirstRun) -> dict[str, int]:
    """Return rows by table that were public by the run's as_of and arrived after the first run had read."""
    found: dict[str, int] = {}
    for schema, partition in _read_by(lake, moment):
        count = late_rows(lake, schema, partition, moment.as_of, first.arrived_by)
        if count:
            found[schema.name] = found.get(schema.name, 0) + count
    return found


def late_sentence(late: Mapping[str, int]) -> str:
    """Return what came late, for people; empty when nothing did."""
    return ", ".join(f"{rows} rows of {table}" for table, rows in sorted(late.items()))


def _read_by(lake: Lake, moment: Moment) -> Iterator[tuple[TableSchema, str]]:
    """Yield every partition that the run of ``moment`` may have read."""
    day = moment.trade_date
    for schema in TABLES.values():
        if not schema.vintaged or schema.name == "borrow_stress":  # made by runs themselves
            continue
        first = _first_read(schema, day).isoformat()
        last = max(day, moment.as_of.date()).isoformat()
        yield from ((schema, key) for key in lake.partitions(schema) if first <= key <= last)


def _first_read(schema: TableSchema, day: date) -> date:
    if schema.name in _LONG:
        return session_offset(day, -PANEL_SESSIONS).replace(day=1)
    return day - timedelta(days=SETTLEMENT_DAYS if schema.name == "short_interest" else _SHORT_DAYS)

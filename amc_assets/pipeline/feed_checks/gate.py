"""Between a provider's answer and the write: let it through with a note of what it was compared with, or refuse it.

A refused answer is not stored. The day's earlier version, if there is one, stays in force, and a note beside it says
what is wrong with the answer: a run that reads the day is degraded with that sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence
from amc_assets.pipeline.feed_checks.accepted import accepted_for, keep_refusal
from amc_assets.pipeline.feed_checks.earlier_days import of_table
from amc_assets.pipeline.feed_checks.judge import Broken, Judgement, judge
from amc_assets.pipeline.feed_checks.limits import FeedLimits, load_feed_limits
from amc_assets.pipeline.feed_checks.rules import RULES, rule_names
from amc_assets.pipeline.outcome import Ingested, added
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason

COMPARED, NOT_COMPARED, ACCEPTED = "compared_with", "not_compared", "accepted"
"""Notes of a stored answer: what it fits, why nothing could be compared, what a person accepted."""


@dataclass(frozen=True)
class Checked:
    """What became of an answer: the refusal, or notes for the report of the stored one."""

    refusal: Absence | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0

    def as_ingested(self, schema: TableSchema, key: date, rejected: Mapping[str, int] | None = None) -> Ingested:
        """Return the outcome of a refused answer: all its rows are rejected."""
        every = added(rejected or {}, {str(Reason.IMPLAUSIBLE_FEED): self.rows})
        return Ingested(schema.name, key.isoformat(), rejected=every, absence=self.refusal)


@cache
def feed_limits() -> FeedLimits:
    """Return the shipped limits, read once."""
    return load_feed_limits(rule_names())


def check_feed(workspace: Workspace, schema: TableSchema, key: date, rows: pa.Table, at: datetime) -> Checked:
    """Hold an answer against the days before it, as known at ``at``; a refusal is noted beside what the lake holds.

    rows: the answer as it would be stored, provenance included. Raises LakeError.
    """
    if schema.name not in RULES or not rows.num_rows:
        return Checked()
    limits = feed_limits()
    own = limits.tables[schema.name]
    earlier = workspace.earlier_days.before(schema, key, at, own.most_days_apart)
    found = judge(of_table(schema, key, rows), earlier, RULES[schema.name], own.rules, limits.least_names)
    partition = key.isoformat()
    agreed = accepted_for(workspace.lake, schema, partition) if found.broken else []
    open_rules = [item for item in found.broken if not any(one.covers(item) for one in agreed)]
    if not open_rules:
        notes = _notes(found)
        if found.broken:
            notes[ACCEPTED] = f"{'; '.join(item.sentence for item in found.broken)}: accepted, {agreed[-1].why}"
        return Checked(notes=notes)
    now = workspace.clock.now()
    refusal = Absence(Reason.IMPLAUSIBLE_FEED, _sentence(workspace, schema, key, open_rules), now)
    keep_refusal(workspace.lake, schema, partition, open_rules, at=now, limits_hash=limits.limits_hash)
    workspace.lake.mark_absent(schema, partition, refusal)
    return Checked(refusal, rows=rows.num_rows)


def _notes(found: Judgement) -> dict[str, str]:
    if found.earlier is None:
        return {NOT_COMPARED: found.why_not}
    return {COMPARED: f"{found.earlier}: {', '.join(found.applied)}"}


def _sentence(workspace: Workspace, schema: TableSchema, key: date, broken: list[Broken]) -> str:
    """Say what was measured, what is allowed, what stays in force and what to do."""
    held = workspace.lake.current(schema, key.isoformat())
    kept = "the day has no rows"
    if held.num_rows:
        received = pc.max(held.column("arrived_at")).as_py()
        kept = f"the {held.num_rows:,} rows received before ({received:%Y-%m-%d %H:%M} UTC) stay in force"
    more = f", and {len(broken) - 1} more rules are broken" if len(broken) > 1 else ""
    return (
        f"{schema.name} of {key}: {broken[0].sentence}{more}. The answer was not stored: {kept}. Next: look at the "
        f"source; if it is right, `amc accept {schema.name} --date {key} --why TEXT` and fetch the day again"
    )

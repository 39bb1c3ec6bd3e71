"""Checks: what must be true of the rows before the next asset may read them. A failed blocking check stops the run.

They re-read what was stored instead of trusting what was about to be stored, and run inside the step that wrote it: a
check of its own would cost a step. No rows is never a pass: it is a warning that names the reason.
"""

from collections.abc import Callable, Sequence

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import SchemaError, TableSchema
from amc_assets.lake.store import Lake
from amc_assets.pipeline.outcome import Ingested

CHECK = "stored_rows_are_sound"
MOST_NAMED = 5


def spec(schema: TableSchema) -> dg.AssetCheckSpec:
    """Return the declaration of the blocking row check of one table."""
    return dg.AssetCheckSpec(
        CHECK,
        asset=schema.name,
        blocking=True,
        description="Stored rows fit the declared columns, keys are unique, and values are possible.",
    )


def absent_result(schema: TableSchema, absent: Sequence[Ingested]) -> dg.AssetCheckResult:
    """Return the result for partitions of which none has rows: not passed, not blocking, with the reasons."""
    reasons = sorted({str(item.absence.reason) for item in absent if item.absence})
    return dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=schema.name,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"partitions_absent": len(absent), "reasons": ", ".join(reasons)},
    )


def rows_check(
    lake: Lake, schema: TableSchema, present: Sequence[Ingested], absent: Sequence[Ingested]
) -> dg.AssetCheckResult:
    """Re-read the stored partitions and judge them."""
    problems: list[str] = []
    rows = 0
    for item in present:
        table = lake.vintages(schema, item.partition)
        rows += table.num_rows
        problems += [f"{item.partition}: {problem}" for problem in problems_of(schema, table)]
    return dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=schema.name,
        passed=not problems and rows > 0,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "rows_checked": rows,
            "partitions_checked": len(present),
            "partitions_absent": len(absent),
            "problems": "; ".join(problems[:MOST_NAMED]) or "none",
        },
    )


def problems_of(schema: TableSchema, table: pa.Table) -> list[str]:
    """Return what is impossible in stored rows, in words; an empty list means sound."""
    if not table.num_rows:
        return ["no rows"]
    problems = []
    try:
        versioned = schema if not schema.vintaged else _with_known_at(schema)
        versioned.conform(table)
    except SchemaError as error:
        problems.append(str(error))
    for sentence, broken in _RULES.get(schema.name, {}).items():
        count = pc.sum(broken(table)).as_py() or 0
        if count:
            problems.append(f"{count} rows where {sentence}")
    return problems


def _with_known_at(schema: TableSchema) -> TableSchema:
    return TableSchema(
        schema.name, schema.description, schema.partition_by, schema.columns, (*schema.key, "known_at"), vintaged=True
    )


def _below(table: pa.Table, low: str, high: str) -> pa.ChunkedArray:
    return pc.less(table.column(high), table.column(low))


def _negative(table: pa.Table, name: str) -> pa.ChunkedArray:
    return pc.less(table.column(name), 0.0)


Rule = Callable[[pa.Table], pa.ChunkedArray]

_RULES: dict[str, dict[str, Rule]] = {
    "daily_bars": {
        "the high is below the low": lambda t: _below(t, "low_usd", "high_usd"),
        "the close is above the high": lambda t: _below(t, "close_usd", "high_usd"),
        "the close is below the low": lambda t: _below(t, "low_usd", "close_usd"),
        "a price is not positive": lambda t: pc.less_equal(t.column("low_usd"), 0.0),
        "the volume is negative": lambda t: _negative(t, "volume_shares"),
    },
    "short_volume": {
        "short volume exceeds total volume": lambda t: pc.greater(
            t.column("short_volume_shares"), pc.add(t.column("total_volume_shares"), 1.0)
        ),
        "a volume is negative": lambda t: _negative(t, "short_volume_shares"),
    },
    "short_interest": {
        "shares short are negative": lambda t: _negative(t, "short_interest_shares"),
        "days to cover hold the 999.99 sentinel": lambda t: pc.equal(t.column("days_to_cover_reported"), 999.99),
    },
    "share_counts": {
        "the float is not positive": lambda t: pc.less_equal(t.column("float_shares"), 0.0),
    },
    "universe": {
        "an ineligible name has no reason": lambda t: pc.and_(
            pc.invert(t.column("is_eligible")), pc.is_null(t.column("exclusion_reason"))
        ),
    },
}

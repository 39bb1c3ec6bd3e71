"""Checks: what must be true of the rows before the next asset may read them. A failed blocking check stops the run.

They re-read what was stored instead of trusting what was about to be stored, and run inside the step that wrote it: a
check of its own would cost a step. No rows is never a pass: it is a warning that names the reason.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.lake.schema import SchemaError, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

    from amc_assets.lake.store import Lake
    from amc_assets.pipeline.outcome import Ingested

CHECK = "stored_rows_are_sound"
MOST_NAMED = 5
MAY_BE_EMPTY = frozenset({"trade_halts", "threshold_list", "news", "option_activity", "iv_percentiles"})
"""Tables of which a day may hold nothing: no halt, no headline. A warning then, never a stop and never a pass."""


def spec(schema: TableSchema) -> dg.AssetCheckSpec:
    """Return the declaration of the blocking row check of one table."""
    return dg.AssetCheckSpec(
        CHECK,
        asset=schema.name,
        blocking=True,
        description="Stored rows fit the declared columns, keys are unique, and values are possible.",
    )


def absent_result(schema: TableSchema, absent: Sequence["Ingested"]) -> dg.AssetCheckResult:
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
    lake: "Lake", schema: TableSchema, present: Sequence["Ingested"], absent: Sequence["Ingested"]
) -> dg.AssetCheckResult:
    """Re-read the stored partitions and judge them."""
    problems: list[str] = []
    rows = 0
    for item in present:
        table = lake.vintages(schema, item.partition)
        rows += table.num_rows
        if not table.num_rows and schema.name in MAY_BE_EMPTY:
            continue
        problems += [f"{item.partition}: {problem}" for problem in problems_of(schema, table)]
    return dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=schema.name,
        passed=not problems and rows > 0,
        severity=dg.AssetCheckSeverity.ERROR if problems else dg.AssetCheckSeverity.WARN,
        metadata={
            "rows_checked": rows,
            "partitions_checked": len(present),
            "partitions_absent": len(absent),
            "problems": "; ".join(problems[:MOST_NAMED]) or "none",
        },
    )


def problems_of(schema: TableSchema, table: "pa.Table") -> list[str]:
    """Return what is impossible in stored rows, in words; an empty list means sound."""
    from amc_assets.defs.row_rules import broken_rules  # noqa: PLC0415 - Arrow is not needed to declare a check

    if not table.num_rows:
        return ["no rows"]
    problems = []
    try:
        versioned = schema if not schema.vintaged else _with_known_at(schema)
        versioned.conform(table)
    except SchemaError as error:
        problems.append(str(error))
    return problems + broken_rules(schema.name, table)


def _with_known_at(schema: TableSchema) -> TableSchema:
    key = (*schema.key, "known_at", "arrived_at")
    return TableSchema(schema.name, schema.description, schema.partition_by, schema.columns, key, vintaged=True)

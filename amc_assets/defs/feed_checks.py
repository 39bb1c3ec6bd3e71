"""The check that an answer fits the days before it: red where one was refused.

It never stops the run: discovery goes on with the day's earlier version, and says so itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.lake.schema import TableSchema

if TYPE_CHECKING:
    from amc_assets.pipeline.outcome import Ingested

FIT_CHECK = "fits_days_before"
COMPARED_TABLES = frozenset(
    {
        "universe", "daily_bars", "short_volume", "short_interest", "share_counts", "threshold_list",
        "fails_to_deliver", "option_chains",
    }
)  # fmt: skip
"""Tables with rules across days, named here because the rules import Arrow; a test compares both."""


def fit_specs(schema: TableSchema) -> list[dg.AssetCheckSpec]:
    """Return the declaration for a table that has rules; empty for another."""
    if schema.name not in COMPARED_TABLES:
        return []
    return [
        dg.AssetCheckSpec(
            FIT_CHECK,
            asset=schema.name,
            description="Rows and numbers are like those of the days before; an answer that is not was refused.",
        )
    ]


def fit_results(schema: TableSchema, done: "Sequence[Ingested]") -> list[dg.AssetCheckResult]:
    """Return what became of the comparison of a step's answers; a warning where none had a day to compare with."""
    if schema.name not in COMPARED_TABLES:
        return []
    from amc_assets.pipeline.feed_checks.gate import COMPARED, NOT_COMPARED  # noqa: PLC0415 - a run needs it
    from amc_assets.reasons import Reason  # noqa: PLC0415

    refused = [item.absence for item in done if item.absence and item.absence.reason is Reason.IMPLAUSIBLE_FEED]
    compared = sum(COMPARED in item.notes for item in done)
    unknown = [item.notes[NOT_COMPARED] for item in done if NOT_COMPARED in item.notes]
    return [
        dg.AssetCheckResult(
            check_name=FIT_CHECK,
            asset_key=schema.name,
            passed=not refused and (compared > 0 or not unknown),
            severity=dg.AssetCheckSeverity.ERROR if refused else dg.AssetCheckSeverity.WARN,
            metadata={
                "answers_compared": compared,
                "answers_refused": len(refused),
                "answers_not_compared": len(unknown),
                "refused": "; ".join(item.detail for item in refused)[:1500] or "none",
                "why_not_compared": unknown[-1] if unknown else "-",
            },
        )
    ]

"""Study and watch results as plain rows for people and programs: CSV, JSON, notebooks, the report."""

from collections.abc import Sequence

from amc_assets.evaluation.study import StudyResult
from amc_assets.evaluation.watch import WatchRow

Record = dict[str, str | int | float | None]


def study_records(result: StudyResult) -> list[Record]:
    """Return one record per label and list, best precision first within a label; missing is None with a reason."""
    rows = sorted(result.rows, key=lambda row: (row.label, -(row.summary.precision or 0.0), row.strategy, row.variant))
    return [
        {
            "label": row.label,
            "strategy": row.strategy,
            "variant": row.variant,
            "k": result.k,
            "days": row.summary.days,
            "slots": row.summary.slots,
            "hits": row.summary.hits,
            "empty_slots": row.summary.empty,
            "unknown_names": row.summary.unknown,
            "precision_frac": row.summary.precision,
            "precision_low_frac": row.precision_interval.low,
            "precision_high_frac": row.precision_interval.high,
            "base_rate_frac": row.summary.base_rate,
            "lift_ratio": row.summary.lift,
            "lift_low_ratio": row.lift_interval.low,
            "lift_high_ratio": row.lift_interval.high,
            "recall_frac": row.summary.recall,
            "interval_reason": row.precision_interval.reason or None,
        }
        for row in rows
    ]


def daily_records(result: StudyResult) -> list[Record]:
    """Return one record per day, label and list: the table behind the means."""
    return [
        {
            "trade_date": day.isoformat(),
            "label": label,
            "strategy": strategy,
            "variant": variant,
            "hits": outcome.hits,
            "empty_slots": outcome.empty,
            "unknown_names": outcome.unknown,
            "field_names": outcome.field,
            "field_hits": outcome.field_hits,
            "precision_frac": outcome.precision if outcome.field and outcome.counted else None,
        }
        for (strategy, variant, label), outcomes in result.daily.items()
        for day, outcome in zip(result.trade_dates, outcomes, strict=True)
    ]


def watch_records(rows: Sequence[WatchRow]) -> list[Record]:
    """Return the watch table as records."""
    return [
        {
            "trade_date": row.trade_date.isoformat(),
            "strategy": row.strategy,
            "symbol": row.symbol,
            "score": row.score,
            "rank_scored": row.rank_scored,
            "scored_names": row.scored,
            "rank_gated": row.rank_gated,
            "gated_names": row.gated,
            "reason": row.reason or None,
        }
        for row in rows
    ]

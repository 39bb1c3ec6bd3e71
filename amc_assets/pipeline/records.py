"""What a finished run leaves: wide tables in the lake, rows for people in the database, the audit row closed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot
from amc_assets.features.table import to_table
from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import CANDIDATES, DETECTOR_SCORES, DISCOVERY_RUNS, FEATURE_SNAPSHOT, SCORES
from amc_assets.pipeline.identity import run_id
from amc_assets.pipeline.screen import head
from amc_assets.pipeline.workspace import Workspace
from amc_assets.store.calls import recent_calls
from amc_assets.store.results import CandidateRow, DetectorRow, replace_candidates, replace_detector_performance
from amc_assets.store.runs import ClosedStatus, close_run
from amc_assets.strategies.explain import explain_many
from amc_assets.strategies.result import StrategyResult

if TYPE_CHECKING:
    from amc_assets.pipeline.discovery import Discovery

_CODE = pa.dictionary(pa.int32(), pa.string())
OWNER_OF_DETECTORS = "unified_detectors"
"""The strategy whose detectors are the registry's; hybrid_v1 has groups of the same names with other contents."""
_CONFIDENCE_EDGES = np.linspace(0.0, 1.0, 11)


def keep(workspace: Workspace, found: "Discovery") -> None:
    """Write every table of the run. Each file is replaced whole, so a repeat leaves each row once."""
    assert found.snapshot is not None  # noqa: S101 - discover() calls this only with a snapshot
    recomputed = found.snapshot.content_hash if found.late else ""
    group = str(run_id(found.moment, "snapshot", workspace.data_source, recomputed))
    _write(workspace, FEATURE_SNAPSHOT, found, to_table(found.snapshot, group))
    _write(workspace, DETECTOR_SCORES, found, pa.concat_tables(list(_detector_tables(found, group))))
    _write(workspace, SCORES, found, pa.concat_tables([_scores(found, name) for name in found.results]))
    explained = {name: _explained(workspace, found, result) for name, result in found.results.items()}
    _write(
        workspace, CANDIDATES, found, pa.concat_tables([_candidates(found, n, rows) for n, rows in explained.items()])
    )
    for name, rows in explained.items():
        _to_database(workspace, found, name, rows)
    # the heads come last: a reader that finds a run finds all of it
    _write(
        workspace, DISCOVERY_RUNS, found, pa.concat_tables([_head(workspace, found, name) for name in found.results])
    )


def close(workspace: Workspace, found: "Discovery") -> None:
    """Close the audit row of each strategy with counts, rates and distributions."""
    rates = _success_rates(workspace)
    for name, result in found.results.items():
        status, reason = _verdict(found, result)
        close_run(
            workspace.engine,
            found.run_ids[name],
            status,
            reason or None,
            total_execution_time_ms=found.elapsed_ms,
            finished_at=workspace.clock.now(),
            universe_size=found.snapshot.universe_count if found.snapshot else 0,
            candidates_found=result.candidates_found,
            provider_success_rates=rates,
            gate_failure_stats={step.gate: step.entered - step.passed for step in result.funnel},
            confidence_distribution=_distribution(result),
            metadata={"part": found.part, "detectors": _detector_aggregates(result), **_arrival(found, name)},
            snapshot_hash=found.snapshot.content_hash if found.snapshot else None,
        )


def _arrival(found: "Discovery", strategy: str) -> dict[str, Any]:
    """Return by when the run's facts had arrived; for a recomputation also which run it repeats and what came late."""
    told: dict[str, Any] = {"arrived_by": found.arrived_by.isoformat() if found.arrived_by else None}
    if found.late:
        told |= {"recomputes": str(found.recomputes[strategy]), "came_late": dict(sorted(found.late.items()))}
    return told


def _verdict(found: "Discovery", result: StrategyResult) -> tuple[ClosedStatus, str]:
    """Return status and reason of one strategy: missing inputs hold for all of them, an empty list for its own."""
    if found.status == "degraded":
        return "degraded", found.reason
    return ("succeeded", "") if result.candidates_found else ("empty", why_empty(result))


def why_empty(result: StrategyResult) -> str:
    """Return the sentence that explains an empty list: where the funnel ran dry."""
    if not result.funnel or not result.funnel[0].entered:
        return "no name could be scored: the universe of the day is empty"
    for step in result.funnel:
        if not step.passed:
            return f"gate {step.gate} let none of {step.entered} names through"
    return f"{result.funnel[-1].passed} names passed every hard gate, none reached the watchlist score"


def _write(workspace: Workspace, schema: TableSchema, found: "Discovery", table: pa.Table) -> None:
    workspace.lake.write_part(schema, found.moment.trade_date.isoformat(), found.part, table)


def _run_columns(found: "Discovery", identifier: str, count: int) -> dict[str, pa.Array]:
    return {
        "discovery_run_id": _repeated(identifier, count),
        "session": _repeated(found.moment.session, count),
        "as_of": pa.repeat(pa.scalar(found.moment.as_of, INSTANT), count),
    }


def _repeated(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text]))


def _detector_tables(found: "Discovery", group: str) -> Iterator[pa.Table]:
    snapshot = found.snapshot
    assert snapshot is not None  # noqa: S101 - see keep()
    for name, detector in _named_detectors(found):
        count = len(snapshot.symbols)
        yield pa.table(
            {
                **_run_columns(found, group, count),
                "symbol": pa.array(snapshot.symbols.tolist(), pa.string()),
                "detector": _repeated(name, count),
                "score": _nullable(detector.score),
                "confidence": pa.array(detector.confidence),
            }
        )


def _named_detectors(found: "Discovery") -> Iterator[tuple[str, DetectorScores]]:
    """Yield every detector once: the registry's own under their names, a strategy's own groups as strategy.name."""
    for strategy, result in found.results.items():
        for detector in result.detectors:
            yield (detector.name if strategy == OWNER_OF_DETECTORS else f"{strategy}.{detector.name}"), detector


def _nullable(values: np.ndarray[Any, np.dtype[np.float64]]) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _scores(found: "Discovery", strategy: str) -> pa.Table:
    result, order = found.results[strategy], found.results[strategy].order
    count = len(order)
    return pa.table(
        {
            **_run_columns(found, str(found.run_ids[strategy]), count),
            "strategy": _repeated(strategy, count),
            "symbol": pa.array(result.symbols[order].tolist(), pa.string()),
            "rank": pa.array(np.arange(1, count + 1, dtype=np.int32)),
            "score": pa.array(result.score[order]),
            "confidence": pa.array(result.confidence[order]),
            "ranking_score": pa.array(result.ranking_score[order]),
            "action": pa.array(result.action[order].tolist(), pa.string()).dictionary_encode(),
            "passed": pa.array(result.passed[order]),
            "failed_gates": _failed_gates(result, order),
            "is_simulated": pa.repeat(pa.scalar(found.snapshot.is_simulated if found.snapshot else False), count),
        }
    )


def _explained(workspace: Workspace, found: "Discovery", result: StrategyResult) -> list[dict[str, Any]]:
    assert found.snapshot is not None  # noqa: S101 - see keep()
    chosen = result.candidates[: workspace.settings.max_candidates]
    return explain_many(result, found.snapshot, result.symbols[chosen].tolist())


def _candidates(found: "Discovery", strategy: str, rows: list[dict[str, Any]]) -> pa.Table:
    count = len(rows)
    columns = {name: [row[name] for row in rows] for name in ("symbol", "score", "confidence", "ranking_score")}
    return pa.table(
        {
            **_run_columns(found, str(found.run_ids[strategy]), count),
            "strategy": _repeated(strategy, count),
            "rank": pa.array([row["rank"] for row in rows], pa.int32()),
            **{
                name: pa.array(values, pa.string() if name == "symbol" else pa.float64())
                for name, values in columns.items()
            },
            "action": pa.array([row["action"] for row in rows], pa.string()).dictionary_encode(),
            "explanation": pa.array([json.dumps(row, allow_nan=False) for row in rows], pa.string()),
            "is_simulated": pa.repeat(pa.scalar(found.snapshot.is_simulated if found.snapshot else False), count),
        }
    )


def _head(workspace: Workspace, found: "Discovery", strategy: str) -> pa.Table:
    assert found.snapshot is not None  # noqa: S101 - see keep()
    result, identifier = found.results[strategy], str(found.run_ids[strategy])
    status, reason = _verdict(found, result)
    overrides = workspace.settings.session_threshold_overrides
    content = {
        **head(found.moment, identifier, found.snapshot, result, reason, session_overrides=overrides),
        **_arrival(found, strategy),
        "data_source": workspace.data_source,
    }
    return pa.table(
        {
            **_run_columns(found, identifier, 1),
            "strategy": _repeated(strategy, 1),
            "status": pa.array([status]),
            "head": pa.array([json.dumps(content, allow_nan=False)]),
        }
    )


def _to_database(workspace: Workspace, found: "Discovery", strategy: str, rows: list[dict[str, Any]]) -> None:
    candidates = [
        CandidateRow(
            symbol=row["symbol"], rank=row["rank"], score=row["score"], confidence=row["confidence"],
            ranking_score=row["ranking_score"], action=row["action"], explanation=row,
        )
        for row in rows
    ]  # fmt: skip
    now = workspace.clock.now()
    replace_candidates(workspace.engine, found.run_ids[strategy], candidates, created_at=now)
    performance = list(_performance(found.results[strategy], found, workspace.settings.max_candidates))
    replace_detector_performance(workspace.engine, found.run_ids[strategy], performance, created_at=now)


def _performance(result: StrategyResult, found: "Discovery", most: int) -> Iterator[DetectorRow]:
    """One row per detector for the best names that passed the hard gates; the whole matrix lives in the lake.

    Without the cut a strategy with soft gates left 12,000 rows a day (a 342 MB database after 55 days).
    """
    snapshot = found.snapshot
    assert snapshot is not None  # noqa: S101 - see keep()
    sources = {detector.name: _sources(detector, snapshot) for detector in result.detectors}
    for index in result.order[result.passed[result.order]][:most]:
        penalties = {
            outcome.gate.name: float(outcome.penalty_frac[index])
            for outcome in result.gates
            if outcome.gate.kind == "soft" and outcome.penalty_frac[index]
        }
        for detector in result.detectors:
            yield DetectorRow(
                symbol=str(result.symbols[index]),
                detector_name=detector.name,
                raw_score=None if np.isnan(detector.score[index]) else float(detector.score[index]),
                confidence_score=float(detector.confidence[index]),
                data_sources_used=sources[detector.name],
                hard_gate_passed=True,
                soft_gate_penalties=penalties,
            )


def _sources(detector: DetectorScores, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the sources of the features a detector read that had any value in this run."""
    features = {name for component in detector.components for name in component.features}
    read = {snapshot.feature(name).source for name in features if snapshot.feature(name).present.any()}
    return tuple(sorted(read))


def _failed_gates(result: StrategyResult, order: np.ndarray[Any, np.dtype[np.int64]]) -> pa.ListArray:
    names = [outcome.gate.name for outcome in result.gates]
    rejects = np.array([outcome.rejects[order] for outcome in result.gates]).T.reshape(len(order), len(names))
    offsets = np.concatenate([[0], np.cumsum(rejects.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(names, pa.string()).take(pa.array(np.nonzero(rejects)[1]))
    )


def _distribution(result: StrategyResult) -> dict[str, int]:
    counts, _ = np.histogram(result.confidence[result.order], bins=_CONFIDENCE_EDGES)
    return {f"{low:.1f}-{low + 0.1:.1f}": int(n) for low, n in zip(_CONFIDENCE_EDGES[:-1], counts, strict=True)}


def _detector_aggregates(result: StrategyResult) -> dict[str, dict[str, float | int | None]]:
    found: dict[str, dict[str, float | int | None]] = {}
    for detector in result.detectors:
        present = np.isfinite(detector.score)
        found[detector.name] = {
            "scored": int(present.sum()),
            "mean_score": float(detector.score[present].mean()) if present.any() else None,
            "mean_confidence": float(detector.confidence.mean()) if len(detector.confidence) else None,
        }
    return found


def _success_rates(workspace: Workspace) -> dict[str, float]:
    since = workspace.clock.now() - timedelta(days=1)
    rates = {}
    for provider in ("finra", "polygon", "nasdaq"):
        calls = recent_calls(workspace.engine, provider, since)
        if calls:
            rates[provider] = sum(call.success for call in calls) / len(calls)
    return rates

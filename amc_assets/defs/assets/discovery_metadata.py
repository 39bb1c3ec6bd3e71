"""What the UI shows for each asset of the discovery step; one plot per run, on its last day."""

import base64
from typing import TYPE_CHECKING, Any

import dagster as dg

from amc_assets.defs.metadata import markdown_table
from amc_assets.reasons import Reason

if TYPE_CHECKING:
    from amc_assets.features.snapshot import Snapshot
    from amc_assets.pipeline.discovery import Discovery
    from amc_assets.strategies.result import StrategyResult

Metadata = dict[str, Any]
PREVIEW_ROWS = 10
EXPLAINED_ROWS = 3


def metadata_of(key: dg.AssetKey, found: "Discovery", served: str, *, market: str, with_plot: bool) -> Metadata:
    """Return the metadata of one asset for one run; a failed day shows its reason.

    ``served`` is the strategy whose list people get: its candidates are the ones previewed. ``market`` says in words
    what data the run read.
    """
    base: Metadata = {
        "as_of": dg.MetadataValue.timestamp(found.moment.as_of),
        "session": found.moment.session,
        "status": found.status,
    }
    snapshot = found.snapshot
    if snapshot is None:
        return {**base, "reason": found.reason[:500]}
    if found.late:
        base["came_late"] = ", ".join(f"{rows} rows of {table}" for table, rows in sorted(found.late.items()))
        base["recomputes"] = ", ".join(str(run) for run in found.recomputes.values())
    base["market"] = market
    if key.path[0] == "scores":
        return {**base, **_of_strategy(found, found.results[key.path[1]])}
    if key.path == ["feature_snapshot"]:
        return {**base, **_of_snapshot(snapshot)}
    if key.path == ["borrow_stress"]:
        return {**base, **_of_borrow_stress(snapshot)}
    if key.path == ["candidates"]:
        return {**base, **_of_candidates(found, served, with_plot=with_plot)}
    return {**base, **_of_detector(found, key.path[0])}


def _of_borrow_stress(snapshot: "Snapshot") -> Metadata:
    stress = snapshot.feature("borrow_stress")
    order = sorted(
        (row for row in range(len(snapshot.symbols)) if stress.present[row]),
        key=lambda row: (-float(stress.values[row]), str(snapshot.symbols[row])),
    )
    rows = [
        {"symbol": str(snapshot.symbols[row]), "borrow_stress": float(stress.values[row])}
        for row in order[:PREVIEW_ROWS]
    ]
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(len(snapshot.symbols)),
        "names_with_stress": dg.MetadataValue.int(len(order)),
        "highest": dg.MetadataValue.md(markdown_table(rows, ("symbol", "borrow_stress"))),
    }


def _of_snapshot(snapshot: "Snapshot") -> Metadata:
    rows: list[dict[str, Any]] = [
        {
            "input": age.name,
            "rows of": "" if age.observed_on is None else str(age.observed_on),
            "public for hours": age.age_hours,
            "reason": "" if age.reason is Reason.PRESENT else str(age.reason),
        }
        for age in snapshot.inputs
    ]
    ages: Metadata = {
        f"age_hours_{age.name}": dg.MetadataValue.float(round(age.age_hours, 2))
        for age in snapshot.inputs
        if age.age_hours is not None
    }
    return {
        "universe": dg.MetadataValue.int(snapshot.universe_count),
        "features": dg.MetadataValue.int(len(snapshot.features)),
        "snapshot_hash": snapshot.content_hash[:16],
        "inputs": dg.MetadataValue.md(markdown_table(rows, ["input", "rows of", "public for hours", "reason"])),
        **ages,
    }


def _of_detector(found: "Discovery", name: str) -> Metadata:
    import numpy as np  # noqa: PLC0415 - keeps the import of the definitions cheap

    for result in found.results.values():
        for detector in result.detectors:
            if detector.name == name:
                present = np.isfinite(detector.score)
                mean = float(detector.score[present].mean()) if present.any() else None
                shown: Metadata = {
                    "scored": dg.MetadataValue.int(int(present.sum())),
                    "mean_confidence": dg.MetadataValue.float(round(float(detector.confidence.mean()), 4)),
                }
                return shown if mean is None else {**shown, "mean_score": dg.MetadataValue.float(round(mean, 4))}
    return {"scored": dg.MetadataValue.int(0)}


def _of_strategy(found: "Discovery", result: "StrategyResult") -> Metadata:
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(len(result.order)),
        "candidates_found": dg.MetadataValue.int(result.candidates_found),
        "passed_hard_gates": dg.MetadataValue.int(int(result.passed.sum())),
        "latency_ms": dg.MetadataValue.int(found.elapsed_ms),
        "top": dg.MetadataValue.md(markdown_table(top_rows(result), list(_TOP_COLUMNS))),
    }


def _of_candidates(found: "Discovery", served: str, *, with_plot: bool) -> Metadata:
    name = served if served in found.results else next(iter(found.results))
    result = found.results[name]
    funnel = [{"gate": stage.gate, "entered": stage.entered, "passed": stage.passed} for stage in result.funnel]
    shown: Metadata = {
        "candidates_found": dg.MetadataValue.int(result.candidates_found),
        "top_candidates": dg.MetadataValue.md(markdown_table(top_rows(result), list(_TOP_COLUMNS))),
        "funnel": dg.MetadataValue.md(markdown_table(funnel, ["gate", "entered", "passed"])),
    }
    if why := _openings(found, result):
        shown["why"] = dg.MetadataValue.md(why)
    if with_plot:
        shown["plot"] = dg.MetadataValue.md(_plot(found, result))
    counts: Metadata = {
        f"candidates_{other}": dg.MetadataValue.int(scored.candidates_found) for other, scored in found.results.items()
    }
    return {**shown, "strategy_shown": name, "reason": found.reason[:300] or "ok", **counts}


def _openings(found: "Discovery", result: "StrategyResult") -> str:
    """Return the opening sentence of the first names of the list as Markdown; names of feeds cannot break out of it."""
    from amc_assets.strategies.calibration import load_calibration  # noqa: PLC0415 - see above
    from amc_assets.strategies.contributions import yardstick  # noqa: PLC0415
    from amc_assets.strategies.explain import explain_many  # noqa: PLC0415
    from amc_assets.strategies.opening import opening  # noqa: PLC0415
    from amc_assets.strategies.registry import STRATEGIES  # noqa: PLC0415

    if found.snapshot is None:
        return ""
    against = yardstick(STRATEGIES[result.strategy], load_calibration(result.strategy))
    shown = [str(result.symbols[row]) for row in result.candidates[:EXPLAINED_ROWS]]
    names = explain_many(result, found.snapshot, shown)
    return "\n".join(f"- {opening(name, against).replace('<', '&lt;').replace('`', '')}" for name in names)


_TOP_COLUMNS = ("rank", "symbol", "score", "confidence", "ranking", "action", "hard gates")


def top_rows(result: "StrategyResult", count: int = PREVIEW_ROWS) -> list[dict[str, str]]:
    """Return the first names of a ranked list as rows of text, columns _TOP_COLUMNS; numbers with three decimals."""
    return [
        {
            "rank": str(rank + 1),
            "symbol": str(result.symbols[index]),
            "score": f"{result.score[index]:.3f}",
            "confidence": f"{result.confidence[index]:.3f}",
            "ranking": f"{result.ranking_score[index]:.3f}",
            "action": str(result.action[index]),
            "hard gates": "passed" if result.passed[index] else f"failed {_failed_gates(result, int(index))}",
        }
        for rank, index in enumerate(result.order[:count])
    ]


def _failed_gates(result: "StrategyResult", index: int) -> str:
    return ", ".join(
        outcome.gate.name for outcome in result.gates if outcome.rejects[index] and outcome.gate.kind == "hard"
    )


def _plot(found: "Discovery", result: "StrategyResult") -> str:
    from amc_assets.report.plots import score_plot  # noqa: PLC0415 - matplotlib costs 0.5 s

    kind = "simulated" if found.snapshot and found.snapshot.is_simulated else "real"
    title = f"{result.strategy} {found.moment.trade_date} ({kind})"
    png = score_plot(result.symbols, result.score, result.confidence, result.passed, result.order, title)
    return f"![scores](data:image/png;base64,{base64.b64encode(png).decode('ascii')})"

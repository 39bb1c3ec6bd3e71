"""Time the arithmetic of a refresh: detectors, strategies, gates, ranks, explanations; print JSON.

Run from the project's root: ``python -m benchmarks.refresh [symbols] [repeats]``. CPU milliseconds, best and median;
exits 1 when the best run is over the budget.
"""

import json
import statistics
import sys
import time
from collections.abc import Mapping

from amc_assets.features.snapshot import Snapshot
from amc_assets.strategies.calibration import Calibration, load_calibration
from amc_assets.strategies.explain import explain_many, ranked
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.score import score_all
from amc_assets_tests.strategies.snapshots import universe
from benchmarks.rebuild import market, measure_step

BUDGET_MS = 50.0
TOP = 100


def one_run(snapshot: Snapshot, calibrations: Mapping[str, Calibration]) -> dict[str, float]:
    """Return CPU milliseconds per stage of one refresh over all strategies."""
    marks = [time.process_time()]
    results = score_all(snapshot, list(STRATEGIES), "regular", calibrations=calibrations)
    marks.append(time.process_time())
    for result in results.values():
        explain_many(result, snapshot, result.symbols[result.order[:TOP]].tolist())
    marks.append(time.process_time())
    for result in results.values():
        ranked(result, TOP)
    marks.append(time.process_time())
    for result in results.values():
        ranked(result)
    marks.append(time.process_time())
    stages = ("score_gate_rank", "explain_top", "ranked_top", "ranked_everyone")
    took = {stage: 1e3 * (b - a) for stage, a, b in zip(stages, marks, marks[1:], strict=False)}
    return took | {"budgeted": sum(took[stage] for stage in stages[:3])}


def main(symbols: int = 8000, repeats: int = 15) -> int:
    """Measure, print one JSON object and return the exit code."""
    snapshot = universe(symbols, 1)
    calibrations = {name: load_calibration(name) for name in STRATEGIES}
    runs = [one_run(snapshot, calibrations) for _ in range(repeats + 2)][2:]
    best = {stage: round(min(run[stage] for run in runs), 2) for stage in runs[0]}
    median = {stage: round(statistics.median(run[stage] for run in runs), 2) for stage in runs[0]}
    features_step = measure_step(market(300, symbols))
    total = round(best["budgeted"] + features_step, 2)
    report = {
        "benchmark": "refresh", "features_step": features_step, "total": total,
        "symbols": symbols, "strategies": list(STRATEGIES), "explained": TOP, "unit": "cpu_ms",
        "best": best, "median": median, "budget": BUDGET_MS, "within_budget": total <= BUDGET_MS,
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    return 0 if report["within_budget"] else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

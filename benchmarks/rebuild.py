"""Time the nightly rebuild of all trailing price features against pandas, polars and a TA-Lib loop; print JSON.

Run from the project's root: ``python -m benchmarks.rebuild [symbols] [sessions]``. CPU milliseconds on one core, best
run. The peers compute the thirteen outputs of ``peers.OUTPUTS``, ours all of its features; every peer's output is
compared with ours to 1e-7 in the same run. Exits 1 over the budget or on a disagreement.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from amc_assets.features.incremental import nightly_state, step
from amc_assets.features.panel import PricePanel
from amc_assets.features.prices import PriceFeatures, price_features
from amc_assets.features.vintages import VALUES
from benchmarks import peers

BUDGET_MS = 80.0
PANDAS_WIDE_RATIO, TALIB_RATIO = 25.0, 5.0
TOLERANCE = 1e-7
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


def market(sessions: int, symbols: int, late_frac: float = 0.0) -> PricePanel:
    """Return an invented market; ``late_frac`` of the symbols list late and miss 2 % of their sessions."""
    rng = np.random.default_rng(20210127)
    close = 20 * np.exp(np.cumsum(rng.standard_t(4, (sessions, symbols)) * 0.02, axis=0))
    for column in range(int(symbols * late_frac)):
        close[: rng.integers(0, sessions), column] = np.nan
        close[:-1, column][rng.random(sessions - 1) < 0.02] = np.nan
    high, low = (close * (1 + sign * rng.random(close.shape) * 0.03) for sign in (1, -1))
    volume = np.where(np.isfinite(close), np.exp(rng.normal(12, 1, close.shape)), np.nan)
    days = tuple(date(2026, 1, 2) - timedelta(days=k) for k in reversed(range(sessions)))
    names = np.array([f"S{i:05d}" for i in range(symbols)])
    known_at = np.full(symbols, np.datetime64("2026-01-02T21:15", "us"))
    return PricePanel(days, names, close.copy(), high, low, close, volume, (high + low + close) / 3, known_at)


def best_ms(work: Callable[[], Any], repeats: int) -> float:
    """Return the best CPU milliseconds of some runs after one that is not counted."""
    took = []
    for _ in range(repeats + 1):
        start = time.process_time()
        work()
        took.append(1e3 * (time.process_time() - start))
    return round(min(took[1:]), 2)


def worst_difference(ours: PriceFeatures, theirs: dict[str, peers.F64]) -> float:
    """Return the largest relative difference over all outputs (absolute for fractions near zero)."""
    return max(
        float(np.max(np.abs(ours.values[n] - theirs[n]) / np.maximum(np.abs(theirs[n]), 1.0))) for n in peers.OUTPUTS
    )


def measure_step(panel: PricePanel) -> float:
    """Return the CPU milliseconds of the incremental step to the last session."""
    before = {name: getattr(panel, name)[:-1] for name in VALUES}
    days = tuple(date(2026, 1, 2) - timedelta(days=k) for k in reversed(range(len(panel.sessions))))
    night = PricePanel.of((*days[:-2], date(2025, 12, 31)), panel.symbols, before, panel.known_at, None)
    state, today = nightly_state(night), panel.window(1)
    return best_ms(lambda: step(state, today), 9)


def main(symbols: int = 8000, sessions: int = 300) -> int:
    """Measure, print one JSON object and return the exit code."""
    panel, ragged = market(sessions, symbols), market(sessions, symbols, 0.25)
    ours = price_features(panel)
    bars = {"close": panel.close_usd, "high": panel.high_usd, "low": panel.low_usd, "volume": panel.volume_shares}
    competitors: tuple[tuple[str, Callable[[Any], Any], Callable[[Any], Any], int], ...] = (
        ("talib_loop", peers.prepare_talib, peers.talib_loop, 3),
        ("polars", peers.prepare_polars, peers.polars_groupby, 3),
        ("pandas_wide", peers.prepare_pandas_wide, peers.pandas_wide, 2),
        ("pandas_groupby", peers.prepare_long, peers.pandas_groupby, 0),
    )
    mine = best_ms(lambda: price_features(panel), 9)
    report: dict[str, Any] = {
        "benchmark": "rebuild", "symbols": symbols, "sessions": sessions, "unit": "cpu_ms", "ours": mine,
        "ours_quarter_ragged": best_ms(lambda: price_features(ragged), 5),
        "incremental_step": measure_step(panel),
        "features_ours": len(ours.values), "features_peers": len(peers.OUTPUTS), "peers": {},
    }  # fmt: skip
    for name, prepare, work, repeats in competitors:
        prepared = prepare(bars)
        difference = worst_difference(ours, work(prepared))
        took = best_ms(lambda w=work, p=prepared: w(p), repeats) if repeats else _once_ms(work, prepared)
        report["peers"][name] = {"cpu_ms": took, "times_ours": round(took / mine, 1), "worst_difference": difference}
    within = mine <= BUDGET_MS and all(p["worst_difference"] <= TOLERANCE for p in report["peers"].values())
    within = within and report["peers"]["pandas_wide"]["times_ours"] >= PANDAS_WIDE_RATIO
    within = within and report["peers"]["talib_loop"]["times_ours"] >= TALIB_RATIO
    print(json.dumps(report | {"budget_ms": BUDGET_MS, "within_budget": within}, indent=1))
    return 0 if within else 1


def _once_ms(work: Callable[[Any], Any], prepared: Any) -> float:
    start = time.process_time()
    work(prepared)
    return round(1e3 * (time.process_time() - start), 2)


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ONE_CORE.items()):
        command = [sys.executable, "-m", "benchmarks.rebuild", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=os.environ | ONE_CORE, check=False).returncode)
    sys.exit(main(*map(int, sys.argv[1:])))

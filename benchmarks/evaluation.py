"""Time the evaluation core: 60 sessions x 3,550 symbols x 4 strategies with labels, sorts and intervals; print JSON."""

import json
import sys
import time
from datetime import date, timedelta

import numpy as np

from amc_assets.evaluation.atr import atr_panel
from amc_assets.evaluation.baselines import BaselineInputs, baseline_scores, eligible
from amc_assets.evaluation.labels import forward_labels
from amc_assets.evaluation.moves import PriceArrays
from amc_assets.evaluation.study import DayScores, study

WARM_UP, AFTER = 60, 11
BUDGET_S = 3.0


def main(sessions: int = 60, symbols: int = 3_550, strategies: int = 4) -> int:
    """Measure, print one JSON object and return the exit code."""
    rng = np.random.default_rng(3)
    rows = WARM_UP + sessions + AFTER
    close = 20 * np.exp(np.cumsum(rng.standard_t(3, (rows, symbols)) * 0.02, axis=0))
    prices = PriceArrays(close * 0.995, close * 1.03, close * 0.97, close)
    volume = rng.lognormal(13, 1.5, (rows, symbols))
    names = np.array([f"S{i:05d}" for i in range(symbols)])
    dates = [date(2026, 1, 1) + timedelta(days=i) for i in range(rows)]
    scores = rng.random((strategies, rows, symbols))
    started = time.process_time()
    atr = atr_panel(prices.high_usd, prices.low_usd, close)
    labels = forward_labels(prices, trade_dates=dates, symbols=names, atr14_usd=atr, positions=None)
    short = rng.random((rows, symbols)) * 1e6
    inputs = BaselineInputs(prices.high_usd, prices.low_usd, close, close, volume, atr, short, np.full(symbols, 5e7))
    field = eligible(inputs, labels.labels["move_30_5"].known)
    sorts = baseline_scores(inputs, field)
    days = [
        DayScores(
            dates[row],
            names,
            {f"s{i}": scores[i, row] for i in range(strategies)}
            | {name: values[row] for name, values in sorts.items()},
            field[row],
            {f"s{i}": scores[i, row] > 0.5 for i in range(strategies)},
        )
        for row in range(WARM_UP, WARM_UP + sessions)
    ]
    found = study(days, labels, seed=1)
    seconds = time.process_time() - started
    report = {
        "benchmark": "evaluation", "sessions": sessions, "symbols": symbols, "strategies": strategies,
        "lists": len({(row.strategy, row.variant) for row in found.rows}), "labels": len(labels.labels),
        "cpu_s": round(seconds, 2), "budget_s": BUDGET_S, "within_budget": seconds <= BUDGET_S,
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    return 0 if report["within_budget"] else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

"""Time the implied-volatility solver on 100,000 contracts beside a pricing library, and check its error; print JSON.

Contracts have at least a cent of time value, 7 days to 2 years, volatilities around 50 %. The peers invert the same
prices in the same run: QuantLib in a Python loop (its fastest formula), vollib on a sample; both are optional here and
``null`` where they are not installed.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.options.black import black_price
from amc_assets.features.options.implied import implied_volatility
from benchmarks.rebuild import best_ms

F64 = NDArray[np.float64]
CONTRACTS, LOOPED, SAMPLED = 100_000, 20_000, 2_000
BUDGET_NS, BUDGET_ERROR = 500.0, 1e-9
Given = tuple[F64, F64, F64, F64, F64, NDArray[np.bool_]]


def contracts(count: int) -> tuple[Given, F64]:
    """Return ``count`` contracts (price, forward, strike, years, discount, is_call) and the volatility behind them."""
    rng = np.random.default_rng(7)
    size = 4 * count
    forward, years = rng.uniform(2, 500, size), rng.uniform(7, 730, size) / 365
    strike = forward * np.exp(rng.normal(0, 0.25, size))
    iv, is_call = np.exp(rng.normal(-0.7, 0.5, size)), rng.random(size) < 0.5
    discount = np.exp(-0.04 * years)
    price = black_price(forward, strike, years, iv, discount, is_call)
    intrinsic = np.maximum(np.where(is_call, forward - strike, strike - forward), 0.0)
    keep = np.flatnonzero(price / discount - intrinsic >= 0.01)[:count]
    given = (price[keep], forward[keep], strike[keep], years[keep], discount[keep], is_call[keep])
    return given, iv[keep]


def nanoseconds(work: Callable[[], Any], count: int, repeats: int) -> float:
    """Return the best CPU time per contract."""
    return best_ms(work, repeats) * 1e6 / count


def quantlib_loop(given: Given) -> Callable[[], Any] | None:
    """Return QuantLib's inversion as a Python loop, None where it is not installed."""
    try:
        import QuantLib as ql  # noqa: N813 - its own documentation's name
    except ImportError:
        return None
    price, forward, strike, _, discount, is_call = (a[:LOOPED].tolist() for a in given)
    sides = [ql.Option.Call if call else ql.Option.Put for call in is_call]
    rows = list(zip(sides, strike, forward, price, discount, strict=True))
    return lambda: [ql.blackFormulaImpliedStdDevLiRS(s, k, f, p, d) for s, k, f, p, d in rows]


def vollib_loop(given: Given) -> Callable[[], Any] | None:
    """Return vollib's inversion as a Python loop, None where it is not installed."""
    try:
        from py_lets_be_rational import implied_volatility_from_a_transformed_rational_guess as invert
    except ImportError:
        return None
    price, forward, strike, years, discount, is_call = (a[:SAMPLED].tolist() for a in given)
    rows = [
        (p / d, f, k, t, 1.0 if c else -1.0)
        for p, f, k, t, d, c in zip(price, forward, strike, years, discount, is_call, strict=True)
    ]
    return lambda: [invert(*row) for row in rows]


def main() -> int:
    """Measure, print one JSON object and return the exit code."""
    given, iv = contracts(CONTRACTS)
    found, reasons = implied_volatility(*given)
    error = float(np.max(np.abs(found - iv))) if not reasons.any() else float("inf")
    ours = nanoseconds(lambda: implied_volatility(*given), CONTRACTS, 9)
    peers = {
        "quantlib_loop": (quantlib_loop(given), LOOPED),
        "vollib_loop": (vollib_loop(given), SAMPLED),
    }
    times = {name: None if work is None else nanoseconds(work, count, 2) for name, (work, count) in peers.items()}
    within = ours <= BUDGET_NS and error <= BUDGET_ERROR
    report = {
        "benchmark": "volatility", "unit": "cpu_ns_per_contract", "contracts": CONTRACTS, "ours": ours,
        "budget_ns": BUDGET_NS, "largest_error": error, "budget_error": BUDGET_ERROR, **times,
        "times_ours": {name: None if ns is None else round(ns / ours, 1) for name, ns in times.items()},
        "within_budget": within,
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

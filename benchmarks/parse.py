"""Time the parsers, validation included, on bodies of the budgets' sizes, beside other people's readers; print JSON.

Bodies are made here in the providers' wire formats: 9,300 rows of a FINRA day, 11,000 rows of grouped daily bars.
The peers read the same bytes into columns without any validation: what is above them is what validation costs.
"""

import io
import json
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from amc_assets.providers.exchange import Request
from amc_assets.providers.finra.files import parse_short_volume
from amc_assets.providers.polygon.bars import parse_grouped_daily
from benchmarks.rebuild import best_ms

DAY = date(2026, 6, 26)
FINRA_ROWS, BAR_ROWS = 9_300, 11_000
BUDGET_MS = {"finra_day": 3.0, "grouped_daily": 6.0}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tickers(count: int) -> list[str]:
    """Return ``count`` distinct tickers of four letters."""
    places = np.arange(count)
    letters = [places // 26**3 % 26, places // 26**2 % 26, places // 26 % 26, places % 26]
    return ["".join(ALPHABET[int(column[i])] for column in letters) for i in range(count)]


def finra_day(rows: int) -> bytes:
    """Return a CNMS file with its trailer."""
    rng = np.random.default_rng(1)
    total = rng.lognormal(11, 2, rows)
    lines = ["Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"]
    for symbol, volume, share in zip(tickers(rows), total, rng.uniform(0.2, 0.7, rows), strict=True):
        lines.append(f"{DAY:%Y%m%d}|{symbol}|{volume * share:.6f}|{int(volume / 500)}|{volume:.6f}|B,Q,N")
    return ("\r\n".join([*lines, str(rows)]) + "\r\n").encode()


def grouped_daily(rows: int) -> bytes:
    """Return a grouped daily answer of the whole market, with the four decimals Polygon sends."""
    rng = np.random.default_rng(2)
    price, volume = rng.lognormal(3, 1, rows).tolist(), rng.lognormal(12, 2, rows).tolist()
    results = [
        {
            "T": symbol, "v": round(v, 1), "vw": round(p, 4), "o": round(p * 0.99, 4), "c": round(p, 4),
            "h": round(p * 1.02, 4), "l": round(p * 0.97, 4), "t": 1782504000000, "n": int(v / 100) + 1,
        }
        for symbol, p, v in zip(tickers(rows), price, volume, strict=True)
    ]  # fmt: skip
    answer = {"queryCount": rows, "resultsCount": rows, "adjusted": False, "results": results, "status": "OK"}
    return json.dumps(answer | {"request_id": "1", "count": rows}).encode()


def measure() -> dict[str, Any]:
    """Return best CPU milliseconds of ours and of the peers, with the ratio."""
    file, bars = finra_day(FINRA_ROWS), grouped_daily(BAR_ROWS)
    file_request = Request("finra", "daily_short_volume", "GET", "https://finra.example/file", for_date=DAY)
    bars_request = Request(
        "polygon", "grouped_daily", "GET", "https://polygon.example/bars", {"adjusted": "false"}, for_date=DAY
    )
    assert parse_short_volume(file, file_request).table.num_rows == FINRA_ROWS
    assert parse_grouped_daily(bars, bars_request).table.num_rows == BAR_ROWS
    return {
        "finra_day": _row(lambda: parse_short_volume(file, file_request), _csv_peers(file)),
        "grouped_daily": _row(lambda: parse_grouped_daily(bars, bars_request), _json_peers(bars)),
    }


def _row(ours: Callable[[], Any], peers: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    mine = best_ms(ours, 15)
    return {"ours": mine} | {name: best_ms(peer, 9) for name, peer in peers.items()}


def _csv_peers(body: bytes) -> dict[str, Callable[[], Any]]:
    import pandas as pd
    import polars as pl

    content = body[: body.rstrip().rfind(b"\n") + 1]
    return {
        "pandas": lambda: pd.read_csv(io.BytesIO(content), sep="|", keep_default_na=False),
        "polars": lambda: pl.read_csv(content, separator="|", null_values=[]),
    }


def _json_peers(body: bytes) -> dict[str, Callable[[], Any]]:
    import msgspec
    import pandas as pd

    return {
        "json_and_pandas": lambda: pd.DataFrame(json.loads(body)["results"]),
        "msgspec_untyped": lambda: msgspec.json.decode(body),
    }


def main() -> int:
    """Measure, print one JSON object and return the exit code."""
    measured = measure()
    for name, row in measured.items():
        row["budget_ms"] = BUDGET_MS[name]
        row["times_ours"] = {peer: round(ms / row["ours"], 2) for peer, ms in row.items() if peer not in _OWN}
    within = all(row["ours"] <= row["budget_ms"] for row in measured.values())
    print(json.dumps({"benchmark": "parse", "unit": "cpu_ms", **measured, "within_budget": within}, indent=1))
    return 0 if within else 1


_OWN = {"ours", "budget_ms"}

if __name__ == "__main__":
    sys.exit(main())

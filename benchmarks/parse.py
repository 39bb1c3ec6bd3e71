"""Time the parsers, validation included, on bodies of the budgets' sizes, beside other people's readers; print JSON.

Bodies are in the providers' wire formats: 9,300 rows of a FINRA day, 11,000 rows of grouped daily bars, an option chain
of 3,000 contracts in its twelve pages, a snapshot of 11,000 names (no budget: it stands beside its peer only).
The peers read the same bytes into columns without any validation: what is above them is what validation costs.
"""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from amc_assets.providers.exchange import Fetched, Request
from amc_assets.providers.finra.files import parse_short_volume
from amc_assets.providers.polygon.bars import parse_grouped_daily
from amc_assets.providers.polygon.options import CONTRACT_KEY, option_snapshot_request, parse_option_snapshot
from amc_assets.providers.polygon.snapshot import market_snapshot_request, parse_market_snapshot
from amc_assets.providers.wire.pages import merge_pages
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import answer, full_contract, market
from amc_assets_tests.providers.cards.polygon_bodies import name as snapshot_row
from amc_assets_tests.providers.roads import KEY
from benchmarks.rebuild import best_ms

DAY = date(2026, 6, 26)
FINRA_ROWS, BAR_ROWS, NAMES = 9_300, 11_000, 11_000
PAGE_ROWS, PAGES = 250, 12
BUDGET_MS = {"finra_day": 3.0, "grouped_daily": 6.0, "option_chain": 8.0}
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
        "option_chain": _option_chain(),
        "market_snapshot": _market_snapshot(),
    }


def _option_chain() -> dict[str, Any]:
    request, bare, now = option_snapshot_request(BASE, KEY, "GME"), _bare(), datetime(2026, 11, 20, tzinfo=UTC)
    pages = [answer([full_contract(1 + PAGE_ROWS * page + n) for n in range(PAGE_ROWS)]) for page in range(PAGES)]

    def read() -> Fetched:
        fetched = [Fetched(parse_option_snapshot(page, request), now, "polygon.option_snapshot") for page in pages]
        return merge_pages(fetched, request, CONTRACT_KEY)

    assert read().parsed.table.num_rows == PAGE_ROWS * PAGES
    return _row(read, {"msgspec_untyped": lambda: [bare(page) for page in pages]})


def _market_snapshot() -> dict[str, Any]:
    request, bare = market_snapshot_request(BASE, KEY), _bare()
    body = market([snapshot_row(ticker[1:]) for ticker in tickers(NAMES)])
    assert parse_market_snapshot(body, request).table.num_rows == NAMES
    return _row(lambda: parse_market_snapshot(body, request), {"msgspec_untyped": lambda: bare(body)})


def _bare() -> Callable[[bytes], Any]:
    import msgspec

    return msgspec.json.Decoder().decode


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
        row["budget_ms"] = BUDGET_MS.get(name)
        row["times_ours"] = {peer: round(ms / row["ours"], 2) for peer, ms in row.items() if peer not in _OWN}
    within = all(measured[name]["ours"] <= budget for name, budget in BUDGET_MS.items())
    print(json.dumps({"benchmark": "parse", "unit": "cpu_ms", **measured, "within_budget": within}, indent=1))
    return 0 if within else 1


_OWN = {"ours", "budget_ms"}

if __name__ == "__main__":
    sys.exit(main())

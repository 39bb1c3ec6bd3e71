"""Bodies in the providers' wire formats, written here by hand and not by the project's own encoders."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.exchange import Request
from amc_assets.providers.finra.files import short_volume_request
from amc_assets.providers.finra.interest import interest_file_request, interest_request, settlements_request
from amc_assets.providers.nasdaq.symbols import symbols_request
from amc_assets.providers.polygon.bars import grouped_daily_request
from amc_assets.providers.polygon.reference import floats_request, splits_request, tickers_request
from amc_assets.providers.registry import DATASETS
from amc_assets_tests.providers.roads import KEY

DAY = date(2026, 11, 20)
SETTLEMENT = date(2026, 10, 30)
END_MS = 1795208400000  # 2026-11-20 16:00 New York
SYMBOLS = [f"S{number:03d}" for number in range(57)] + ["NA", "NULL", "TRUE"]
BASE = "https://provider.test"


def short_volume(rows: Sequence[Sequence[object]], count: int | None = None) -> bytes:
    """Return a CNMS file of (symbol, short, exempt, total) rows."""
    lines = ["Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"]
    lines += [f"{DAY:%Y%m%d}|{symbol}|{short}|{exempt}|{total}|B,Q,N" for symbol, short, exempt, total in rows]
    return ("\n".join([*lines, str(len(rows) if count is None else count)])).encode()


def position(symbol: str, **changes: object) -> dict[str, object]:
    """Return one row of the query API."""
    return {
        "symbolCode": symbol, "issueName": f"{symbol} \"Inc\" Común", "marketClassCode": "NNM",
        "settlementDate": SETTLEMENT.isoformat(), "currentShortPositionQuantity": 1000,
        "previousShortPositionQuantity": 900, "averageDailyVolumeQuantity": 500, "daysToCoverQuantity": 2,
        "stockSplitFlag": None, "revisionFlag": None, **changes,
    }  # fmt: skip


FILE_HEADER = (
    "accountingYearMonthNumber|symbolCode|issueName|issuerServicesGroupExchangeCode|marketClassCode|"
    "currentShortPositionQuantity|previousShortPositionQuantity|stockSplitFlag|averageDailyVolumeQuantity|"
    "daysToCoverQuantity|revisionFlag|changePercent|changePreviousNumber|settlementDate"
)


def interest_file(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return the plain file of these positions."""
    lines = [FILE_HEADER]
    for row in rows:
        cell = {name: "" if value is None else str(value) for name, value in row.items()}
        lines.append(
            f"{SETTLEMENT:%Y%m%d}|{cell['symbolCode']}|{cell['issueName']}|R|{cell['marketClassCode']}|"
            f"{cell['currentShortPositionQuantity']}|{cell['previousShortPositionQuantity']}|{cell['stockSplitFlag']}|"
            f"{cell['averageDailyVolumeQuantity']}|{cell['daysToCoverQuantity']}|{cell['revisionFlag']}|"
            f"11.11|100|{cell['settlementDate']}"
        )
    return ("\n".join(lines) + "\n").encode()


def bar(symbol: str, **changes: object) -> dict[str, object]:
    """Return one row of grouped daily bars."""
    return {
        "T": symbol, "v": 1.12117471e08, "vw": 10.1, "o": 10, "c": 10.5, "h": 11.0, "l": 9.5, "t": END_MS, "n": 1000,
        **changes,
    }  # fmt: skip


def polygon(results: object, **changes: object) -> bytes:
    """Return Polygon's envelope around these results."""
    return json.dumps({"status": "OK", "request_id": "r1", "results": results, **changes}).encode()


def grouped(rows: Sequence[Mapping[str, object]], **changes: object) -> bytes:
    """Return the body of grouped daily bars."""
    counts = {"queryCount": len(rows), "resultsCount": len(rows), "count": len(rows), "adjusted": False}
    return polygon(rows, **{**counts, **changes})


DIRECTORY_HEADER = (
    "Nasdaq Traded|Symbol|Security Name|Listing Exchange|Market Category|ETF|Round Lot Size|Test Issue|"
    "Financial Status|CQS Symbol|NASDAQ Symbol|NextShares"
)


def directory(symbols: Sequence[str], trailer: str = "File Creation Time: 1120202621:30|||||||||||") -> bytes:
    """Return Nasdaq's directory of these symbols."""
    lines = [DIRECTORY_HEADER]
    lines += [f'Y|{symbol}|{symbol} "A" Corp. - Common Stock|Q|G|N|100|N|N||{symbol}|N' for symbol in symbols]
    return ("\r\n".join([*lines, trailer]) + "\r\n").encode()


@dataclass(frozen=True)
class Case:
    """A dataset with a good body of sixty rows, what an empty answer looks like, and how rows are told apart."""

    dataset: Dataset
    request: Request
    body: bytes
    rows: int
    empty: bytes | None
    lines: Callable[[bytes], int]
    headers: Mapping[str, str] = field(default_factory=dict)


def text_lines(body: bytes) -> int:
    """Return the data lines of a file with a header and a last line."""
    return len(body.splitlines()) - 2


def _cases() -> list[Case]:
    requests: dict[str, Request] = {
        "daily_short_volume": short_volume_request(BASE, DAY),
        "short_interest": interest_request(f"{BASE}/data/group/otcMarket/name", SETTLEMENT),
        "short_interest_file": interest_file_request(BASE, SETTLEMENT),
        "short_interest_settlements": settlements_request(f"{BASE}/data/group/otcMarket/name"),
        "grouped_daily": grouped_daily_request(BASE, KEY, DAY, adjusted=False),
        "tickers": tickers_request(BASE, KEY, DAY),
        "splits": splits_request(BASE, KEY, date(2026, 1, 1), DAY),
        "floats": floats_request(BASE, KEY),
        "symbol_directory": symbols_request(BASE),
    }
    positions = [position(symbol) for symbol in SYMBOLS]
    good: dict[str, tuple[bytes, bytes | None]] = {
        "daily_short_volume": (short_volume([(s, "7.5", 0, "20.25") for s in SYMBOLS]), short_volume([])),
        "short_interest": (json.dumps(positions).encode(), b"[]"),
        "short_interest_file": (interest_file(positions), interest_file([])),
        "short_interest_settlements": (
            json.dumps({"partitionFields": ["settlementDate"], "availablePartitions": [
                {"partitions": [f"2026-{1 + n // 28:02d}-{1 + n % 28:02d}"]} for n in range(60)]}).encode(),
            b'{"partitionFields":["settlementDate"],"availablePartitions":[]}',
        ),
        "grouped_daily": (
            grouped([bar(symbol) for symbol in SYMBOLS]),
            b'{"queryCount":0,"resultsCount":0,"adjusted":true,"status":"OK","request_id":"r"}',
        ),
        "tickers": (
            polygon([{"ticker": s, "name": s, "market": "stocks", "primary_exchange": "XNAS", "type": "CS",
                      "active": True} for s in SYMBOLS]),
            b'{"status":"OK","results":null}',
        ),
        "splits": (
            polygon([{"ticker": s, "execution_date": "2026-07-18", "split_from": 1, "split_to": 20} for s in SYMBOLS]),
            b'{"status":"OK","results":[]}',
        ),
        "floats": (
            polygon([{"ticker": s, "effective_date": "2026-11-01", "free_float": 5e6, "free_float_percent": 79.5}
                     for s in SYMBOLS]),
            b'{"status":"DELAYED"}',
        ),
        "symbol_directory": (directory(SYMBOLS), directory([])),
    }  # fmt: skip
    lines = {"daily_short_volume": text_lines, "symbol_directory": text_lines,
             "short_interest_file": lambda body: len(body.splitlines()) - 1}  # fmt: skip
    return [
        Case(item, requests[item.name], good[item.name][0], len(SYMBOLS), good[item.name][1],
             lines.get(item.name, lambda _: len(SYMBOLS)))
        for item in DATASETS
    ]  # fmt: skip


CASES = {case.dataset.name: case for case in _cases()}

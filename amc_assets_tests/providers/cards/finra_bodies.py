"""Bodies in FINRA's wire formats, written here by hand and not by the project's own encoders."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from amc_assets_tests.providers.cards.card import BASE

API = f"{BASE}/data/group/otcMarket/name"
DAY = date(2026, 11, 20)
SETTLEMENT = date(2026, 10, 30)
SYMBOLS = [f"S{number:03d}" for number in range(57)] + ["NA", "NULL", "TRUE"]
FACILITIES = (("NCTRF", "B"), ("NQTRF", "Q"), ("NYTRF", "N"))
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
BAD_REQUEST = b'{"statusCode":400,"statusDescription":"Bad Request","message":"Invalid date field format."}'
FILE_HEADER = (
    "accountingYearMonthNumber|symbolCode|issueName|issuerServicesGroupExchangeCode|marketClassCode|"
    "currentShortPositionQuantity|previousShortPositionQuantity|stockSplitFlag|averageDailyVolumeQuantity|"
    "daysToCoverQuantity|revisionFlag|changePercent|changePreviousNumber|settlementDate"
)


def page(rows: Sequence[object] | Mapping[str, object]) -> bytes:
    """Return a JSON body as the query API writes it."""
    return json.dumps(rows, ensure_ascii=False).encode()


def short_volume(rows: Sequence[Sequence[object]], count: int | None = None) -> bytes:
    """Return a daily file of (symbol, short, exempt, total) rows."""
    lines = ["Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"]
    lines += [f"{DAY:%Y%m%d}|{symbol}|{short}|{exempt}|{total}|B,Q,N" for symbol, short, exempt, total in rows]
    return ("\n".join([*lines, str(len(rows) if count is None else count)])).encode()


def facility(symbol: str, code: str = "NQTRF", market: str = "Q", **changes: object) -> dict[str, object]:
    """Return one row of regShoDaily."""
    return {
        "reportingFacilityCode": code, "marketCode": market, "tradeReportDate": DAY.isoformat(),
        "securitiesInformationProcessorSymbolIdentifier": symbol, "shortParQuantity": 40, "shortExemptParQuantity": 1,
        "totalParQuantity": 100, **changes,
    }  # fmt: skip


def listed(symbol: str, **changes: object) -> dict[str, object]:
    """Return one row of thresholdList, on Regulation SHO's list."""
    return {
        "tradeDate": DAY.isoformat(), "issueSymbolIdentifier": symbol, "issueName": f"{symbol} Común Ltd",
        "marketClassCode": "u", "thresholdListFlag": "R", "regShoThresholdFlag": "Y", **changes,
    }  # fmt: skip


def position(symbol: str, **changes: object) -> dict[str, object]:
    """Return one row of consolidatedShortInterest."""
    return {
        "symbolCode": symbol, "issueName": f"{symbol} \"Inc\" Común", "marketClassCode": "NNM",
        "settlementDate": SETTLEMENT.isoformat(), "currentShortPositionQuantity": 1000,
        "previousShortPositionQuantity": 900, "averageDailyVolumeQuantity": 500, "daysToCoverQuantity": 2,
        "stockSplitFlag": None, "revisionFlag": None, **changes,
    }  # fmt: skip


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


def partitions(days: Sequence[object], field: str = "settlementDate") -> bytes:
    """Return the list of partitions with these dates."""
    return page({"partitionFields": [field], "availablePartitions": [{"partitions": [day]} for day in days]})


def json_rows(body: bytes) -> int | None:
    """Return how many entries a JSON array holds; None when it is none."""
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return len(rows) if isinstance(rows, list) else None

"""FINRA's query API over a market: pages of consolidatedShortInterest, the partitions list, error bodies.

Rows come in an arbitrary but fixed order (a seeded shuffle per settlement date), as the real service sends them, and a
page ends at the limit or at the payload cap, whichever comes first: a page may be shorter than asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from amc_assets.replay.finra_query import FIELDS, MAX_LIMIT, PARTITION_FIELD, Query, select_partitions, wanted_symbols
from amc_assets.replay.market import Market, ShortInterestReport
from amc_assets.replay.wire_polygon import request_id

PAYLOAD_CAP_BYTES = 3 * 1024 * 1024
_JSON = msgspec.json.Encoder()


@dataclass(frozen=True)
class Page:
    """A page of rows with the headers that tell a client whether there are more."""

    body: bytes
    headers: Mapping[str, str]


def short_interest_page(
    market: Market, query: Query, available: list[date], *, as_json: bool, cap_bytes: int = PAYLOAD_CAP_BYTES
) -> Page:
    """Return the page of consolidatedShortInterest that ``query`` asks for, from the settlement dates ``available``."""
    fields = tuple(query.fields) or FIELDS
    symbols = wanted_symbols(query)
    rows: list[bytes] = []
    total = 0
    for settlement in select_partitions(query, available):
        report = market.short_interest(settlement)
        if report is None:
            continue
        positions = _positions(report, symbols)
        first = max(query.offset - total, 0)
        total += len(positions)
        missing = query.limit - len(rows)
        if missing > 0 and first < len(positions):
            rows += _encoded(report, positions[first : first + missing], fields, as_json=as_json)
    return _page(_capped(rows, cap_bytes), total, query, fields, as_json=as_json)


def partitions_body(available: list[date]) -> bytes:
    """Return the partitions answer, newest settlement date first."""
    partitions = [{"partitions": [day.isoformat()]} for day in reversed(available)]
    return _JSON.encode({"partitionFields": [PARTITION_FIELD], "availablePartitions": partitions})


def bad_request_body(message: str, path: str) -> bytes:
    """Return the body of a 400."""
    body = {"statusCode": 400, "statusDescription": "Bad Request", "requestId": request_id(path), "message": message}
    return _JSON.encode(body)


def _positions(report: ShortInterestReport, symbols: set[str] | None) -> npt.NDArray[np.int64]:
    order = np.random.default_rng(report.settlement_date.toordinal()).permutation(len(report.symbols))
    if symbols is None:
        return order
    wanted = np.array([symbol in symbols for symbol in report.symbols.tolist()], dtype=np.bool_)
    return order[wanted[order]]


def _encoded(
    report: ShortInterestReport, positions: npt.NDArray[np.int64], fields: tuple[str, ...], *, as_json: bool
) -> Iterator[bytes]:
    rows = zip(*(_column(report, positions, name) for name in fields), strict=True)
    if as_json:
        yield from (_JSON.encode(dict(zip(fields, row, strict=True))) for row in rows)
    else:
        yield from (_csv_line(row) for row in rows)


def _column(report: ShortInterestReport, positions: npt.NDArray[np.int64], name: str) -> list[Any]:
    iso = report.settlement_date.isoformat()
    if name == "settlementDate":
        return [iso] * len(positions)
    if name == "accountingYearMonthNumber":
        return [int(f"{report.settlement_date:%Y%m%d}")] * len(positions)
    if name == "stockSplitFlag":
        return ["S" if flag else None for flag in report.is_split_flagged[positions].tolist()]
    if name == "revisionFlag":
        return ["R" if flag else None for flag in report.is_revision_flagged[positions].tolist()]
    if name == "changePreviousNumber":
        change = report.short_interest_shares - report.previous_short_interest_shares
        return [_number(value) for value in change[positions].tolist()]
    values = getattr(report, _ATTRIBUTE[name])[positions].tolist()
    return values if name in _TEXT else [_number(value) for value in values]


_ATTRIBUTE = {
    "symbolCode": "symbols",
    "issueName": "issue_names",
    "issuerServicesGroupExchangeCode": "exchange_codes",
    "marketClassCode": "market_classes",
    "currentShortPositionQuantity": "short_interest_shares",
    "previousShortPositionQuantity": "previous_short_interest_shares",
    "averageDailyVolumeQuantity": "average_daily_volume_shares",
    "daysToCoverQuantity": "days_to_cover",
    "changePercent": "change_pct",
}
_TEXT = frozenset({"symbolCode", "issueName", "issuerServicesGroupExchangeCode", "marketClassCode"})


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value  # integers appear without decimals, as FINRA sends them


def _csv_line(row: tuple[Any, ...]) -> bytes:
    cells = ("" if cell is None else '"' + str(cell).replace('"', '""') + '"' for cell in row)
    return ",".join(cells).encode()


def _capped(rows: list[bytes], cap_bytes: int) -> list[bytes]:
    size = 2
    keep: list[bool] = []
    for row in rows:
        size += len(row) + 1
        keep.append(size <= cap_bytes)
    return list(compress(rows, keep))


def _page(rows: list[bytes], total: int, query: Query, fields: tuple[str, ...], *, as_json: bool) -> Page:
    if as_json:
        body, content_type = b"[" + b",".join(rows) + b"]", "application/json"
    else:
        header = ",".join(f'"{name}"' for name in fields).encode()
        body, content_type = b"\n".join([header, *rows, b""]), "text/plain"
    headers = {
        "Content-Type": content_type,
        "Record-Total": str(total),
        "Record-Offset": str(query.offset),
        "Record-Limit": str(query.limit),
        "Record-Max-Limit": str(MAX_LIMIT),
        "Response-Payload-Max-Size": "3mb",
        "Total-Records-On-Page": str(len(rows)),
    }
    return Page(body, headers)

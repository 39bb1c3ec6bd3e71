"""FINRA's query API over a market: pages of rows, the partitions list, the token, error bodies.

Rows come in an arbitrary but fixed order (a seeded shuffle per partition), as the real service sends them, and a
page ends at the limit or at the payload cap, whichever comes first: a page may be shorter than asked.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Any

import msgspec
import numpy as np

from amc_assets.replay.finra_query import (
    MAX_LIMIT,
    SHORT_INTEREST,
    Query,
    QuerySpec,
    select_partitions,
    wanted_symbols,
)
from amc_assets.replay.finra_tables import InterestTable, PartitionTable, Positions
from amc_assets.replay.market import Market
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

    def table_of(settlement: date) -> PartitionTable | None:
        report = market.short_interest(settlement)
        return None if report is None else InterestTable(report)

    return query_page(table_of, query, SHORT_INTEREST, available, as_json=as_json, cap_bytes=cap_bytes)


def query_page(
    table_of: Callable[[date], PartitionTable | None],
    query: Query,
    spec: QuerySpec,
    available: list[date],
    *,
    as_json: bool,
    cap_bytes: int = PAYLOAD_CAP_BYTES,
) -> Page:
    """Return the page that ``query`` asks for, from the partitions ``available``."""
    fields = tuple(query.fields) or spec.fields
    symbols = wanted_symbols(query, spec)
    rows: list[bytes] = []
    total = 0
    for day in select_partitions(query, available, spec):
        table = table_of(day)
        if table is None:
            continue
        positions = _positions(table, symbols, is_sorted=bool(query.sort_fields))
        first = max(query.offset - total, 0)
        total += len(positions)
        missing = query.limit - len(rows)
        if missing > 0 and first < len(positions):
            rows += _encoded(table, positions[first : first + missing], fields, as_json=as_json)
    return _page(_capped(rows, cap_bytes), total, query, fields, as_json=as_json)


def partitions_body(available: list[date], partition_field: str = SHORT_INTEREST.partition_field) -> bytes:
    """Return the partitions answer, newest date first."""
    partitions = [{"partitions": [day.isoformat()]} for day in reversed(available)]
    return _JSON.encode({"partitionFields": [partition_field], "availablePartitions": partitions})


def bad_request_body(message: str, path: str) -> bytes:
    """Return the body of a 400."""
    return error_body(400, "Bad Request", message, path)


def error_body(status: int, description: str, message: str, path: str) -> bytes:
    """Return the body of an error of the query API."""
    body = {"statusCode": status, "statusDescription": description, "requestId": request_id(path), "message": message}
    return _JSON.encode(body)


def token_body(token: str) -> bytes:
    """Return the answer of the token address; ``expires_in`` is text, as it has been seen."""
    return _JSON.encode({"access_token": token, "token_type": "Bearer", "expires_in": "1800", "scope": "fip"})


def _positions(table: PartitionTable, symbols: set[str] | None, *, is_sorted: bool) -> Positions:
    order = np.random.default_rng(table.day.toordinal()).permutation(len(table.symbols))
    if symbols is not None:
        wanted = np.array([symbol in symbols for symbol in table.symbols.tolist()], dtype=np.bool_)
        order = order[wanted[order]]
    if is_sorted:
        order = order[np.argsort(table.symbols[order].astype(str), kind="stable")]
    return order


def _encoded(table: PartitionTable, positions: Positions, fields: tuple[str, ...], *, as_json: bool) -> Iterator[bytes]:
    rows = zip(*(table.column(name, positions) for name in fields), strict=True)
    if as_json:
        yield from (_JSON.encode(dict(zip(fields, row, strict=True))) for row in rows)
    else:
        yield from (_csv_line(row) for row in rows)


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

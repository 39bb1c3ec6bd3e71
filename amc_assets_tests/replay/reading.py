"""Reading wire bodies in the plainest way, without the project's own parsers, so that the tests judge the bytes."""

from datetime import date
from typing import Any

import httpx

INTEREST_PATH = "/data/group/otcMarket/name/consolidatedShortInterest"
JSON_ACCEPT = {"Accept": "application/json"}


def grouped_path(day: date) -> str:
    """Return the path of the grouped daily bars."""
    return f"/v2/aggs/grouped/locale/us/market/stocks/{day}"


def short_volume_path(day: date) -> str:
    """Return the path of the daily short-volume file."""
    return f"/equity/regsho/daily/CNMSshvol{day:%Y%m%d}.txt"


def interest_file_path(day: date) -> str:
    """Return the path of the short-interest file."""
    return f"/equity/otcmarket/biweekly/shrt{day:%Y%m%d}.csv"


def pipe_rows(body: bytes) -> list[list[str]]:
    """Return the lines of a pipe-separated body, header and trailer included."""
    return [line.split("|") for line in body.decode("latin-1").splitlines()]


def interest_query(settlement: date, **more: Any) -> dict[str, Any]:
    """Return the body of a query for one settlement date."""
    compare = {"compareType": "EQUAL", "fieldName": "settlementDate", "fieldValue": settlement.isoformat()}
    return {"compareFilters": [compare], "limit": 5000, "offset": 0} | more


def interest_pages(client: httpx.Client, settlement: date, limit: int) -> list[dict[str, Any]]:
    """Return all rows of a settlement date, read page by page until ``Record-Total``."""
    rows: list[dict[str, Any]] = []
    while True:
        query = interest_query(settlement, limit=limit, offset=len(rows))
        answer = client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT)
        assert answer.status_code == 200, answer.text
        rows += answer.json()
        if len(rows) >= int(answer.headers["Record-Total"]):
            return rows


def all_pages(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """Return the rows of all pages of a Polygon list, following ``next_url`` with the key in the header."""
    rows: list[dict[str, Any]] = []
    address: str | None = path
    while address is not None:
        body = client.get(address).raise_for_status().json()
        rows += body["results"]
        address = body.get("next_url")
    return rows

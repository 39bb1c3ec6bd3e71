"""The lists of dates FINRA's query API holds: settlement dates of short interest, trade dates of daily short volume.

The cheapest way to learn the newest date; an entry is a list with the partition's fields, here one date each.
"""

from datetime import date

import msgspec
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.finra.query import PROVIDER
from amc_assets.providers.road.answers import excerpt
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects
from amc_assets.providers.wire.rows import NOT_JSON

SETTLEMENTS = "short_interest_settlements"
TRADE_DATES = "trade_dates"


class _Partitions(msgspec.Struct):
    availablePartitions: list[msgspec.Raw]  # noqa: N815 - FINRA's names


class _Partition(msgspec.Struct):
    partitions: list[str]


def settlements_request(api_base_url: str) -> Request:
    """Return the request for the settlement dates the API holds."""
    return _request(api_base_url, "consolidatedShortInterest", SETTLEMENTS)


def trade_dates_request(api_base_url: str) -> Request:
    """Return the request for the trade dates whose short volume the API holds."""
    return _request(api_base_url, "regShoDaily", TRADE_DATES)


def _request(api_base_url: str, address: str, dataset: str) -> Request:
    base = api_base_url.rstrip("/").replace("/data/group/", "/partitions/group/")
    return Request(PROVIDER, dataset, "GET", f"{base}/{address}", headers={"Accept": "application/json"})


def parse_settlements(body: bytes, request: Request) -> Parsed:
    """Read the available partitions into one column ``settlement_date``, newest first; raise MalformedBody."""
    return _parse(body, request, "settlement_date")


def parse_trade_dates(body: bytes, request: Request) -> Parsed:
    """Read the available partitions into one column ``trade_date``, newest first; raise MalformedBody."""
    return _parse(body, request, "trade_date")


def _parse(body: bytes, request: Request, column: str) -> Parsed:
    try:
        body.decode()
        entries = msgspec.json.decode(body, type=_Partitions).availablePartitions
    except NOT_JSON as error:
        what = f"the body is not a list of partitions ({error}){excerpt(body, request)}"
        raise malformed(request, what) from None
    days = [day for entry in entries if (day := _day(entry)) is not None]
    distinct = sorted(set(days), reverse=True)
    rejects = Rejects(len(distinct))
    if unread := len(entries) - len(days):
        odd = next(entry for entry in entries if _day(entry) is None)
        sample = bytes(odd)[:100].decode("utf-8", "replace")
        rejects.before_parsing({"unreadable_date": unread}, (f"unreadable_date: {sample}",))
    if again := len(days) - len(distinct):
        rejects.before_parsing({"duplicate_row": again}, ())
    return rejects.finish(pa.table({column: pa.array(distinct, pa.date32())}), request)


def _day(entry: msgspec.Raw) -> date | None:
    """Return the date of an entry, or None when it holds none as FINRA writes it."""
    try:
        text = msgspec.json.decode(entry, type=_Partition).partitions[0]
        day = date.fromisoformat(text)
    except (*NOT_JSON, ValueError, IndexError):
        return None
    return day if day.isoformat() == text else None

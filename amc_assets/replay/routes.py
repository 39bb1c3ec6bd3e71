"""From a request to its answer: paths, parameters, keys and refusals of each provider, as a pure function.

FINRA's query API and files, Polygon's aggregates and reference data and the Nasdaq directory live on one address here;
their paths do not collide, so every base address variable can point at it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit

from amc_assets.clock import Clock
from amc_assets.replay import finra_api, wire
from amc_assets.replay.answers import JSON_HEADERS, Answer, BodyCache, Dataset
from amc_assets.replay.finra_query import QueryRefused, read_query
from amc_assets.replay.market import Market
from amc_assets.replay.polygon_routes import PolygonRoutes
from amc_assets.replay.publication_gate import PublicationGate

CACHE_BYTES = 96 * 1024 * 1024
FINRA_API_PATH = "/data/group/otcmarket/name"
_SHORT_INTEREST = f"{FINRA_API_PATH}/consolidatedshortinterest"
_PARTITIONS = "/partitions/group/otcmarket/name/consolidatedshortinterest"
_SHORT_VOLUME_FILE = re.compile(r"/equity/regsho/daily/CNMSshvol(\d{8})\.txt")
_SHORT_INTEREST_FILE = re.compile(r"/equity/otcmarket/biweekly/shrt(\d{8})\.csv")
_DIRECTORY = "/dynamic/symdir/nasdaqtraded.txt"
_ACCESS_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)
_NOT_FOUND = b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"


@dataclass(frozen=True)
class WireRequest:
    """One request as it came in; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Routed:
    """Where a request leads: its dataset, its path and query without the key, its parameters."""

    dataset: Dataset
    path: str
    canonical: str
    params: Mapping[str, str]


class Routes:
    """Answers requests about one market; safe to call from many threads."""

    def __init__(self, market: Market, *, api_key: str, base_url: str, clock: Clock | None = None) -> None:
        self._market = market
        self._gate = PublicationGate(market, clock)
        self._cache = BodyCache(CACHE_BYTES)
        self._polygon = PolygonRoutes(market, self._gate, self._cache, api_key=api_key, base_url=base_url)
        self._own: dict[Dataset, Callable[[Routed, WireRequest], Answer]] = {
            Dataset.SHORT_INTEREST: self._short_interest,
            Dataset.SETTLEMENTS: lambda _routed, _request: Answer(200, self._partitions()),
            Dataset.SHORT_VOLUME: lambda routed, _request: self._short_volume_file(routed.path),
            Dataset.SHORT_INTEREST_FILE: lambda routed, _request: self._short_interest_file(routed.path),
            Dataset.DIRECTORY: lambda _routed, _request: self._directory(),
            Dataset.UNKNOWN: lambda routed, _request: _unknown(routed.path),
        }

    def route(self, request: WireRequest) -> Routed:
        """Return the dataset of a request; the key is taken out of the path before anything keeps it."""
        parts = urlsplit(request.target)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        public = sorted((name, value) for name, value in params.items() if name.lower() != "apikey")
        canonical = parts.path + ("?" + urlencode(public) if public else "")
        return Routed(_dataset_of(parts.path), parts.path, canonical, params)

    def answer(self, routed: Routed, request: WireRequest) -> Answer:
        """Return the answer to a routed request."""
        takes_queries = routed.dataset in {Dataset.SHORT_INTEREST, Dataset.UNKNOWN}
        allowed = {"GET", "POST"} if takes_queries else {"GET"}
        if request.method not in allowed:
            return Answer(405, b"", {"Allow": ", ".join(sorted(allowed))})
        own = self._own.get(routed.dataset)
        if own is not None:
            return own(routed, request)
        return self._polygon.answer(routed.dataset, routed.path, routed.canonical, routed.params, request.headers)

    def _short_interest(self, routed: Routed, request: WireRequest) -> Answer:
        as_json = "application/json" in request.headers.get("accept", "")
        try:
            query = read_query(request.body, routed.params)
            page = finra_api.short_interest_page(self._market, query, self._gate.settlements(), as_json=as_json)
        except QueryRefused as error:
            return Answer(400, finra_api.bad_request_body(str(error), routed.canonical))
        return Answer(200, page.body, page.headers)

    def _partitions(self) -> bytes:
        return finra_api.partitions_body(self._gate.settlements())

    def _short_volume_file(self, path: str) -> Answer:
        day = _stamped_day(_SHORT_VOLUME_FILE, path)
        if day is None or not self._gate.has_short_volume(day):
            return _access_denied()
        body = self._cache.get((Dataset.SHORT_VOLUME, day), lambda: self._encode_short_volume(day))
        return Answer(200, body, {"Content-Type": "text/plain"}) if body else _access_denied()

    def _encode_short_volume(self, day: date) -> bytes:
        recorded = self._market.short_volume_file(day)
        if recorded is not None:
            return recorded
        volume = self._market.short_volume(day)
        return b"" if volume is None else wire.short_volume_file(day, volume)

    def _short_interest_file(self, path: str) -> Answer:
        settlement = _stamped_day(_SHORT_INTEREST_FILE, path)
        if settlement is None or settlement not in self._gate.settlements():
            return _access_denied()
        body = self._cache.get(
            (Dataset.SHORT_INTEREST_FILE, settlement), lambda: self._encode_short_interest(settlement)
        )
        return Answer(200, body, {"Content-Type": "text/csv"}) if body else _access_denied()

    def _encode_short_interest(self, settlement: date) -> bytes:
        recorded = self._market.short_interest_file(settlement)
        if recorded is not None:
            return recorded
        report = self._market.short_interest(settlement)
        return b"" if report is None else wire.short_interest_file(report)

    def _directory(self) -> Answer:
        day = self._gate.today
        body = self._cache.get((Dataset.DIRECTORY, day), lambda: wire.directory_file(day, self._market.directory(day)))
        return Answer(200, body, {"Content-Type": "text/plain"})


def _dataset_of(path: str) -> Dataset:
    lowered = path.lower()  # FINRA's groups and names and Nasdaq's folders are case-insensitive in practice
    if lowered == _SHORT_INTEREST:
        return Dataset.SHORT_INTEREST
    if lowered == _PARTITIONS:
        return Dataset.SETTLEMENTS
    if lowered == _DIRECTORY:
        return Dataset.DIRECTORY
    if _SHORT_VOLUME_FILE.fullmatch(path):
        return Dataset.SHORT_VOLUME
    if _SHORT_INTEREST_FILE.fullmatch(path):
        return Dataset.SHORT_INTEREST_FILE
    return PolygonRoutes.dataset_of(path)


def _stamped_day(pattern: re.Pattern[str], path: str) -> date | None:
    match = pattern.fullmatch(path)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        return None


def _access_denied() -> Answer:
    return Answer(403, _ACCESS_DENIED, {"Content-Type": "application/xml"})


def _unknown(path: str) -> Answer:
    if path.startswith("/equity/"):
        return _access_denied()  # the file host does not say 404: what is not there is "AccessDenied"
    headers = JSON_HEADERS if path.startswith(("/data/", "/v", "/stocks/")) else {"Content-Type": "text/html"}
    body = b'{"status":"NOT_FOUND","message":"Resource not found"}' if headers is JSON_HEADERS else _NOT_FOUND
    return Answer(404, body, headers)

"""FINRA's part of the server: query API, partitions, plain files, the token address."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from threading import Lock

from amc_assets.market.calendar import new_york, sessions_between
from amc_assets.market.publication import EVENING_HOUR, published_at, short_volume_published_at
from amc_assets.replay import finra_api, wire
from amc_assets.replay.answers import HTML_HEADERS, JSON_HEADERS, Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.finra_query import DAILY, SHORT_INTEREST, THRESHOLD, QueryRefused, QuerySpec, read_query
from amc_assets.replay.finra_tables import FacilityTable, InterestTable, PartitionTable, ThresholdTable
from amc_assets.replay.site import CLIENT_ID, CLIENT_SECRET, Routed, Site, WireRequest, stamped_day
from amc_assets.replay.wire_polygon import request_id

FINRA_API_PATH = "/data/group/otcmarket/name"
TOKEN_PATH = "/fip/rest/ews/oauth2/access_token"  # noqa: S105 - an address
DAYS_ONLINE = 366
ACCESS_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)
_PARTITIONS_PATH = "/partitions/group/otcmarket/name"
_FILES = {
    Dataset.SHORT_VOLUME: re.compile(r"/equity/regsho/daily/CNMSshvol(\d{8})\.txt"),
    Dataset.OTC_SHORT_VOLUME: re.compile(r"/equity/regsho/daily/FORFshvol(\d{8})\.txt"),
    Dataset.SHORT_INTEREST_FILE: re.compile(r"/equity/otcmarket/biweekly/shrt(\d{8})\.csv"),
}
_PATHS = {
    f"{FINRA_API_PATH}/consolidatedshortinterest": Dataset.SHORT_INTEREST,
    f"{FINRA_API_PATH}/regshodaily": Dataset.REG_SHO_DAILY,
    f"{FINRA_API_PATH}/thresholdlist": Dataset.OTC_THRESHOLD_LIST,
    f"{_PARTITIONS_PATH}/consolidatedshortinterest": Dataset.SETTLEMENTS,
    f"{_PARTITIONS_PATH}/regshodaily": Dataset.TRADE_DATES,
    TOKEN_PATH: Dataset.TOKEN,
}
_SPECS = {
    Dataset.SHORT_INTEREST: SHORT_INTEREST,
    Dataset.REG_SHO_DAILY: DAILY,
    Dataset.OTC_THRESHOLD_LIST: THRESHOLD,
}


class FinraRoutes:
    """Answers FINRA's paths for one market; a token is optional, a wrong one is refused."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._token = "replay-" + request_id(site.base_url)
        self._lock = Lock()
        self._facilities: FacilityTable | None = None
        self._volume_days: dict[date, bool] = {}

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a path; groups and names are case-insensitive in practice."""
        named = _PATHS.get(path.lower())
        return named or next((dataset for dataset, pattern in _FILES.items() if pattern.fullmatch(path)), None)

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:
        """Return 401 for a token that this server did not give; no token at all is welcome."""
        given = request.headers.get("authorization", "")
        if routed.dataset is Dataset.TOKEN or routed.dataset in _FILES or given in {"", f"Bearer {self._token}"}:
            return None
        self._site.refusals.count("finra", "bad_token")
        return _error(401, "Unauthorized", "The token is invalid or has expired.", routed)

    def answer(self, routed: Routed, request: WireRequest) -> Answer:
        """Return the answer to a request of one of FINRA's datasets."""
        if routed.dataset is Dataset.TOKEN:
            return self._give_token(routed, request)
        if routed.dataset in _FILES:
            return self._file(routed)
        if routed.dataset is Dataset.SETTLEMENTS:
            return Answer(200, finra_api.partitions_body(self._site.gate.settlements()))
        if routed.dataset is Dataset.TRADE_DATES:
            return Answer(200, finra_api.partitions_body(self._volume_dates(), DAILY.partition_field))
        return self._query(routed, request, _SPECS[routed.dataset])

    def _query(self, routed: Routed, request: WireRequest, spec: QuerySpec) -> Answer:
        as_json = "application/json" in request.headers.get("accept", "")
        available = {
            Dataset.SHORT_INTEREST: self._site.gate.settlements,
            Dataset.REG_SHO_DAILY: self._sessions,
            Dataset.OTC_THRESHOLD_LIST: self._sessions,
        }[routed.dataset]()
        tables = {
            Dataset.SHORT_INTEREST: self._interest_table,
            Dataset.REG_SHO_DAILY: self._facility_table,
            Dataset.OTC_THRESHOLD_LIST: self._threshold_table,
        }
        try:
            query = read_query(request.body, routed.params, spec)
            page = finra_api.query_page(tables[routed.dataset], query, spec, available, as_json=as_json)
        except QueryRefused as error:
            return Answer(400, finra_api.bad_request_body(str(error), routed.canonical))
        return Answer(200, page.body, page.headers)

    def _sessions(self) -> list[date]:
        last = self._site.gate.today
        return sessions_between(max(self._site.market.first_day, last - timedelta(days=DAYS_ONLINE)), last)

    def _volume_dates(self) -> list[date]:
        return [day for day in self._sessions() if self._site.gate.has_short_volume(day) and self._has_volume(day)]

    def _has_volume(self, day: date) -> bool:
        if day not in self._volume_days:
            market = self._site.market
            self._volume_days[day] = market.short_volume_file(day) is not None or market.short_volume(day) is not None
        return self._volume_days[day]

    def _interest_table(self, settlement: date) -> PartitionTable | None:
        report = self._site.market.short_interest(settlement)
        return None if report is None else InterestTable(report)

    def _facility_table(self, day: date) -> PartitionTable | None:
        if not self._site.gate.has_short_volume(day):
            return None
        with self._lock:
            kept = self._facilities
        if kept is not None and kept.day == day:
            return kept
        volume = self._site.market.short_volume(day)
        if volume is None:
            return None
        table = FacilityTable(day, volume)
        with self._lock:
            self._facilities = table
        return table

    def _threshold_table(self, day: date) -> PartitionTable | None:
        if not self._site.gate.has_threshold_list(day):
            return None
        listed = {row.symbol for row in self._site.market.directory(day)}
        symbols = [row for row in self._site.market.threshold_symbols(day) or () if row not in listed]
        return ThresholdTable(day, symbols, [""] * len(symbols))

    def _file(self, routed: Routed) -> Answer:
        day = stamped_day(_FILES[routed.dataset], routed.path)
        if day is None or not self._is_out(routed.dataset, day):
            return _access_denied()
        body = self._site.cache.get((routed.dataset, day), lambda: self._encode_file(routed.dataset, day))
        if not body:
            return _access_denied()
        is_interest = routed.dataset is Dataset.SHORT_INTEREST_FILE
        content_type = "text/csv" if is_interest else "text/plain"
        return Answer(200, body, {"Content-Type": content_type}, _out_at(day, is_interest=is_interest))

    def _is_out(self, dataset: Dataset, day: date) -> bool:
        gate = self._site.gate
        return day in gate.settlements() if dataset is Dataset.SHORT_INTEREST_FILE else gate.has_short_volume(day)

    def _encode_file(self, dataset: Dataset, day: date) -> bytes:
        market = self._site.market
        if dataset is Dataset.SHORT_INTEREST_FILE:
            report = market.short_interest(day)
            return market.short_interest_file(day) or (b"" if report is None else wire.short_interest_file(report))
        if dataset is Dataset.SHORT_VOLUME:
            recorded = market.short_volume_file(day)
            if recorded is not None:
                return recorded
        volume = market.short_volume(day)
        wants_otc = dataset is Dataset.OTC_SHORT_VOLUME
        return b"" if volume is None else wire.short_volume_file(day, wire.of_venue(volume, is_otc=wants_otc))

    def _give_token(self, routed: Routed, request: WireRequest) -> Answer:
        if _basic(request.headers.get("authorization", "")) != (CLIENT_ID, CLIENT_SECRET):
            self._site.refusals.count("finra", "bad_credentials")
            return _error(401, "Unauthorized", "The client id or secret is invalid.", routed)
        if "grant_type=client_credentials" not in f"{routed.canonical}&{request.body.decode('latin-1')}":
            return _error(400, "Bad Request", "grant_type must be client_credentials.", routed)
        return Answer(200, finra_api.token_body(self._token))


def unknown_path(path: str) -> Answer | None:
    """Return what FINRA's hosts say to a path they do not know; None for a path that is not theirs."""
    if path.startswith("/equity/"):
        return _access_denied()  # the file host does not say 404: what is not there is "AccessDenied"
    if path.lower().startswith(("/data/group/", "/partitions/group/", "/metadata/group/")):
        body = finra_api.error_body(404, "Not Found", "The dataset does not exist.", path)
        return Answer(404, body, dict(JSON_HEADERS))
    return Answer(404, b"", HTML_HEADERS) if path.startswith("/fip/") else None


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, coded = header.partition(" ")
    if kind != "Basic":
        return None
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _out_at(day: date, *, is_interest: bool) -> datetime:
    if is_interest:
        try:
            return published_at(day)
        except ValueError:  # a recorded report of a date that is no settlement date by the calendar
            return new_york(day, EVENING_HOUR)
    return short_volume_published_at(day)


def _error(status: int, description: str, message: str, routed: Routed) -> Answer:
    return Answer(status, finra_api.error_body(status, description, message, routed.canonical))


def _access_denied() -> Answer:
    return Answer(403, ACCESS_DENIED, {"Content-Type": "application/xml"})

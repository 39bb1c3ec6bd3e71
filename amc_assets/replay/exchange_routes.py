"""The exchanges' part of the server: Nasdaq's directory, halts, threshold list and screener; the NYSE group's lists."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from amc_assets.market.calendar import new_york
from amc_assets.replay import wire, wire_nasdaq
from amc_assets.replay.answers import HTML_HEADERS, JSON_HEADERS, Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.feed_text import month_number
from amc_assets.replay.market import HaltRow, Listing
from amc_assets.replay.publication_gate import THRESHOLD_HOUR
from amc_assets.replay.site import Routed, Site, WireRequest, stamped_day
from amc_assets.replay.symbol_history import bars_by_symbol

NYSE_MARKETS = {"NYSE": "N", "NYSE American": "A", "NYSE Arca": "P"}
NOT_MADE_YET, MADE_AT = "210500", "230020"
_THRESHOLD = re.compile(r"/dynamic/symdir/regsho/nasdaqth(\d{8})\.txt", re.IGNORECASE)
_PATHS = {
    "/dynamic/symdir/nasdaqtraded.txt": Dataset.DIRECTORY,
    "/rss.aspx": Dataset.TRADE_HALTS,
    "/api/screener/stocks": Dataset.SCREENER,
}
_TEXT = {"Content-Type": "text/plain"}
_FORBIDDEN = b"<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1></body></html>\n"
_NOT_FOUND = b"<html><head><title>404</title></head><body><h1>File or directory not found.</h1></body></html>\n"
_EVENING_HALTS_DAYS = 4


class NasdaqRoutes:
    """Answers Nasdaq's paths for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a path; Nasdaq's folders are case-insensitive."""
        return Dataset.NASDAQ_THRESHOLD_LIST if _THRESHOLD.fullmatch(path) else _PATHS.get(path.lower())

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:
        """Return 403 when the screener is asked without a browser-like user agent."""
        if routed.dataset is not Dataset.SCREENER or "mozilla/" in request.headers.get("user-agent", "").lower():
            return None
        self._site.refusals.count("nasdaq", "no_browser")
        return Answer(403, _FORBIDDEN, HTML_HEADERS)

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002
        """Return the answer to a request of one of Nasdaq's datasets."""
        if routed.dataset is Dataset.DIRECTORY:
            return self._directory()
        if routed.dataset is Dataset.TRADE_HALTS:
            return self._halts(routed.params)
        if routed.dataset is Dataset.SCREENER:
            return self._screener(routed.params)
        day = stamped_day(_THRESHOLD, routed.path)
        listed = None if day is None else threshold_listings(self._site, day, "Q")
        if day is None or listed is None:
            return Answer(404, _NOT_FOUND, HTML_HEADERS)
        return Answer(200, wire_nasdaq.threshold_list(day, listed, clock_time=MADE_AT), _TEXT, list_made_at(day))

    def _directory(self) -> Answer:
        day, market = self._site.gate.today, self._site.market
        body = self._site.cache.get((Dataset.DIRECTORY, day), lambda: wire.directory_file(day, market.directory(day)))
        return Answer(200, body, _TEXT)

    def _halts(self, params: Mapping[str, str]) -> Answer:
        if params.get("feed") != "tradehalts":
            return Answer(404, _NOT_FOUND, HTML_HEADERS)
        site, text = self._site, params.get("haltdate", "")
        try:
            asked = date(int(text[4:]), int(text[:2]), int(text[2:4])) if text else None
        except ValueError:
            return Answer(404, _NOT_FOUND, HTML_HEADERS)
        halts = self._of_day(asked) if asked else self._current()
        changes = [at for halt in halts for at in (halt.halted_at, halt.resumed_at) if at is not None]
        modified_at = max((at for at in changes if site.gate.is_past(at)), default=None)
        body = wire_nasdaq.halts_feed(halts, site.gate.now)
        return Answer(200, body, {"Content-Type": "text/xml; charset=utf-8"}, modified_at)

    def _of_day(self, day: date) -> list[HaltRow]:
        if not self._site.gate.market_has(day):
            return []
        return [halt for halt in self._site.market.halts(day) if self._site.gate.is_past(halt.halted_at)]

    def _current(self) -> list[HaltRow]:
        """Return today's halts, and older ones that still last: those stay in the feed until trading resumes."""
        today, now = self._site.gate.today, self._site.gate.now
        earlier = [
            halt
            for number in range(1, _EVENING_HALTS_DAYS + 1)
            for halt in self._of_day(today - timedelta(days=number))
            if halt.resumed_at is None or halt.resumed_at > now
        ]
        return self._of_day(today) + earlier

    def _screener(self, params: Mapping[str, str]) -> Answer:
        site = self._site
        newest, before = site.two_newest_bar_days()
        shares = {row.symbol: row.outstanding_shares for row in site.floats().values() if row.outstanding_shares}
        rows = wire_nasdaq.screener_rows(
            list(site.listings().values()),
            {} if newest is None else bars_by_symbol(site.market, newest),
            {} if before is None else bars_by_symbol(site.market, before),
            shares,
        )
        if params.get("download") == "true":
            return Answer(200, wire_nasdaq.screener_download(rows), JSON_HEADERS)
        first, limit = (int(params[name]) if params.get(name, "").isdecimal() else 0 for name in ("offset", "limit"))
        return Answer(200, wire_nasdaq.screener_page(rows, first=first, limit=limit or 25), JSON_HEADERS)


class NyseRoutes:
    """Answers the NYSE group's threshold lists for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a path."""
        known = path == "/api/regulatory/threshold-securities/download"
        return Dataset.NYSE_THRESHOLD_LIST if known else None

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:  # noqa: ARG002
        """Return None: nothing is demanded."""
        return None

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002
        """Return the list; for a day that is not out an empty one stamped 21:05, as the site does."""
        day = _day_month_year(routed.params.get("selectedDate", ""))
        exchange = NYSE_MARKETS.get(routed.params.get("market", ""))
        if day is None or exchange is None:
            return Answer(400, b'{"status":400,"error":"Bad Request"}', JSON_HEADERS)
        listed = threshold_listings(self._site, day, exchange)
        if listed is None:
            return Answer(200, wire_nasdaq.threshold_list(day, [], clock_time=NOT_MADE_YET), _TEXT)
        return Answer(200, wire_nasdaq.threshold_list(day, listed, clock_time=MADE_AT), _TEXT, list_made_at(day))


def threshold_listings(site: Site, day: date, exchange: str) -> list[Listing] | None:
    """Return what is on the threshold list of one exchange; None when it is not out or was not recorded."""
    symbols = site.market.threshold_symbols(day) if site.gate.has_threshold_list(day) else None
    if symbols is None:
        return None
    wanted = set(symbols)
    return [row for row in site.market.directory(day) if row.symbol in wanted and row.exchange == exchange]


def list_made_at(day: date) -> datetime:
    """Return when the threshold lists of ``day`` come out."""
    return new_york(day, THRESHOLD_HOUR)


def _day_month_year(text: str) -> date | None:
    try:
        day, month, year = text.split("-")
        return date(int(year), month_number(month), int(day))
    except ValueError:
        return None

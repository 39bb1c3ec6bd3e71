"""Polygon's part of the server: paths, the key, paging by cursor. Rows are made in ``polygon_rows.py`` and its kin."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from amc_assets.replay import polygon_market, polygon_rows, wire_polygon
from amc_assets.replay.answers import Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.polygon_params import ParameterRefused, cursor_of, day_of, limit_of, with_cursor
from amc_assets.replay.site import Routed, Site, WireRequest
from amc_assets.replay.symbol_history import adjusted_bars

_PATTERNS = {
    Dataset.DAILY_BARS: re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)"),
    Dataset.AGGREGATES: re.compile(r"/v2/aggs/ticker/([^/]+)/range/([^/]+)/([^/]+)/([^/]+)/([^/]+)"),
    Dataset.MARKET_SNAPSHOT: re.compile(r"/v2/snapshot/locale/us/markets/stocks/tickers(?:/([^/]+))?"),
    Dataset.OPTION_SNAPSHOT: re.compile(r"/v3/snapshot/options/([^/]+)"),
    Dataset.TICKERS: re.compile(r"/v3/reference/tickers"),
    Dataset.TICKER_DETAILS: re.compile(r"/v3/reference/tickers/([^/]+)"),
    Dataset.SPLITS: re.compile(r"/v3/reference/splits"),
    Dataset.FLOATS: re.compile(r"/stocks/v(X|1)/float"),
    Dataset.POLYGON_SHORT_INTEREST: re.compile(r"/stocks/v1/short-interest"),
    Dataset.POLYGON_SHORT_VOLUME: re.compile(r"/stocks/v1/short-volume"),
    Dataset.POLYGON_NEWS: re.compile(r"/v2/reference/news"),
    Dataset.MARKET_STATUS: re.compile(r"/v1/marketstatus/now"),
    Dataset.MARKET_HOLIDAYS: re.compile(r"/v1/marketstatus/upcoming"),
}
_LIMITS = {
    Dataset.SPLITS: (10, 1000),
    Dataset.TICKERS: (100, 1000),
    Dataset.FLOATS: (100, 5000),
    Dataset.OPTION_SNAPSHOT: (10, 250),
    Dataset.POLYGON_SHORT_INTEREST: (10, 50_000),
    Dataset.POLYGON_SHORT_VOLUME: (10, 50_000),
    Dataset.POLYGON_NEWS: (10, 1000),
}
_BY_DAY = frozenset({Dataset.SPLITS, Dataset.TICKERS, Dataset.FLOATS})


class PolygonRoutes:
    """Answers the Polygon paths for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a Polygon path; None for every other path."""
        return next((dataset for dataset, pattern in _PATTERNS.items() if pattern.fullmatch(path)), None)

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:
        """Return 401 without the key, which may be in the header or the query."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        key = given or routed.params.get("apiKey", "")
        if key == self._site.polygon_key:
            return None
        self._site.refusals.count("polygon", "bad_key" if key else "no_key")
        text = "Unknown API Key" if key else "API Key was not provided"
        return Answer(401, wire_polygon.error("ERROR", text, path=routed.canonical))

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002 - the key was looked at before
        """Return the answer to a request whose path is one of these datasets."""
        try:
            if routed.dataset is Dataset.DAILY_BARS:
                return self._grouped(routed)
            if routed.dataset in _LIMITS:
                return self._page(routed)
            return self._single(routed)
        except ParameterRefused as error:
            return Answer(400, wire_polygon.error("ERROR", str(error), path=routed.canonical))

    def _grouped(self, routed: Routed) -> Answer:
        day = day_of(_groups(routed)[0], "date")
        market, gate = self._site.market, self._site.gate
        wants_adjusted = routed.params.get("adjusted", "true").lower() != "false"
        is_adjusted = wants_adjusted or market.bars_basis_date is not None
        bars = market.bars(day) if gate.has_bars(day) else None
        today = gate.today

        def encode() -> bytes:
            served = bars
            if bars is not None and wants_adjusted and market.bars_basis_date is None:
                served = adjusted_bars(bars, market.splits(day + timedelta(days=1), today))
            return wire_polygon.grouped_daily(day, served, is_adjusted=is_adjusted, path=routed.canonical)

        key = (Dataset.DAILY_BARS, routed.canonical, bars is None, today if wants_adjusted else None)
        return Answer(200, self._site.cache.get(key, encode))

    def _page(self, routed: Routed) -> Answer:
        params = with_cursor(routed.params)
        default, highest = _LIMITS[routed.dataset]
        first, limit = int(params.get("page_start", "0")), limit_of(params, default, highest)
        today = self._site.gate.today

        def encode() -> bytes:
            day = min(day_of(params["date"], "date"), today) if self._names_a_day(routed, params) else today
            rows = polygon_rows.rows_of(self._site, routed.dataset, _groups(routed), params, day)
            page = rows[first : first + limit]
            next_url = self._next_url(routed.path, params, first + limit) if first + limit < len(rows) else None
            with_count = routed.dataset in {Dataset.TICKERS, Dataset.POLYGON_NEWS}
            return wire_polygon.page(page, path=routed.canonical, next_url=next_url, with_count=with_count)

        if routed.dataset in _BY_DAY:  # the others change within the day
            return Answer(200, self._site.cache.get((routed.dataset, routed.canonical, today), encode))
        return Answer(200, encode())

    def _names_a_day(self, routed: Routed, params: Mapping[str, str]) -> bool:
        return "date" in params and routed.dataset is not Dataset.POLYGON_SHORT_VOLUME

    def _single(self, routed: Routed) -> Answer:
        if routed.dataset is Dataset.AGGREGATES:
            return Answer(200, polygon_market.aggregates(self._site, _groups(routed), routed, self._next_url))
        if routed.dataset is Dataset.MARKET_SNAPSHOT:
            body = polygon_market.snapshot(self._site, _groups(routed)[0], routed)
        elif routed.dataset is Dataset.TICKER_DETAILS:
            day = min(day_of(routed.params["date"], "date"), self._today) if "date" in routed.params else self._today
            body = polygon_market.ticker_details(self._site, _groups(routed)[0] or "", day, routed.canonical)
        elif routed.dataset is Dataset.MARKET_STATUS:
            body = polygon_market.market_status(self._site.gate.now)
        else:
            body = polygon_market.holidays(self._site.gate.now)
        if body is None:
            text = wire_polygon.error("NOT_FOUND", "Data not found.", path=routed.canonical, field="message")
            return Answer(404, text)
        return Answer(200, body)

    @property
    def _today(self) -> date:
        return self._site.gate.today

    def _next_url(self, path: str, params: Mapping[str, str], page_start: int) -> str:
        return f"{self._site.base_url}{path}?cursor={cursor_of(params, page_start)}"


def _groups(routed: Routed) -> tuple[str, ...]:
    match = _PATTERNS[routed.dataset].fullmatch(routed.path)
    return match.groups() if match else ()

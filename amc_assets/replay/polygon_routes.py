"""Polygon's part of the server: the key, parameters, paging by cursor, and which error family says what."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np

from amc_assets.replay import wire_polygon
from amc_assets.replay.answers import Answer, BodyCache, Dataset
from amc_assets.replay.market import BarsOfDay, Market, SplitRow
from amc_assets.replay.publication_gate import PublicationGate

_GROUPED = re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)")
_PATHS = {"/v3/reference/splits": Dataset.SPLITS, "/v3/reference/tickers": Dataset.TICKERS}
_FLOATS = re.compile(r"/stocks/v(X|1)/float")
_LIMITS = {Dataset.SPLITS: (10, 1000), Dataset.TICKERS: (100, 1000), Dataset.FLOATS: (100, 5000)}


class ParameterRefused(ValueError):
    """A parameter Polygon would answer with 400; the text is the sentence of the body."""


class PolygonRoutes:
    """Answers the Polygon paths for one market."""

    def __init__(self, market: Market, gate: PublicationGate, cache: BodyCache, *, api_key: str, base_url: str) -> None:
        self._market = market
        self._gate = gate
        self._cache = cache
        self._api_key = api_key
        self._base_url = base_url

    @staticmethod
    def dataset_of(path: str) -> Dataset:
        """Return the dataset of a Polygon path; UNKNOWN for every other path."""
        if _GROUPED.fullmatch(path):
            return Dataset.DAILY_BARS
        if _FLOATS.fullmatch(path):
            return Dataset.FLOATS
        return _PATHS.get(path, Dataset.UNKNOWN)

    def answer(
        self, dataset: Dataset, path: str, canonical: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        """Return the answer to a request whose path is one of these datasets; 401 without the key."""
        refusal = self._refused_key(params, headers)
        if refusal is not None:
            return Answer(401, wire_polygon.error("ERROR", refusal, path=canonical))
        try:
            if dataset is Dataset.DAILY_BARS:
                return self._grouped(path, canonical, params)
            return self._page(dataset, path, canonical, params)
        except ParameterRefused as error:
            return Answer(400, wire_polygon.error("ERROR", str(error), path=canonical))

    def _refused_key(self, params: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
        key = headers.get("authorization", "").removeprefix("Bearer ").strip() or params.get("apiKey", "")
        if not key:
            return "API Key was not provided"
        return None if key == self._api_key else "Unknown API Key"

    def _grouped(self, path: str, canonical: str, params: Mapping[str, str]) -> Answer:
        match = _GROUPED.fullmatch(path)
        day = _day(match[1] if match else "", "date")
        wants_adjusted = params.get("adjusted", "true").lower() != "false"
        is_adjusted = wants_adjusted or self._market.bars_basis_date is not None
        bars = self._market.bars(day) if self._gate.has_bars(day) else None
        today = self._gate.today

        def encode() -> bytes:
            served = bars
            if bars is not None and wants_adjusted and self._market.bars_basis_date is None:
                served = adjusted_bars(bars, self._market.splits(day + timedelta(days=1), today))
            return wire_polygon.grouped_daily(day, served, is_adjusted=is_adjusted, path=canonical)

        key = (Dataset.DAILY_BARS, canonical, bars is None, today if wants_adjusted else None)
        return Answer(200, self._cache.get(key, encode))

    def _page(self, dataset: Dataset, path: str, canonical: str, params: Mapping[str, str]) -> Answer:
        params = _with_cursor(params)
        first, limit = int(params.get("page_start", "0")), _limit(dataset, params)
        today = self._gate.today

        def encode() -> bytes:
            day = min(_day(params["date"], "date"), today) if "date" in params else today
            rows = self._rows(dataset, params, day)
            page = rows[first : first + limit]
            next_url = self._next_url(path, params, first + limit) if first + limit < len(rows) else None
            if dataset is Dataset.SPLITS:
                return wire_polygon.splits_page(page, path=canonical, next_url=next_url)
            if dataset is Dataset.FLOATS:
                return wire_polygon.floats_page(page, path=canonical, next_url=next_url)
            return wire_polygon.tickers_page(page, day=day, path=canonical, next_url=next_url)

        return Answer(200, self._cache.get((dataset, canonical, today), encode))

    def _rows(self, dataset: Dataset, params: Mapping[str, str], day: date) -> Sequence[Any]:
        if dataset is Dataset.SPLITS:
            return _wanted_splits(self._market, params, self._gate.today)
        if dataset is Dataset.FLOATS:
            rows = self._market.floats()
            # the endpoint knows only its newest list: before a recording's date that list is served, and is biased
            known = [row for row in rows if row.effective_date <= self._gate.today] or list(rows)
            return [row for row in known if params.get("ticker", row.symbol) == row.symbol]
        if params.get("active", "true").lower() != "true":
            raise ParameterRefused("The parameter 'active' must be true here: delisted tickers are not served.")
        if params.get("market", "stocks") != "stocks":
            return []
        return [
            row
            for row in sorted(self._market.directory(day), key=lambda row: row.symbol)
            if row.polygon_type == params.get("type", row.polygon_type)
            and row.symbol == params.get("ticker", row.symbol)
            and row.polygon_type is not None
        ]

    def _next_url(self, path: str, params: Mapping[str, str], page_start: int) -> str:
        kept = {name: value for name, value in params.items() if name != "apiKey"} | {"page_start": str(page_start)}
        cursor = base64.urlsafe_b64encode(urlencode(kept).encode()).decode().rstrip("=")
        return f"{self._base_url}{path}?cursor={cursor}"


def adjusted_bars(bars: BarsOfDay, later_splits: Sequence[SplitRow]) -> BarsOfDay:
    """Return ``bars`` on the share basis after ``later_splits``: prices divided and volumes multiplied by the ratio."""
    if not later_splits:
        return bars
    ratio_of: dict[str, float] = {}
    for split in later_splits:
        ratio_of[split.symbol] = ratio_of.get(split.symbol, 1.0) * split.split_to / split.split_from
    ratio = np.array([ratio_of.get(symbol, 1.0) for symbol in bars.symbols.tolist()])
    return replace(
        bars,
        open_usd=np.round(bars.open_usd / ratio, 4),
        high_usd=np.round(bars.high_usd / ratio, 4),
        low_usd=np.round(bars.low_usd / ratio, 4),
        close_usd=np.round(bars.close_usd / ratio, 4),
        volume_shares=np.round(bars.volume_shares * ratio),
        vwap_usd=None if bars.vwap_usd is None else np.round(bars.vwap_usd / ratio, 4),
    )


def _wanted_splits(market: Market, params: Mapping[str, str], today: date) -> list[SplitRow]:
    first, last = market.first_day, today
    name = "execution_date"
    if name in params:
        first = last = _day(params[name], name)
    for suffix, days in ((".gte", 0), (".gt", 1)):
        if name + suffix in params:
            first = max(first, _day(params[name + suffix], name + suffix) + timedelta(days=days))
    for suffix, days in ((".lte", 0), (".lt", -1)):
        if name + suffix in params:
            last = min(last, _day(params[name + suffix], name + suffix) + timedelta(days=days))
    rows = [row for row in market.splits(first, min(last, today)) if params.get("ticker", row.symbol) == row.symbol]
    return rows if params.get("order") == "asc" else rows[::-1]


def _with_cursor(params: Mapping[str, str]) -> Mapping[str, str]:
    if "cursor" not in params:
        return {name: value for name, value in params.items() if name != "page_start"}
    text = params["cursor"]
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        kept = dict(parse_qsl(decoded, strict_parsing=True, keep_blank_values=True))
        int(kept["page_start"])
    except (binascii.Error, ValueError, KeyError):
        raise ParameterRefused("The parameter 'cursor' is invalid.") from None
    return kept


def _limit(dataset: Dataset, params: Mapping[str, str]) -> int:
    default, highest = _LIMITS[dataset]
    text = params.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise ParameterRefused(f"The parameter 'limit' must be between 1 and {highest}, not {text!r}.")
    return int(text)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterRefused(f"Could not parse the parameter '{name}': use YYYY-MM-DD, not {text!r}.") from None

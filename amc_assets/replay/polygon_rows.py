"""The rows of Polygon's paged lists: splits, tickers, floats, news, options, short interest, short volume."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from amc_assets.market.calendar import sessions_between
from amc_assets.replay import wire_polygon, wire_polygon_lists, wire_polygon_options
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.market import Market, ShortVolumeOfDay, SplitRow
from amc_assets.replay.polygon_params import ParameterRefused, day_of, day_range, in_range, instant_of, number_of
from amc_assets.replay.site import Site
from amc_assets.replay.spelling import finra_interest

NEWS_DAYS = 30
SHORT_VOLUME_DAYS = 30


def rows_of(
    site: Site, dataset: Dataset, groups: Sequence[str], params: Mapping[str, str], day: date
) -> Sequence[Mapping[str, Any]]:
    """Return all rows of a list as of ``day``, in the order of the wire; raises ParameterRefused."""
    if dataset is Dataset.TICKERS:
        return _tickers(site.market, params, day)
    if dataset is Dataset.OPTION_SNAPSHOT:
        return _options(site, groups[0], params)
    return _ROWS[dataset](site, params)


def _split_rows(site: Site, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
    return [wire_polygon.split_row(row) for row in _splits(site.market, params, site.gate.today)]


def _float_rows(site: Site, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
    rows = site.floats().values()
    return [wire_polygon.float_row(row) for row in rows if params.get("ticker", row.symbol) == row.symbol]


def _splits(market: Market, params: Mapping[str, str], today: date) -> list[SplitRow]:
    name = "execution_date"
    # a single day may lie before the market's first one; ranges may not
    earliest = day_of(params[name], name) if name in params else market.first_day
    first, last = day_range(params, name, earliest, today)
    rows = [row for row in market.splits(first, last) if params.get("ticker", row.symbol) == row.symbol]
    return rows if params.get("order") == "asc" else rows[::-1]


def _tickers(market: Market, params: Mapping[str, str], day: date) -> list[Mapping[str, Any]]:
    if params.get("active", "true").lower() != "true":
        raise ParameterRefused("The parameter 'active' must be true here: delisted tickers are not served.")
    if params.get("market", "stocks") != "stocks":
        return []
    return [
        wire_polygon.ticker_row(row, day)
        for row in sorted(market.directory(day), key=lambda row: row.symbol)
        if row.polygon_type == params.get("type", row.polygon_type)
        and row.symbol == params.get("ticker", row.symbol)
        and row.polygon_type is not None
    ]


def _news(site: Site, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
    now = site.gate.now
    since = now - timedelta(days=NEWS_DAYS)
    for suffix in ("", ".gte", ".gt"):
        if "published_utc" + suffix in params:
            since = instant_of(params["published_utc" + suffix], "published_utc" + suffix)
    ticker = params.get("ticker")
    items = [
        item
        for item in site.market.news(since, now)
        if item.wire == "polygon" and item.published_at <= now and (ticker is None or ticker in item.symbols)
    ]
    rows = in_range([wire_polygon_lists.news_row(item) for item in items], params, "published_utc", instant_of)
    return rows if params.get("order") == "asc" else rows[::-1]


def _options(site: Site, underlying: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
    day = site.newest_bar_day()
    chain = None if day is None else site.market.option_chain(underlying, day)
    if chain is None or day is None:
        return []
    rows: Sequence[Mapping[str, Any]] = wire_polygon_options.option_rows(chain, day)
    rows = _details_in_range(rows, params, "expiration_date")
    rows = _details_in_range(rows, params, "strike_price")
    side = params.get("contract_type")
    return [row for row in rows if side in {None, row["details"]["contract_type"]}]


def _details_in_range(
    rows: Sequence[Mapping[str, Any]], params: Mapping[str, str], name: str
) -> list[Mapping[str, Any]]:
    read = number_of if name == "strike_price" else day_of
    flat = [{name: row["details"][name], "row": row} for row in rows]
    return [item["row"] for item in in_range(flat, params, name, read)]


def _short_interest(site: Site, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
    days = site.gate.settlements()
    if not days:
        return []
    first, last = day_range(params, "settlement_date", days[0], days[-1])
    by_report = {finra_interest(symbol): symbol for symbol in site.listings()}
    rows: list[Mapping[str, Any]] = []
    for day in days:
        report = site.market.short_interest(day) if first <= day <= last else None
        if report is not None:
            rows += wire_polygon_lists.short_interest_rows(report, by_report, params.get("ticker"))
    return sorted(rows, key=lambda row: (row["ticker"], row["settlement_date"]))


def _short_volume(site: Site, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
    today = site.gate.today
    names_days = any(name.partition(".")[0] == "date" for name in params)
    earliest = site.market.first_day if names_days else today - timedelta(days=SHORT_VOLUME_DAYS)
    first, last = day_range(params, "date", earliest, today)
    rows: list[Mapping[str, Any]] = []
    for day in sessions_between(first, last) if first <= last else []:
        volume: ShortVolumeOfDay | None = site.market.short_volume(day) if site.gate.has_short_volume(day) else None
        if volume is not None:
            rows += wire_polygon_lists.short_volume_rows(day, volume, params.get("ticker"))
    return sorted(rows, key=lambda row: (row["ticker"], row["date"]))


_ROWS: Mapping[Dataset, Callable[[Site, Mapping[str, str]], list[Mapping[str, Any]]]] = {
    Dataset.SPLITS: _split_rows,
    Dataset.FLOATS: _float_rows,
    Dataset.POLYGON_NEWS: _news,
    Dataset.POLYGON_SHORT_INTEREST: _short_interest,
    Dataset.POLYGON_SHORT_VOLUME: _short_volume,
}

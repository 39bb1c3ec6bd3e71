"""The newest headlines and filings of the report's candidates, one row per story, each title read twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.news.dedup import stories, text_keys
from amc_assets.features.news.sentiment import DirectionReader, stock_polarity
from amc_assets.lake.tables import NEWS
from amc_assets.market.calendar import exchange_date
from amc_assets.pipeline.recent import RecentTables
from amc_assets.report.evidence import NewsItem
from amc_assets.report.headlines import MOST_ITEMS

NEWS_DAYS = 30
"""Older headlines move no price of today; a run's attention looks back further, at counts alone."""
Row = dict[str, Any]


def latest_news(recent: RecentTables, as_of: datetime, shown: Sequence[str]) -> dict[str, tuple[NewsItem, ...]]:
    """Return the newest stories and filings of each shown symbol as known at ``as_of``, newest first."""
    today = exchange_date(as_of)
    table = recent.between(NEWS, today - timedelta(days=NEWS_DAYS), today, as_of)
    table = table.filter(
        pc.and_(
            pc.is_in(table["symbol"].cast(pa.string()), pa.array(shown, pa.string())),
            pc.less_equal(table["published_at"], pa.scalar(as_of, table["published_at"].type)),
        )
    )
    chosen: dict[str, list[list[Row]]] = {symbol: [] for symbol in shown}
    for told in reversed(_told(table)):
        symbol = told[0]["symbol"]
        if len(chosen[symbol]) < MOST_ITEMS:
            chosen[symbol].append(told)
    read = _read_titles([told[0] for found in chosen.values() for told in found])
    return {symbol: tuple(_item(told, read) for told in found) for symbol, found in chosen.items()}


def _told(table: pa.Table) -> list[list[Row]]:
    """Return the rows of each story, its first item first, stories by that item's time, oldest first.

    Filings stand alone: two of the same form and title within two days are two events.
    """
    rows = table.sort_by([("published_at", "ascending"), ("feed", "ascending"), ("item_id", "ascending")])
    numbers = _stories(rows)
    found: dict[int, list[Row]] = {}
    for place, (number, row) in enumerate(zip(numbers, rows.to_pylist(), strict=True)):
        key = number if row["form"] is None else -1 - place
        found.setdefault(key, []).append(row)
    return list(found.values())


def _stories(rows: pa.Table) -> list[int]:
    symbols = np.unique(np.array(rows["symbol"].to_pylist(), np.str_), return_inverse=True)[1].astype(np.int64)
    published_us = np.asarray(rows["published_at"].cast(pa.int64()).to_numpy(), np.int64)
    titles, urls = text_keys(rows["title"], is_title=True), text_keys(rows["url"], is_title=False)
    numbers: list[int] = stories(symbols, published_us, titles, urls).tolist()
    return numbers


def _read_titles(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Return our direction and TextBlob's polarity of each headline that is shown."""
    titles = sorted({row["title"] for row in rows if row["form"] is None})
    if not titles:
        return {}  # TextBlob takes half a second to import
    ours, stock = DirectionReader().direction(titles).tolist(), stock_polarity(titles).tolist()
    return dict(zip(titles, zip(ours, stock, strict=True), strict=True))


def _item(told: list[Row], read: dict[str, tuple[float, float]]) -> NewsItem:
    first = told[0]
    ours, stock = read[first["title"]] if first["form"] is None else (None, None)
    writers = dict.fromkeys(row["publisher"] or row["feed"] for row in told)
    return NewsItem(
        published_at=first["published_at"],
        title=first["title"],
        publishers=tuple(writers),
        url=first["url"] or "",
        form=first["form"] or "",
        filing_items=first["filing_items"] or "",
        direction=ours,
        stock_polarity=stock,
    )

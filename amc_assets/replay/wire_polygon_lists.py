"""Rows of Polygon's news, short-interest and short-volume lists, in Polygon's terms."""

from collections.abc import Mapping
from datetime import UTC, date
from typing import Any

from amc_assets.replay.finra_tables import FacilityTable, number
from amc_assets.replay.market import NewsRow, ShortInterestReport, ShortVolumeOfDay
from amc_assets.replay.wire_polygon import request_id

POSITIVE_FROM = 0.15
_COLUMN_OF_CODE = {"N": "nyse", "Q": "nasdaq_carteret", "B": "nasdaq_chicago", "D": "adf"}


def news_row(item: NewsRow) -> dict[str, Any]:
    """Return one result of ``/v2/reference/news``; ``insights`` only when the wire has an opinion."""
    row: dict[str, Any] = {
        "id": request_id(item.item_id),
        "publisher": {"name": item.publisher, "homepage_url": item.url.partition("?")[0]},
        "title": item.title,
        "author": item.publisher,
        "published_utc": f"{item.published_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "article_url": item.url,
        "tickers": list(item.symbols),
        "description": item.summary,
    }
    if item.vendor_sentiment is not None:
        label = _label(item.vendor_sentiment)
        row["insights"] = [
            {"ticker": symbol, "sentiment": label, "sentiment_reasoning": "As published."} for symbol in item.symbols
        ]
    return row


def short_interest_rows(
    report: ShortInterestReport, symbol_of: Mapping[str, str], ticker: str | None
) -> list[dict[str, Any]]:
    """Return the rows of one settlement; ``symbol_of`` maps the report's spelling to the canonical one."""
    columns = zip(
        report.symbols.tolist(), report.short_interest_shares.tolist(), report.average_daily_volume_shares.tolist(),
        report.days_to_cover.tolist(), strict=True,
    )  # fmt: skip
    settlement = report.settlement_date.isoformat()
    return [
        {
            "ticker": symbol_of.get(symbol, symbol),
            "settlement_date": settlement,
            "short_interest": int(short),
            "avg_daily_volume": int(volume),
            "days_to_cover": number(cover),
        }
        for symbol, short, volume, cover in columns
        if ticker in {None, symbol_of.get(symbol, symbol)}
    ]


def short_volume_rows(day: date, volume: ShortVolumeOfDay, ticker: str | None) -> list[dict[str, Any]]:
    """Return the rows of one day; the ratio is in percent, facilities add up to the totals."""
    symbols = volume.symbols.tolist()
    wanted = [row for row, symbol in enumerate(symbols) if ticker in {None, symbol}]
    rows = [_short_volume_row(day, volume, row) for row in wanted]
    facilities = FacilityTable(day, _only(volume, wanted))
    by_symbol = {row["ticker"].replace(".", "/"): row for row in rows}
    for symbol, code, short, exempt in facilities.shorts():
        column = _COLUMN_OF_CODE.get(code)
        if column is not None:
            by_symbol[symbol][f"{column}_short_volume"] = number(short)
            by_symbol[symbol][f"{column}_short_volume_exempt"] = number(exempt)
    return rows


def _short_volume_row(day: date, volume: ShortVolumeOfDay, row: int) -> dict[str, Any]:
    short, exempt = float(volume.short_volume_shares[row]), float(volume.short_exempt_volume_shares[row])
    total = float(volume.total_volume_shares[row])
    result: dict[str, Any] = {
        "ticker": volume.symbols[row],
        "date": day.isoformat(),
        "short_volume": number(short),
        "total_volume": number(total),
        "exempt_volume": number(exempt),
        "non_exempt_volume": number(round(short - exempt, 6)),
    }
    return result | ({"short_volume_ratio": round(100 * short / total, 2)} if total else {})


def _only(volume: ShortVolumeOfDay, rows: list[int]) -> ShortVolumeOfDay:
    return ShortVolumeOfDay(
        volume.symbols[rows], volume.short_volume_shares[rows], volume.short_exempt_volume_shares[rows],
        volume.total_volume_shares[rows], volume.market_codes[rows],
    )  # fmt: skip


def _label(sentiment: float) -> str:
    if abs(sentiment) < POSITIVE_FROM:
        return "neutral"
    return "positive" if sentiment > 0 else "negative"

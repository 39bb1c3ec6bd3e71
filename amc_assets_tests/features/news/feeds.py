"""Small tables of news and halts, and the frame of a run, for the tests of this room."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from amc_assets.features.ages import Staleness
from amc_assets.features.short_part import RunFrame
from amc_assets.features.splits import SplitHistory
from amc_assets.lake.tables import NEWS, SPLITS, TRADE_HALTS
from amc_assets.market.calendar import exchange_date, sessions_between

DAY = date(2026, 6, 26)
AS_OF = datetime(2026, 6, 26, 22, 45, tzinfo=UTC)
SYMBOLS = ("AMC", "BBBY", "GME", "KOSS")


def frame(as_of: datetime = AS_OF, symbols: Sequence[str] = SYMBOLS) -> RunFrame:
    splits = SplitHistory.from_table(SPLITS.arrow.empty_table())
    return RunFrame(np.array(symbols, dtype=np.str_), DAY, as_of, splits, Staleness(), as_of + timedelta(days=9))


def item(
    symbol: str, title: str, *, hours_ago: float = 1.0, publisher: str = "Reuters", **other: Any
) -> dict[str, Any]:
    at = AS_OF - timedelta(hours=hours_ago)
    feed = other.get("feed", "polygon.polygon_news")
    return {
        "trade_date": exchange_date(at),
        "symbol": symbol,
        "item_id": f"{feed}|{publisher}|{title}|{hours_ago}",
        "published_at": at,
        "feed": feed,
        "publisher": publisher,
        "title": title,
        "summary": None,
        "url": None,
        "is_tagged_by_source": True,
        "form": None,
        "filing_items": None,
        "vendor_sentiment": None,
        "source": feed,
        "known_at": at,
        "is_simulated": False,
        **other,
    }


def filing(symbol: str, form: str, items: str | None = None, *, hours_ago: float = 1.0) -> dict[str, Any]:
    title = f"{form} - {symbol} Corp (0000000001) (Filer)"
    return item(symbol, title, hours_ago=hours_ago, publisher="SEC", feed="sec.filings", form=form, filing_items=items)


def news(items: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(items), schema=NEWS.arrow)


def halt(symbol: str, code: str, *, hours_ago: float = 1.0, resumed_hours_ago: float | None = None) -> dict[str, Any]:
    at = AS_OF - timedelta(hours=hours_ago)
    resumed = None if resumed_hours_ago is None else AS_OF - timedelta(hours=resumed_hours_ago)
    return {
        "trade_date": exchange_date(at), "symbol": symbol, "halted_at": at, "resumed_at": resumed, "reason_code": code,
        "source": "nasdaq.trade_halts", "known_at": at, "is_simulated": False,
    }  # fmt: skip


def halts(rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=TRADE_HALTS.arrow)


def history(sessions: int, symbol: str = "KOSS", *, per_session: int = 1) -> list[dict[str, Any]]:
    """One neutral headline an hour before as_of's hour on each of the sessions before DAY."""
    days = sessions_between(DAY - timedelta(days=200), DAY)[-1 - sessions : -1]
    return [
        item(symbol, f"{symbol} presents at conference {day} {number}", hours_ago=(DAY - day).days * 24 + 1 + number)
        for day in days
        for number in range(per_session)
    ]

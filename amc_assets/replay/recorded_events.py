"""The recorded files of fails to deliver and of the exchanges' halts, as rows."""

import xml.etree.ElementTree as ET
from datetime import date, datetime, time, timedelta
from pathlib import Path

from amc_assets.market.calendar import new_york
from amc_assets.replay.market import FailRow, HaltRow
from amc_assets.replay.recorded_tables import csv_rows

_HALTS_SPACE = "{http://www.nasdaqtrader.com/}"
_EXCHANGES = {"NASDAQ": "Q", "NYSE": "N", "AMEX": "A", "NYSE Arca": "P", "BATS": "Z"}


def read_fails(path: Path) -> list[FailRow]:
    """Return the recorded balances by date and symbol.

    Columns: date, quantity, symbol; file, price, cusip and ticker where known. Several collectors' files were joined:
    the symbol stands in one of two columns or only in the collector's file name. Of two rows for one symbol and day
    the one with a CUSIP is kept.
    """
    found: dict[tuple[date, str], FailRow] = {}
    for row in csv_rows(path, ("date", "quantity", "symbol")):
        symbol = row.get("ticker") or row["symbol"] or row.get("file", "").split("_")[0]
        price, cusip = row.get("price"), row.get("cusip", "")
        day = date.fromisoformat(row["date"])
        fail = FailRow(symbol, day, cusip, float(row["quantity"]), float(price) if price else None, "")
        if cusip or (day, symbol) not in found:
            found[day, symbol] = fail
    return [found[key] for key in sorted(found)]


def read_halts(path: Path) -> list[HaltRow]:
    """Return the halts of a recorded feed by time; wall times are New York's. One that had not ended has no end."""
    root = ET.fromstring(path.read_bytes().decode("utf-8-sig"))  # noqa: S314 - a file of the recording, not of a feed
    halts = []
    for item in root.iter("item"):
        said = {child.tag.removeprefix(_HALTS_SPACE): (child.text or "").strip() for child in item}
        market = said.get("Market") or said.get("Mkt", "")
        resumed_on, resumed_at = said.get("ResumptionDate", ""), said.get("ResumptionTradeTime", "")
        halts.append(
            HaltRow(
                symbol=said["IssueSymbol"],
                name=said["IssueName"],
                exchange=_EXCHANGES.get(market, market),
                reason_code=said["ReasonCode"],
                halted_at=_instant(said["HaltDate"], said["HaltTime"]),
                resumed_at=_instant(resumed_on, resumed_at) if resumed_on and resumed_at else None,
            )
        )
    return sorted(halts, key=lambda halt: (halt.halted_at, halt.symbol))


def _instant(day: str, wall: str) -> datetime:
    month, number, year = (int(part) for part in day.split("/"))
    clock = time.fromisoformat(wall)
    seconds = timedelta(seconds=clock.second, microseconds=clock.microsecond)
    return new_york(date(year, month, number), clock.hour, clock.minute) + seconds

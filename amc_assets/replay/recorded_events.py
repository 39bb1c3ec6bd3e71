"""The recorded files of the SEC and of the exchanges' halts, as rows: some symbols, one company, one evening's feed."""

import csv
import gzip
import xml.etree.ElementTree as ET
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from amc_assets.market.calendar import new_york
from amc_assets.replay.market import FailRow, HaltRow, ShareCountRow

FAILS_FILE = "sec_fails_to_deliver_selected_20200601_20210331.csv.gz"
FACTS_FILES = {"GME": "sec_companyfacts_GME_CIK0001326380.json.gz"}
_HALTS_SPACE = "{http://www.nasdaqtrader.com/}"
_EXCHANGES = {"NASDAQ": "Q", "NYSE": "N", "AMEX": "A", "NYSE Arca": "P", "BATS": "Z"}


def read_fails(folder: Path) -> list[FailRow]:
    """Return the recorded balances by date and symbol.

    Several collectors' files were joined: the symbol stands in one of two columns or only in the collector's file name,
    CUSIP and price are there or not. Of two rows for one symbol and day the one with a CUSIP is kept.
    """
    found: dict[tuple[date, str], FailRow] = {}
    path = folder / FAILS_FILE
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            symbol = row["ticker"] or row["symbol"] or row["file"].split("_")[0]
            price = float(row["price"]) if row["price"] else None
            day = date.fromisoformat(row["date"])
            fail = FailRow(symbol, day, row["cusip"], float(row["quantity"]), price, "")
            if row["cusip"] or (day, symbol) not in found:
                found[day, symbol] = fail
    return [found[key] for key in sorted(found)]


def read_share_counts(folder: Path) -> list[ShareCountRow]:
    """Return the shares outstanding that the recorded company facts state, a row per filing, oldest filing first."""
    rows = []
    for symbol, name in FACTS_FILES.items():
        if not (folder / name).is_file():
            continue
        facts: Any = msgspec.json.decode(gzip.decompress((folder / name).read_bytes()))
        stated = facts["facts"]["dei"]["EntityCommonStockSharesOutstanding"]["units"]["shares"]
        rows += [
            ShareCountRow(
                symbol=symbol,
                cik=facts["cik"],
                end_date=date.fromisoformat(entry["end"]),
                filed_date=date.fromisoformat(entry["filed"]),
                outstanding_shares=float(entry["val"]),
                form=entry["form"],
            )
            for entry in stated
        ]
    return sorted(rows, key=lambda row: (row.filed_date, row.end_date))


def read_halts(path: Path) -> list[HaltRow]:
    """Return the halts of a recorded feed by time; wall times are New York's. One that had not ended has no end."""
    if not path.is_file():
        return []
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

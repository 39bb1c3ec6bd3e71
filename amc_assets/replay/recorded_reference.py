"""The recorded reference files: symbol directory, screener page and floats of late January 2021, as listings and rows.

The recorded directory stops at EZA. For the symbols after it the name comes from the screener page, else from the
short-interest report; the exchange from FINRA's market class. The screener lists stocks only, so what trades, is
reported and is not on that page is taken for an exchange-traded fund (checked by eye on every such name when this was
written). A symbol that none of them names is not listed here: its name and type were not observed.
"""

import csv
import gzip
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from amc_assets.replay.market import FloatRow, Listing, ShortInterestReport
from amc_assets.replay.spelling import canonical_from_screener

FLOAT_FILE = "ShortInterest_01-15-21_01-28-21.csv.gz"
FLOAT_DATE = date(2021, 1, 28)
SCREENERS = {"nasdaq_screener_1611857411887.csv.gz": "Q", "nasdaq_screener_1611857427822.csv.gz": "N"}
EXCHANGE_OF_CLASS = {"NNM": "Q", "SC": "Q", "NYSE": "N", "AMEX": "A", "ARCA": "P", "BZX": "Z"}
_FUND_CLASSES = frozenset({"ARCA", "BZX"})
_ETF_NAME = re.compile(r"\b(ETF|ETN|ETFS|Index Fund|Exchange[- ]Traded)\b", re.IGNORECASE)
_TYPE_OF_SPELLING = (
    ("PFD", re.compile(r"[A-Z]+p[A-Z]?")),
    ("WARRANT", re.compile(r".+\.WS")),
    ("UNIT", re.compile(r".+\.U")),
)
_TYPES = (
    ("WARRANT", re.compile(r"\bwarrants?\b", re.IGNORECASE)),
    ("UNIT", re.compile(r"\bunits?\b(?!.*\b(partner|beneficial|l\.?p\.?\b))", re.IGNORECASE)),
    ("RIGHT", re.compile(r"\brights?\b", re.IGNORECASE)),
    ("PFD", re.compile(r"\b(preferred|preference)\b", re.IGNORECASE)),
    ("ADRC", re.compile(r"\b(depositary|ADR|ADS)\b", re.IGNORECASE)),
)


def read_floats(folder: Path) -> list[FloatRow]:
    """Return the floats shown on 2021-01-28; rows without one are left out, not guessed."""
    rows = []
    for row in _rows(folder / FLOAT_FILE):
        if row["Public_Float"] not in {"", "NA"}:
            outstanding = row["Shares_Outstanding"]
            known = float(outstanding) if outstanding not in {"", "NA"} else None
            rows.append(FloatRow(row["Ticker"], FLOAT_DATE, float(row["Public_Float"]), known))
    return sorted(
        (FloatRow(canonical_from_screener(row.symbol), row.effective_date, row.float_shares, row.outstanding_shares)
         for row in rows),
        key=lambda row: row.symbol,
    )  # fmt: skip


def read_directory(folder: Path, report: ShortInterestReport | None, traded: frozenset[str]) -> list[Listing]:
    """Return the listings: recorded directory first, then the screener page, then reported names of traded symbols."""
    listings: dict[str, Listing] = {}
    for row in _rows(folder / "nasdaqtraded_symbols_valid_meta.csv.gz"):
        is_etf = row["ETF"] == "Y"
        name = row["Security Name"].strip()
        listings[row["Symbol"]] = Listing(
            row["Symbol"], name, row["Listing Exchange"], is_etf, row["Test Issue"] == "Y", polygon_type(name, is_etf)
        )
    classes = {} if report is None else dict(zip(report.symbols, report.market_classes, strict=True))
    for file_name, default_exchange in SCREENERS.items():
        for row in _rows(folder / file_name):
            symbol = canonical_from_screener(row["Symbol"])
            if symbol not in listings:
                market_class = classes.get(symbol.replace(".", ""), "")
                exchange = EXCHANGE_OF_CLASS.get(market_class, default_exchange)
                listings[symbol] = _listing(symbol, row["Name"].strip(), exchange, market_class)
    for symbol, name, market_class in _reported(report):
        if symbol in traded and symbol not in listings and market_class in EXCHANGE_OF_CLASS:
            listings[symbol] = Listing(symbol, name, EXCHANGE_OF_CLASS[market_class], True, False, "ETF")
    return sorted(listings.values(), key=lambda listing: listing.symbol)


def polygon_type(name: str, is_etf: bool) -> str:
    """Return Polygon's type code as far as the name tells: ETF flag, warrant, unit, right, preferred, ADR, else CS."""
    if is_etf:
        return "ETF"
    return next((code for code, pattern in _TYPES if pattern.search(name)), "CS")


def _listing(symbol: str, name: str, exchange: str, market_class: str) -> Listing:
    is_etf = market_class in _FUND_CLASSES or _ETF_NAME.search(name) is not None
    spelled = (code for code, pattern in _TYPE_OF_SPELLING if pattern.fullmatch(symbol))
    return Listing(symbol, name, exchange, is_etf, False, next(spelled, polygon_type(name, is_etf)))


def _reported(report: ShortInterestReport | None) -> Iterator[tuple[str, str, str]]:
    if report is None:
        return iter(())
    return zip(report.symbols, report.issue_names, report.market_classes, strict=True)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)

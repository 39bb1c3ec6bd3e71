"""Recorded listings: symbol directory, screener pages and short-interest reports, as far as a folder holds them.

A directory may be incomplete. For the symbols it lacks the name comes from the screener page, else from the
short-interest report; the exchange from FINRA's market class. Where a screener page was recorded it lists stocks only,
so what trades, is reported and is not on that page is taken for an exchange-traded fund; without such a page the type
follows from market class and name. A symbol that none of them names is not listed: its name and type were not observed.
"""

import re
from collections.abc import Iterable, Sequence

from amc_assets.replay.market import Listing, ShortInterestReport, TextArray
from amc_assets.replay.recorded_folder import RecordedFolder
from amc_assets.replay.recorded_tables import csv_rows
from amc_assets.replay.spelling import canonical_from_screener, finra_interest

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
_DIRECTORY_COLUMNS = ("Symbol", "Security Name", "Listing Exchange", "ETF", "Test Issue")


def read_listings(
    folder: RecordedFolder, reports: Sequence[ShortInterestReport], traded: frozenset[str]
) -> list[Listing]:
    """Return the listings by symbol: recorded directory first, then screener pages, then reported names.

    ``reports`` newest first; of them only names in ``traded`` count, which has the canonical symbols with bars.
    """
    listings = _directory(folder)
    classes = _first_of_each((report.symbols, report.market_classes) for report in reports)
    for file_name, default_exchange in folder.description.screeners.items():
        for row in csv_rows(folder.path / file_name, ("Symbol", "Name")):
            symbol = canonical_from_screener(row["Symbol"])
            if symbol not in listings:
                market_class = classes.get(finra_interest(symbol), "")
                exchange = EXCHANGE_OF_CLASS.get(market_class, default_exchange)
                listings[symbol] = _listing(symbol, row["Name"].strip(), exchange, market_class)
    names = _first_of_each((report.symbols, report.issue_names) for report in reports)
    for symbol in sorted(traded - listings.keys()):
        spelled = finra_interest(symbol)
        market_class = classes.get(spelled, "")
        if market_class in EXCHANGE_OF_CLASS:
            listings[symbol] = _reported(symbol, names[spelled], market_class, folder)
    return sorted(listings.values(), key=lambda listing: listing.symbol)


def polygon_type(name: str, is_etf: bool) -> str:
    """Return Polygon's type code as far as the name tells: ETF flag, warrant, unit, right, preferred, ADR, else CS."""
    if is_etf:
        return "ETF"
    return next((code for code, pattern in _TYPES if pattern.search(name)), "CS")


def _directory(folder: RecordedFolder) -> dict[str, Listing]:
    said, listings = folder.description.directory, {}
    for row in csv_rows(folder.path / said.file, _DIRECTORY_COLUMNS) if said else ():
        is_etf = row["ETF"] == "Y"
        name = row["Security Name"].strip()
        listings[row["Symbol"]] = Listing(
            row["Symbol"], name, row["Listing Exchange"], is_etf, row["Test Issue"] == "Y", polygon_type(name, is_etf)
        )
    return listings


def _first_of_each(columns: Iterable[tuple[TextArray, TextArray]]) -> dict[str, str]:
    """Return symbol -> text; of several reports the first one that names a symbol counts."""
    found: dict[str, str] = {}
    for symbols, texts in columns:
        found = {**dict(zip(symbols, texts, strict=True)), **found}
    return found


def _reported(symbol: str, name: str, market_class: str, folder: RecordedFolder) -> Listing:
    exchange = EXCHANGE_OF_CLASS[market_class]
    if folder.description.screeners:
        return Listing(symbol, name, exchange, True, False, "ETF")
    return _listing(symbol, name, exchange, market_class)


def _listing(symbol: str, name: str, exchange: str, market_class: str) -> Listing:
    is_etf = market_class in _FUND_CLASSES or _ETF_NAME.search(name) is not None
    spelled = (code for code, pattern in _TYPE_OF_SPELLING if pattern.fullmatch(symbol))
    return Listing(symbol, name, exchange, is_etf, False, next(spelled, polygon_type(name, is_etf)))

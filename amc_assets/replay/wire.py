"""Exact bytes of the pipe-separated files: FINRA's two and the Nasdaq symbol directory.

Layouts: FINRA daily short sale volume files and short interest files, Nasdaq Trader symbol directory. Nothing here
knows HTTP; Polygon's JSON is in ``wire_polygon.py`` and FINRA's query pages in ``finra_api.py``.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from amc_assets.replay.market import FloatArray, Listing, ShortInterestReport, ShortVolumeOfDay
from amc_assets.replay.spelling import directory_nasdaq_symbol, directory_symbol, finra_daily

SHORT_VOLUME_HEADER = "Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"
SHORT_INTEREST_HEADER = (
    "accountingYearMonthNumber|symbolCode|issueName|issuerServicesGroupExchangeCode|marketClassCode|"
    "currentShortPositionQuantity|previousShortPositionQuantity|stockSplitFlag|averageDailyVolumeQuantity|"
    "daysToCoverQuantity|revisionFlag|changePercent|changePreviousNumber|settlementDate"
)
DIRECTORY_HEADER = (
    "Nasdaq Traded|Symbol|Security Name|Listing Exchange|Market Category|ETF|Round Lot Size|Test Issue|"
    "Financial Status|CQS Symbol|NASDAQ Symbol|NextShares"
)


def short_volume_file(day: date, volume: ShortVolumeOfDay) -> bytes:
    """Return the CNMS file of ``day``: header, one line per symbol, the bare row count as trailer."""
    stamp = f"{day:%Y%m%d}"
    columns = zip(
        map(finra_daily, volume.symbols),
        quantities(volume.short_volume_shares),
        quantities(volume.short_exempt_volume_shares),
        quantities(volume.total_volume_shares),
        volume.market_codes,
        strict=True,
    )
    lines = [f"{stamp}|{symbol}|{short}|{exempt}|{total}|{codes}" for symbol, short, exempt, total, codes in columns]
    return "\n".join([SHORT_VOLUME_HEADER, *lines, str(len(lines)), ""]).encode("ascii")


def of_venue(volume: ShortVolumeOfDay, *, is_otc: bool) -> ShortVolumeOfDay:
    """Return the rows of the OTC reporting facility (market code ``O`` alone), or all the others."""
    keep = (volume.market_codes == "O") == is_otc
    if bool(keep.all()):
        return volume
    return ShortVolumeOfDay(
        volume.symbols[keep], volume.short_volume_shares[keep], volume.short_exempt_volume_shares[keep],
        volume.total_volume_shares[keep], volume.market_codes[keep],
    )  # fmt: skip


def short_interest_file(report: ShortInterestReport) -> bytes:
    """Return the ``shrt`` file of a settlement date: pipe-separated whatever its name says, without trailer."""
    stamp, iso = f"{report.settlement_date:%Y%m%d}", report.settlement_date.isoformat()
    change_shares = report.short_interest_shares - report.previous_short_interest_shares
    columns = zip(
        report.symbols, report.issue_names, report.exchange_codes, report.market_classes,
        quantities(report.short_interest_shares), quantities(report.previous_short_interest_shares),
        _flags(report.is_split_flagged, "S"), quantities(report.average_daily_volume_shares),
        _two_places(report.days_to_cover), _flags(report.is_revision_flagged, "R"),
        _two_places(report.change_pct), quantities(change_shares),
        strict=True,
    )  # fmt: skip
    lines = [f"{stamp}|{'|'.join(row)}|{iso}" for row in columns]
    return "\n".join([SHORT_INTEREST_HEADER, *lines, ""]).encode("latin-1", "replace")


def directory_file(day: date, listings: Sequence[Listing]) -> bytes:
    """Return ``nasdaqtraded.txt`` as created on the evening of ``day``, with its ``File Creation Time`` trailer."""
    lines = [_directory_line(listing) for listing in listings]
    trailer = f"File Creation Time: {day:%m%d%Y}21:30|||||||||||"
    return "\r\n".join([DIRECTORY_HEADER, *lines, trailer, ""]).encode("latin-1", "replace")


def quantities(values: FloatArray) -> list[str]:
    """Return share counts as FINRA prints them: whole numbers bare, others with up to six decimals."""
    return [_quantity(value) for value in values.tolist()]


def _quantity(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0")


def _two_places(values: FloatArray) -> list[str]:
    return [f"{value:.2f}" for value in values.tolist()]


def _flags(flags: Iterable[bool], letter: str) -> list[str]:
    return [letter if flag else "" for flag in flags]


def _directory_line(listing: Listing) -> str:
    on_nasdaq = listing.exchange == "Q"
    cells = (
        "Y",
        directory_symbol(listing.symbol),
        listing.name.replace("|", " "),
        listing.exchange,
        "Q" if on_nasdaq else " ",
        "Y" if listing.is_etf else "N",
        "100",
        "Y" if listing.is_test_issue else "N",
        "N" if on_nasdaq else "",
        "" if on_nasdaq else listing.symbol,
        directory_nasdaq_symbol(listing.symbol),
        "N",
    )
    return "|".join(cells)

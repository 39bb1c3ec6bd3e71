"""Bodies of Nasdaq in its own wire formats, written by hand."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

DAY = date(2026, 11, 20)
TICKERS = (*(f"S{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(27)), "NA", "NULL", "TRUE")

DIRECTORY_HEADER = (
    "Nasdaq Traded|Symbol|Security Name|Listing Exchange|Market Category|ETF|Round Lot Size|Test Issue|"
    "Financial Status|CQS Symbol|NASDAQ Symbol|NextShares"
)
CREATED = "File Creation Time: 1120202621:30|||||||||||"


def directory_row(symbol: str, **cells: str) -> str:
    """Return one line of the directory."""
    line = dict.fromkeys(DIRECTORY_HEADER.split("|"), "")
    line |= {"Nasdaq Traded": "Y", "Symbol": symbol, "Security Name": f'{symbol} "A" Corp. - Common Stock',
             "Listing Exchange": "Q", "ETF": "N", "Test Issue": "N"}  # fmt: skip
    return "|".join((line | cells).values())


def directory(lines: Sequence[str], trailer: str = CREATED) -> bytes:
    """Return the directory of these lines."""
    return ("\r\n".join([DIRECTORY_HEADER, *lines, trailer]) + "\r\n").encode()


def halt(symbol: str, **fields: str) -> str:
    """Return one item of the halts feed; a field given as "" is sent empty, as Nasdaq does."""
    values = {
        "HaltDate": "11/20/2026", "HaltTime": "09:45:01.125", "IssueSymbol": symbol, "IssueName": f"{symbol} Cmn Stk",
        "Market": "NASDAQ", "ReasonCode": "LUDP", "PauseThresholdPrice": "", "ResumptionDate": "",
        "ResumptionQuoteTime": "", "ResumptionTradeTime": "", **fields,
    }  # fmt: skip
    cells = "".join(
        f"<ndaq:{name}>{value}</ndaq:{name}>" if value else f"<ndaq:{name} />" for name, value in values.items()
    )
    return f"<item><title>{symbol}</title><pubDate>Fri, 20 Nov 2026 05:00:00 GMT</pubDate>{cells}</item>"


def halts(items: Sequence[str], announced: int | None = None) -> bytes:
    """Return the feed of these items with the mark of the beginning that Nasdaq sends."""
    count = len(items) if announced is None else announced
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\r\n<rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/">'
        f"<channel><title>NASDAQTrader.com</title><ttl>1</ttl><ndaq:numItems>{count}</ndaq:numItems>\r\n"
    )
    return b"\xef\xbb\xbf" + (head + "\r\n".join(items) + "\r\n</channel>\r\n</rss>").encode()


NASDAQ_LIST_HEADER = "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|Filler"
NYSE_LIST_HEADER = "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Filler|Filler"


def threshold(lines: Sequence[str], header: str = NASDAQ_LIST_HEADER, stamp: str = "20261120230020") -> bytes:
    """Return a threshold list of these lines."""
    return ("\n".join([header, *lines, stamp]) + "\n").encode()


def threshold_row(symbol: str, flag: str = "Y", name: str = "") -> str:
    """Return one line of a threshold list."""
    return f"{symbol}|{name or symbol + ' CORP COM'}|G|{flag}|N|"


def screened(symbol: str, **cells: object) -> dict[str, object]:
    """Return one row of the screener."""
    return {
        "symbol": symbol, "name": f"{symbol} Inc. Common Stock", "lastsale": "$1.30", "netchange": "-0.02",
        "pctchange": "-1.515%", "volume": "28582", "marketCap": "40755651.00", "country": "China", "ipoyear": "",
        "industry": "Other Consumer Services", "sector": "Consumer Services", "url": f"/market-activity/{symbol}",
        **cells,
    }  # fmt: skip


def screener(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return the answer with ``download=true``."""
    data = {"asOf": None, "headers": {"symbol": "Symbol"}, "rows": list(rows)}
    return json.dumps({"data": data, "message": None, "status": {"rCode": 200}}).encode()

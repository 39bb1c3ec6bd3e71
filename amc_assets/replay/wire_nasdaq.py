"""Exact bytes of Nasdaq's trade-halts feed, the exchanges' threshold lists and the stock screener.

Halts: an RSS feed with a byte-order mark and wall times of New York without a zone. Threshold lists end with the stamp
of their making. Screener: numbers as text, with signs of dollar and percent.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from amc_assets.market.calendar import NEW_YORK
from amc_assets.replay.feed_text import element, escaped, rfc822
from amc_assets.replay.market import HaltRow, Listing
from amc_assets.replay.spelling import directory_symbol, screener_symbol
from amc_assets.replay.symbol_history import SymbolBar

BOM = b"\xef\xbb\xbf"
THRESHOLD_HEADER = "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|Filler"
MARKET_NAMES = {"Q": "NASDAQ", "N": "NYSE", "A": "AMEX", "P": "NYSE Arca", "Z": "BATS"}
_HALT_COLUMNS = (
    "Halt Date", "Halt Time", "Issue Symbol", "Issue Name", "Market", "Reason Code", "Pause Threshold Price",
    "Resumption Date", "Resumption Quote Time", "Resumption Trade Time",
)  # fmt: skip
_HALT_ELEMENTS = (
    "HaltDate", "HaltTime", "IssueSymbol", "IssueName", "Market", "ReasonCode", "PauseThresholdPrice",
    "ResumptionDate", "ResumptionQuoteTime", "ResumptionTradeTime",
)  # fmt: skip
_SCREENER_HEADERS = {
    "symbol": "Symbol", "name": "Name", "lastsale": "Last Sale", "netchange": "Net Change", "pctchange": "% Change",
    "marketCap": "Market Cap", "country": "Country", "ipoyear": "IPO Year", "volume": "Volume", "sector": "Sector",
    "industry": "Industry", "url": "Url",
}  # fmt: skip
_SHORT_COLUMNS = ("symbol", "name", "lastsale", "netchange", "pctchange", "marketCap", "url")
_JSON = msgspec.json.Encoder()


def halts_feed(halts: Sequence[HaltRow], now: datetime) -> bytes:
    """Return the feed of ``halts`` as of ``now``, newest first; resumption times are there once they have passed."""
    items = "".join(_halt(halt, now) for halt in sorted(halts, key=lambda halt: halt.halted_at, reverse=True))
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/">\n'
        "  <channel>\n    <title>NASDAQTrader.com</title>\n    <link>http://www.nasdaqtrader.com</link>\n"
        f"    <description>NASDAQ Trade Halts</description>\n    <pubDate>{rfc822(now)}</pubDate>\n    <ttl>1</ttl>\n"
        f"    <ndaq:numItems>{len(halts)}</ndaq:numItems>\n{items}  </channel>\n</rss>\n"
    )
    return BOM + text.encode()


def threshold_list(day: date, listings: Sequence[Listing], *, clock_time: str) -> bytes:
    """Return the list of ``day`` made at ``clock_time`` (HHMMSS, New York); every row is flagged."""
    lines = [
        f"{directory_symbol(row.symbol)}|{row.name.replace('|', ' ')}|{'Q' if row.exchange == 'Q' else ''}|Y|N|"
        for row in sorted(listings, key=lambda row: row.symbol)
    ]
    return "\r\n".join([THRESHOLD_HEADER, *lines, f"{day:%Y%m%d}{clock_time}", ""]).encode("latin-1", "replace")


def screener_rows(
    listings: Sequence[Listing],
    newest: Mapping[str, SymbolBar],
    before: Mapping[str, SymbolBar],
    outstanding_shares: Mapping[str, float],
) -> list[dict[str, str]]:
    """Return the rows of the stocks (no funds, no test issues) that have a last sale; what is unknown is blank."""
    rows = [
        _screener_row(row, newest[row.symbol], before.get(row.symbol), outstanding_shares.get(row.symbol))
        for row in listings
        if row.symbol in newest and not row.is_etf and not row.is_test_issue
    ]
    return sorted(rows, key=lambda row: row["symbol"])


def screener_download(rows: Sequence[dict[str, str]]) -> bytes:
    """Return all columns, as ``download=true`` does."""
    return _enveloped({"asOf": None, "headers": _SCREENER_HEADERS, "rows": list(rows)})


def screener_page(rows: Sequence[dict[str, str]], *, first: int, limit: int) -> bytes:
    """Return one page of fewer columns, in another place of the body."""
    page = [{name: row[name] for name in _SHORT_COLUMNS} for row in rows[first : first + limit]]
    headers = {name: _SCREENER_HEADERS[name] for name in _SHORT_COLUMNS if name != "url"}
    table = {"asOf": None, "headers": headers, "rows": page}
    return _enveloped({"filters": None, "table": table, "totalrecords": len(rows), "asof": None})


def _halt(halt: HaltRow, now: datetime) -> str:
    halted_at = halt.halted_at.astimezone(NEW_YORK)
    resumed = halt.resumed_at if halt.resumed_at is not None and halt.resumed_at <= now else None
    wall = resumed.astimezone(NEW_YORK) if resumed is not None else None
    values = (
        f"{halted_at:%m/%d/%Y}", f"{halted_at:%H:%M:%S}", directory_symbol(halt.symbol), halt.name,
        MARKET_NAMES.get(halt.exchange, halt.exchange), halt.reason_code, "",
        f"{wall:%m/%d/%Y}" if wall else "", "", f"{wall:%H:%M:%S}" if wall else "",
    )  # fmt: skip
    elements = "\n      ".join(
        element(f"ndaq:{name}", value) for name, value in zip(_HALT_ELEMENTS, values, strict=True)
    )
    heads = "".join(f'<th align="left">{name}</th>' for name in _HALT_COLUMNS)
    cells = "".join(f'<td valign="top">{escaped(value).replace("]]>", "")}</td>' for value in values)
    table = f'<table width="100%" cellpadding="5"><tr>{heads}</tr><tr>{cells}</tr></table>'
    # the feed's own pubDate prints New York's wall time and calls it GMT
    published = f"{rfc822(halt.halted_at)[:16]} {halted_at:%H:%M:%S} GMT"
    return (
        f"    <item>\n      <title>{escaped(directory_symbol(halt.symbol))}</title>\n"
        f"      <pubDate>{published}</pubDate>\n      {elements}\n"
        f"      <description><![CDATA[{table}]]></description>\n    </item>\n"
    )


def _screener_row(row: Listing, bar: SymbolBar, before: SymbolBar | None, shares: float | None) -> dict[str, str]:
    change = None if before is None else bar.close_usd - before.close_usd
    symbol = screener_symbol(row.symbol)
    return {
        "symbol": symbol,
        "name": row.name,
        "lastsale": f"${bar.close_usd:.4g}" if bar.close_usd < 1 else f"${bar.close_usd:.2f}",
        "netchange": "" if change is None else f"{change:.4f}",
        "pctchange": "" if change is None or before is None else f"{100 * change / before.close_usd:.3f}%",
        "volume": str(round(bar.volume_shares)),
        "marketCap": "" if shares is None else f"{shares * bar.close_usd:.2f}",
        "country": "",
        "ipoyear": "",
        "industry": "",
        "sector": "",
        "url": f"/market-activity/stocks/{symbol.lower().replace('/', '-')}",
    }


def _enveloped(data: dict[str, Any]) -> bytes:
    status = {"rCode": 200, "bCodeMessage": None, "developerMessage": None}
    return _JSON.encode({"data": data, "message": None, "status": status})

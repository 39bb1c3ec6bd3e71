"""Exact bytes of Alpha Vantage's answers about one symbol: overview, quote, series of bars in JSON and CSV.

Every number is text. What is not known is ``None`` in the overview, as the provider writes it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from amc_assets.market.calendar import NEW_YORK
from amc_assets.replay.market import Listing
from amc_assets.replay.minute_bars import MinuteBars
from amc_assets.replay.spelling import dashed
from amc_assets.replay.symbol_history import SymbolBar

MISSING = "None"
CSV_HEADER = "timestamp,open,high,low,close,volume"
EXCHANGE_NAMES = {"Q": "NASDAQ", "N": "NYSE", "A": "NYSE MKT", "P": "NYSE ARCA", "Z": "BATS"}
_BAR_KEYS = ("1. open", "2. high", "3. low", "4. close", "5. volume")
_JSON = msgspec.json.Encoder()


def overview(
    listing: Listing,
    *,
    cik: int | None,
    outstanding_shares: float | None,
    float_shares: float | None,
    quarter: date | None,
    newest: SymbolBar | None,
) -> bytes:
    """Return the overview of a company; sector, industry and holders are not known of any market here."""
    capitalisation = None
    if outstanding_shares is not None and newest is not None:
        capitalisation = outstanding_shares * newest.close_usd
    body = {
        "Symbol": dashed(listing.symbol),
        "AssetType": "Common Stock",
        "Name": listing.name,
        "Description": MISSING,
        "CIK": MISSING if cik is None else str(cik),
        "Exchange": EXCHANGE_NAMES.get(listing.exchange, MISSING),
        "Currency": "USD",
        "Country": MISSING,
        "Sector": MISSING,
        "Industry": MISSING,
        "LatestQuarter": MISSING if quarter is None else quarter.isoformat(),
        "MarketCapitalization": _count(capitalisation),
        "SharesOutstanding": _count(outstanding_shares),
        "SharesFloat": _count(float_shares),
        "PercentInsiders": MISSING,
        "PercentInstitutions": MISSING,
    }
    return _JSON.encode(body)


def global_quote(symbol: str, bars: Sequence[SymbolBar]) -> bytes:
    """Return the quote of the newest bar of ``bars`` (newest first); an empty inner object without one."""
    if not bars:
        return _JSON.encode({"Global Quote": {}})
    newest, before = bars[0], bars[1] if len(bars) > 1 else None
    quote = {
        "01. symbol": dashed(symbol),
        "02. open": price(newest.open_usd),
        "03. high": price(newest.high_usd),
        "04. low": price(newest.low_usd),
        "05. price": price(newest.close_usd),
        "06. volume": str(round(newest.volume_shares)),
        "07. latest trading day": newest.day.isoformat(),
    }
    if before is not None:
        change = newest.close_usd - before.close_usd
        quote |= {
            "08. previous close": price(before.close_usd),
            "09. change": price(change),
            "10. change percent": f"{100 * change / before.close_usd:.4f}%",
        }
    return _JSON.encode({"Global Quote": quote})


def daily_series(symbol: str, bars: Sequence[SymbolBar], *, is_full: bool) -> bytes:
    """Return ``TIME_SERIES_DAILY`` of ``bars``, newest first."""
    meta = {
        "1. Information": "Daily Prices (open, high, low, close) and Volumes",
        "2. Symbol": dashed(symbol),
        "3. Last Refreshed": bars[0].day.isoformat(),
        "4. Output Size": "Full size" if is_full else "Compact",
        "5. Time Zone": "US/Eastern",
    }
    series = {bar.day.isoformat(): dict(zip(_BAR_KEYS, _texts(bar), strict=True)) for bar in bars}
    return _JSON.encode({"Meta Data": meta, "Time Series (Daily)": series})


def daily_csv(bars: Sequence[SymbolBar]) -> bytes:
    """Return the CSV of ``bars``, newest first."""
    return _csv([(bar.day.isoformat(), *_texts(bar)) for bar in bars])


def intraday_series(symbol: str, bars: MinuteBars, *, interval: str, is_full: bool) -> bytes:
    """Return ``TIME_SERIES_INTRADAY``, newest first; times are New York's wall times without a zone."""
    rows = _intraday_rows(bars)
    meta = {
        "1. Information": f"Intraday ({interval}) open, high, low, close prices and volume",
        "2. Symbol": dashed(symbol),
        "3. Last Refreshed": rows[0][0],
        "4. Interval": interval,
        "5. Output Size": "Full size" if is_full else "Compact",
        "6. Time Zone": "US/Eastern",
    }
    series = {row[0]: dict(zip(_BAR_KEYS, row[1:], strict=True)) for row in rows}
    return _JSON.encode({"Meta Data": meta, f"Time Series ({interval})": series})


def intraday_csv(bars: MinuteBars) -> bytes:
    """Return the CSV of intraday bars, newest first."""
    return _csv(_intraday_rows(bars))


def price(value: float) -> str:
    """Return a price as the provider prints it: four decimals."""
    return f"{value:.4f}"


def _texts(bar: SymbolBar) -> tuple[str, ...]:
    prices = (bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd)
    return (*map(price, prices), str(round(bar.volume_shares)))


def _intraday_rows(bars: MinuteBars) -> list[tuple[str, ...]]:
    times = [datetime.fromtimestamp(start, UTC).astimezone(NEW_YORK) for start in bars.start_seconds.tolist()]
    prices = [map(price, column.tolist()) for column in (bars.open_usd, bars.high_usd, bars.low_usd, bars.close_usd)]
    volumes = [str(round(volume)) for volume in bars.volume_shares.tolist()]
    stamps = [f"{at:%Y-%m-%d %H:%M:%S}" for at in times]
    return list(zip(stamps, *prices, volumes, strict=True))[::-1]


def _csv(rows: Sequence[tuple[str, ...]]) -> bytes:
    return "\r\n".join([CSV_HEADER, *(",".join(row) for row in rows), ""]).encode()


def _count(value: float | None) -> str:
    return MISSING if value is None else str(int(value))

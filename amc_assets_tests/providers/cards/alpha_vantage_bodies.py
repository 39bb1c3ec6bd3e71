"""Bodies in Alpha Vantage's wire format, written by hand: everything is text, keys carry ordinals."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

DAY = date(2026, 11, 20)
KEYLESS = (
    "the parameter apikey is invalid or missing. Please claim your free API key on (https://www.alphavantage.co/)."
)
BAD_CALL = "Invalid API call. Please retry or visit the documentation (https://www.alphavantage.co/documentation/)."
BAD_INPUTS = (
    "Invalid inputs. Please refer to the API documentation https://www.alphavantage.co/documentation and try again."
)
NO_ARTICLES = "No articles found. Please adjust the time range or refer to the API documentation and try again."
BURST = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request "
    "per second). You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to lift the "
    "free key rate limit (25 requests per day), raise the per-second burst limit, and instantly unlock all premium "
    "endpoints"
)
BURST_PAID = "Burst pattern detected. Please keep to no more than 5 requests per second."
QUOTA = (
    "Thank you for using Alpha Vantage! Our standard API rate limit is 25 requests per day. Please subscribe to any of "
    "the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
)
OLD_NOTE = (
    "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day. "
    "Please visit https://www.alphavantage.co/premium/ if you would like to target a higher API call frequency."
)
PAYWALL = (
    "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans at "
    "https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints"
)
PAID_SIZE = (
    "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium feature for the "
    "TIME_SERIES_DAILY endpoint. You may subscribe to any of the premium plans"
)
DEMO = (
    "The **demo** API key is for demo purposes only. Please claim your free API key at (https://www.alphavantage.co/)"
)
ARTIFICIAL = (
    "This is a premium endpoint. ***THE SAMPLE DATA SCHEMA BELOW IS ARTIFICIAL AND FOR ILLUSTRATION PURPOSES ONLY***. "
    "To access the actual data, please subscribe to either the 600 requests per minute or the 1200 requests per minute "
    "premium plan"
)


def said(text: str, under: str = "Information") -> bytes:
    """Return a refusal."""
    return json.dumps({under: text}).encode()


def overview(**changes: object) -> bytes:
    """Return a company's overview, with what the parser does not read too; a change to None leaves the member out."""
    members = {
        "Symbol": "GME", "AssetType": "Common Stock", "Name": "GameStop Corp.", "CIK": "1326380", "Exchange": "NYSE",
        "Currency": "USD", "Sector": "CONSUMER CYCLICAL", "Industry": "SPECIALTY RETAIL", "LatestQuarter": "2026-07-31",
        "MarketCapitalization": "10300000000", "PERatio": "None", "DividendYield": "-",
        "SharesOutstanding": "447340000", "SharesFloat": "408700000",
        "PercentInsiders": "8.571", "PercentInstitutions": "39.12", **changes,
    }  # fmt: skip
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def quote(top: str = "Global Quote", **changes: object) -> bytes:
    """Return a quote; names of changes without their ordinals, blanks as underscores."""
    members = {
        "01. symbol": "GME", "02. open": "22.6300", "03. high": "23.1700", "04. low": "22.1400", "05. price": "22.9300",
        "06. volume": "9062853", "07. latest trading day": "2026-11-20", "08. previous close": "22.7900",
        "09. change": "0.1400", "10. change percent": "0.6143%",
    }  # fmt: skip
    for name, value in changes.items():
        full = next(key for key in members if key.partition(". ")[2].replace(" ", "_") == name)
        if value is None:
            del members[full]
        else:
            members[full] = value  # type: ignore[assignment]
    return json.dumps({top: members}).encode()


def bar(**changes: str) -> dict[str, str]:
    """Return the five texts of a bar."""
    return {"open": "22.63", "high": "23.17", "low": "22.14", "close": "22.93", "volume": "90628", **changes}


Bars = Sequence[tuple[str, Mapping[str, str]]]


def intraday_rows(count: int) -> list[tuple[str, dict[str, str]]]:
    """Return five-minute bars from 09:30 of the day on, newest first."""
    walls = [f"{DAY} {9 + (30 + 5 * n) // 60:02d}:{(30 + 5 * n) % 60:02d}:00" for n in range(count)]
    return [(wall, bar(volume=str(1000 + n))) for n, wall in enumerate(walls)][::-1]


def daily_rows(count: int) -> list[tuple[str, dict[str, str]]]:
    """Return daily bars, newest first."""
    return [(str(DAY - timedelta(days=n)), bar(volume=str(1000 + n))) for n in range(count)]


def _series(name: str, meta: Mapping[str, str], rows: Bars) -> bytes:
    ordinals = {"open": "1. open", "high": "2. high", "low": "3. low", "close": "4. close", "volume": "5. volume"}
    members = [
        f"{json.dumps(time)}: {json.dumps({ordinals[key]: value for key, value in texts.items()})}"
        for time, texts in rows  # by hand: one time may occur twice
    ]
    return f'{{"Meta Data": {json.dumps(dict(meta))}, "{name}": {{{", ".join(members)}}}}}'.encode()


def intraday(rows: Bars, **meta: str) -> bytes:
    """Return an intraday series."""
    head = {
        "1. Information": "Intraday (5min) open, high, low, close prices and volume", "2. Symbol": "GME",
        "3. Last Refreshed": f"{DAY} 19:55:00", "4. Interval": "5min", "5. Output Size": "Full size",
        "6. Time Zone": "US/Eastern",
    }  # fmt: skip
    named = {name: meta.get(name.partition(". ")[2].replace(" ", "_"), value) for name, value in head.items()}
    return _series(f"Time Series ({named['4. Interval']})", named, rows)


def daily(rows: Bars, symbol: str = "GME") -> bytes:
    """Return a daily series."""
    head = {
        "1. Information": "Daily Prices (open, high, low, close) and Volumes", "2. Symbol": symbol,
        "3. Last Refreshed": str(DAY), "4. Output Size": "Compact", "5. Time Zone": "US/Eastern",
    }  # fmt: skip
    return _series("Time Series (Daily)", head, rows)


def bars_csv(rows: Bars, header: str = "timestamp,open,high,low,close,volume") -> bytes:
    """Return the same bars as CSV."""
    lines = [header, *(",".join([time, *texts.values()]) for time, texts in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def item(number: int, **changes: object) -> dict[str, object]:
    """Return one item of news."""
    return {
        "title": f"GameStop item {number}", "url": f"https://news.test/{number}", "time_published": "20261120T170245",
        "authors": ["A. Writer"], "summary": "Shares rose.", "banner_image": None, "source": "Benzinga",
        "topics": [{"topic": "Financial Markets", "relevance_score": "0.999174"}], "overall_sentiment_score": 0.12,
        "ticker_sentiment": [
            {"ticker": "AMC", "relevance_score": "0.1", "ticker_sentiment_score": "-0.3"},
            {"ticker": "GME", "relevance_score": "0.2", "ticker_sentiment_score": "0.25"},
        ], **changes,
    }  # fmt: skip


def feed(items: Sequence[Mapping[str, object]], **changes: object) -> bytes:
    """Return a feed of news."""
    head = {"items": str(len(items)), "sentiment_score_definition": "x <= -0.35: Bearish", "feed": list(items)}
    return json.dumps({**head, **changes}).encode()


def contract(number: int, **changes: object) -> dict[str, object]:
    """Return one contract: every other one a put; a change to None leaves the member out."""
    strike, side = 20 + number // 2, "call" if number % 2 == 0 else "put"
    members = {
        "contractID": f"GME261218{side[0].upper()}{strike * 1000:08d}", "symbol": "GME", "expiration": "2026-12-18",
        "strike": f"{strike}.00", "type": side, "last": "6.20", "mark": "6.21", "bid": "6.10", "bid_size": "12",
        "ask": "6.31", "ask_size": "9", "volume": "1200", "open_interest": "5321", "date": str(DAY),
        "implied_volatility": "0.27340", "delta": "-0.30010", "gamma": "0.00720", "theta": "-0.38730",
        "vega": "0.33570", "rho": "-0.08910", **changes,
    }  # fmt: skip
    return {name: value for name, value in members.items() if value is not None}


def chain(contracts: Sequence[Mapping[str, object]], message: str = "success") -> bytes:
    """Return a chain."""
    return json.dumps({"endpoint": "Historical Options", "message": message, "data": list(contracts)}).encode()


def artificial() -> bytes:
    """Return what a key without the plan may get: made-up contracts in a 200."""
    made_up = contract(
        0, contractID="XXYYZZ999999C00020000", symbol="XXYYZZ", expiration="2099-99-99", date="2099-99-99"
    )
    return chain([made_up, {**made_up, "type": "put"}], ARTIFICIAL)

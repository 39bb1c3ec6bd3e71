"""Bodies in Polygon's wire format, written here by hand and not by the project's own encoders."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

DAY = date(2026, 11, 20)
SETTLEMENT = date(2026, 10, 30)
MIDNIGHT_MS = 1795150800000  # 2026-11-20 00:00 New York: where a day bar of one ticker starts
END_MS = 1795208400000  # 2026-11-20 16:00 New York: where a grouped bar ends
NOON_NS = 1795194000 * 10**9 + 123_456_789  # 2026-11-20 12:00 New York and a little
SYMBOLS = [f"S{number:03d}" for number in range(57)] + ["NA", "NULL", "TRUE"]
Row = dict[str, object]


def answer(results: object, **changes: object) -> bytes:
    """Return Polygon's envelope around these results, without blanks as Polygon sends it."""
    return _json({"status": "OK", "request_id": "r1", "results": results, **changes})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def bar(symbol: str | None = None, **changes: object) -> Row:
    """Return one row of grouped daily bars; without a symbol one of a ticker's own bars, which starts at midnight."""
    named = {"T": symbol, "t": END_MS} if symbol is not None else {"t": MIDNIGHT_MS}
    return {"v": 1.12117471e08, "vw": 10.1, "o": 10, "c": 10.5, "h": 11.0, "l": 9.5, "n": 1000, **named, **changes}


def bars(rows: Sequence[Mapping[str, object]], **changes: object) -> bytes:
    """Return an answer with bars, grouped or of one ticker."""
    counts = {"queryCount": len(rows), "resultsCount": len(rows), "count": len(rows), "adjusted": False}
    return answer(rows, **{**counts, **changes})


def ticker(symbol: str, **changes: object) -> Row:
    """Return one row of the reference list."""
    row = {"ticker": symbol, "name": f"{symbol} Inc", "active": True, "type": "CS", "primary_exchange": "XNAS"}
    return {**row, **changes}


def split(symbol: str, **changes: object) -> Row:
    """Return one split."""
    return {"ticker": symbol, "execution_date": "2026-07-18", "split_from": 1, "split_to": 20, **changes}


def free_float(symbol: str, **changes: object) -> Row:
    """Return one free float."""
    return {"ticker": symbol, "effective_date": "2026-11-01", "free_float": 5e6, "free_float_percent": 79.5, **changes}


def name(symbol: str, **changes: object) -> Row:
    """Return one stock of the market snapshot."""
    return {
        "ticker": symbol, "day": {"o": 10, "h": 11, "l": 9.5, "c": 10.5, "v": 1e6, "vw": 10.2},
        "min": {"av": 999000}, "prevDay": {"c": 9.9}, "lastTrade": {"p": 10.51, "t": NOON_NS}, "updated": NOON_NS,
        **changes,
    }  # fmt: skip


def market(rows: Sequence[Mapping[str, object]], **changes: object) -> bytes:
    """Return the market snapshot; its list is called ``tickers``."""
    return _json({"status": "OK", "request_id": "r1", "count": len(rows), "tickers": rows, **changes})


def details(symbol: str = "GME", **changes: object) -> Row:
    """Return the details of one ticker."""
    return {
        "ticker": symbol, "name": "GameStop", "market": "stocks", "active": True, "type": "CS", "cik": "0001326380",
        "market_cap": 12.5e9, "share_class_shares_outstanding": 447300000, "weighted_shares_outstanding": 447350000,
        "list_date": "2002-02-13", **changes,
    }  # fmt: skip


def contract(strike: float = 150, **changes: object) -> Row:
    """Return one contract with its details only: a December call on GME."""
    sent = {
        "contract_type": "call", "expiration_date": "2026-12-18", "strike_price": strike, "shares_per_contract": 100,
        "ticker": f"O:GME261218C{round(strike * 1000):08d}",
    }  # fmt: skip
    inner = {name: changes.pop(name) for name in list(changes) if name in sent}
    return {"details": {**sent, **inner}, "open_interest": 813, **changes}


def full_contract(strike: float = 150, **changes: object) -> Row:
    """Return one contract with everything the best plan sends."""
    return {
        **contract(strike), "day": {"close": 29, "volume": 8, "last_updated": MIDNIGHT_MS * 10**6},
        "greeks": {"delta": 0.64, "gamma": 0.006, "theta": -0.03, "vega": 0.6}, "implied_volatility": 0.357,
        "last_quote": {"ask": 29.25, "ask_size": 209, "bid": 28.9, "bid_size": 294, "last_updated": NOON_NS},
        "last_trade": {"price": 29.2, "sip_timestamp": NOON_NS},
        "underlying_asset": {"ticker": "GME", "price": 159.96, "last_updated": NOON_NS}, **changes,
    }  # fmt: skip


def item(number: int = 0, **changes: object) -> Row:
    """Return one item of news."""
    return {
        "id": f"id{number}", "title": f"Title {number}", "published_utc": "2026-11-20T13:30:00Z", "tickers": ["GME"],
        "article_url": f"https://n.test/{number}", "publisher": {"name": "N"}, **changes,
    }  # fmt: skip


def status(**changes: object) -> bytes:
    """Return the state of the market; it has no envelope."""
    return _json(
        {
            "market": "extended-hours", "earlyHours": False, "afterHours": True,
            "serverTime": "2026-11-20T16:05:00-05:00", "currencies": {"fx": "open", "crypto": "open"},
            "exchanges": {"nyse": "extended-hours", "nasdaq": "extended-hours", "otc": "closed"}, **changes,
        }
    )  # fmt: skip


def holiday(number: int = 0, **changes: object) -> Row:
    """Return one closed day of one exchange."""
    day = date.fromordinal(DAY.toordinal() + number)
    return {"exchange": "NYSE", "name": "Thanksgiving", "date": day.isoformat(), "status": "closed", **changes}


def half_day(**changes: object) -> Row:
    """Return one half day of one exchange."""
    hours = {"open": "2026-11-27T14:30:00.000Z", "close": "2026-11-27T18:00:00.000Z"}
    return holiday(date="2026-11-27", status="early-close", **{**hours, **changes})


def holidays(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return the bare array of holidays."""
    return _json(rows)


def position(symbol: str, **changes: object) -> Row:
    """Return one row of short interest."""
    return {
        "ticker": symbol, "settlement_date": "2026-10-30", "short_interest": 61782730, "avg_daily_volume": 500000,
        "days_to_cover": 2.55, **changes,
    }  # fmt: skip


def volume(symbol: str, **changes: object) -> Row:
    """Return one row of short volume; the ratio is in percent."""
    return {
        "ticker": symbol, "date": "2026-11-20", "short_volume": 181219, "total_volume": 574084, "exempt_volume": 67840,
        "short_volume_ratio": 31.57, **changes,
    }  # fmt: skip

"""Contract card of Yahoo's option chain: the body is what the room writes from yfinance's frames of one expiry."""

import json
from collections.abc import Sequence
from datetime import date

from amc_assets.providers.errors import NotEntitled, RateLimited, Unauthorized
from amc_assets.providers.yahoo.catalog import DATASETS
from amc_assets.providers.yahoo.chain import option_chain_request
from amc_assets_tests.providers.cards.card import REFUSED, Body, Card, Status

EXPIRATION = date(2026, 12, 18)
TRADED_AT = 1795208400  # 2026-11-20 16:00 New York
REQUEST = option_chain_request("GME", EXPIRATION)


def contract(number: int, side: str = "C", **changes: object) -> dict[str, object]:
    """Return one contract; a change to None is sent as null."""
    return {
        "contractSymbol": f"GME261218{side}{(20 + number) * 1000:08d}", "strike": 20.0 + number, "lastPrice": 6.2,
        "bid": 6.1, "ask": 6.31, "volume": 12.0, "openInterest": 5321, "impliedVolatility": 0.8203165,
        "contractSize": "REGULAR", **changes,
    }  # fmt: skip


def expiry(calls: Sequence[object], puts: Sequence[object] = (), **quote: object) -> bytes:
    """Return one expiry."""
    head = {"symbol": "GME", "regularMarketPrice": 22.93, "regularMarketTime": TRADED_AT, **quote}
    return json.dumps({"quote": head, "calls": list(calls), "puts": list(puts)}).encode()


def _contracts(body: bytes) -> int | None:
    try:
        pairs = json.loads(body, object_pairs_hook=tuple)
    except ValueError:
        return None
    sides = [value for name, value in pairs if name in ("calls", "puts")]
    return sum(map(len, sides)) if len(sides) == 2 else None


_CALLS, _PUTS = [contract(n) for n in range(30)], [contract(n, "P") for n in range(30)]
_SAME, _OTHER = contract(0), contract(0, bid=1.0)

CARDS: tuple[Card, ...] = (
    Card(
        DATASETS[0],
        REQUEST,
        ("GET", "https://query2.finance.yahoo.com/v7/finance/options/GME?symbol=GME&date=2026-12-18"),
        good=Body(expiry(_CALLS, _PUTS), rows=60),
        keys=("contract_symbol",),
        small=expiry(_CALLS[:15], _PUTS[:15]),
        rows_sent=_contracts,
        empty=Body(expiry([]), rows=0),
        # the library makes its own calls; these are the general table's, for the record that nothing overrides it
        statuses={"401": Status(401, Unauthorized), "403": Status(403, NotEntitled), "429": Status(429, RateLimited)},
        error_in_200={
            "finance error": Body(b'{"finance":{"result":null,"error":{"code":"Unauthorized"}}}', error=REFUSED),
            "other symbol": Body(expiry(_CALLS, symbol="AMC"), error=REFUSED),
            "no time": Body(expiry(_CALLS, regularMarketTime=None), error=REFUSED),
            "milliseconds": Body(expiry(_CALLS, regularMarketTime=TRADED_AT * 1000), error=REFUSED),
        },
        duplicated={
            "same": Body(expiry([*_CALLS, _SAME], _PUTS), 60, {"duplicate_row": 1}),
            "other": Body(expiry([*_CALLS, _OTHER], _PUTS), 59, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(expiry(_CALLS[::-1], _PUTS[::-1]), 60),
        wrong_column={"strike": Body(expiry(_CALLS).replace(b'"strike"', b'"price"'), error=REFUSED)},
        not_a_number={
            "text": Body(expiry([*_CALLS, contract(40, bid="6.1")]), 30, {"unreadable_row": 1}),
            "NaN": Body(expiry([*_CALLS, contract(40, bid=float("nan"))]), error=REFUSED),
            "zero strike": Body(expiry([*_CALLS, contract(40, strike=0)]), 30, {"price_not_positive": 1}),
            "negative volume": Body(expiry([*_CALLS, contract(40, volume=-1)]), 30, {"negative_number": 1}),
        },
        not_applicable={
            "not_found": "an unknown symbol has no list of expiries: the client says so before it asks for a chain",
            "key_in_no_output": "no key is sent",
        },
    ),
)

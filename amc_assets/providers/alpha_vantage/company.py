"""One company, one row: the overview (shares outstanding, float, sector) and the quote of the last session.

An unknown symbol is answered by an empty object, not by an error. What the provider leaves out is null, never zero: a
share count of zero was never observed on a listed stock and is taken for "unknown" too.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.alpha_vantage.answer import RawObject, open_object, raw_object, request_to
from amc_assets.providers.alpha_vantage.numbers import FloatArray, cast_texts, numbers, without_missing
from amc_assets.providers.errors import NotFound
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import BoolArray, Rejects, describer
from amc_assets.providers.wire.rows import NOT_JSON
from amc_assets.providers.wire.text import clean_text

OVERVIEW, GLOBAL_QUOTE = "overview", "global_quote"
_QUOTE = "Global Quote"  # "Global Quote - DATA DELAYED BY 15 MINUTES" on some plans
_TEXT_CHARACTERS = 120
_DAY_SECONDS = 86_400.0
_COUNTS = {  # column -> name on the wire; not positive: unknown
    "outstanding_shares": "SharesOutstanding",
    "float_shares": "SharesFloat",
    "market_cap_usd": "MarketCapitalization",
}
_SHARES = {"insiders_pct": "PercentInsiders", "institutions_pct": "PercentInstitutions"}
_PRICES = {
    "open_usd": "02. open",
    "high_usd": "03. high",
    "low_usd": "04. low",
    "close_usd": "05. price",
    "volume_shares": "06. volume",
    "previous_close_usd": "08. previous close",
}


def overview_request(base_url: str, api_key: str, symbol: str) -> Request:
    """Return the request for a company's overview; it changes with its quarterly report, calls are 25 a day."""
    params = {"function": "OVERVIEW", "symbol": symbol}
    month = 30 * _DAY_SECONDS
    return request_to(base_url, api_key, OVERVIEW, params, fresh_seconds=month, usable_seconds=3 * month)


def global_quote_request(base_url: str, api_key: str, symbol: str) -> Request:
    """Return the request for the quote of the last session."""
    return request_to(base_url, api_key, GLOBAL_QUOTE, {"function": "GLOBAL_QUOTE", "symbol": symbol})


def parse_overview(body: bytes, request: Request) -> Parsed:
    """Read one row: ``source_symbol``, shares, percents of them (0-100), ``market_cap_usd``, sector, industry, quarter.

    Every value but the symbol may be null. The note ``not_positive`` counts counts of zero or less, which became null.
    Raises NotFound for a symbol the provider does not know, and MalformedBody.
    """
    members = _texts(open_object(body, request), request)
    if not members:
        raise _unknown(request)
    symbol = _checked_symbol(members.get("Symbol"), request)
    counts = _numbers(members, tuple(_COUNTS.values()), request)
    percents = _numbers(members, tuple(_SHARES.values()), request)
    not_positive = counts <= 0
    counts = np.where(not_positive, np.nan, counts)
    percents = np.where(percents < 0, np.nan, percents)
    shares, floating, capitalisation = counts.tolist()
    insiders, institutions = percents.tolist()
    quarter, bad_quarter = cast_texts(
        without_missing(pa.array([members.get("LatestQuarter")], pa.string())), pa.date32()
    )
    if bad_quarter.any():
        raise malformed(request, f"LatestQuarter is no date: {members.get('LatestQuarter')!r:.40}")
    columns: dict[str, pa.Array] = {
        "source_symbol": pa.array([symbol], pa.string()),
        "outstanding_shares": _number(shares),
        "float_shares": _number(floating),
        "insiders_pct": _number(insiders),
        "institutions_pct": _number(institutions),
        "market_cap_usd": _number(capitalisation),
        "sector": _text(members.get("Sector")),
        "industry": _text(members.get("Industry")),
        "latest_quarter_date": quarter,
    }
    count = int(not_positive.sum())
    return Parsed(pa.table(columns), notes={"not_positive": str(count)} if count else {})


def parse_global_quote(body: bytes, request: Request) -> Parsed:
    """Read one row: ``source_symbol, trade_date``, prices in USD, ``volume_shares, previous_close_usd`` (may be null).

    The note ``delayed`` says whether the provider calls it so. Raises NotFound for a symbol it does not know, and
    MalformedBody.
    """
    members = open_object(body, request)
    names = [name for name in members if name.startswith(_QUOTE)]
    if not members:
        raise _unknown(request)
    if len(names) != 1:
        raise malformed(request, f"a quote was asked for and the answer has {str(sorted(members))[:120]}")
    quote = _texts(raw_object(members[names[0]], request), request)
    if not quote:
        raise _unknown(request)
    symbol = _checked_symbol(quote.get("01. symbol"), request)
    day, bad_day = cast_texts(pa.array([quote.get("07. latest trading day")], pa.string()), pa.date32())
    if bad_day.any() or day[0].as_py() is None:
        raise malformed(request, f"the trading day is no date: {quote.get('07. latest trading day')!r:.40}")
    values = dict(zip(_PRICES, _numbers(quote, tuple(_PRICES.values()), request).tolist(), strict=True))
    return _quote_row(symbol, day, values, request, {"delayed": str("DELAYED" in names[0]).lower()})


def _quote_row(symbol: str, day: pa.Array, values: dict[str, float], request: Request, notes: dict[str, str]) -> Parsed:
    if values["previous_close_usd"] <= 0:
        values = {**values, "previous_close_usd": np.nan}  # a first session has none
    columns = {name: _number(value) for name, value in values.items()}
    table = pa.table({"source_symbol": pa.array([symbol], pa.string()), "trade_date": day, **columns})
    describe = describer(table)
    rejects = Rejects(1)
    prices = np.array([values[name] for name in ("open_usd", "high_usd", "low_usd", "close_usd")])
    opened, high, low, close = prices
    volume = values["volume_shares"]
    rejects.where(_one(not np.isfinite(prices.sum() + volume)), "missing_number", describe)
    rejects.where(_one((prices <= 0).any()), "price_not_positive", describe)
    rejects.where(_one(volume < 0), "negative_volume", describe)
    rejects.where(_one(low > min(opened, close) or high < max(opened, close)), "inconsistent_ohlc", describe)
    return rejects.finish(table, request, notes)


def _texts(members: RawObject, request: Request) -> dict[str, str]:
    """Return the members that are text; one that is null is not sent, one of another type is not understood."""
    try:
        found = {name: msgspec.json.decode(value, type=str | None) for name, value in members.items()}
    except NOT_JSON as error:
        raise malformed(request, f"a value is no text ({error})") from None
    return {name: value for name, value in found.items() if value is not None}


def _checked_symbol(sent: str | None, request: Request) -> str:
    asked = request.params["symbol"]
    if sent is None or sent.upper() != asked.upper():
        raise malformed(request, f"asked for {asked!r}, the answer is about {str(sent)[:40]!r}")
    return asked


def _numbers(members: Mapping[str, str], names: Sequence[str], request: Request) -> FloatArray:
    values, bad = numbers([members.get(name) for name in names])
    if bad.any():
        name = names[int(np.flatnonzero(bad)[0])]
        raise malformed(request, f"{name} is no number: {members[name][:40]!r}")
    return values


def _number(value: float) -> pa.Array:
    return pa.array([value], pa.float64(), from_pandas=True)


def _text(value: str | None) -> pa.Array:
    return without_missing(pa.array([clean_text(value, _TEXT_CHARACTERS)], pa.string()))


def _one(is_bad: bool | np.bool_) -> BoolArray:
    return np.array([is_bad], dtype=bool)


def _unknown(request: Request) -> NotFound:
    return NotFound(
        request.provider,
        request.dataset,
        f"the answer about {request.params['symbol']!r} is empty: Alpha Vantage does not know the symbol",
        "check its spelling (BRK-B, not BRK.B); funds and new listings have no overview",
    )

"""One expiry of Yahoo's option chain: yfinance's frames as JSON, and that JSON as rows.

Known junk: bid and ask both 0 outside trading hours (not quoted), a volatility of 1e-05 or of a few round values when
there was no quote to solve from, volumes that are NaN. An open interest of 0 is real.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.market.calendar import exchange_date
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.chain import CHAIN_KEY, FloatArray, chain_table, refuse_bad_contracts, within_bounds
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows

if TYPE_CHECKING:
    import pandas as pd

PROVIDER = "yahoo"
OPTION_CHAIN = "option_chain"
UNSOLVED_IV_FRAC = 1.1e-5  # sent as 1e-05 and as 1.0000000000000003e-05
REGULAR_SHARES = 100.0
_COLUMNS = (
    "contractSymbol", "strike", "lastPrice", "bid", "ask", "volume", "openInterest", "impliedVolatility",
    "contractSize",
)  # fmt: skip
_NUMBERS = {
    "strike_usd": "strike",
    "bid_usd": "bid",
    "ask_usd": "ask",
    "last_usd": "lastPrice",
    "volume_contracts": "volume",
    "open_interest_contracts": "openInterest",
    "vendor_iv_frac": "impliedVolatility",
}
_LATEST_SECONDS = 4_102_444_800  # the year 2100: larger is not seconds


class _Contract(msgspec.Struct, frozen=True, gc=False):
    contractSymbol: str  # noqa: N815 - Yahoo's names
    strike: float
    lastPrice: float | None = None  # noqa: N815
    bid: float | None = None
    ask: float | None = None
    volume: float | None = None
    openInterest: float | None = None  # noqa: N815
    impliedVolatility: float | None = None  # noqa: N815
    contractSize: str | None = None  # noqa: N815


class _Quote(msgspec.Struct, frozen=True):
    symbol: str
    regularMarketTime: int  # noqa: N815 - seconds since 1970
    regularMarketPrice: float | None = None  # noqa: N815


class _Expiry(msgspec.Struct, frozen=True):
    quote: _Quote
    calls: msgspec.Raw
    puts: msgspec.Raw


def option_chain_request(symbol: str, expiration: date) -> Request:
    """Return what is asked of yfinance for one expiry, in the form of a request: the library makes its own calls."""
    url = f"https://query2.finance.yahoo.com/v7/finance/options/{symbol}"
    return Request(PROVIDER, OPTION_CHAIN, "GET", url, params={"symbol": symbol, "date": expiration.isoformat()})


def frames_to_json(
    calls: "pd.DataFrame", puts: "pd.DataFrame", underlying: Mapping[str, object], request: Request
) -> bytes:
    """Return yfinance's frames of one expiry as JSON, NaN as null; raise MalformedBody when a column is missing."""
    sides = {}
    for name, frame in (("calls", calls), ("puts", puts)):
        lacking = set(_COLUMNS) - set(frame.columns)
        if lacking and len(frame):
            raise malformed(request, f"yfinance's {name} lack {', '.join(sorted(lacking))}")
        sides[name] = frame[list(_COLUMNS)].to_dict("records") if len(frame) else []
    quote = {name: underlying.get(name) for name in ("symbol", "regularMarketPrice", "regularMarketTime")}
    return msgspec.json.encode({"quote": quote, **sides})  # which writes NaN as null


def parse_option_chain(body: bytes, request: Request) -> Parsed:
    """Read one expiry as ``frames_to_json`` writes it: the columns of ``wire/chain.py``.

    ``quote_date`` is the New York date of the underlying's last trade; sizes, greeks and ``quoted_at`` are not sent.
    Notes count what became null: ``not_quoted`` (bid and ask 0), ``iv_without_quote``, ``iv_out_of_bounds``. Raises
    MalformedBody for another symbol, an unreadable body, or too many refused contracts.
    """
    try:
        body.decode()  # a contract that is refused is not decoded to its end
        expiry = msgspec.json.decode(body, type=_Expiry)
        calls, odd_calls = decode_rows(expiry.calls, _Contract)
        puts, odd_puts = decode_rows(expiry.puts, _Contract)
    except NOT_JSON as error:
        raise malformed(request, f"the chain is not what yfinance documents ({error}): {body[:60]!r}") from None
    if expiry.quote.symbol.upper() != request.params["symbol"].upper():
        raise malformed(request, f"asked for {request.params['symbol']!r}, got {expiry.quote.symbol[:40]!r}")
    if not 0 < expiry.quote.regularMarketTime < _LATEST_SECONDS:
        raise malformed(request, f"the time of the quote is no time: {expiry.quote.regularMarketTime}")
    contracts = [*calls, *puts]
    values = {
        column: np.array([getattr(row, name) for row in contracts], dtype=np.float64)
        for column, name in _NUMBERS.items()
    }
    notes = _without_junk(values)
    table = _table(expiry.quote, calls, puts, values, request)
    rejects = Rejects(table.num_rows)
    for odd in (odd_calls, odd_puts):
        rejects.unread(replace(odd, symbols=(request.params["symbol"],) * odd.count))
    refuse_bad_contracts(rejects, table, values)
    refuse_repeats(rejects, table, CHAIN_KEY, describer(table))
    return rejects.finish(table, request, notes)


def _without_junk(values: dict[str, FloatArray]) -> dict[str, str]:
    """Turn what was not observed into NaN, in place; return notes that count it."""
    bid, ask, iv = values["bid_usd"], values["ask_usd"], values["vendor_iv_frac"]
    unquoted = ~(ask > 0)  # an ask of 0 is no offer; a bid of 0 under an ask is a real "nobody bids"
    empty = unquoted & ~(bid > 0)
    values["ask_usd"] = np.where(unquoted, np.nan, ask)
    values["bid_usd"] = np.where(empty, np.nan, bid)
    unsolved = np.isfinite(iv) & empty  # Yahoo prints the start of its search: .5, .25, .125 and so on
    values["vendor_iv_frac"] = np.where(unsolved | (iv <= UNSOLVED_IV_FRAC), np.nan, iv)
    notes = within_bounds(values)
    too_high = int(notes.get("iv_out_of_bounds", "0"))
    too_low = int((np.isfinite(iv) & ~unsolved & (iv <= UNSOLVED_IV_FRAC)).sum())
    counts = {
        "not_quoted": int(empty.sum()),
        "iv_without_quote": int(unsolved.sum()),
        "iv_out_of_bounds": too_high + too_low,
    }
    return {name: str(count) for name, count in counts.items() if count}


def _table(
    quote: _Quote, calls: list[_Contract], puts: list[_Contract], values: dict[str, FloatArray], request: Request
) -> pa.Table:
    contracts = [*calls, *puts]
    count = len(contracts)
    traded_at = datetime.fromtimestamp(quote.regularMarketTime, UTC)
    price = quote.regularMarketPrice
    multipliers = [REGULAR_SHARES if row.contractSize == "REGULAR" else None for row in contracts]
    columns: dict[str, pa.Array] = {
        "source_symbol": pa.repeat(pa.scalar(request.params["symbol"], pa.string()), count),
        "contract_symbol": pa.array([row.contractSymbol for row in contracts], pa.string()),
        "quote_date": pa.repeat(pa.scalar(exchange_date(traded_at), pa.date32()), count),
        "expiration_date": pa.repeat(pa.scalar(date.fromisoformat(request.params["date"]), pa.date32()), count),
        "is_call": pa.array([True] * len(calls) + [False] * len(puts), pa.bool_()),
        "multiplier_shares": pa.array(multipliers, pa.float64()),
        "underlying_usd": pa.repeat(pa.scalar(price if price and price > 0 else None, pa.float64()), count),
        **{name: pa.array(column, pa.float64(), from_pandas=True) for name, column in values.items()},
    }
    return chain_table(columns, count)

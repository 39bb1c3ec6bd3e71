"""Polygon's option snapshot: the chain of one underlying as it stands, 250 contracts a page (paid plans)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from amc_assets.market.calendar import NEW_YORK
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import in_path, open_answer, request_to
from amc_assets.providers.polygon.columns import FloatArray, below_zero, floats, instants, nanoseconds, nullable
from amc_assets.providers.polygon.contract_symbols import SymbolParts, read_symbols, yymmdd
from amc_assets.providers.polygon.contracts import (
    NO_DAY,
    NO_GREEKS,
    NO_QUOTE,
    NO_TRADE,
    NO_UNDERLYING,
    Contract,
    Contracts,
    Day,
    Greeks,
    Quote,
    Trade,
    Underlying,
)
from amc_assets.providers.wire.rejects import BoolArray, Rejects, describer, refuse_repeats

OPTION_SNAPSHOT = "option_snapshot"
CONTRACT_KEY = ("contract_symbol",)
MOST_IV_FRAC = 20.0
"""2,000 % a year: above it a volatility is an artefact of a quote without time value."""
_KINDS = ("call", "put")
_HALF_STRIKE_STEP_USD = 0.0005
_UNSIGNED = (
    "bid_usd", "ask_usd", "bid_size_contracts", "ask_size_contracts", "last_usd", "volume_contracts",
    "open_interest_contracts",
)  # fmt: skip


def option_snapshot_request(base_url: str, api_key: str, underlying: str) -> Request:
    """Return the request for the first page of a chain; raise BadRequest for a text that is no ticker."""
    path = f"/v3/snapshot/options/{in_path(underlying, OPTION_SNAPSHOT)}"
    return request_to(base_url, path, api_key, OPTION_SNAPSHOT, {"limit": "250"})


def parse_option_snapshot(body: bytes, request: Request) -> Parsed:
    """Read one page of a chain; ``request`` is that of the first page, which names the underlying.

    Columns as declared in the catalog; null when not sent (a contract without trades has no day, one far from the
    money no greeks). ``quote_date`` is the New York date of the newest quote of the page. A volatility outside
    0 to 2,000 % or a delta outside -1 to 1 is null, counted in the note ``vendor_out_of_bounds``. Raises MalformedBody
    and what a refusal inside a 200 stands for.
    """
    envelope, rows, rejects = open_answer(body, request, Contracts, Contract)
    underlying = unquote(request.url.rpartition("/")[2])
    notes = dict(envelope.notes)
    parts = _Parts.of(rows)
    numbers = _numbers(rows, parts)
    _drop_impossible(numbers, notes)
    strike = numbers.pop("strike_usd")
    quoted_at, bad_time = instants([quote.last_updated for quote in parts.quotes])
    table = pa.table(
        {
            "source_symbol": pa.array([underlying] * len(rows), pa.string()),
            "contract_symbol": pa.array([row.details.ticker for row in rows], pa.string()),
            "quote_date": pa.repeat(pa.scalar(_quote_date(parts), pa.date32()), len(rows)),
            "expiration_date": pa.array([row.details.expiration_date for row in rows], pa.date32()),
            "strike_usd": nullable(strike),
            "is_call": pa.array([row.details.contract_type == "call" for row in rows], pa.bool_()),
            **{name: nullable(values) for name, values in numbers.items()},
            "quoted_at": quoted_at,
        }
    )
    describe = describer(table)
    rejects.where(bad_time, "bad_instant", describe)
    _refuse_bad_numbers(rejects, table, numbers, strike)
    _refuse_other_contracts(rejects, table, rows, [each.ticker not in (None, underlying) for each in parts.underlyings])
    refuse_repeats(rejects, table, CONTRACT_KEY, describe)
    return rejects.finish(table, request, notes)


@dataclass(frozen=True)
class _Parts:
    """The parts of each contract, empty ones where nothing was sent."""

    days: list[Day]
    greeks: list[Greeks]
    quotes: list[Quote]
    trades: list[Trade]
    underlyings: list[Underlying]

    @classmethod
    def of(cls, rows: Sequence[Contract]) -> "_Parts":
        return cls(
            [row.day or NO_DAY for row in rows],
            [row.greeks or NO_GREEKS for row in rows],
            [row.last_quote or NO_QUOTE for row in rows],
            [row.last_trade or NO_TRADE for row in rows],
            [row.underlying_asset or NO_UNDERLYING for row in rows],
        )


def _numbers(rows: Sequence[Contract], parts: _Parts) -> dict[str, FloatArray]:
    quotes, greeks = parts.quotes, parts.greeks
    pairs = zip(parts.trades, parts.days, strict=True)
    last = [day.close if trade.price is None else trade.price for trade, day in pairs]
    return {
        "strike_usd": floats([row.details.strike_price for row in rows]),
        "bid_usd": floats([quote.bid for quote in quotes]),
        "ask_usd": floats([quote.ask for quote in quotes]),
        "bid_size_contracts": floats([quote.bid_size for quote in quotes]),
        "ask_size_contracts": floats([quote.ask_size for quote in quotes]),
        "last_usd": floats(last),
        "volume_contracts": floats([day.volume for day in parts.days]),
        "open_interest_contracts": floats([row.open_interest for row in rows]),
        "vendor_iv_frac": floats([row.implied_volatility for row in rows]).copy(),
        "vendor_delta": floats([greek.delta for greek in greeks]).copy(),
        "vendor_gamma": floats([greek.gamma for greek in greeks]).copy(),
        "multiplier_shares": floats([row.details.shares_per_contract for row in rows]),
        "underlying_usd": floats([each.price for each in parts.underlyings]).copy(),
    }


def _drop_impossible(numbers: dict[str, FloatArray], notes: dict[str, str]) -> None:
    """Turn the vendor's own figures that cannot be into NaN, counted; the contract itself is kept."""
    iv, delta, gamma = (numbers[name] for name in ("vendor_iv_frac", "vendor_delta", "vendor_gamma"))
    count = 0
    for values, impossible in (
        (iv, (iv <= 0) | (iv > MOST_IV_FRAC)),
        (delta, np.abs(delta) > 1),
        (gamma, gamma < 0),
    ):
        count += int(impossible.sum())
        values[impossible] = np.nan
    if count:
        notes["vendor_out_of_bounds"] = str(count)
    underlying = numbers["underlying_usd"]
    underlying[underlying == 0] = np.nan  # not in the plan: sent as zero by some


def _quote_date(parts: _Parts) -> date | None:
    """Return the New York date of the newest instant at which a quote, day or underlying was updated; None for none."""
    sent = [each.last_updated for each in parts.quotes]
    sent += [each.last_updated for each in parts.days]
    sent += [each.last_updated for each in parts.underlyings]
    whole, bad = nanoseconds(sent)
    newest = int(np.where(bad, 0, whole).max(initial=0))
    return datetime.fromtimestamp(newest / 10**9, UTC).astimezone(NEW_YORK).date() if newest else None


def _refuse_bad_numbers(rejects: Rejects, table: pa.Table, numbers: dict[str, FloatArray], strike: FloatArray) -> None:
    describe = describer(table)
    impossible = ~(strike > 0) | (numbers["multiplier_shares"] <= 0) | (numbers["underlying_usd"] < 0)
    rejects.where(impossible, "price_not_positive", describe)
    rejects.where(below_zero([numbers[name] for name in _UNSIGNED]), "negative_number", describe)


def _refuse_other_contracts(rejects: Rejects, table: pa.Table, rows: Sequence[Contract], is_other: list[bool]) -> None:
    """Refuse contracts on another stock, of an unknown kind, and those whose symbol is none or says something else."""
    describe = describer(table)
    rejects.where(np.array(is_other, dtype=bool), "wrong_symbol", describe)
    unknown = np.array([row.details.contract_type not in _KINDS for row in rows], dtype=bool)
    rejects.where(unknown, "unknown_contract_type", describe)
    says = read_symbols([row.details.ticker for row in rows])
    rejects.where(says.bad, "bad_symbol", describe)
    rejects.where(_contradicts(table, says), "contract_mismatch", describe)


def _contradicts(table: pa.Table, says: SymbolParts) -> BoolArray:
    """Return which rows have another expiration, kind or strike than their contract symbol says."""
    expiration = yymmdd(table.column("expiration_date").to_numpy())
    is_call = table.column("is_call").to_numpy()
    same_strike = np.abs(table.column("strike_usd").to_numpy() - says.strike_usd) < _HALF_STRIKE_STEP_USD
    differs: BoolArray = (expiration != says.expiration_yymmdd) | (is_call != says.is_call) | ~same_strike
    return differs

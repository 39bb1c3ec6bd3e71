"""Alpha Vantage's option chain of a past session (HISTORICAL_OPTIONS, premium): every number is text.

A key without the plan may get a chain that was made up, under a message that says so, of the symbol XXYYZZ expiring in
2099: it is refused as a whole. Greeks and volatilities of contracts deep in or out of the money are often junk; they
stay as sent unless they are impossible, then they are null and counted in a note.
"""

from datetime import date

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.alpha_vantage.answer import RowsAnswer, open_rows, request_to
from amc_assets.providers.alpha_vantage.numbers import FloatArray, cast_texts, numbers
from amc_assets.providers.errors import NotEntitled
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.chain import chain_table, refuse_bad_contracts, within_bounds
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import BoolArray, describer, refuse_repeats
from amc_assets.providers.wire.text import clean_text

HISTORICAL_OPTIONS = "historical_options"
_ARTIFICIAL_SYMBOL, _ARTIFICIAL_EXPIRY = "XXYYZZ", "2099-99-99"
_NUMBERS = {  # column -> name on the wire
    "strike_usd": "strike",
    "bid_usd": "bid",
    "ask_usd": "ask",
    "bid_size_contracts": "bid_size",
    "ask_size_contracts": "ask_size",
    "last_usd": "last",
    "volume_contracts": "volume",
    "open_interest_contracts": "open_interest",
    "vendor_iv_frac": "implied_volatility",
    "vendor_delta": "delta",
    "vendor_gamma": "gamma",
}
_DAY_SECONDS = 86_400.0


class _Contract(msgspec.Struct, frozen=True, gc=False):
    contractID: str  # noqa: N815 - Alpha Vantage's name
    symbol: str
    expiration: str
    strike: str
    type: str
    date: str
    last: str | None = None
    bid: str | None = None
    bid_size: str | None = None
    ask: str | None = None
    ask_size: str | None = None
    volume: str | None = None
    open_interest: str | None = None
    implied_volatility: str | None = None
    delta: str | None = None
    gamma: str | None = None


class _Chain(RowsAnswer, kw_only=True):
    rows: list[_Contract] = msgspec.field(name="data")


class _RawChain(RowsAnswer, kw_only=True):
    rows: msgspec.Raw = msgspec.field(name="data")


def historical_options_request(base_url: str, api_key: str, symbol: str, day: date) -> Request:
    """Return the request for the chain of ``symbol`` at the close of the session ``day``."""
    params = {"function": "HISTORICAL_OPTIONS", "symbol": symbol, "date": day.isoformat()}
    return request_to(base_url, api_key, HISTORICAL_OPTIONS, params, for_date=day, usable_seconds=_DAY_SECONDS)


def parse_historical_options(body: bytes, request: Request) -> Parsed:
    """Read the contracts of one underlying: the columns of ``wire/chain.py``; no rows on a day without data.

    ``underlying_usd``, ``quoted_at`` and ``multiplier_shares`` are not sent. Notes: ``iv_out_of_bounds`` and
    ``greeks_out_of_bounds`` count values that became null; ``message`` is what came with no rows. Raises NotEntitled
    for an artificial chain, MalformedBody, and what a refusal inside a 200 stands for.
    """
    answer, contracts, rejects = open_rows(body, request, _Chain, _RawChain, _Contract)
    said = clean_text(answer.message, 200)
    _refuse_artificial(contracts, said, request)
    if said != "success":
        if contracts or rejects.counts or not said:
            raise malformed(request, f"the message is {said!r}, not 'success'")
        return Parsed(chain_table({}, 0), notes={"message": said})
    sent = _columns(contracts)
    values, unreadable = _numbers(sent, len(contracts))
    notes = within_bounds(values)
    table = _table(sent, values, request)
    describe = describer(table)
    wrong_symbol, wrong_date, unknown_side, bad_expiry = _odd(sent, table, request)
    rejects.where(wrong_symbol, "wrong_symbol", describe)
    rejects.where(wrong_date, "wrong_date", describe)
    rejects.where(bad_expiry, "unreadable_date", describe)
    rejects.where(unknown_side, "unknown_contract_type", describe)
    rejects.where(unreadable, "unreadable_field", describe)
    refuse_bad_contracts(rejects, table, values)
    refuse_repeats(rejects, table, ("contract_symbol",), describe)
    return rejects.finish(table, request, notes)


def _refuse_artificial(contracts: list[_Contract], said: str, request: Request) -> None:
    made_up = any(
        contract.symbol == _ARTIFICIAL_SYMBOL or contract.expiration == _ARTIFICIAL_EXPIRY for contract in contracts
    )
    if made_up and request.params["symbol"] != _ARTIFICIAL_SYMBOL:
        raise NotEntitled(
            request.provider,
            request.dataset,
            f"the chain of {request.params['symbol']!r} is artificial ({_ARTIFICIAL_SYMBOL}; message {said!r})",
            "the plan of ALPHA_VANTAGE_API_KEY does not include options; a premium plan would",
        )


def _columns(contracts: list[_Contract]) -> dict[str, list[str | None]]:
    names = _Contract.__struct_fields__
    return {name: [getattr(contract, name) for contract in contracts] for name in names}


def _numbers(sent: dict[str, list[str | None]], count: int) -> tuple[dict[str, FloatArray], BoolArray]:
    unreadable = np.zeros(count, dtype=bool)
    values: dict[str, FloatArray] = {}
    for column, name in _NUMBERS.items():
        values[column], bad = numbers(sent[name])
        unreadable |= bad
    return values, unreadable


def _table(sent: dict[str, list[str | None]], values: dict[str, FloatArray], request: Request) -> pa.Table:
    count = len(sent["symbol"])
    expiries, _ = cast_texts(pa.array(sent["expiration"], pa.string()), pa.date32())
    columns: dict[str, pa.Array] = {
        "source_symbol": pa.array(sent["symbol"], pa.string()),
        "contract_symbol": pa.array(sent["contractID"], pa.string()),
        "quote_date": pa.repeat(pa.scalar(request.for_date, pa.date32()), count),
        "expiration_date": expiries,
        "is_call": pc.equal(pa.array(sent["type"], pa.string()), "call"),
        **{name: pa.array(column, pa.float64(), from_pandas=True) for name, column in values.items()},
    }
    return chain_table(columns, count)


def _odd(
    sent: dict[str, list[str | None]], table: pa.Table, request: Request
) -> tuple[BoolArray, BoolArray, BoolArray, BoolArray]:
    """Return the rows of another symbol, of another day, of neither side, and with no readable expiry."""
    if request.for_date is None:
        raise ValueError("a request for options names its day; build it with historical_options_request")
    texts = {name: pa.array(sent[name], pa.string()) for name in ("symbol", "date", "type")}
    wrong_symbol = pc.not_equal(texts["symbol"], request.params["symbol"])
    wrong_date = pc.not_equal(texts["date"], request.for_date.isoformat())
    neither = pc.and_(pc.not_equal(texts["type"], "call"), pc.not_equal(texts["type"], "put"))
    no_expiry = pc.is_null(table.column("expiration_date")).to_numpy()
    return (
        wrong_symbol.to_numpy(zero_copy_only=False),
        wrong_date.to_numpy(zero_copy_only=False),
        neither.to_numpy(zero_copy_only=False),
        no_expiry,
    )

"""The shape of one contract in Polygon's option snapshot; every part but ``details`` may be absent or empty."""

from datetime import date

import msgspec

from amc_assets.providers.polygon.answer import Envelope
from amc_assets.providers.polygon.columns import Nanoseconds


class Details(msgspec.Struct, frozen=True, gc=False):
    """What the contract is."""

    contract_type: str
    expiration_date: date
    strike_price: float
    ticker: str
    shares_per_contract: float | None = None


class Day(msgspec.Struct, frozen=True, gc=False):
    """The session so far; ``{}`` for a contract that did not trade."""

    close: float | None = None
    last_updated: Nanoseconds = None
    volume: float | None = None


class Greeks(msgspec.Struct, frozen=True, gc=False):
    """Polygon's own greeks; ``{}`` deep in the money and after hours."""

    delta: float | None = None
    gamma: float | None = None


class Quote(msgspec.Struct, frozen=True, gc=False):
    """Best bid and offer, where the plan has quotes."""

    ask: float | None = None
    ask_size: float | None = None
    bid: float | None = None
    bid_size: float | None = None
    last_updated: Nanoseconds = None


class Trade(msgspec.Struct, frozen=True, gc=False):
    """The last trade, where the plan has trades."""

    price: float | None = None


class Underlying(msgspec.Struct, frozen=True, gc=False):
    """The stock; its price depends on the plan."""

    last_updated: Nanoseconds = None
    price: float | None = None
    ticker: str | None = None


class Contract(msgspec.Struct, frozen=True, gc=False):
    """One row of the snapshot."""

    details: Details
    day: Day | None = None
    greeks: Greeks | None = None
    implied_volatility: float | None = None
    last_quote: Quote | None = None
    last_trade: Trade | None = None
    open_interest: float | None = None
    underlying_asset: Underlying | None = None


class Contracts(Envelope):
    """One page of a chain."""

    results: list[Contract] | None = None


NO_DAY, NO_GREEKS, NO_QUOTE, NO_TRADE, NO_UNDERLYING = Day(), Greeks(), Quote(), Trade(), Underlying()

"""What a replayed market is: the Protocol that the server reads, and the arrays and rows it hands over.

Symbols are canonical (Polygon's spelling: ``BRK.B``, ``ABRpD``, ``AAC.WS``); other spellings belong to the encoders.
A value that was never observed is None or NaN here and absent on the wire.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from amc_assets.replay.minute_bars import MinuteBars

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of the symbol directory.

    ``exchange`` is the directory's letter: Q Nasdaq, N NYSE, A NYSE American, P NYSE Arca, Z Cboe BZX.
    ``polygon_type`` is Polygon's code (CS, ADRC, ETF, PFD, WARRANT, UNIT, ...), None for a test issue. ``cik`` and
    ``composite_figi`` are None where they were not recorded.
    """

    symbol: str
    name: str
    exchange: str
    is_etf: bool
    is_test_issue: bool
    polygon_type: str | None
    cik: int | None = None
    composite_figi: str | None = None


@dataclass(frozen=True, slots=True)
class BarsOfDay:
    """Bars of one session, every array of shape (symbols,); ``vwap_usd`` is NaN where unknown."""

    symbols: TextArray
    open_usd: FloatArray
    high_usd: FloatArray
    low_usd: FloatArray
    close_usd: FloatArray
    volume_shares: FloatArray
    vwap_usd: FloatArray | None = None
    trade_count: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class ShortVolumeOfDay:
    """Off-exchange short volume of one session, every array of shape (symbols,); short includes exempt."""

    symbols: TextArray
    short_volume_shares: FloatArray
    short_exempt_volume_shares: FloatArray
    total_volume_shares: FloatArray
    market_codes: TextArray


@dataclass(frozen=True, slots=True)
class ShortInterestReport:
    """Short interest of one settlement date, every array of shape (symbols,).

    ``symbols`` are already in the spelling of the report (``BRKB``), because recorded reports come that way.
    """

    settlement_date: date
    symbols: TextArray
    issue_names: TextArray
    exchange_codes: TextArray
    market_classes: TextArray
    short_interest_shares: FloatArray
    previous_short_interest_shares: FloatArray
    average_daily_volume_shares: FloatArray
    days_to_cover: FloatArray
    change_pct: FloatArray
    is_split_flagged: npt.NDArray[np.bool_]
    is_revision_flagged: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FloatRow:
    """Freely tradable shares of a class as of ``effective_date``."""

    symbol: str
    effective_date: date
    float_shares: float
    outstanding_shares: float | None = None


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A split before the open of ``execution_date``: ``split_from`` old shares became ``split_to`` new ones."""

    symbol: str
    execution_date: date
    split_from: int
    split_to: int


@dataclass(frozen=True, slots=True)
class NewsRow:
    """One headline of one wire (``globenewswire``, ``prnewswire``, ``yahoo``, ``polygon``, ``alpha_vantage``).

    ``vendor_sentiment`` (-1..1) is what the wire itself says of the tone, None for a wire that says nothing.
    """

    item_id: str
    published_at: datetime
    title: str
    summary: str
    url: str
    wire: str
    publisher: str
    symbols: tuple[str, ...]
    vendor_sentiment: float | None = None


@dataclass(frozen=True, slots=True)
class FilingRow:
    """One filing with the SEC; ``items`` are the numbers of an 8-K (``2.02``), empty for other forms."""

    accession: str
    form: str
    company: str
    cik: int
    symbol: str
    items: tuple[str, ...]
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class HaltRow:
    """One trading halt; ``reason_code`` is Nasdaq's (T1, LUDP, H10, ...), ``resumed_at`` None while it lasts."""

    symbol: str
    name: str
    exchange: str
    reason_code: str
    halted_at: datetime
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailRow:
    """Shares of one symbol that were not delivered as of ``settlement_date``: a balance, not a flow."""

    symbol: str
    settlement_date: date
    cusip: str
    fails_shares: float
    price_usd: float | None
    description: str


@dataclass(frozen=True, slots=True)
class ShareCountRow:
    """Shares outstanding as a filing of ``filed_date`` stated them for ``end_date``."""

    symbol: str
    cik: int
    end_date: date
    filed_date: date
    outstanding_shares: float
    form: str = "10-Q"


@dataclass(frozen=True, slots=True)
class ChainOfDay:
    """The option chain of one underlying after the close of a day, every array of shape (contracts,).

    Open interest is the previous evening's. ``iv_frac``, the greeks and quotes are NaN where not observed.
    """

    symbol: str
    underlying_usd: float
    contract_symbols: TextArray
    expiration_dates: npt.NDArray[np.datetime64]
    strike_usd: FloatArray
    is_call: npt.NDArray[np.bool_]
    bid_usd: FloatArray
    ask_usd: FloatArray
    last_usd: FloatArray
    volume_contracts: FloatArray
    open_interest_contracts: FloatArray
    iv_frac: FloatArray
    delta: FloatArray
    gamma: FloatArray


class Market(Protocol):
    """A market that the replay server can serve; every method is a pure function of its arguments."""

    @property
    def name(self) -> str:
        """Short name for logs and the command line."""
        ...

    @property
    def is_simulated(self) -> bool:
        """Return whether anything in it was made up."""
        ...

    @property
    def first_day(self) -> date:
        """First session."""
        ...

    @property
    def last_day(self) -> date:
        """Last session."""
        ...

    @property
    def bars_basis_date(self) -> date | None:
        """Date whose share basis all bars are on; None for bars as traded."""
        ...

    @property
    def watched(self) -> Sequence[str]:
        """Symbols whose place a replay prints for every day; the market names them, no code does."""
        ...

    def why_not_recorded(self, dataset: str) -> str:
        """Return why a dataset of the wire was not recorded at all; empty for one that the market answers for."""
        ...

    def stands_in_for(self, dataset: str) -> str:
        """Return what the files of a dataset really are, where others stand in for it; else an empty text."""
        ...

    def directory(self, day: date) -> Sequence[Listing]:
        """Return what is listed on ``day``."""
        ...

    def bars(self, day: date) -> BarsOfDay | None:
        """Return the bars of ``day``; None when there was no session or nothing was recorded."""
        ...

    def short_volume(self, day: date) -> ShortVolumeOfDay | None:
        """Return the short volume of ``day``; None when there is none."""
        ...

    def short_volume_file(self, day: date) -> bytes | None:
        """Return the file of ``day`` as it is served; None when it has to be encoded from the arrays."""
        ...

    def settlements(self) -> list[date]:
        """Return the settlement dates with a report, in order."""
        ...

    def short_interest(self, settlement: date) -> ShortInterestReport | None:
        """Return the report of ``settlement``; None when there is none."""
        ...

    def short_interest_file(self, settlement: date) -> bytes | None:
        """Return the recorded file of ``settlement``, byte for byte; None when it has to be encoded."""
        ...

    def floats(self) -> Sequence[FloatRow]:
        """Return every known float, a symbol once per effective date."""
        ...

    def splits(self, first: date, last: date) -> Sequence[SplitRow]:
        """Return the splits executed from ``first`` to ``last``, both included, in order."""
        ...

    def records(self, kind: str) -> bool:
        """Return whether ``news``, ``filings`` or ``halts`` were recorded at all: nothing seen is not nothing there."""
        ...

    def news(self, first: datetime, last: datetime) -> Sequence[NewsRow]:
        """Return the headlines published from ``first`` to ``last``, both included, oldest first."""
        ...

    def filings(self, first: datetime, last: datetime) -> Sequence[FilingRow]:
        """Return the filings accepted from ``first`` to ``last``, both included, oldest first."""
        ...

    def halts(self, day: date) -> Sequence[HaltRow]:
        """Return the trading halts that began on ``day``."""
        ...

    def threshold_symbols(self, day: date) -> Sequence[str] | None:
        """Return the symbols on the exchanges' threshold lists of ``day``; None when nothing was recorded."""
        ...

    def fails(self, first: date, last: date) -> Sequence[FailRow] | None:
        """Return the fails to deliver of the settlement dates from ``first`` to ``last``; None when not recorded."""
        ...

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return every known count of shares outstanding, a symbol once per filing."""
        ...

    def option_chain(self, symbol: str, day: date) -> ChainOfDay | None:
        """Return the chain of ``symbol`` after the close of ``day``; None when there is none."""
        ...

    def minute_bars(self, symbol: str, day: date) -> MinuteBars | None:
        """Return the one-minute bars of ``symbol`` on ``day``, extended hours included; None when there are none."""
        ...

    def bill_rates(self, day: date) -> Sequence[tuple[int, float]] | None:
        """Return (term in weeks, coupon-equivalent yield as a fraction) of ``day``; None when not recorded."""
        ...


def text_array(values: Sequence[Any]) -> TextArray:
    """Return ``values`` as an array of Python strings, shape (len(values),)."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array

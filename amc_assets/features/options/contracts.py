"""A day's option chains as arrays: contracts (C,), expiries (E,) and symbols (S,), with the day count of each expiry.

Conventions: a contract lives until the close of its expiration date, so chains of the close of ``trade_date`` have
whole days left; the Saturday expirations of before 2015 stopped trading the day before. A year has 365 days.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.snapshot import BOOL, F64

IDX = NDArray[np.intp]
STANDARD_SHARES = 100.0
YEAR_DAYS = 365.0
_SATURDAY = 2  # (days since 1970-01-01) modulo 7: that day was a Thursday
_OCC_TAIL = 15  # expiry (6), side (1), strike (8) at the end of every contract symbol


@dataclass(frozen=True)
class Contracts:
    """One trading day's contracts. ``symbol`` and ``expiry`` point into ``symbols`` (S,) and the expiry arrays (E,).

    Numbers are NaN where the source sent none. is_standard: 100 shares of one stock, not adjusted for a corporate
    action.
    """

    symbols: NDArray[np.str_]
    expiry_symbol: IDX
    expiry_days: F64
    symbol: IDX
    expiry: IDX
    strike_usd: F64
    is_call: BOOL
    bid_usd: F64
    ask_usd: F64
    last_usd: F64
    volume_contracts: F64
    open_interest_contracts: F64
    underlying_usd: F64
    is_standard: BOOL

    @property
    def expiry_years(self) -> F64:
        """Years to each expiry, (E,)."""
        return self.expiry_days / YEAR_DAYS

    @property
    def mid_usd(self) -> F64:
        """Middle of bid and ask, (C,), NaN unless 0 < bid <= ask."""
        quoted = (self.bid_usd > 0) & (self.ask_usd >= self.bid_usd)
        return np.where(quoted, 0.5 * (self.bid_usd + self.ask_usd), np.nan)

    def per_symbol(self, values: F64, use: BOOL) -> F64:
        """Return sums over the contracts that ``use`` marks and whose value is known, (S,); NaN where there is none."""
        use = use & np.isfinite(values)
        total = np.bincount(self.symbol[use], values[use], len(self.symbols))
        count = np.bincount(self.symbol[use], minlength=len(self.symbols))
        return np.where(count > 0, total, np.nan)

    def spot_usd(self) -> F64:
        """Median price of the underlying sent with the chain, (S,), NaN where none was sent."""
        spots = np.full(len(self.symbols), np.nan)
        for number in np.unique(self.symbol[np.isfinite(self.underlying_usd)]).tolist():
            sent = self.underlying_usd[self.symbol == number]
            spots[number] = np.median(sent[np.isfinite(sent)])
        return spots


def read_contracts(chains: pa.Table) -> Contracts:
    """Return the contracts of one trading day, rows in the table's order; columns are those of OPTION_CHAINS.

    Raises FeatureInputError when the table holds several trading days.
    """
    days = pc.unique(chains["trade_date"]).to_pylist()
    if len(days) > 1:
        raise FeatureInputError(f"chains of {len(days)} trading days in one call ({min(days)} ...): pass one at a time")
    encoded = chains["symbol"].cast(pa.string()).combine_chunks().dictionary_encode()
    names = np.array(encoded.dictionary.to_pylist(), np.str_)
    symbols, place = np.unique(names, return_inverse=True)
    symbol = place[encoded.indices.to_numpy()].astype(np.intp) if len(names) else np.empty(0, np.intp)
    expiration = _ints(chains, "expiration_date")
    left = expiration - (expiration % 7 == _SATURDAY) - _ints(chains, "trade_date")
    expiries, expiry = np.unique(np.stack([symbol, left]), axis=1, return_inverse=True)
    multiplier = _floats(chains, "multiplier_shares")
    return Contracts(
        symbols=symbols,
        expiry_symbol=expiries[0].astype(np.intp),
        expiry_days=expiries[1].astype(np.float64),
        symbol=symbol,
        expiry=expiry.reshape(-1).astype(np.intp),
        strike_usd=_floats(chains, "strike_usd"),
        is_call=np.asarray(chains["is_call"].to_numpy(), np.bool_),
        bid_usd=_floats(chains, "bid_usd"),
        ask_usd=_floats(chains, "ask_usd"),
        last_usd=_floats(chains, "last_usd"),
        volume_contracts=_floats(chains, "volume_contracts"),
        open_interest_contracts=_floats(chains, "open_interest_contracts"),
        underlying_usd=_positive(_floats(chains, "underlying_usd")),
        is_standard=~_has_adjusted_root(chains) & (np.isnan(multiplier) | (multiplier == STANDARD_SHARES)),
    )


def _has_adjusted_root(chains: pa.Table) -> BOOL:
    """The OCC marks the contracts of a corporate action by a digit at the end of the root (AMC1)."""
    text = chains["contract_symbol"].cast(pa.string())
    root = pc.utf8_slice_codeunits(pc.utf8_slice_codeunits(text, -_OCC_TAIL - 1), 0, 1)
    return np.asarray(pc.match_substring_regex(root, "[0-9]").to_numpy(), np.bool_)


def _floats(chains: pa.Table, name: str) -> F64:
    return np.asarray(chains[name].cast(pa.float64()).to_numpy(), np.float64)


def _ints(chains: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(chains[name].cast(pa.int32()).cast(pa.int64()).to_numpy(), np.int64)


def _positive(values: F64) -> F64:
    return np.where(values > 0, values, np.nan)

"""Which quotes may speak about volatility: every contract left out has one reason, the first that applies."""

from enum import IntEnum

import numpy as np

from amc_assets.features.options.contracts import Contracts
from amc_assets.features.snapshot import U8

MOST_SPREAD_FRAC = 0.50
"""Spread over mid. The literature's range is 25-50 %; cheap stocks quote .05 at .08 and would drop out at 25."""
LEAST_DAYS = 7.0
"""Contracts of the last week are noise for a volatility of 30 days; they still count for gamma and flow."""


class Dropped(IntEnum):
    """Why a contract is left out; the name in small letters is the key of ``quotes_dropped``."""

    KEPT = 0
    EXPIRED = 1
    ADJUSTED = 2
    NO_BID = 3
    CROSSED = 4
    WIDE_SPREAD = 5
    NO_INTEREST = 6
    NO_FORWARD = 7
    IN_THE_MONEY = 8
    NO_ROOT = 9
    TOO_SHORT = 10


def check_quotes(contracts: Contracts) -> U8:
    """Return a ``Dropped`` number per contract (C,), from what the quote itself says.

    EXPIRED: on or after its last day; ADJUSTED: not 100 shares of one stock; NO_BID: bid or ask missing or bid not
    above zero; CROSSED: ask below bid; WIDE_SPREAD: above MOST_SPREAD_FRAC of mid; NO_INTEREST: neither volume nor
    open interest (a count that was not sent is unknown, not zero).
    """
    bid, ask = contracts.bid_usd, contracts.ask_usd
    spread_frac = 2.0 * (ask - bid) / np.where(bid + ask > 0, bid + ask, np.nan)
    tests = (
        (contracts.expiry_days[contracts.expiry] <= 0, Dropped.EXPIRED),
        (~contracts.is_standard, Dropped.ADJUSTED),
        (~(bid > 0) | ~np.isfinite(ask), Dropped.NO_BID),
        (ask < bid, Dropped.CROSSED),
        (~(spread_frac <= MOST_SPREAD_FRAC), Dropped.WIDE_SPREAD),
        ((contracts.open_interest_contracts == 0) & (contracts.volume_contracts == 0), Dropped.NO_INTEREST),
    )
    return np.select([test for test, _ in tests], [why for _, why in tests], Dropped.KEPT).astype(np.uint8)


def counts_by_reason(dropped: U8) -> dict[str, int]:
    """Return how many contracts were left out, by reason in small letters; reasons that did not occur are absent."""
    counts = np.bincount(dropped, minlength=len(Dropped)).tolist()
    return {why.name.lower(): counts[why] for why in Dropped if why is not Dropped.KEPT and counts[why]}

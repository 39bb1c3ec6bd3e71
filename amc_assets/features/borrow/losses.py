"""Mark-to-market loss of the short book: what the shorts of a name have lost on average since they entered.

domain.md B1: shares added in a cycle are entered at that cycle's volume-weighted mean price; shares covered leave every
earlier entry in proportion, so covering leaves the mean entry where it is (average cost). The other convention, first
in first out, would call the oldest entries covered; which shorts left is not published, and the average assumes least.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.arithmetic import ratio
from amc_assets.features.borrow.cycles import Cycles
from amc_assets.features.shorts import Computed, computed
from amc_assets.features.snapshot import BOOL, F64
from amc_assets.reasons import Reason

MINIMUM_REPORTS = 3


@dataclass(frozen=True)
class ShortBook:
    """Short book of N symbols after the newest report, arrays (N,).

    held_shares and entry_usd (mean entry) on the share basis of D, NaN where unknown; reports_count: reports that name
    the symbol.
    """

    held_shares: F64
    entry_usd: F64
    reports_count: NDArray[np.int64]


def short_book(shares: F64, dollars_usd: F64, volume_shares: F64) -> ShortBook:
    """Return the book after C cycles, all arrays F64 (C, N), oldest first; shares NaN where a report does not name it.

    The book of the first report counts as entered at the mean price of that report's own cycle. A cycle without a
    report joins the next one. An addition in a cycle without a price makes the entry unknown until the book is empty.
    """
    count = shares.shape[1]
    held, entry = np.zeros(count), np.full(count, np.nan)
    paid, traded = np.zeros(count), np.zeros(count)
    reports = np.zeros(count, np.int64)
    for reported, cycle_dollars, cycle_volume in zip(shares, dollars_usd, volume_shares, strict=True):
        paid, traded = paid + cycle_dollars, traded + cycle_volume
        there = np.isfinite(reported)
        size = np.where(there, reported, held)
        kept, added = np.minimum(held, size), np.maximum(size - held, 0.0)
        kept_usd = np.where(kept > 0, kept * entry, 0.0)
        added_usd = np.where(added > 0, added * ratio(paid, traded), 0.0)
        entry = np.where(added > 0, ratio(kept_usd + added_usd, size), np.where(kept > 0, entry, np.nan))
        held, reports = size, reports + there
        paid, traded = np.where(there, 0.0, paid), np.where(there, 0.0, traded)
    return ShortBook(np.where(reports > 0, held, np.nan), entry, reports)


def short_losses(book: ShortBook, close: Computed, basis_unknown: BOOL, not_listed: Reason) -> Computed:
    """Return (price - mean entry) / mean entry of the book: positive where the shorts are losing.

    Missing: a price that is missing passes its reason on; SHORT_HISTORY below MINIMUM_REPORTS reports; INPUT_MISSING
    across a split nobody told of, or where no bar prices an addition; ZERO_DENOMINATOR for a book of no shares.
    """
    usable = (book.reports_count >= MINIMUM_REPORTS) & ~basis_unknown & (book.held_shares > 0)
    values = np.where(usable, ratio(close.values, book.entry_usd) - 1.0, np.nan)
    found = computed(
        values,
        [
            (book.reports_count == 0, not_listed),
            (book.reports_count < MINIMUM_REPORTS, Reason.SHORT_HISTORY),
            (basis_unknown, Reason.INPUT_MISSING),
            (book.held_shares == 0, Reason.ZERO_DENOMINATOR),
            (~np.isfinite(book.entry_usd), Reason.INPUT_MISSING),
        ],
    )
    no_price = (found.reasons > 0) & usable & (close.reasons > 0)
    return Computed(found.values, np.where(no_price, close.reasons, found.reasons).astype(np.uint8))


def times(first: Computed, second: Computed) -> Computed:
    """Return first x second; a missing input passes its own reason on, the first one's before the second's."""
    reasons = np.where(first.reasons > 0, first.reasons, second.reasons).astype(np.uint8)
    return Computed(np.where(reasons > 0, np.nan, first.values * second.values), reasons)


def losses_of(cycles: Cycles, close: Computed, not_listed: Reason) -> Computed:
    """Return the loss at ``close`` of the book that ``cycles`` tell of; reasons as in ``short_losses``."""
    book = short_book(cycles.shares, cycles.dollars_usd, cycles.volume_shares)
    return short_losses(book, close, cycles.basis_unknown, not_listed)

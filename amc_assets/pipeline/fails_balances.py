"""One balance per symbol and day out of the SEC's rows, which are one per CUSIP.

A reverse split or a rename gives a share a new CUSIP. For some days the file then has two rows for the symbol: the
obligation under its new number, and what is still booked under the old one, often in old shares. Their sum would count
one obligation twice, so the CUSIP that goes on afterwards is read, and the other one is counted and left out.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

I64 = NDArray[np.int64]
_RETIRED = r"^[A-Z]{1,6}[ .]*Z{4}$"
_MOST_DAYS = 10**7  # more than any date has days since 1970, so that symbol and day fit into one number


def without_retired(rows: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """Return the rows without ``XERSZZZZ`` and the like, which the SEC writes for a CUSIP whose symbol has moved on.

    The four letters mean "no more": the balance of XERS itself stands under XERS. ZZZZ alone is a symbol.
    """
    is_retired = pc.match_substring_regex(rows.column("source_symbol"), _RETIRED)
    count = int(pc.sum(is_retired).as_py() or 0)
    return rows.filter(pc.invert(is_retired)), {"retired_symbol": count} if count else {}


def one_balance(rows: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """Return one row per ``symbol`` and ``settlement_date``, and how many were left out by reason.

    Of the CUSIPs of a symbol the one goes on that is priced last (listed last where it never is); of equals the one
    that came later, then the higher number. From its first day on the rows of the others are ``other_cusip``; before
    that day the older one is the balance. A row without a CUSIP stands where no other row of the day does. The same
    CUSIP twice on a day, under two spellings of a symbol, is ``duplicate_symbol``.
    """
    if not rows.num_rows:
        return rows, {}
    symbol, cusip = (_codes(rows.column(name)) for name in ("symbol", "cusip"))
    day = rows.column("settlement_date").cast(pa.int32()).to_numpy().astype(np.int64)
    is_blank = pc.equal(pc.fill_null(rows.column("cusip"), ""), "").to_numpy()
    is_priced = pc.is_valid(rows.column("price_usd")).to_numpy()
    place = symbol * _MOST_DAYS + day
    followed = np.zeros(rows.num_rows, dtype=bool)
    named = np.flatnonzero(~is_blank)
    followed[named] = place[named] >= _followed_from(symbol[named], cusip[named], day[named], is_priced[named])
    followed |= is_blank & np.isin(place, place[named])

    kept = np.flatnonzero(~followed)
    _, first = np.unique(place[kept], return_index=True)
    dropped = {"other_cusip": int(followed.sum()), "duplicate_symbol": len(kept) - len(first)}
    return rows.take(pa.array(np.sort(kept[first]))), {reason: count for reason, count in dropped.items() if count}


def _followed_from(symbol: I64, cusip: I64, day: I64, is_priced: NDArray[np.bool_]) -> I64:
    """Return for each row from which place (symbol and day) on another CUSIP of its symbol has followed its own."""
    pairs, pair = np.unique(symbol * (int(cusip.max(initial=0)) + 1) + cusip, return_inverse=True)
    owner, number, first, last, priced = (np.zeros(len(pairs), np.int64) for _ in range(5))
    owner[pair], number[pair] = symbol, cusip
    first += _MOST_DAYS
    np.minimum.at(first, pair, day)
    np.maximum.at(last, pair, day)
    np.maximum.at(priced, pair, np.where(is_priced, day, 0))
    order = np.lexsort((number, first, np.where(priced > 0, priced, last), owner))
    begins = (owner * _MOST_DAYS + first)[order]
    earliest = np.minimum.accumulate(begins[::-1])[::-1]  # of a symbol: of the next one all places are higher
    follows = np.full(len(pairs), np.iinfo(np.int64).max)
    has_next = owner[order][:-1] == owner[order][1:]
    follows[order[:-1][has_next]] = earliest[1:][has_next]
    return follows[pair]


def _codes(column: pa.ChunkedArray) -> I64:
    """Return a number per text, in the order of the texts."""
    texts = pc.fill_null(column, "").to_numpy(zero_copy_only=False)
    codes: I64 = np.unique(texts.astype(str), return_inverse=True)[1].astype(np.int64)
    return codes

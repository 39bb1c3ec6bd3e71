"""What a Polygon ticker looks like, tested on whole columns: ``BRK.B``, ``ABRpD``, ``AAC.WS``; not ``..``, ``<b>``."""

import re
import string
from collections.abc import Sequence

import numpy as np

from amc_assets.providers.wire.rejects import BoolArray

LONGEST = 14
_PATTERN = re.compile(rf"(?=.{{1,{LONGEST}}}\Z)[A-Za-z0-9]+(?:[./-][A-Za-z0-9]+)*\Z")
_LETTER, _MARK, _END, _OTHER = range(4)
_KIND = np.full(256, _OTHER, dtype=np.uint8)
_KIND[list((string.ascii_letters + string.digits).encode())] = _LETTER
_KIND[list(b"./-")] = _MARK
_KIND[ord("\n")] = _END


def bad_tickers(tickers: Sequence[str]) -> BoolArray:
    """Return a mask of the entries that are no tickers.

    All letters are looked at together first, ten times faster than a pattern per entry; only when something is
    strange somewhere is each entry looked at alone.
    """
    if not tickers or _all_plain(tickers):
        return np.zeros(len(tickers), dtype=bool)
    return np.array([_PATTERN.match(ticker) is None for ticker in tickers], dtype=bool)


def _all_plain(tickers: Sequence[str]) -> bool:
    column = ("\n" + "\n".join(tickers) + "\n").encode("utf-8", "replace")
    kinds = _KIND[np.frombuffer(column, dtype=np.uint8)]
    lengths = np.diff(np.flatnonzero(kinds == _END)) - 1
    between = kinds != _LETTER  # a mark or an end beside another one: a mark out of place, or an empty entry
    misplaced = (between[:-1] & between[1:]).any()
    return bool(kinds.max() < _OTHER and len(lengths) == len(tickers) and lengths.max() <= LONGEST and not misplaced)

"""Invented tickers and company names: plausible, unique in every provider's spelling, and never taken from a list."""

from itertools import count

import numpy as np

from amc_assets.replay.spelling import finra_interest

_CONSONANTS = "BCDFGHKLMNPRSTVXZ"
_VOWELS = "AEIOUY"
_STEMS = (
    "Arden", "Boreal", "Calder", "Dunmore", "Elmsworth", "Fenwick", "Garrow", "Halcyon", "Iverley", "Jasper Creek",
    "Kestrel", "Lanthorn", "Marlowe", "Northgate", "Orrin", "Pellucid", "Quarrington", "Redfern", "Sable Point",
    "Tamarind", "Umber", "Vantor", "Wexcombe", "Yarrow", "Zephyrine", "Alderbrook", "Brightwater", "Corvane", "Delphin",
    "Everhart",
)  # fmt: skip
_TRADES = (
    "Therapeutics", "Energy", "Bancorp", "Software", "Retail Group", "Logistics", "Materials", "Realty", "Media",
    "Devices", "Semiconductor", "Foods", "Motors", "Airways", "Networks", "Minerals", "Diagnostics", "Robotics",
    "Apparel", "Utilities",
)  # fmt: skip
_FORMS = ("Inc.", "Corp.", "Holdings Inc.", "Ltd.", "Company")
TRIES = 300
TRAP_TICKERS = ("NA", "TRUE")  # real exchanges list such names, and readers turn them into nulls and booleans


class TickerBook:
    """Hands out tickers none of whose spellings was used before."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self._used: set[str] = set()

    def root(self, letters: int) -> str:
        """Return a new ticker of ``letters`` letters, or of more when those are used up (a market of 3,550 did)."""
        for attempt in count():
            ticker = "".join(self._letter(position) for position in range(letters + attempt // TRIES))
            if self.claim(ticker):
                return ticker
        raise AssertionError("count() has no end")

    def claim(self, symbol: str) -> bool:
        """Return whether ``symbol`` was free, and take it."""
        spelling = finra_interest(symbol)
        if spelling in self._used:
            return False
        self._used.add(spelling)
        return True

    def company(self) -> str:
        """Return an invented company name; two companies may share one, as in life."""
        pick = self._generator.integers
        stem, trade, form = _STEMS[pick(len(_STEMS))], _TRADES[pick(len(_TRADES))], _FORMS[pick(len(_FORMS))]
        return f"{stem} {trade} {form}"

    def _letter(self, position: int) -> str:
        letters = _VOWELS if position % 2 == 1 and self._generator.random() < 0.6 else _CONSONANTS
        return letters[self._generator.integers(len(letters))]

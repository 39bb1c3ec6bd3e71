"""The symbol master: from every source's spelling to the canonical symbol and back.

Built from the symbols that exist, so text without separators (FINRA's ``BRKB``) maps by look-up and never by a pattern.
Text that two symbols share is ambiguous: it maps to nothing and is listed. How sources write is ``spellings.py``.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from amc_assets.market.errors import SymbolError
from amc_assets.market.spellings import Spelling, canonical_spelling, is_canonical, parts_of, spellings_of

__all__ = ["Spelling", "SymbolMaster", "canonical_spelling", "is_canonical"]


class SymbolMaster:
    """Map symbols between sources.

    ``symbols`` are the canonical symbols in the order given, each once. ``collisions`` holds, per spelling, the texts
    that more than one symbol would use, with those symbols. ``rejected`` holds what was given and is not canonical: one
    junk row of a directory must not stop the mapping of ten thousand good ones, and must not vanish either.
    """

    symbols: tuple[str, ...]
    rejected: tuple[str, ...]
    collisions: dict[Spelling, dict[str, tuple[str, ...]]]

    def __init__(self, symbols: Iterable[str | None]) -> None:
        """Build one dictionary per spelling; nulls and repeats are dropped, symbols of another shape are rejected."""
        given = [symbol for symbol in dict.fromkeys(symbols) if symbol is not None]
        self.symbols = tuple(symbol for symbol in given if is_canonical(symbol))
        self.rejected = tuple(symbol for symbol in given if not is_canonical(symbol))
        self._canonical: dict[Spelling, dict[str, str]] = {}
        self.collisions = {}
        roots = [symbol for symbol in self.symbols if symbol.isupper() and symbol.isalpha()]
        plain = set(roots)
        suffixed = [(symbol, parts_of(symbol)) for symbol in self.symbols if symbol not in plain]
        for spelling in Spelling:
            table = dict(zip(roots, roots, strict=True))
            shared: dict[str, list[str]] = {}
            for symbol, parts in suffixed:
                for text in spellings_of(parts, spelling):
                    owner = table.setdefault(text, symbol)
                    if owner != symbol:
                        shared.setdefault(text, [owner]).append(symbol)
            for text in shared:
                del table[text]
            self._canonical[spelling] = table
            self.collisions[spelling] = {text: tuple(owners) for text, owners in shared.items()}

    @staticmethod
    def from_directory(text: str) -> str | None:
        """Return the canonical symbol of a row of Nasdaq's directory or screener, or None when it is none."""
        return canonical_spelling(text, Spelling.NASDAQ)

    def canonical(self, text: str, spelling: Spelling) -> str | None:
        """Return the canonical symbol of ``text``, or None when it is unknown or ambiguous."""
        return self._canonical[spelling].get(text)

    def canonical_many(self, texts: list[str] | npt.NDArray[Any], spelling: Spelling) -> npt.NDArray[np.object_]:
        """Return the canonical symbols of ``texts``, same length, dtype object, ``""`` where unknown or ambiguous."""
        look_up = self._canonical[spelling].get
        items = texts.tolist() if isinstance(texts, np.ndarray) else texts
        return np.array([look_up(text, "") for text in items], dtype=object)

    def spell(self, symbol: str, spelling: Spelling) -> str:
        """Return how ``spelling`` writes a canonical symbol (``BRK.B`` in FINRA_DAILY is ``BRK/B``).

        Raises SymbolError when ``symbol`` is not canonical or the source has no way to write its suffix.
        """
        texts = spellings_of(parts_of(symbol), spelling)
        if not texts:
            raise SymbolError(f"{symbol!r} has a suffix that {spelling} cannot write: leave it out of that request")
        return texts[0]

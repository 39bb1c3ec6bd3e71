"""From what a person types to a symbol that exists: any spelling, any case, else the nearest three."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from amc_assets.market.spellings import Spelling
from amc_assets.market.symbols import SymbolMaster

MOST_NEAR = 3
LEAST_LIKENESS = 0.5


def symbols_meant(text: str, symbols: Iterable[str]) -> tuple[str, ...]:
    """Return the existing symbols that ``text`` can mean; one when it is clear, none when nothing is written so.

    The canonical symbol goes first, then any source's spelling as typed, then both whatever the case: case carries
    meaning (``ABRpD`` is a preferred share), so it is given up last. ``BRK-B`` and ``brk/b`` are ``BRK.B``.
    """
    master = SymbolMaster(symbols)
    typed = text.strip()
    if typed in master.symbols:
        return (typed,)
    if found := _spelled(typed, master):
        return found
    folded = tuple(symbol for symbol in master.symbols if symbol.upper() == typed.upper())
    return folded or _spelled(typed.upper(), master)


def nearest_symbols(text: str, symbols: Iterable[str]) -> tuple[str, ...]:
    """Return up to three existing symbols that look most like ``text``, the nearest first."""
    wanted = text.strip().upper()
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    scored = []
    for symbol in symbols:
        text = symbol.upper()
        matcher.set_seq1(text)
        if matcher.quick_ratio() < LEAST_LIKENESS:
            continue
        # the same letters in another order are a likelier slip than other letters
        likeness = max(matcher.ratio(), 0.9 * (sorted(text) == sorted(wanted)))
        if likeness >= LEAST_LIKENESS:
            scored.append((-likeness, text[:1] != wanted[:1], symbol))
    return tuple(symbol for *_, symbol in sorted(scored)[:MOST_NEAR])


def _spelled(text: str, master: SymbolMaster) -> tuple[str, ...]:
    found = (master.canonical(text, spelling) for spelling in Spelling)
    return tuple(dict.fromkeys(symbol for symbol in found if symbol is not None))

"""How each source writes a symbol: one table of suffixes, and parsing and writing by that table.

The canonical symbol is Polygon's: ``BRK.B``, ``ABRpD`` (preferred, lower-case p), ``ACIC.WS``, ``ACIC.U``. Case carries
meaning, so text is never upper-cased before mapping. Source of the suffixes: Nasdaq's ticker symbol convention page,
compared with recorded files of FINRA (2021, 2025), the NYSE-group venues and Nasdaq (2021). Which symbols exist, and
so which unseparated text is ambiguous, is ``symbols.py``.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from amc_assets.market.errors import SymbolError

CANONICAL = re.compile(r"([A-Z]{1,5})((?:p[A-Z]?|r)?(?:\.[A-Z]{1,2}){0,3}w?)")


class Spelling(StrEnum):
    """Whose way of writing a symbol."""

    POLYGON = "polygon"
    FINRA_INTEREST = "finra_interest"
    FINRA_DAILY = "finra_daily"
    NASDAQ = "nasdaq"
    YAHOO = "yahoo"
    SEC = "sec"
    NYSE = "nyse"


class SuffixKind(StrEnum):
    """What a suffix says about the security; OTHER is a canonical suffix (``pAw``, ``.CL``) outside the table."""

    NONE = "none"
    CLASS = "class"
    PREFERRED = "preferred"
    PREFERRED_SERIES = "preferred_series"
    WARRANT = "warrant"
    WARRANT_SERIES = "warrant_series"
    UNIT = "unit"
    RIGHT = "right"
    WHEN_ISSUED = "when_issued"
    OTHER = "other"


@dataclass(frozen=True)
class SymbolParts:
    """A canonical symbol taken apart; ``letter`` is the class or series letter, or the whole suffix of kind OTHER."""

    root: str
    kind: SuffixKind
    letter: str


_SUFFIXES: dict[SuffixKind, dict[Spelling, tuple[str, ...]]] = {
    # `*` stands for the letter. The first text is the one written; all are read.
    SuffixKind.CLASS: {
        Spelling.POLYGON: (".*",),
        Spelling.FINRA_DAILY: ("/*",),
        Spelling.FINRA_INTEREST: ("*",),
        Spelling.NASDAQ: (".*", "/*"),  # directory, screener
        Spelling.YAHOO: ("-*",),
        Spelling.SEC: ("-*", "/*", ".*", "*"),  # company list; fails to deliver wrote all of the other three
        Spelling.NYSE: (" *", ".*"),  # NYSE, National and Chicago; Arca
    },
    SuffixKind.PREFERRED: {
        Spelling.POLYGON: ("p",),
        Spelling.FINRA_DAILY: ("p",),
        Spelling.FINRA_INTEREST: ("PR",),
        Spelling.NASDAQ: ("$", "-", "^", ".PR", "p"),
        Spelling.YAHOO: ("-P",),
        Spelling.SEC: ("-P", "PR"),
        Spelling.NYSE: (" PR", "-"),
    },
    SuffixKind.PREFERRED_SERIES: {
        Spelling.POLYGON: ("p*",),
        Spelling.FINRA_DAILY: ("p*",),
        Spelling.FINRA_INTEREST: ("PR*",),
        Spelling.NASDAQ: ("$*", "-*", "^*", ".PR*", "p*"),
        Spelling.YAHOO: ("-P*",),
        Spelling.SEC: ("-P*", "PR*"),
        Spelling.NYSE: (" PR*", "-*"),
    },
    SuffixKind.WARRANT: {
        Spelling.POLYGON: (".WS",),
        Spelling.FINRA_DAILY: ("/WS",),
        Spelling.FINRA_INTEREST: ("WS",),
        Spelling.NASDAQ: (".W", ".WS", "+", "/WS"),
        Spelling.YAHOO: ("-WT",),
        Spelling.SEC: ("-WT", "WS"),
        Spelling.NYSE: (" WS", "+"),
    },
    SuffixKind.WARRANT_SERIES: {
        Spelling.POLYGON: (".WS.*",),
        Spelling.FINRA_DAILY: ("/WS/*",),
        Spelling.FINRA_INTEREST: ("WS*",),
        Spelling.NASDAQ: (".WS.*", "+*", "/WS/*"),
        Spelling.YAHOO: ("-WT*",),
        Spelling.SEC: ("-WT*", "WS*"),
        Spelling.NYSE: (" WS*", "+*"),
    },
    SuffixKind.UNIT: {
        Spelling.POLYGON: (".U",),
        Spelling.FINRA_DAILY: ("/U",),
        Spelling.FINRA_INTEREST: ("U",),
        Spelling.NASDAQ: (".U", "=", "/U"),
        Spelling.YAHOO: ("-UN", "-U"),
        Spelling.SEC: ("-UN", "-U", "U"),
        Spelling.NYSE: (" U", ".U", "="),
    },
    SuffixKind.RIGHT: {
        Spelling.POLYGON: ("r",),
        Spelling.FINRA_DAILY: ("r",),
        Spelling.FINRA_INTEREST: ("RT",),
        Spelling.NASDAQ: (".R", ".RT", "/R", "r"),  # not `^`: the screener writes preferreds with it
        Spelling.YAHOO: ("-RT", "-RI"),
        Spelling.SEC: ("-RT", "RT"),
        Spelling.NYSE: (" RT", "^"),
    },
    SuffixKind.WHEN_ISSUED: {
        Spelling.POLYGON: ("w",),
        Spelling.FINRA_DAILY: ("w",),
        Spelling.FINRA_INTEREST: ("WI",),
        Spelling.NASDAQ: ("#", ".WI", "w"),  # not `.V`: McCormick's voting shares are MKC.V
        Spelling.YAHOO: ("-WI",),
        Spelling.SEC: ("-WI", "WI"),
        Spelling.NYSE: (" WI", "#"),
    },
}


def is_canonical(symbol: str) -> bool:
    """Return whether ``symbol`` has the shape of a canonical symbol: 1-5 capitals and a Polygon suffix."""
    return CANONICAL.fullmatch(symbol) is not None


def parts_of(symbol: str) -> SymbolParts:
    """Take a canonical symbol apart. Raise SymbolError when it is not one."""
    match = CANONICAL.fullmatch(symbol)
    if match is None:
        raise SymbolError(
            f"{symbol!r} is not a canonical symbol (BRK.B, ABRpD, ACIC.WS): convert it with "
            "canonical_spelling(text, spelling) or SymbolMaster.canonical"
        )
    root, suffix = match.groups()
    if not suffix:
        return SymbolParts(root, SuffixKind.NONE, "")
    found = _read_suffix(suffix, Spelling.POLYGON)
    return SymbolParts(root, *found) if found else SymbolParts(root, SuffixKind.OTHER, suffix)


def spellings_of(parts: SymbolParts, spelling: Spelling) -> tuple[str, ...]:
    """Return every text that ``spelling`` uses for a symbol, the one to write first; empty when it has none."""
    if parts.kind is SuffixKind.NONE:
        return (parts.root,)
    if parts.kind is not SuffixKind.OTHER:
        return tuple(parts.root + text.replace("*", parts.letter) for text in _SUFFIXES[parts.kind][spelling])
    if spelling is Spelling.POLYGON:
        return (parts.root + parts.letter,)
    if spelling is Spelling.FINRA_DAILY:
        return (parts.root + parts.letter.replace(".", "/"),)
    return ()


def canonical_spelling(text: str, spelling: Spelling) -> str | None:
    """Return the canonical symbol of a separated spelling, or None when ``text`` is not of that spelling.

    For building a universe before there is a SymbolMaster. A suffix with its own meaning (Yahoo's ``-P``, Nasdaq's
    ``.W``) wins over a class of that letter. Raises SymbolError for FINRA_INTEREST, which writes no separator:
    ``BRKB`` may be a class of BRK or a root of its own, and only a SymbolMaster can tell.
    """
    if spelling is Spelling.FINRA_INTEREST:
        raise SymbolError(f"{text!r}: FINRA short interest writes no separators; map it with SymbolMaster.canonical")
    match = re.fullmatch(r"([A-Z]{1,5})([^A-Z].*)?", text)
    if match is None:
        return None
    root, suffix = match.group(1), match.group(2)
    if suffix is None:
        return root
    found = _read_suffix(suffix, spelling)
    if found:
        return spellings_of(SymbolParts(root, *found), Spelling.POLYGON)[0]
    if spelling is Spelling.POLYGON:
        return text if is_canonical(text) else None
    if spelling is Spelling.FINRA_DAILY and is_canonical(dotted := root + suffix.replace("/", ".")):
        return dotted
    return None


@cache
def _readings(spelling: Spelling) -> dict[str, SuffixKind]:
    """Return suffix text -> kind of one spelling; kinds with a fixed text stay ahead of kinds with a letter."""
    return {text: kind for kind, table in _SUFFIXES.items() for text in table[spelling]}


def _read_suffix(suffix: str, spelling: Spelling) -> tuple[SuffixKind, str] | None:
    readings = _readings(spelling)
    if "*" not in suffix and suffix in readings:
        return readings[suffix], ""
    kind = readings.get(suffix[:-1] + "*")
    return (kind, suffix[-1]) if kind and suffix[-1].isascii() and suffix[-1].isupper() else None

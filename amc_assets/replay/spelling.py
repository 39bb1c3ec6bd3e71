"""How each provider spells a canonical symbol; the replay's own rules, so that it can judge the client's.

Canonical is Polygon's: root, then ``.X`` for a class, unit or warrant, or a lower-case ``pX`` for a preferred.
"""

import re

_PREFERRED = re.compile(r"([A-Z]+)p([A-Z]?)")


def finra_daily(symbol: str) -> str:
    """Return FINRA's daily-file spelling: ``BRK/B``, ``AAC/WS``; preferreds keep the small p (``ABRpD``)."""
    return symbol.replace(".", "/")


def finra_interest(symbol: str) -> str:
    """Return FINRA's short-interest spelling, without separators: ``BRKB``, ``AACWS``, ``ABRPRD``."""
    preferred = _PREFERRED.fullmatch(symbol)
    if preferred:
        return f"{preferred[1]}PR{preferred[2]}"
    return symbol.replace(".", "")


def directory_symbol(symbol: str) -> str:
    """Return the directory's Symbol column: ``BRK.B``, ``ABR$D``, ``AAC.W`` for a warrant."""
    preferred = _PREFERRED.fullmatch(symbol)
    if preferred:
        return f"{preferred[1]}${preferred[2]}"
    return symbol.removesuffix("S") if symbol.endswith(".WS") else symbol


def directory_nasdaq_symbol(symbol: str) -> str:
    """Return the directory's NASDAQ Symbol column: ``BRK.B``, ``ABR-D``, ``AAC+`` (warrant), ``AAC=`` (unit)."""
    preferred = _PREFERRED.fullmatch(symbol)
    if preferred:
        return f"{preferred[1]}-{preferred[2]}"
    for suffix, sign in ((".WS", "+"), (".U", "=")):
        if symbol.endswith(suffix):
            return symbol.removesuffix(suffix) + sign
    return symbol


def canonical_from_screener(symbol: str) -> str:
    """Return the canonical spelling of a screener symbol: ``BF/A`` is ``BF.A``, ``C.PRK`` and ``C^K`` are ``CpK``."""
    symbol = symbol.strip().replace("/", ".")
    for mark in (".PR", "^"):
        root, found, series = symbol.partition(mark)
        if found:
            return f"{root}p{series}"
    return symbol

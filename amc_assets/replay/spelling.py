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


def dashed(symbol: str) -> str:
    """Return Alpha Vantage's, Yahoo's and the SEC ticker list's spelling: ``BRK-B``, ``ABR-PD``, ``AAC-WS``."""
    preferred = _PREFERRED.fullmatch(symbol)
    if preferred:
        return f"{preferred[1]}-P{preferred[2]}"
    return symbol.replace(".", "-")


def canonical_from_dashed(symbol: str) -> str:
    """Return the canonical spelling of a dashed symbol: ``BRK-B`` is ``BRK.B``, ``ABR-PD`` is ``ABRpD``."""
    preferred = re.fullmatch(r"([A-Z]+)-P([A-Z]?)", symbol)
    if preferred:
        return f"{preferred[1]}p{preferred[2]}"
    return symbol.replace("-", ".")


def screener_symbol(symbol: str) -> str:
    """Return the screener's spelling: ``BRK/B``, ``ABR^D``, ``AAC/WS``."""
    preferred = _PREFERRED.fullmatch(symbol)
    if preferred:
        return f"{preferred[1]}^{preferred[2]}"
    return symbol.replace(".", "/")


def canonical_from_screener(symbol: str) -> str:
    """Return the canonical spelling of a screener symbol: ``BF/A`` is ``BF.A``, ``C.PRK`` and ``C^K`` are ``CpK``."""
    symbol = symbol.strip().replace("/", ".")
    for mark in (".PR", "^"):
        root, found, series = symbol.partition(mark)
        if found:
            return f"{root}p{series}"
    return symbol

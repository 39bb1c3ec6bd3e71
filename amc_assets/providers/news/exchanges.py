"""Tickers of US exchanges in what wires write: tags (``Nasdaq:ACME``) and text (``(NYSE American: XYZ)``).

A ticker without its exchange, or of another country's, is none: ``(TSX: ACME)`` is not the ACME of New York.
"""

import re

_US = frozenset(
    {
        "nasdaq", "nasdaqgs", "nasdaqgm", "nasdaqcm", "nasdaqglobalselect", "nasdaqglobalselectmarket",
        "nasdaqglobalmarket", "nasdaqcapitalmarket", "nasdaqcapitalmarkets", "nasdaqstockmarket", "nyse",
        "nyseamerican", "nysearca", "nysemkt", "nysetexas", "newyorkstockexchange", "amex", "cboe", "cboebzx", "bats",
        "otc", "otcqx", "otcqb", "otcid", "otcbb", "otcpink", "otcpinks", "otcpk", "otcmkts", "otcmarkets",
        "otherotc", "pink", "pinks", "pinksheets",
    }
)  # fmt: skip
_GROUP = re.compile(r"[(\[]([^()\[\]]{3,300})[)\]]")
_SEPARATOR = re.compile(r"[;,&|]|\band\b")
_PART = re.compile(
    r"(?:([A-Za-z][A-Za-z /.-]{1,40}?)\s*:\s*)?[\"'\u201c]?([A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,3})?)[\"'\u201d]?"
)
MOST_TICKERS = 20


def tag_ticker(term: str) -> str | None:
    """Return the ticker of a tag such as ``Nasdaq:ACME``, or None when it names no US exchange."""
    found = tickers_in(f"({term})")
    return found[0] if len(found) == 1 else None


def tickers_in(text: str) -> list[str]:
    """Return the tickers of US exchanges in brackets, in order, each once, at most twenty.

    ``(NYSE: BRK.A, BRK.B; TSX: XYZ)`` gives the first two: an exchange holds for what follows it up to the next one.
    """
    found: list[str] = []
    for group in _GROUP.findall(text):
        if ":" not in group:
            continue
        is_us = False
        for piece in _SEPARATOR.split(group):
            part = _PART.fullmatch(piece.strip())
            if part is None:
                is_us = False
                continue
            if part[1]:
                is_us = any(re.sub(r"[^a-z]", "", name.lower()) in _US for name in part[1].split("/"))
            if is_us and part[2] not in found:
                found.append(part[2])
    return found[:MOST_TICKERS]

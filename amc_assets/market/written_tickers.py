"""Tickers of US exchanges as releases write them: ``(NYSE American and TSX: XYZ)``, ``(Nasdaq: ABC; TSX: XYZ)``.

A ticker without its exchange, or of another country's, is none: ``(TSX: ACME)`` is not the ACME of New York. Where one
ticker stands under several exchanges it is a US one when one of them is.
"""

import re
from collections.abc import Iterator

_US = frozenset(
    {
        "nasdaq", "nasdaqgs", "nasdaqgm", "nasdaqcm", "nasdaqglobal", "nasdaqglobalselect", "nasdaqcapital",
        "nasdaqglobalselectmarket", "nasdaqglobalmarket", "nasdaqcapitalmarket", "nasdaqcapitalmarkets",
        "nasdaqstockmarket", "nasdaqstockmarketllc", "nasdaqstockexchange", "nasdaqexchange", "nyse", "nyseamerican",
        "nyseamericanllc", "nyseamericanexchange", "nyseamericanstockexchange", "nysearca", "nyseamex", "nysemkt",
        "nysetexas", "nysechicago", "newyorkstockexchange", "newyorkstockexchangeamerican", "amex",
        "americanstockexchange", "cboe", "cboebzx", "cboebzxexchange", "cboeus", "bats", "otc", "otcqx", "otcqb",
        "otcqxbestmarket", "otcqbventuremarket", "otcid", "otcbb", "otcpink", "otcpinks", "otcpinkmarket", "otcpk",
        "otcmkts", "otcmarkets", "otcmarket", "otherotc", "pink", "pinks", "pinksheets",
    }
)  # fmt: skip
_GROUP = re.compile(r"[(\[]([^()\[\]]{3,300})[)\]]")
_SEPARATOR = re.compile(r"[;,&|]|\b(?:and|or)\b")
_SLASH = re.compile(r"/\s*(?=[A-Za-z][A-Za-z .-]{1,40}:)")
"""Between two exchanges (``NASDAQ/TSX: X``) or two clauses (``NYSE: ABC/TSX: X``), never inside ``BRK/B``."""
_PART = re.compile(
    r"(?:([A-Za-z][A-Za-z /.-]{1,40}?)\s*:\s*)?[\"'\u201c]?([A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,3})?)[\"'\u201d]?"
)


def is_us_exchange(name: str) -> bool:
    """Return whether a text names a US exchange or over-the-counter market; ``Nasdaq Stockholm`` is none."""
    return re.sub(r"[^a-z]", "", name.lower()).removeprefix("the") in _US


def tickers_in_brackets(text: str) -> Iterator[tuple[int, str]]:
    """Yield where and which tickers of US exchanges stand in brackets, in order.

    ``(NYSE: BRK.A, BRK.B; TSX: XYZ)`` gives the first two: an exchange holds for what follows it up to the next one.
    Exchanges before a colon that share it (``NYSE American and TSX: XYZ``) hold together.
    """
    for group in _GROUP.finditer(text):
        if ":" in group[1]:
            yield from ((group.start(), ticker) for ticker in _tickers_of(group[1]))


def _tickers_of(group: str) -> Iterator[str]:
    is_us = is_us_waiting = False  # waiting: an exchange was named and the colon has not come yet
    for piece in (part.strip() for between in _SEPARATOR.split(group) for part in _SLASH.split(between)):
        if is_us_exchange(piece):
            is_us_waiting = True
            continue
        part = _PART.fullmatch(piece)
        if part is None:  # a foreign exchange, or words: what follows is nobody's
            is_us = False
            is_us_waiting = is_us_waiting and not any(sign.isdigit() or sign == ":" for sign in piece)
            continue
        if part[1]:
            is_us = is_us_waiting or any(map(is_us_exchange, part[1].split("/")))
            is_us_waiting = False
        if is_us:
            yield part[2]

"""Tickers of US exchanges in what wires write: tags (``Nasdaq:ACME``) and text (``(NYSE American and TSX: XYZ)``)."""

from amc_assets.market.written_tickers import tickers_in_brackets

MOST_TICKERS = 20


def tag_ticker(term: str) -> str | None:
    """Return the ticker of a tag such as ``Nasdaq:ACME``, or None when it names no US exchange."""
    found = tickers_in(f"({term})")
    return found[0] if len(found) == 1 else None


def tickers_in(text: str) -> list[str]:
    """Return the tickers of US exchanges in brackets, in order, each once, at most twenty."""
    return list(dict.fromkeys(ticker for _, ticker in tickers_in_brackets(text)))[:MOST_TICKERS]

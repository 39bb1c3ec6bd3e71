"""Tickers in what wires write: of US exchanges only, with the exchange named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.news.exchanges import MOST_TICKERS, tag_ticker, tickers_in


@pytest.mark.parametrize(
    ("text", "tickers"),
    [
        ("Acme Corp. (NASDAQ: SSAT) today announced", ["SSAT"]), ("(Nasdaq:ACME)", ["ACME"]), ("[NYSE: F]", ["F"]),
        ("(NYSE American: XYZ)", ["XYZ"]), ("(NYSE Arca: SPY)", ["SPY"]), ("(NYSE MKT: XYZ)", ["XYZ"]),
        ("(NYSE: BRK.A, BRK.B)", ["BRK.A", "BRK.B"]), ("(NYSE: BRK/B)", ["BRK/B"]),
        ("(Nasdaq: ABC and ABCW)", ["ABC", "ABCW"]),
        ("(NASDAQ: ABC; TSX: XYZ)", ["ABC"]), ("(TSX: XYZ) (NASDAQ: ABC)", ["ABC"]), ("(TSX: XYZ, NYSE: ABC)", ["ABC"]),
        ("(NYSE/TSX: ABC)", ["ABC"]), ("(TSX / NYSE: ABC)", ["ABC"]), ("(OTCQX: ABCDF)", ["ABCDF"]),
        ("(OTCQB: ABCD)", ["ABCD"]),
        ("(OTC Pink: ABCD)", ["ABCD"]), ("(OTCMKTS: ABCD)", ["ABCD"]), ("(OTC: ABCDY)", ["ABCDY"]),
        ("(NasdaqGS: ABC)", ["ABC"]), ("(Nasdaq Capital Market: ABC)", ["ABC"]), ('(NYSE: "ABC")', ["ABC"]),
        ("(NYSE: ABC) and again (NYSE: ABC)", ["ABC"]), ("(NASDAQ: ABC) (NYSE: XYZ)", ["ABC", "XYZ"]),
        ("(NYSE American and TSX: XYZ)", ["XYZ"]), ("(NYSE American: XYZ; TSX: XYZ)", ["XYZ"]),
        ("(Nasdaq and TASE: ABCD)", ["ABCD"]), ("(TASE and Nasdaq: ABCD)", ["ABCD"]), ("(NASDAQ/TSX: X)", ["X"]),
        ("(NYSE American & TSX: XYZ)", ["XYZ"]), ("(NYSE American, TSX: XYZ)", ["XYZ"]),
        ("(NYSE or TSX: XYZ)", ["XYZ"]),
        ("(NYSE: ABC, ABC.WS)", ["ABC", "ABC.WS"]), ("(Nasdaq Global Select Market: XYZ)", ["XYZ"]),
        ("(The Nasdaq Stock Market: XYZ)", ["XYZ"]), ("(OTCQX/TSXV: ABCDF)", ["ABCDF"]),
        ("(TSXV: ABC; OTCQX: ABCDF)", ["ABCDF"]), ("(TSXV: ABC / OTCQX: ABCDF)", ["ABCDF"]),
        ("(NYSE: ABC/TSX: DEF)", ["ABC"]), ("(NYSE: BRK/B and TSX: DEF)", ["BRK/B"]),
        ("(TSX, NYSE American: XYZ, FSE: ABC)", ["XYZ"]), ("(TSX: ABC, NYSE)", []), ("(TSX: ABC and LSE: DEF)", []),
        ("(Nasdaq Stockholm: ERIC)", []), ("(Nasdaq First North: ABC)", []), ("(Cboe Canada: ABC)", []),
        ("(CSE: ABC)", []), ("(LSE: ABC)", []), ("(Oslo: ACME)", []), ("(ABC)", []), ("NASDAQ: AI STOCKS SURGE", []),
        ("(NASDAQ: the best)", []), ("(NASDAQ:)", []), ("(the \"Company\")", []), ("(NASDAQ: TOOLONGX)", []), ("", []),
        ("(Nasdaq: ABC, a company, XYZ)", ["ABC"]), ("(NYSE: '; DROP)", []), ("((NYSE: ABC))", ["ABC"]),
    ],
    ids=repr,
)  # fmt: skip
def test_tickers_in_text(text, tickers) -> None:
    assert tickers_in(text) == tickers


@pytest.mark.parametrize(
    ("term", "ticker"),
    [
        ("Nasdaq:ACME", "ACME"), ("NYSE:BRK.B", "BRK.B"), ("Other OTC:ABCDF", "ABCDF"), ("OTC QX:ABCDF", "ABCDF"),
        ("TSX:ACME", None), ("Oslo:ACME", None), ("ACME", None), ("", None), ("Nasdaq:A,B", None), ("Nasdaq:(A)", None),
    ],
)  # fmt: skip
def test_the_ticker_of_a_tag(term, ticker) -> None:
    assert tag_ticker(term) == ticker


@given(st.text(alphabet='(NASDAQ: XY,;)[]andTSX/."', max_size=300))
def test_whatever_is_written_gives_plain_tickers(text) -> None:
    found = tickers_in(text)
    assert len(found) == len(set(found)) <= MOST_TICKERS
    assert all(ticker[0].isalpha() and len(ticker) <= 10 and "," not in ticker for ticker in found)


def test_a_list_without_end_is_cut() -> None:
    many = " ".join(f"(NYSE: A{chr(65 + n // 26)}{chr(65 + n % 26)})" for n in range(100))
    assert len(tickers_in(many)) == MOST_TICKERS

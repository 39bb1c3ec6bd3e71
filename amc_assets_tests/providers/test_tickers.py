"""The quick look at a whole column says the same as a pattern per entry."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.wire.tickers import bad_tickers


@pytest.mark.parametrize("good", ["A", "BRK.B", "ABRpD", "AAC.WS", "BAC-L", "BRK/A", "ZXYZ.A", "NULL", "X" * 14, "0"])
def test_spellings_in_use(good) -> None:
    assert bad_tickers([good]).tolist() == [False]


@pytest.mark.parametrize(
    "bad", ["", ".", "..", "A.", ".A", "A..B", "A./B", "A B", "A\nB", "A\n", "X" * 15, "É", "<b>", "\x00"]
)
def test_what_is_no_ticker(bad) -> None:
    assert bad_tickers(["A", bad, "B"]).tolist() == [False, True, False]


@given(st.lists(st.text(st.sampled_from("AbZ9./-\n <é"), max_size=17), max_size=8))
def test_the_column_agrees_with_each_entry(tickers) -> None:
    def is_bad(ticker: str) -> bool:
        return not (len(ticker) <= 14 and re.fullmatch(r"[A-Za-z0-9]+([./-][A-Za-z0-9]+)*", ticker))

    assert bad_tickers(tickers).tolist() == [is_bad(ticker) for ticker in tickers]

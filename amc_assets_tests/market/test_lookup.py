"""What people type finds the symbol it means; what means nothing has its nearest names."""

import pytest

from amc_assets.market.lookup import nearest_symbols, symbols_meant

LISTED = ("XIS", "XISA", "SIX", "BRK.A", "BRK.B", "BRKB", "ABRpD", "ABRPD", "GME", "ACIC.WS", "F", "TSLA")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("XIS", "XIS"),
        ("xis", "XIS"),
        (" gme ", "GME"),
        ("BRK.B", "BRK.B"),
        ("BRK-B", "BRK.B"),
        ("BRK/B", "BRK.B"),
        ("brk.b", "BRK.B"),
        ("brk-a", "BRK.A"),
        ("BRKB", "BRKB"),
        ("ABRpD", "ABRpD"),
        ("ABRPD", "ABRPD"),
        ("ABR-PD", "ABRpD"),
        ("acic.ws", "ACIC.WS"),
        ("f", "F"),
    ],
)
def test_every_spelling_finds_its_symbol(typed: str, meant: str):
    assert symbols_meant(typed, LISTED) == (meant,)


def test_text_that_two_symbols_share_names_both():
    assert symbols_meant("abrpd", LISTED) == ("ABRpD", "ABRPD")


@pytest.mark.parametrize("typed", ["NOSUCH", "", "BRK-C", "XI S"])
def test_text_without_a_symbol_means_none(typed: str):
    assert symbols_meant(typed, LISTED) == ()


@pytest.mark.parametrize(
    ("typed", "first"), [("XSI", "XIS"), ("gmee", "GME"), ("BRKC", "BRKB"), ("TLSA", "TSLA"), ("brk.c", "BRK.A")]
)
def test_the_nearest_name_comes_first(typed: str, first: str):
    near = nearest_symbols(typed, LISTED)
    assert near[0] == first
    assert len(near) <= 3
    assert len(nearest_symbols("XIS", LISTED)) == 3


def test_what_looks_like_nothing_has_no_near_name():
    assert nearest_symbols("QQQQQQ", LISTED) == ()

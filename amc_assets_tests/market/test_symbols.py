"""Spellings and the symbol master: recorded spellings, ambiguity, round trips, speed."""

import gzip
import string
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market import spellings
from amc_assets.market.errors import SymbolError
from amc_assets.market.spellings import SuffixKind, is_canonical, parts_of, spellings_of
from amc_assets.market.symbols import Spelling, SymbolMaster, canonical_spelling

SEPARATED = [spelling for spelling in Spelling if spelling is not Spelling.FINRA_INTEREST]
LETTERS = st.sampled_from(string.ascii_uppercase)
ROOTS = st.text(string.ascii_uppercase, min_size=1, max_size=5)
SUFFIXES = st.one_of(
    st.just(""),
    st.builds("{}{}".format, st.sampled_from([".", "p", ".WS."]), LETTERS),
    st.sampled_from(["p", ".WS", ".U", "r", "w", "pAw", ".CL"]),
)
SYMBOLS = st.builds("{}{}".format, ROOTS, SUFFIXES)

# How each source wrote these securities in recorded files and bodies.
RECORDED = [
    ("BRK.B", Spelling.POLYGON, "BRK.B"),
    ("BRK.B", Spelling.FINRA_INTEREST, "BRKB"),
    ("BRK.B", Spelling.FINRA_DAILY, "BRK/B"),
    ("BRK.B", Spelling.NASDAQ, "BRK.B"),
    ("BRK.B", Spelling.NASDAQ, "BRK/B"),
    ("BRK.B", Spelling.YAHOO, "BRK-B"),
    ("BRK.B", Spelling.SEC, "BRK-B"),
    ("BRK.B", Spelling.SEC, "BRK/B"),
    ("BRK.B", Spelling.SEC, "BRKB"),
    ("BRK.B", Spelling.NYSE, "BRK B"),
    ("AGM.A", Spelling.NYSE, "AGM A"),
    ("AGM.A", Spelling.NYSE, "AGM.A"),
    ("ABRpD", Spelling.FINRA_DAILY, "ABRpD"),
    ("ABRpB", Spelling.FINRA_INTEREST, "ABRPRB"),
    ("ABRpA", Spelling.NYSE, "ABR PRA"),
    ("ABRpB", Spelling.NYSE, "ABR-B"),
    ("ABRpD", Spelling.NASDAQ, "ABR$D"),
    ("ABRpD", Spelling.NASDAQ, "ABR-D"),
    ("ABRpD", Spelling.NASDAQ, "ABR^D"),
    ("ABRpD", Spelling.NASDAQ, "ABR.PRD"),
    ("ABRpD", Spelling.YAHOO, "ABR-PD"),
    ("CEQPp", Spelling.NYSE, "CEQP PR"),
    ("AAC.WS", Spelling.FINRA_DAILY, "AAC/WS"),
    ("ACIC.WS", Spelling.FINRA_INTEREST, "ACICWS"),
    ("ACIC.WS", Spelling.NYSE, "ACIC WS"),
    ("ACIC.WS", Spelling.NYSE, "ACIC+"),
    ("ACIC.WS", Spelling.NASDAQ, "ACIC.WS"),
    ("ACIC.WS", Spelling.YAHOO, "ACIC-WT"),
    ("GIX.WS.A", Spelling.NYSE, "GIX WSA"),
    ("GIX.WS.A", Spelling.NYSE, "GIX+A"),
    ("ACIC.U", Spelling.NYSE, "ACIC U"),
    ("ACIC.U", Spelling.NYSE, "ACIC.U"),
    ("ACIC.U", Spelling.FINRA_INTEREST, "ACICU"),
    ("GIXr", Spelling.NASDAQ, "GIX.RT"),
    ("GIXr", Spelling.NYSE, "GIX RT"),
    ("MKC.V", Spelling.NASDAQ, "MKC.V"),
]


@pytest.mark.parametrize(("symbol", "spelling", "text"), RECORDED)
def test_recorded_spellings_map_to_the_canonical_symbol(symbol, spelling, text):
    assert SymbolMaster([symbol, symbol[:3]]).canonical(text, spelling) == symbol
    if spelling is not Spelling.FINRA_INTEREST and text != "BRKB":
        assert canonical_spelling(text, spelling) == symbol


@pytest.mark.parametrize("spelling", list(Spelling))
@pytest.mark.parametrize("ticker", ["NA", "NULL", "NAN", "TRUE", "A", "GOOGL"])
def test_tickers_that_look_like_missing_values_are_tickers(ticker, spelling):
    master = SymbolMaster([ticker])
    assert master.canonical(ticker, spelling) == ticker
    assert master.canonical_many([ticker], spelling).tolist() == [ticker]


def test_case_is_never_changed():
    master = SymbolMaster(["ABRpD"])
    assert master.canonical("ABRPD", Spelling.FINRA_DAILY) is None
    assert master.canonical("abrpd", Spelling.POLYGON) is None
    both = SymbolMaster(["ABpD", "ABPD"])  # a preferred and a root that upper-casing would merge
    assert [both.canonical(text, Spelling.FINRA_DAILY) for text in ("ABpD", "ABPD")] == ["ABpD", "ABPD"]


def test_text_that_two_symbols_share_maps_to_nothing_and_is_listed():
    master = SymbolMaster(["BRK.B", "BRKB", "GME"])
    assert master.canonical("BRKB", Spelling.FINRA_INTEREST) is None
    assert master.canonical_many(["BRKB", "GME"], Spelling.FINRA_INTEREST).tolist() == ["", "GME"]
    assert master.collisions[Spelling.FINRA_INTEREST] == {"BRKB": ("BRKB", "BRK.B")}
    assert master.canonical("BRK/B", Spelling.FINRA_DAILY) == "BRK.B"
    assert master.canonical("BRKB", Spelling.FINRA_DAILY) == "BRKB"
    assert master.collisions[Spelling.FINRA_DAILY] == {}


def test_a_repeated_symbol_is_no_collision_and_junk_is_rejected_by_name():
    master = SymbolMaster(["GME", "GME", None, "BRK/B", "", "gme", "GME2"])
    assert master.symbols == ("GME",)
    assert master.rejected == ("BRK/B", "", "gme", "GME2")
    assert not any(master.collisions.values())


def test_canonical_many_takes_arrays_and_answers_the_empty_string_for_what_it_does_not_know():
    master = SymbolMaster(["BRK.B", "GME"])
    texts = np.array(["GME", "BRK/B", "XX", "", None, float("nan")], dtype=object)
    mapped = master.canonical_many(texts, Spelling.FINRA_DAILY)
    assert mapped.dtype == object
    assert mapped.tolist() == ["GME", "BRK.B", "", "", "", ""]
    assert master.canonical_many(np.array(["GME"]), Spelling.FINRA_DAILY).tolist() == ["GME"]
    assert master.canonical_many([], Spelling.FINRA_DAILY).shape == (0,)


def test_an_empty_master_maps_nothing():
    assert SymbolMaster([]).canonical("GME", Spelling.POLYGON) is None


def test_refusals_say_what_to_do():
    with pytest.raises(SymbolError, match=r"SymbolMaster\.canonical"):
        canonical_spelling("BRKB", Spelling.FINRA_INTEREST)
    with pytest.raises(SymbolError, match="not a canonical symbol"):
        SymbolMaster([]).spell("BRK/B", Spelling.YAHOO)
    with pytest.raises(SymbolError, match="leave it out"):
        SymbolMaster(["ABRpAw"]).spell("ABRpAw", Spelling.YAHOO)


@pytest.mark.parametrize(
    "text",
    ["", " ", "gme", "TOOLONG", "BRK/", "BRK//B", "BRK*", "BRK-*", "BRK/b", "GME\n", "../x", "É", "BRK/É", "GME2"],
)
@pytest.mark.parametrize("spelling", SEPARATED)
def test_what_is_no_symbol_is_not_guessed(text, spelling):
    assert canonical_spelling(text, spelling) is None


def test_nasdaq_directory_rows():
    assert SymbolMaster.from_directory("ABR$D") == "ABRpD"
    assert SymbolMaster.from_directory("not a symbol") is None


@pytest.mark.parametrize("spelling", list(Spelling))
def test_no_two_kinds_of_suffix_share_a_text(spelling):
    texts = Counter(text for table in spellings._SUFFIXES.values() for text in table[spelling])
    assert [text for text, count in texts.items() if count > 1] == []


def test_every_spelling_writes_every_kind():
    kinds = set(SuffixKind) - {SuffixKind.NONE, SuffixKind.OTHER}
    assert set(spellings._SUFFIXES) == kinds
    assert all(set(table) == set(Spelling) for table in spellings._SUFFIXES.values())


@given(st.lists(SYMBOLS, max_size=30))
def test_spelling_and_mapping_back_gives_the_symbol_or_a_listed_collision(symbols):
    master = SymbolMaster(symbols)
    assert master.rejected == ()
    for spelling in Spelling:
        for symbol in master.symbols:
            for text in spellings_of(parts_of(symbol), spelling):
                owners = master.collisions[spelling].get(text)
                assert master.canonical(text, spelling) == (None if owners else symbol)
                assert owners is None or symbol in owners


@given(SYMBOLS, st.sampled_from([Spelling.POLYGON, Spelling.FINRA_DAILY, Spelling.NYSE]))
def test_separated_spellings_parse_back_without_a_master(symbol, spelling):
    texts = spellings_of(parts_of(symbol), spelling)
    assert [canonical_spelling(text, spelling) for text in texts] == [symbol] * len(texts)


@given(st.text(max_size=12), st.sampled_from(SEPARATED))
def test_any_text_gives_a_canonical_symbol_or_none(text, spelling):
    found = canonical_spelling(text, spelling)
    assert found is None or is_canonical(found)


def _symbols_of(path, column=1):
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
    return [line.split("|")[column] for line in lines if line.count("|") >= 5]


@pytest.mark.real_data
def test_every_symbol_of_a_finra_daily_file_is_understood_and_none_collide(shared_data):
    texts = _symbols_of(shared_data / "finra_regsho" / "CNMSshvol20250910.rebuilt_from_sqlite.txt.gz")
    master = SymbolMaster(canonical_spelling(text, Spelling.FINRA_DAILY) for text in texts)
    assert len(master.symbols) == len(texts) == 10_795
    assert {"BRK.B", "ABRpD", "AGM.A", "BFLY.WS"} <= set(master.symbols)
    assert all(master.collisions[spelling] == {} for spelling in Spelling)


@pytest.mark.real_data
def test_two_styles_of_the_nyse_venues_meet_in_one_symbol(shared_data):
    texts = _symbols_of(shared_data / "nyse_short_volume" / "NYSEGRPshvol20210127.txt.gz")
    canonical = [canonical_spelling(text, Spelling.NYSE) for text in texts]
    assert None not in canonical
    assert (len(texts), len(set(canonical))) == (9_875, 9_235)
    assert Counter(canonical)["ABRpB"] == 2  # "ABR PRB" of NYSE and "ABR-B" of Arca


@pytest.mark.real_data
def test_finra_short_interest_of_listed_names_maps_by_look_up(shared_data):
    traded = _symbols_of(shared_data / "nyse_short_volume" / "NYSEGRPshvol20210127.txt.gz")
    master = SymbolMaster(canonical_spelling(text, Spelling.NYSE) for text in traded)
    assert master.collisions[Spelling.FINRA_INTEREST] == {
        "CCVU": ("CCVU", "CCV.U"),
        "PCPCU": ("PCPCU", "PCPC.U"),
    }  # units that one venue wrote with a separator and another without
    path = shared_data / "finra_short_interest" / "shrt20210129.csv.gz"
    rows = list(zip(_symbols_of(path), _symbols_of(path, 4), strict=True))
    listed = [text for text, market in rows if market in ("NYSE", "AMEX", "NNM", "SC", "ARCA", "BZX")]
    mapped = master.canonical_many(listed, Spelling.FINRA_INTEREST)
    assert len(listed) == 9_521
    assert (mapped != "").sum() == 9_153  # the rest did not trade on the NYSE group's venues that day
    found = dict(zip(listed, mapped, strict=True))
    assert found["BRKB"] == "BRK.B"
    assert found["ABRPRB"] == "ABRpB"
    assert found["ACICWS"] == "ACIC.WS"

"""Classification of directory rows: names, types, reasons, whole tables, recorded directories."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market import universe
from amc_assets.market.errors import UniverseError
from amc_assets.market.security_types import POLYGON_TYPES
from amc_assets.market.symbols import Spelling, canonical_spelling
from amc_assets.market.universe import SecurityType, UniverseReason, security_type, select_universe

SCHEMA = pa.schema(list(universe.COLUMNS.items()))


# Counted on 2026-11-22, after reading the rows where symbol and type disagree and every common stock whose name has
# Trust, Income, Notes or a percent sign. A change here is a change of who is screened.
MEASURED_DIRECTORY = {
    "etf": 605,
    "fund": 138,
    "warrant": 10,
    "unit": 70,
    "right": 2,
    "preferred": 41,
    "note": 72,
}
MEASURED_SCREENER = {
    "common_stock": 4777,
    "preferred": 585,
    "fund": 395,
    "warrant": 367,
    "unit": 353,
    "adr": 323,
    "note": 167,
    "right": 16,
    "etf": 2,
}


def row(symbol="GME", name="GameStop Corporation Common Stock", **more: object):
    return {"symbol": symbol, "name": name, "exchange": "XNYS", **more}


def table(*rows: dict[str, object]):
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def reasons_of(selection):
    return selection.table.column("exclusion_reason").to_pylist()


NAMES = [
    ("GameStop Corporation Common Stock", "common_stock"),
    ("Artius Acquisition Inc. Class A Common Stock", "common_stock"),  # a SPAC's share
    ("TMPM Turmeric Acquisition Corp. Class A Ordinary Shares", "common_stock"),
    ("CrossAmerica Partners LP Common Units representing limited partner interests", "common_stock"),
    ("AllianceBernstein Holding L.P.  Units", "common_stock"),
    ("Plains GP Holdings L.P. Class A Units representing Limited Partner Interests", "common_stock"),
    ("Permianville Royalty Trust Trust Units", "common_stock"),
    ("Unit Corporation Common Stock", "common_stock"),
    ("Preferred Bank Common Stock", "common_stock"),
    ("Preferred Apartment Communities Inc. Common Stock", "common_stock"),
    ("Bank Nova Scotia Halifax Pfd 3 Ordinary Shares", "common_stock"),
    ("Office Properties Income Trust Common Shares of Beneficial Interest", "common_stock"),
    ("Universal Health Realty Income Trust Common Stock", "common_stock"),
    ("Common Stock (and associated Preferred Stock Purchase Rights)", "common_stock"),
    ("MagnaChip Depositary Shares each representing one share of common stock", "common_stock"),
    ("Banco Santander Brasil SA American Depositary Shares each representing one unit", "adr"),
    ("Renesola Ltd. American Depsitary Shares (Each representing 10 shares)", "adr"),  # the directory's own misspelling
    ("Micro Focus Intl PLC ADS each representing One Ord Sh", "adr"),
    ("Artius Acquisition Inc. - Unit consisting of one ordinary share and one third redeemable warrant", "unit"),
    ("Ajax I Units each consisting of one Class A ordinary share and one-fourth of one redeemable warrant", "unit"),
    ("Colfax Corporation 5.75% Tangible Equity Units", "unit"),
    ("YAC Redeemable Warrants each whole warrant exercisable for one Class A ordinary share at $11.50", "warrant"),
    ("Benessere Capital Acquisition Corp. Right", "right"),
    ("Alberton Acquisition Corporation - Rights exp April 26 2021", "right"),
    ("Fifth Third Bancorp Depositary Shares representing 1/40th share of 6% Perpetual Preferred Stock", "preferred"),
    ("Zions Bancorporation N.A. Dep Shs Repstg 1/40th Perp Pfd Ser G", "preferred"),
    ("Air T, Inc. - Trust Preferred Securities", "preferred"),
    ("Popular Inc. 6.70% Cumulative Monthly Income Trust Preferred Securities", "preferred"),
    ("Hercules Capital Inc. 5.25% Notes due 2025", "note"),
    ("Duke Energy Corporation 5.625% Junior Subordinated Debentures due 2078", "note"),
    ("Merrill Lynch Depositor Inc PPlus Tr Ser RRD-1 Tr Ctf Cl A", "note"),
    ("Templeton Emerging Markets Income Fund Inc. Common Stock", "fund"),
    ("John Hancock Pfd Income Fund II", "fund"),
    ("BlackRock Municipal Income Trust II", "fund"),
    ("Ares Capital Corporation - Closed End Fund", "fund"),
    ("Listed Funds Trust AAF First Priority CLO Bond ETF", "fund"),  # "Funds" comes first; the ETF flag would decide
    ("Eaton Vance NextShares Trust Eaton Vance Global Income Builder NextShares", "etf"),
    ("SPDR S&P 500 ETF Trust", "etf"),
    ("iPath Select MLP ETN", "etn"),
    ("Yum! Brands Inc.", "common_stock"),  # no word at all: the main share class
    ("", "common_stock"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_the_first_instrument_word_of_a_name_decides(name, expected):
    assert security_type(None, name, "XYZ", None) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("ABRpD", "preferred"),
        ("RMPLp", "preferred"),
        ("ACIC.WS", "warrant"),
        ("GIX.WS.A", "warrant"),
        ("ACIC.U", "unit"),
        ("GIXr", "right"),
        ("BRK.B", "common_stock"),
        ("JAQCW", "warrant"),
        ("ZWRKU", "unit"),
        ("ABCDR", "right"),
        ("ABCDP", "preferred"),
        ("ABCDA", "common_stock"),
        ("ABCW", "common_stock"),
    ],
)
def test_a_symbol_decides_where_the_name_says_nothing(symbol, expected):
    assert security_type(None, "Some Company Inc.", symbol, None) == expected


def test_a_suffix_beats_the_name_and_the_name_beats_the_fifth_letter():
    assert security_type(None, "Priority Income Fund Inc.", "PRIFpA", None) == "preferred"
    assert security_type(None, "Alphabet Inc. Class A Common Stock", "ABCDW", None) == "common_stock"


@pytest.mark.parametrize(("polygon_type", "expected"), list(POLYGON_TYPES.items()))
def test_polygons_type_wins_over_everything(polygon_type, expected):
    assert security_type(polygon_type, "X Warrants", "ABRpD", True) == expected


def test_an_unknown_polygon_type_is_other_and_not_guessed():
    assert security_type("NEWTYPE", "X Common Stock", "X", False) is SecurityType.OTHER


def test_the_etf_flag_beats_symbol_and_name_but_a_note_stays_a_note():
    assert security_type(None, "Barron's 400", "BFOR", True) is SecurityType.ETF
    assert security_type(None, "iPath Select MLP ETN", "ATMP", True) is SecurityType.ETN


EXCLUSIONS = [
    (row("BRK/B"), "bad_symbol"),
    (row(None), "bad_symbol"),
    (row(""), "bad_symbol"),
    (row("gme"), "bad_symbol"),
    (row("GME", is_test_issue=True), "test_issue"),
    (row("GME", exchange="OTCM"), "not_listed"),
    (row("GME", exchange="OTC"), "not_listed"),
    (row("GEVw", "GE Vernova Inc. Common Stock When-Issued", polygon_type="CS"), "when_issued"),
    (row("SPY", polygon_type="ETF"), "etf"),
    (row("AIO", polygon_type="FUND"), "fund"),
    (row("ACIC.WS", "Atlas"), "warrant"),
    (row("ACIC.U", "Atlas"), "unit"),
    (row("GIXr", "Giga"), "right"),
    (row("ABRpD", "Arbor"), "preferred"),
    (row("ATMP", "iPath Select MLP ETN"), "note"),
    (row("HCXZ", polygon_type="BOND"), "note"),
    (row("LT", polygon_type="LT"), "other_type"),
]


@pytest.mark.parametrize(("excluded", "reason"), EXCLUSIONS)
def test_each_exclusion_has_its_reason_and_is_counted(excluded, reason):
    selection = select_universe(table(row("AMC"), excluded))
    assert reasons_of(selection) == [None, reason]
    assert selection.table.column("is_eligible").to_pylist() == [True, False]
    assert selection.excluded == {other: int(other == reason) for other in UniverseReason}


def test_every_reason_has_a_case():
    assert {reason for _, reason in EXCLUSIONS} | {"duplicate"} == set(UniverseReason)


@pytest.mark.parametrize("symbol", sorted(universe.TEST_SYMBOLS))
def test_known_test_symbols_are_excluded_without_a_flag(symbol):
    assert reasons_of(select_universe(table(row(symbol, polygon_type="CS")))) == ["test_issue"]


@pytest.mark.parametrize(
    "symbol",
    [
        *("NTEST", "NTEST.A", "NTESTpA", "ATEST", "ATEST.B", "PTEST", "PTEST.WS", "CTEST", "MTEST", "ZTEST", "ZTEST.A"),
        *("ZAZZT", "ZBZZT", "ZCZZT", "ZVZZC", "ZXYZ", "ZXYZ.B"),
    ],
)
def test_the_kin_of_test_symbols_is_excluded_without_a_flag(symbol):
    assert reasons_of(select_universe(table(row(symbol, "Some Corp. Common Stock", polygon_type="CS")))) == [
        "test_issue"
    ]


@pytest.mark.parametrize(
    "name",
    ["TXSE Test Stk 5 Common Stock", "NASDAQ TEST STOCK", "Nasdaq Symbology Test Common Stock", "NYSE Tick Test Issue"],
)
def test_a_name_that_says_test_is_a_test_issue(name):
    assert reasons_of(select_universe(table(row("ZZZTX", name, polygon_type="CS")))) == ["test_issue"]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("AEHR", "Aehr Test Systems - Common Stock"), ("INTT", "inTEST Corporation Common Stock"),
        ("ZTS", "Zoetis Inc. Class A Common Stock"), ("TEST", "Some Corp. Common Stock"),
        ("BEST", "BEST Inc. American Depositary Shares"), ("ZZ", "Sealy Corp"), ("PTE", "PolarityTE Inc."),
        ("CVCO", "Cavco Industries Inc. Common Stock When Issued"), ("IGZA", "Some Corp."),
        ("AAP", "Advance Auto Parts Inc Advance Auto Parts Inc W/I"), ("CBOE", "Cboe Global Markets"),
        ("MKC.V", "McCormick & Company Common Stock"), ("VERV", "Verve Therapeutics"),
        ("LIVEV", "Some Corp. Common Stock"),
    ],
)  # fmt: skip
def test_companies_that_look_like_tests_or_promises_stay(symbol, name):
    assert reasons_of(select_universe(table(row(symbol, name, polygon_type="CS")))) == [None]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("IFFw", "International Flavors & Fragrances Inc."), ("BRK.Bw", "Some Corp."), ("SOLVw", "Solventum"),
        ("VRNTV", "Verint Systems Inc. Ex-Distribution When-Issued"),
        ("CGNTV", "Cognyte Software Ltd. Ordinary Shares When-Issued"),
    ],
)  # fmt: skip
def test_what_is_traded_before_it_is_issued_is_not_screened(symbol, name):
    assert reasons_of(select_universe(table(row(symbol, name)))) == ["when_issued"]
    assert reasons_of(select_universe(table(row(symbol, name, polygon_type="CS")))) == ["when_issued"]


def test_of_equal_symbols_the_first_row_counts():
    selection = select_universe(table(row("GME"), row("GME", "Another Common Stock"), row("NA"), row("NULL")))
    assert reasons_of(selection) == [None, "duplicate", None, None]


@pytest.mark.parametrize("exchange", ["XNYS", "XNAS", "XASE", "ARCX", "BATS", "N", "Q", "nyse", "NASDAQ", "", None])
def test_exchanges_and_sources_that_do_not_say_are_eligible(exchange):
    assert reasons_of(select_universe(table(row(exchange=exchange)))) == [None]


def test_nulls_everywhere_but_the_symbol():
    assert reasons_of(select_universe(table({"symbol": "GME"}))) == [None]


def test_a_table_without_a_column_or_with_another_type_is_refused_by_name():
    with pytest.raises(UniverseError, match=r"lacks.*exchange \(string\)"):
        select_universe(table(row()).drop_columns(["exchange"]))
    wrong = table(row()).set_column(4, "is_etf", pa.array(["Y"]))
    with pytest.raises(UniverseError, match=r"is_etf \(bool\)"):
        select_universe(wrong)


def test_an_empty_table_keeps_its_columns():
    selection = select_universe(SCHEMA.empty_table())
    assert selection.table.schema.names == [*SCHEMA.names, "security_type", "is_eligible", "exclusion_reason"]
    assert set(selection.excluded.values()) == {0}


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "symbol": st.sampled_from(["GME", "AMC", "ABRpD", "ACIC.WS", "bad", None, "ZVZZT"]),
                "name": st.one_of(st.none(), st.text(max_size=30), st.sampled_from([name for name, _ in NAMES])),
                "exchange": st.sampled_from(["", "XNYS", "OTCM", None]),
                "polygon_type": st.sampled_from([None, "CS", "ADRC", "ETF", "??"]),
                "is_etf": st.sampled_from([None, True, False]),
                "is_test_issue": st.sampled_from([None, True, False]),
            }
        ),
        max_size=12,
    )
)
def test_no_row_is_lost_and_counts_agree_with_rows(rows):
    selection = select_universe(table(*rows))
    out = selection.table.to_pylist()
    assert [{name: line[name] for name in SCHEMA.names} for line in out] == rows
    assert all(line["is_eligible"] == (line["exclusion_reason"] is None) for line in out)
    assert {r: n for r, n in selection.excluded.items() if n} == dict(Counter(r for r in reasons_of(selection) if r))
    eligible = [line for line in out if line["is_eligible"]]
    assert all(line["security_type"] in ("common_stock", "adr") for line in eligible)
    assert len({line["symbol"] for line in eligible}) == len(eligible)


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()))


@pytest.mark.real_data
def test_the_recorded_nasdaq_directory(shared_data):
    source = _read(shared_data / "reference" / "nasdaqtraded_symbols_valid_meta.csv.gz")
    rows = [
        {
            "symbol": canonical_spelling(line["Symbol"], Spelling.NASDAQ),
            "name": line["Security Name"],
            "exchange": line["Listing Exchange"],
            "is_etf": line["ETF"] == "Y",
            "is_test_issue": line["Test Issue"] == "Y",
        }
        for line in source
    ]
    selection = select_universe(table(*rows))
    counts = {reason.value: count for reason, count in selection.excluded.items() if count}
    assert counts == MEASURED_DIRECTORY
    assert selection.table.num_rows == 2_642 == sum(counts.values()) + sum(selection.table["is_eligible"].to_pylist())


@pytest.mark.real_data
def test_the_recorded_screener_pages(shared_data):
    source = [
        line
        for name in ("nasdaq_screener_1611857411887", "nasdaq_screener_1611857427822")
        for line in _read(shared_data / "reference" / f"{name}.csv.gz")
    ]
    rows = [
        {"symbol": canonical_spelling(line["Symbol"].strip(), Spelling.NASDAQ), "name": line["Name"], "exchange": ""}
        for line in source
    ]
    selection = select_universe(table(*rows))
    types = Counter(selection.table["security_type"].to_pylist())
    assert selection.table.num_rows == 6_985
    assert dict(types) == MEASURED_SCREENER
    eligible = {line["symbol"] for line in selection.table.to_pylist() if line["is_eligible"]}
    squeezed = {
        line["Symbol"]
        for line in _read(shared_data / "reference" / "universe_recommended.csv.gz")
        if line["known_squeeze_jan2021"] == "True"
    }
    assert len(squeezed) >= 5
    assert {"GME", "AMC", "KOSS", "BBBY", "NAKD", "EXPR"} <= squeezed
    assert squeezed <= eligible

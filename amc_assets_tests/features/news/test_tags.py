"""Which company a text is about: written tickers rule, names must be whole, the ambiguous are refused."""

import csv
import gzip
from pathlib import Path

import pytest

from amc_assets.features.news.company_names import aliases, company_words, name_words
from amc_assets.features.news.tags import NameTagger
from amc_assets.market.security_types import SecurityType, security_type
from amc_assets.market.symbols import SymbolMaster

NAMES = {
    "GME": "GameStop Corporation Common Stock",
    "AMC": "AMC Entertainment Holdings Inc. Class A Common Stock",
    "AMCX": "AMC Networks Inc. - Class A Common Stock",
    "AAPL": "Apple Inc. Common Stock",
    "APLE": "Apple Hospitality REIT Inc. Common Shares",
    "BB": "BlackBerry Limited Common Stock",
    "BBBY": "Bed Bath & Beyond Inc. Common Stock",
    "BAC": "Bank of America Corporation Common Stock",
    "GOOG": "Alphabet Inc. Class C Capital Stock",
    "GOOGL": "Alphabet Inc. Class A Common Stock",
    "TGT": "Target Corporation Common Stock",
    "TBBK": "Bancorp Inc. (The) Common Stock",
    "SRRA": "Sierra Oncology Inc. Common Stock",
    "BSRR": "Sierra Bancorp Common Stock",
    "TSLA": "Tesla Inc. Common Stock",
    "AMZN": "Amazon.com Inc. Common Stock",
    "JAZZ": "Jazz Pharmaceuticals plc Common Stock (Ireland)",
    "ALL": "Allstate Corporation (The) Common Stock",
    "BRK.B": "Berkshire Hathaway Inc. Class B",
    "V": "Visa Inc. Class A Common Stock",
    "MA": "Mastercard Incorporated Common Stock",
    "GPS": "Gap Inc. (The) Common Stock",
    "MTCH": "Match Group Inc. - Common Stock",
    "ROOT": "Root Inc. Class A Common Stock",
    "CAT": "Caterpillar Inc. Common Stock",
    "SNOW": "Snowflake Inc. Class A Common Stock",
}


@pytest.fixture(scope="module")
def tagger() -> NameTagger:
    return NameTagger(NAMES)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("GameStop Corp. names a chief executive", ["GME"]),
        ("Shares of GameStop and Tesla's rally", ["GME", "TSLA"]),
        ("AMC Entertainment closes theatres", ["AMC"]),
        ("AMC Networks Inc. adds channel", ["AMCX"]),
        ("AMC shares jump", []),  # two companies are called so
        ("Apple unveils a phone", ["AAPL"]),
        ("Apple Hospitality REIT buys hotels", ["APLE"]),
        ("an apple a day", []),
        ("Target Corporation cuts prices", ["TGT"]),
        ("Analysts lift their Target for shares", []),
        ("Alphabet Inc. reports", ["GOOG", "GOOGL"]),  # a text is about the company, so about each class
        ("Bed Bath & Beyond closes stores", ["BBBY"]),
        ("Home Federal Bancorp, Inc. of Louisiana reports", []),
        ("Sierra wins a contract", []),
        ("Tesla Energy Corp. of Ohio files", []),
        ("GameStop Ventures raises a fund", []),
        ("Amazon opens a store", ["AMZN"]),
        ("Bank of America maintains Buy on Tesla, raises PT to $900", ["TSLA"]),
        ("Jazz Pharmaceuticals plc announces results", ["JAZZ"]),
        ("ALL the news you need", []),
    ],
)
def test_names(tagger, title, expected):
    assert tagger.symbols(title, "") == expected


@pytest.mark.parametrize(
    "title",
    [
        "Visa rules tighten", "Visa Rules Tighten for Students", "Student Visa Rules Tighten",
        "Visa, passport offices close",
        "Visa and passport fees rise", "Visa", "How To Get A Visa", "Visa to be required of tourists",
        "News: Visa applications jump", "Visa: what travellers need to know", "Apple picking season begins",
        "Apple Picking Season Begins", "Apple growers fear frost", "How Apple Orchards Survive", "Amazon fires spread",
        "Amazon Rainforest Shrinks", "Target for rates is unchanged", "Gap widens between rich and poor",
        "Match ends in a draw", "Block by block the city changes", "Root vegetables are in season",
        "Caterpillar plague hits crops", "Snowflake ornaments sell out", "Snowflake Ornaments Are Back",
    ],
)  # fmt: skip
def test_an_ordinary_word_is_no_company(tagger, title):
    assert tagger.symbols(title, "") == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Visa raises fees", ["V"]), ("Visa Raises Fees", ["V"]), ("Visa Inc. raises fees", ["V"]),
        ("Visa's fees rise", ["V"]), ("Visa shares slip", ["V"]), ("Visa to buy a payments start-up", ["V"]),
        ("Visa To Launch A Card", ["V"]), ("Visa and Mastercard raise fees", ["V", "MA"]),
        ("Mastercard, Visa Settle", ["MA", "V"]), ("Regulators look into Visa over its fees", ["V"]),
        ("Payments: Visa beats estimates", ["V"]), ("Apple Hit With A Fine", ["AAPL"]),
        ("Apple, Foxconn executives to meet", ["AAPL"]), ("Buy Apple Now", ["AAPL"]),
        ("Amazon Hiring 100,000", ["AMZN"]),
        ("Caterpillar Q2 profit falls", ["CAT"]), ("Tesla, Caterpillar And More", ["TSLA", "CAT"]),
        ("Match Group, Inc. names a chief", ["MTCH"]), ("Gap Inc. closes stores", ["GPS"]),
        ("Root, Inc. reports", ["ROOT"]),
    ],
)  # fmt: skip
def test_an_ordinary_word_is_the_company_where_the_text_shows_it(tagger, title, expected):
    assert tagger.symbols(title, "") == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Acme (NASDAQ: GME) signs with Tesla Inc.", ["GME"]),  # names beside a ticker are partners
        ("Acme (Nasdaq: GME, TSLA) and (NYSE: AMC)", ["GME", "TSLA", "AMC"]),
        ("Berkshire (NYSE: BRK-B)", ["BRK.B"]),
        ("Acme (NYSE American: BB)", ["BB"]),
        ("Acme (TSX: GME) digs", []),
        ("BlackBerry (TSX: BB) wins", ["BB"]),  # listed in both countries under one ticker
        ("Tesla (ASX: TSX) drills", []),  # another company of that name
        ("Acme (NYSE American and TSX: BB) digs", ["BB"]),
        ("Acme (NASDAQ/TSX: BB)", ["BB"]),
        ("Acme (Nasdaq and TASE: GME)", ["GME"]),
        ("Acme (NYSE American: BB; TSX: GME)", ["BB"]),
        ("Acme (TSX: GME; OTCQX: AMC)", ["AMC"]),
        ("Acme (Nasdaq Stockholm: GME)", []),
        ("Acme Nasdaq Stockholm: GME", []),
        ("Acme NASDAQ: GME rises", ["GME"]),
        ("Acme NYSE and TSX: BB rises", ["BB"]),
        ("Acme NYSE falls while TSX: GME", []),
        ("$GME $AMC to the moon", ["GME", "AMC"]),
        ("costs $5 or US$GME or $USD", []),
        ("(NASDAQ: NOSUCH)", []),
    ],
)
def test_written_tickers(tagger, title, expected):
    assert tagger.symbols(title, "") == expected


def test_title_comes_before_summary_and_each_symbol_once(tagger):
    assert tagger.symbols("Tesla rises", "GameStop, Tesla and Apple Inc.") == ["TSLA", "GME", "AAPL"]


def test_hostile_text_is_only_text(tagger):
    for text in ("(" * 100_000, "$" * 100_000, "NASDAQ:" * 20_000, "\u202e\x00<script>", "A" * 1_000_000):
        assert tagger.symbols(text, text) == []


def test_names_that_two_companies_share_are_refused():
    shared = {"A": "Acme Widgets Inc.", "B": "Acme Widgets plc"}
    tagger = NameTagger(shared)
    assert tagger.symbols("Acme Widgets rises", "") == []
    assert tagger.symbols("Acme Widgets plc rises", "") == ["B"]


def test_words_of_a_company():
    assert company_words("Jazz Pharmaceuticals plc Common Stock (Ireland)") == ("jazz", "pharmaceuticals", "plc")
    assert company_words("The Allstate Corporation - Common Stock") == ("allstate", "corporation")
    assert company_words("DBV Technologies S.A. American Depositary Shares") == ("dbv", "technologies", "sa")
    assert company_words("Common Stock") == ("common", "stock")


def test_every_alias_stands_for_one_company():
    found = aliases(NAMES, name_words())
    assert ("amc",) not in found
    assert found["apple",].symbols == ("AAPL",)
    assert all(alias.symbols for alias in found.values())


@pytest.mark.real_data
def test_precision_on_finras_own_names(shared_data: Path):
    """The names FINRA prints beside its symbols, read by a tagger that knows the screener's names of January 2021."""
    names = _screener_names(shared_data)
    tagger = NameTagger(names)
    right = wrong = 0
    path = shared_data / "finra_short_interest" / "shrt20210129.csv.gz"
    with gzip.open(path, "rt", encoding="latin-1") as lines:
        for row in csv.DictReader(lines, delimiter="|"):
            if row["symbolCode"] in names:
                found = tagger.symbols(row["issueName"].title() if row["issueName"].isupper() else row["issueName"], "")
                right += row["symbolCode"] in found
                wrong += bool(found) and row["symbolCode"] not in found
    assert right + wrong > 4_000
    assert right / (right + wrong) >= 0.998


def _screener_names(shared_data: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for path in sorted((shared_data / "reference").glob("nasdaq_screener_*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                symbol = SymbolMaster.from_directory(row["Symbol"])
                kind = security_type(None, row["Name"], symbol, is_etf=False) if symbol else None
                if symbol and kind in {SecurityType.COMMON_STOCK, SecurityType.ADR}:
                    names[symbol] = row["Name"]
    return names

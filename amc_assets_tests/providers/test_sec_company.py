"""Tickers with CIKs, and shares outstanding by filing date: what companies get wrong is counted, not guessed."""

import gzip
import json
from datetime import date

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.sec.company import (
    facts_request,
    parse_company_facts,
    parse_company_tickers,
    ten_digits,
    tickers_request,
)
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.sec import CIK, fact, facts, tickers

FACTS_REQUEST = facts_request(BASE, CIK)
TICKERS_REQUEST = tickers_request(BASE)
USUAL = [fact(number) for number in range(40)]


@pytest.mark.parametrize(
    ("sent", "cik"),
    [("320193", "0000320193"), ("0000320193", "0000320193"), (1326380, CIK), ("9999999999", "9999999999")],
)
def test_a_cik_has_ten_digits(sent, cik) -> None:
    assert ten_digits(sent) == cik


@pytest.mark.parametrize("sent", ["", "0", "AAPL", "12345678901", "-1", "1.5", "١٢٣", "../etc/passwd", "1 2"])
def test_what_is_no_cik_never_becomes_an_address(sent) -> None:
    with pytest.raises(ValueError, match="a CIK is a number"):
        facts_request(BASE, sent)


def test_tickers_of_one_company_and_their_spelling() -> None:
    body = tickers([(320193, "AAPL", "Apple Inc."), (1067983, "BRK-B", "X \u202e\x00 Y"), (1067983, "BRK-A", "X")])
    rows = parse_company_tickers(body, TICKERS_REQUEST).table.to_pylist()
    assert rows[0] == {"source_symbol": "AAPL", "cik": "0000320193", "name": "Apple Inc."}
    assert [row["cik"] for row in rows[1:]] == ["0001067983", "0001067983"]
    assert rows[1]["name"] == "X Y"


@pytest.mark.parametrize("symbol", ["", "A B", "<b>", "..", "A" * 15, "ÄB", "A\n"])
def test_what_is_no_ticker_is_refused(symbol) -> None:
    usual = [(1000 + n, f"S{n}", "N") for n in range(40)]
    parsed = parse_company_tickers(tickers([*usual, (5, symbol, "Odd")]), TICKERS_REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (40, {"bad_symbol": 1})


@pytest.mark.real_data
def test_the_recorded_facts_of_gamestop(shared_data) -> None:
    body = gzip.decompress((shared_data / "reference/sec_companyfacts_GME_CIK0001326380.json.gz").read_bytes())
    parsed = parse_company_facts(body, FACTS_REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (49, {})
    rows = {(row["end_date"], row["filed_date"]): row for row in parsed.table.to_pylist()}
    known = rows[date(2020, 12, 1), date(2020, 12, 8)]
    assert (known["outstanding_shares"], known["form"], known["cik"]) == (69_746_960, "10-Q", CIK)
    # the 10-K of March 2016 was amended: the same date, stated twice
    assert len([end for end, _ in rows if end == date(2016, 3, 17)]) == 2


def test_a_body_of_twenty_megabytes_is_read() -> None:
    concept = {"label": "Assets", "units": {"USD": [fact(n % 40) for n in range(150_000)]}}
    whole = json.loads(facts(USUAL))
    whole["facts"]["us-gaap"] = {"Assets": concept}
    body = json.dumps(whole).encode()
    assert len(body) > 18_000_000
    assert parse_company_facts(body, FACTS_REQUEST).table.num_rows == 40


@pytest.mark.parametrize("other", [{"facts": {}}, {"facts": {"dei": {}}}, {"facts": {"dei": None, "us-gaap": {}}}])
def test_a_company_that_never_stated_its_shares_has_no_rows(other) -> None:
    body = json.dumps({"cik": int(CIK), "entityName": "N", **other}).encode()
    assert parse_company_facts(body, FACTS_REQUEST).table.num_rows == 0


@pytest.mark.parametrize("cik", [int(CIK), CIK, "1326380"])
def test_the_cik_comes_as_a_number_or_as_text(cik) -> None:
    assert parse_company_facts(facts(USUAL, cik), FACTS_REQUEST).table.num_rows == 40


@pytest.mark.parametrize("cik", [320193, "GME", "", 0])
def test_the_facts_of_another_company_are_refused(cik) -> None:
    with pytest.raises(MalformedBody, match=f"not of {CIK}"):
        parse_company_facts(facts(USUAL, cik), FACTS_REQUEST)


def test_a_company_of_two_classes_has_no_rows_but_is_not_the_sources_fault() -> None:
    both = [row for number in range(20) for row in (fact(number), fact(number, val=7))]
    parsed = parse_company_facts(facts(both), FACTS_REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (0, {"conflicting_duplicate": 40})


def test_a_young_company_with_one_slip_keeps_its_other_rows() -> None:
    parsed = parse_company_facts(facts([fact(0), fact(1), fact(2, val=0), fact(3, end="2031-01-01")]), FACTS_REQUEST)
    assert parsed.table.num_rows == 2
    assert parsed.rejected == {"shares_not_positive": 1, "date_after_filing": 1}


def test_rows_of_another_form_are_the_sources_fault() -> None:
    odd = [{"end": "2020-01-01", "value": 1}] * 21
    assert parse_company_facts(facts([*USUAL, *odd[:20]]), FACTS_REQUEST).rejected == {"unreadable_row": 20}
    for rows, count in (([*USUAL, *odd], "21 of 61"), (odd[:1], "1 of 1")):
        with pytest.raises(MalformedBody, match=count):
            parse_company_facts(facts(rows), FACTS_REQUEST)


def test_broken_characters_in_fields_that_nobody_reads_are_refused_too() -> None:
    with pytest.raises(MalformedBody, match="not UTF-8"):
        parse_company_facts(facts(USUAL).replace(b"GameStop", b"Game\xffStop"), FACTS_REQUEST)

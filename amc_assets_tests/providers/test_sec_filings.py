"""EDGAR's feed: CIK, form, items, roles of one filing, time zones, and text that strangers wrote."""

from datetime import UTC, datetime

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.sec.filings import filings_request, parse_filings
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.sec import entry, feed

REQUEST = filings_request(BASE, "8-K")
USUAL = [entry(number) for number in range(30)]


def read(*entries: str) -> Parsed:
    """Parse the feed of these entries."""
    return parse_filings(feed(entries), REQUEST)


def test_every_field_of_a_filing() -> None:
    parsed = read(
        entry(0, cik="0000320193", name="Société &amp; Söhne", updated="2026-07-02T16:31:07-04:00"),
        entry(1, updated="2026-07-01T06:00:00-04:00"),
    )
    assert parsed.table.to_pylist()[0] == {
        "item_id": "0000320193-26-000000",
        "published_at": datetime(2026, 7, 2, 20, 31, 7, tzinfo=UTC),
        "title": "8-K - Société & Söhne (0000320193) (Filer)",
        "summary": "Filed: 2026-11-20 AccNo: 0000320193-26-000000 Size: 345 KB Item 2.02: What it is called "
        "Item 9.01: What it is called",
        "url": "https://www.sec.gov/Archives/edgar/data/320193/0000320193-26-000000-index.htm",
        "publisher": "SEC EDGAR",
        "source_symbols": "",
        "vendor_sentiment": None,
        "form": "8-K",
        "filing_items": "2.02,9.01",
        "cik": "0000320193",
    }
    assert parsed.notes["oldest_published_at"] == "2026-07-01T10:00:00+00:00"
    assert parsed.notes["entries_received"] == "2"


@pytest.mark.parametrize(
    ("form", "items", "expected"),
    [
        ("8-K", "1.01 3.02 9.01", "1.01,3.02,9.01"), ("8-K/A", "5.02 5.02", "5.02"), ("8-K12B", "8.01", "8.01"),
        ("8-K", "", None), ("S-3ASR", "1.01", None), ("424B5", "", None), ("SC 13D/A", "", None),
        ("SCHEDULE 13D", "", None),
    ],
)  # fmt: skip
def test_the_form_is_kept_as_sent_and_only_8_ks_have_items(form, items, expected) -> None:
    (row,) = read(entry(0, form=form, items=items)).table.to_pylist()
    assert (row["form"], row["filing_items"]) == (form, expected)


@pytest.mark.parametrize(
    ("roles", "kept"),
    [
        ([("Filed by", 1), ("Subject", 2)], [2]), ([("Subject", 2), ("Filed by", 1)], [2]),
        ([("Reporting", 1), ("Issuer", 2), ("Reporting", 3)], [2]), ([("Filer", 1), ("Filer", 2)], [1, 2]),
        ([("Filer", 1), ("Filer", 1)], [1]), ([("Reporting", 1)], [1]), ([("Filer", 1), ("Subject", 2)], [2]),
    ],
)  # fmt: skip
def test_a_filing_is_given_once_per_company_it_is_about(roles, kept) -> None:
    same = {"accession": "0000320193-26-000105"}
    entries = [entry(9, role=role, cik=f"{cik:010d}", **same) for role, cik in roles]
    parsed = read(*entries, entry(10))
    ciks = [int(row["cik"]) for row in parsed.table.to_pylist() if row["item_id"] == same["accession"]]
    assert ciks == kept
    assert parsed.notes["repeated_filings"] == str(len(roles) - len(kept))
    assert parsed.rejected == {}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (entry(99, cik="12345"), "unreadable_entry"),
        (entry(99, accession="26-000105"), "unreadable_entry"),
        (entry(99, form="&lt;b&gt;8-K"), "unreadable_entry"),
        (entry(99, updated="2026-11-20T16:31:07"), "no_time_zone"),
        (entry(99, updated=""), "no_date"),
        (entry(99, updated="soon"), "unreadable_date"),
    ],
    ids=["cik", "accession", "form", "no zone", "no time", "word"],
)
def test_an_entry_that_lacks_what_it_must_have_is_refused_by_name(odd, reason) -> None:
    parsed = read(*USUAL, odd)
    assert (parsed.table.num_rows, parsed.rejected) == (30, {reason: 1})
    assert parsed.samples[0].startswith(reason)
    assert len(parsed.samples) == 1


def test_too_many_odd_entries_make_the_whole_feed_malformed() -> None:
    odd = [entry(40 + n, cik="1") for n in range(21)]
    assert read(*USUAL, *odd[:20]).rejected == {"unreadable_entry": 20}
    with pytest.raises(MalformedBody, match="21 of 51"):
        read(*USUAL, *odd)


@pytest.mark.parametrize(
    "name",
    [
        "\x1b[31mRed",
        "Rev&#x202e;gnp.exe",
        "A &amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
        "'; DROP TABLE news; --",
    ],
    ids=["terminal", "bidi", "script", "sql"],
)
def test_hostile_names_become_plain_text_on_one_line(name) -> None:
    (row,) = read(entry(0, name=name)).table.to_pylist()
    assert row["title"].isprintable()
    assert "<script" not in row["title"]
    assert row["cik"] == "0000320000"


def test_an_address_that_is_not_http_is_not_given() -> None:
    body = feed([entry(0)]).replace(b"https://www.sec.gov/Archives", b"javascript:alert(1)//x")
    (row,) = parse_filings(body, REQUEST).table.to_pylist()
    assert row["url"] is None


def test_an_entity_bomb_is_refused() -> None:
    bomb = b'<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    body = feed(USUAL).replace(b"<feed", bomb + b"<feed", 1)
    with pytest.raises(MalformedBody, match="declares a document type or entities"):
        parse_filings(body, REQUEST)

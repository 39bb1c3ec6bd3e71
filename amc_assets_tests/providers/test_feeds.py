"""Feeds through feedparser: only whole ones, dates only with a zone, and each of its known oddities."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.feeds import open_feed, read_feed
from amc_assets_tests.providers.cards.news_bodies import item, rss

REQUEST = Request("news", "feed", "GET", "https://wire.test/rss")
ATOM = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Latest Filings</title><updated>2026-10-02T16:40:00-04:00</updated>
<entry><title>8-K - Société Inc. (0000320193) (Filer)</title>
<link rel="alternate" type="text/html" href="https://www.sec.gov/Archives/x-index.htm"/>
<summary type="html"> &lt;b&gt;Filed:&lt;/b&gt; 2026-10-02 &lt;br&gt;Item 2.02: Results &lt;br&gt;
Item 9.01: Exhibits</summary>
<updated>2026-10-02T16:31:07-04:00</updated><category scheme="https://www.sec.gov/" label="form type" term="8-K"/>
<id>urn:tag:sec.gov,2008:accession-number=0000320193-26-000105</id></entry></feed>"""


def at(hour: int, minute: int = 0, second: int = 0, day: int = 2) -> datetime:
    """Return an instant of October 2026."""
    return datetime(2026, 10, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "published_at", "undated"),
    [
        ("Fri, 02 Oct 2026 18:06 GMT", at(18, 6), ""),
        ("Fri, 02 Oct 2026 14:06:00 EDT", at(18, 6), ""),
        ("Fri, 02 Oct 2026 14:06:00 ET", at(18, 6), ""),
        ("Fri, 02 Jan 2026 14:06:00 ET", datetime(2026, 1, 2, 19, 6, tzinfo=UTC), ""),
        ("Fri, 02 Oct 2026 14:06:00 +0000", at(14, 6), ""),
        ("2026-10-02T14:06:00Z", at(14, 6), ""),
        ("2026-10-02T14:06:00-04:00", at(18, 6), ""),
        ("2026-10-02T14:06:00", None, "no_time_zone"),
        ("Fri, 02 Oct 2026 14:06:00", None, "no_time_zone"),
        ("10/02/2026 14:06:00", None, "no_time_zone"),
        ("Fri, 02 Oct 2026 14:06:00 PT", None, "no_time_zone"),
        ("Sun, 01 Nov 2026 01:30:00 ET", None, "ambiguous_time"),
        ("Sun, 08 Mar 2026 02:30:00 ET", None, "ambiguous_time"),
        ("Fri, 02 Oct 1026 14:06:00 GMT", None, "impossible_date"),
        ("Fri, 02 Oct 9999 25:06:00 ET", None, "impossible_date"),
        ("yesterday", None, "unreadable_date"),
        ("", None, "no_date"),
    ],
)
def test_a_date_is_an_instant_for_certain_or_none(text, published_at, undated) -> None:
    (entry,) = read_feed(rss([item(1, pubDate=text)]), REQUEST)
    assert (entry.published_at, entry.undated) == (published_at, undated)


def test_an_atom_feed_in_latin_1_has_updated_for_published() -> None:
    feed = open_feed(ATOM.encode("iso-8859-1"), REQUEST)
    (entry,) = feed.entries
    assert entry.title == "8-K - Société Inc. (0000320193) (Filer)"
    assert entry.published_at == at(20, 31, 7)
    assert entry.id == "urn:tag:sec.gov,2008:accession-number=0000320193-26-000105"
    assert entry.link == "https://www.sec.gov/Archives/x-index.htm"
    assert entry.summary == "Filed: 2026-10-02 Item 2.02: Results Item 9.01: Exhibits"
    assert [(tag.scheme, tag.term) for tag in entry.tags] == [("https://www.sec.gov/", "8-K")]
    assert feed.notes == {}


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("AT&T &nbsp; up", "AT&T up"), ("R&amp;D &copy; 2026", "R&D © 2026"), ("A&B;C", "A&B;C"), ("&#8364;5", "€5"),
        ("x&#0;y&#x1b;z&#xD800;", "xyz"), ("A &amp; B &lt;b&gt;x&lt;/b&gt;", "A & B <b>x</b>"),
        ("<![CDATA[AT&T &nbsp; <b>]]>", "AT&T &nbsp; <b>"), ("Nestl\u00e9 \u202eevil\u202c", "Nestl\u00e9 evil"),
    ],
    ids=repr,
)  # fmt: skip
def test_titles_are_what_was_written(title, read) -> None:
    (entry,) = read_feed(rss([item(1, title=title)]), REQUEST)
    assert entry.title == read


def test_repairs_are_noted() -> None:
    feed = open_feed(rss([item(1, title="AT&T &nbsp;\x0b")]), REQUEST)
    assert feed.notes == {"repaired_references": "2", "control_characters": "1"}


def test_bytes_that_are_no_utf8_cost_a_letter_not_the_feed() -> None:
    body = rss([item(1, title="Nestl\u00e9")]).replace("\u00e9".encode(), b"\xe9")
    feed = open_feed(body, REQUEST)
    assert feed.entries[0].title == "Nestl\ufffd"
    assert feed.notes == {"broken_characters": "1"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_the_usual_encodings_are_read_alike(encoding) -> None:
    (entry,) = read_feed(rss([item(1, title="Nestl\u00e9")], encoding), REQUEST)
    assert entry.title == "Nestl\u00e9"


def test_a_feed_that_is_not_well_formed_is_taken_when_every_item_is_found_and_noted() -> None:
    broken = [item(1, title="profit < loss"), *(item(n) for n in range(2, 6))]
    feed = open_feed(rss(broken), REQUEST)
    assert [entry.title for entry in feed.entries][1:] == [f"Acme {n} Announces Results" for n in range(2, 6)]
    assert len(feed.entries) == 5
    assert "not well-formed" in feed.notes["ill_formed"]


def test_an_item_that_cannot_be_found_makes_the_feed_a_half_read_one() -> None:
    swallowed = rss([item(1), item(2), item(3)]).replace(b"<title>Acme 2", b"<title <item> Acme 2")
    with pytest.raises(MalformedBody, match="items can be read"):
        open_feed(swallowed, REQUEST)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"), (b" \n\x00", "empty"), (b"\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><body>Too Many Requests</body></html>", "web page"),
        (b"<html><rss></rss></html>", "web page"), (b'{"error": "x"}', "no XML"), (b"Too Many Requests", "no XML"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "truncated or none"),
        (b"<rss version='2.0'/>", "truncated or none"),
        (b"<x><rss></rss></x>", "truncated or none"),
        (b"<?xml version='1.0' encoding='utf-7'?><rss version='2.0'><channel></channel></rss>", "encoding 'utf-7'"),
        (b"<?xml version='1.0' encoding='utf-16'?><rss version='2.0'><channel></channel></rss>", "encoding 'utf-16'"),
        (b"<other></feed>", "no feed"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_feed_is_refused(body, why) -> None:
    with pytest.raises(MalformedBody, match=why):
        open_feed(body, REQUEST)


def test_a_feed_cut_anywhere_is_never_a_shorter_feed() -> None:
    body = rss([item(n) for n in range(4)]).rstrip()
    for cut in range(1, len(body)):
        with pytest.raises(MalformedBody):
            open_feed(body[:cut], REQUEST)
    assert len(read_feed(body, REQUEST)) == 4


def test_a_body_that_is_the_name_of_a_file_opens_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "x"
    secret.write_bytes(rss([item(1, title="secret")]))
    with pytest.raises(MalformedBody):
        open_feed(str(secret).encode(), REQUEST)


def test_the_parser_is_given_a_stream_because_bytes_may_name_a_file(tmp_path: Path, monkeypatch) -> None:
    import feedparser

    file = tmp_path / "feed"
    file.write_bytes(rss([item(1, title="from a file")]))
    parse = feedparser.parse
    assert parse(str(file).encode()).entries[0].title == "from a file"  # the trap
    handed: list[object] = []
    monkeypatch.setattr(feedparser, "parse", lambda source, **how: handed.append(source) or parse(source, **how))
    assert len(read_feed(rss([item(1)]), REQUEST)) == 1
    assert isinstance(handed[0], io.BytesIO)


def test_what_was_not_sent_is_empty_and_other_fields_are_kept() -> None:
    body = rss(
        [
            item(
                1,
                guid="",
                link="javascript:alert(1)",
                description="",
                extra="<dc:identifier>5</dc:identifier><source url='x'>S</source>",
            )
        ]
    )
    (entry,) = read_feed(body, REQUEST)
    assert (entry.id, entry.link, entry.summary) == ("", None, "")
    assert (entry.extra["dc_identifier"], entry.extra["source_title"]) == ("5", "S")

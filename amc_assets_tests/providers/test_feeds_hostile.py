"""Feeds that mean harm: each is refused or harmless, within bounded time and memory."""

import tracemalloc
from collections.abc import Iterator

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.feeds import open_feed, read_feed
from amc_assets_tests.providers.cards.news_bodies import item, rss

REQUEST = Request("news", "feed", "GET", "https://wire.test/rss")
MOST_SECONDS = 60.0  # of a busy machine (12.5 seen); each takes less than two on a usual one
PLAIN = "<rss version='2.0'><channel><item><title>{}</title></item></channel></rss>"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
    + PLAIN.format("&j;")
)
EXTERNAL = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + PLAIN.format("&x;")
REFUSED = {
    "entity bomb": (BOMB.encode(), "document type"),
    "entity bomb in utf-16": (BOMB.encode("utf-16"), "document type"),
    "external entity": (EXTERNAL.encode(), "document type"),
    "external entity, spaced": (EXTERNAL.replace("<!DOCTYPE", "<! doctype").encode(), "document type"),
    "entity without document type": (b"<rss><!ENTITY a 'b'><channel></channel></rss>", "document type"),
    "ten thousand items": (rss([item(n) for n in range(10_000)]), "10000 items"),
    "nested": (b"<rss>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</rss>", "nested"),
    "a tag of 100,000 attributes": (
        ("<rss><channel><item " + " ".join(f"a{n}='x'" for n in range(100_000)) + "/></channel></rss>").encode(),
        "a tag is longer",
    ),
    "a million ampersands": (PLAIN.format("&" * 1_000_000).encode(), "ampersands"),
    "a million broken tags": (PLAIN.format("<a " * 700_000).encode(), "too long"),
    "a million comments that never end": (b"<rss>" + b"<!--" * 500_000, "truncated"),
    "a million CDATA that never end": (b"<rss>" + b"<![CDATA[" * 200_000, "truncated"),
    "closing what was never opened": (b"<rss>" + b"</a>" * 300_000 + b"</rss>", "too long"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def bounded_seconds() -> Iterator[None]:
    """Fail a test that takes long: a hang is a way in, too."""
    clock = SystemClock()
    started = clock.monotonic()
    yield
    assert clock.monotonic() - started < MOST_SECONDS


@pytest.mark.parametrize(("body", "why"), REFUSED.values(), ids=REFUSED)
def test_hostile_feeds_are_refused(body, why) -> None:
    with pytest.raises(MalformedBody, match=why) as caught:
        open_feed(body, REQUEST)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_the_bomb_is_one() -> None:
    import feedparser

    first_stage = BOMB.replace("&j;", "&b;").encode()
    assert feedparser.parse(first_stage).entries[0].title == "lol" * 10  # by itself feedparser would set it off


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("x" * 1_000_000, "x" * 500), (" " * 1_000_000, ""), ("&lt;script&gt;alert(1)&lt;/script&gt;", None),
        ("a\x00\x1b]0;owned\x07b", "a]0;ownedb"), ("pay\u202egnp", "paygnp"), ("&#0;&#x202e;x", "x"),
        ("'; DROP TABLE news; --", "'; DROP TABLE news; --"),
    ],
    ids=["a megabyte", "a megabyte of blanks", "script", "control", "bidi", "references", "sql"],
)  # fmt: skip
def test_hostile_titles_are_text(title, kept) -> None:
    (entry,) = read_feed(rss([item(1, title=title)]), REQUEST)
    assert entry.title == ("<script>alert(1)</script>" if kept is None else kept)


def test_summaries_hold_no_markup() -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;a href='javascript:x' onclick=y&gt;Buy&lt;/a&gt; &lt;img src=x"
    (entry,) = read_feed(rss([item(1, description=evil)]), REQUEST)
    assert entry.summary == "Buy"


def test_a_style_sheet_of_the_feed_is_not_fetched() -> None:
    body = rss([item(1)]).replace(b"<rss", b"<?xml-stylesheet href='http://127.0.0.1:9/x'?><rss")
    assert len(read_feed(body, REQUEST)) == 1


def test_a_large_feed_needs_little_memory() -> None:
    body = rss([item(n, description="&lt;b&gt;word " * 100) for n in range(1000)])
    read_feed(rss([item(1)]), REQUEST)  # loads feedparser
    tracemalloc.start()
    try:
        assert len(read_feed(body, REQUEST)) == 1000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(body)

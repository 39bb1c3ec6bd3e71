"""Text of strangers: one line, printable, bounded; only plain http addresses."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.wire.text import clean_text, clean_url, without_tags


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [
        (None, ""), ("", ""), ("  a\t\r\n b\u00a0c \u2028d", "a b c d"), ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("pay\u202egnp.exe", "paygnp.exe"), ("\u200bz\u200de\ufeffro", "zero"), ("\ud800x", "x"),
        ("naïve 🚀", "naïve 🚀"),
        ("<b>A & B</b>", "<b>A & B</b>"), ("&lt;b&gt;", "&lt;b&gt;"),
    ],
    ids=repr,
)  # fmt: skip
def test_text_is_cleaned_and_never_decoded(given_text, clean) -> None:
    assert clean_text(given_text, 100) == clean


@given(st.text(), st.integers(1, 50))
def test_clean_text_is_printable_bounded_and_stays_as_it_is(text, most) -> None:
    clean = clean_text(text, most)
    assert len(clean) <= most
    assert clean.isprintable()
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in clean)
    assert clean == " ".join(clean.split())
    assert clean_text(clean, most) == clean


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>A <b>B</b></p>", "A B"), ("a<script>alert(1)</script >b", "a b"), ("a<STYLE>x{}", "a"),
        ("<scr<script>ipt>x", ""), ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"), ("A &amp; B", "A &amp; B"),
        ("x<img src=x onerror=alert(1)", "x"), ("&lt;script&gt;", "&lt;script&gt;"), (None, ""),
    ],
    ids=repr,
)  # fmt: skip
def test_markup_becomes_text(markup, text) -> None:
    assert without_tags(markup, 100) == text


@given(st.text(alphabet="<>/script abc!?", max_size=200))
def test_no_tag_is_left(markup) -> None:
    left = without_tags(markup, 500).lower()
    assert "<script>" not in left
    assert "<a>" not in left


@pytest.mark.parametrize("url", ["https://a.test/x?y=1&z=%20#f", "http://a.test", " https://a.test/ü "])
def test_addresses_that_are_kept(url) -> None:
    assert clean_url(url) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//a.test/x", "/x", "a.test",
        "https://", "https://user:secret@a.test/",  # pragma: allowlist secret
        "https://a.test/a b", "https://a.test/\u202ex", "http://[::1",
        "https://a.test/\n", "ftp://a.test", "https://a.test/" + "x" * 1000,
    ],
    ids=repr,
)  # fmt: skip
def test_addresses_that_are_not(url) -> None:
    assert clean_url(url) is None or url.strip() == "https://a.test/"

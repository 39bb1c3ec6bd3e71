"""Options, headlines and borrowing of a candidate: what is drawn, what is said where nothing is, what cannot be."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.reasons import MEANING, Reason
from amc_assets.report.borrowing import borrow_block
from amc_assets.report.data import Fact
from amc_assets.report.evidence import Evidence, NewsItem, Stress, StressPart, Volatility
from amc_assets.report.headlines import MOST_ITEMS, news_block
from amc_assets.report.links import safe_address
from amc_assets.report.options import options_block
from amc_assets.report.page import render
from amc_assets.report.volatility import history_chart, term_chart
from amc_assets_tests.report.test_page import HOSTILE, Page

DAY = date(2021, 1, 26)


def texts(table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_the_page_shows_options_headlines_halts_and_borrowing(report):
    text = Page(render(report)).text
    for words in (
        "248.6 %", "98.5 %", "94.1 %", "812,345", "434,410", "1.87x", "1.12x", "23.3 %", "4.1 %",  # options
        "GameStop shares surge as shorts rush to cover", "2021-01-26 16:45 EST", "+0.81", "-0.74", "+0.10",
        "wire-one.example.com", "and 2 more", "8-K, items 2.02 results, 9.01 exhibits",  # news
        "2021-01-26 10:35 EST", "volatility pause", "no resumption known",  # halts
        "88.4", "extreme", "confidence 0.80", "631.0 %", "91.2", "not_published",  # borrowing
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize(
    "reason",
    [Reason.NOT_SHORTLISTED, Reason.QUOTA_SPENT, Reason.NO_CHAIN, Reason.PLAN_LACKS_SOURCE, Reason.PROVIDER_REFUSED],
)
def test_a_name_without_options_has_one_sentence_with_the_reason_in_words(without_evidence, reason):
    block = options_block("GME", without_evidence(reason))
    (sentence,) = block.sentences
    assert reason.value in sentence
    assert MEANING[reason] in sentence
    assert not any((block.term, block.history, block.standing, block.activity))


def test_a_chain_without_usable_quotes_keeps_its_volume_and_says_why(evidence_with):
    facts = dict(evidence_with().facts) | {"iv_30d_frac": Fact(None, Reason.WIDE_MARKET)}
    block = options_block("GME", evidence_with(facts=facts, volatility=Volatility(DAY)))
    assert MEANING[Reason.WIDE_MARKET] in block.sentences[0]
    assert block.activity is not None
    assert not block.standing


def test_expiries_far_from_thirty_days_are_drawn_without_a_thirty_day_value(evidence_with):
    facts = dict(evidence_with().facts) | {"iv_30d_frac": Fact(None, Reason.NO_EXTRAPOLATION)}
    block = options_block("GME", evidence_with(facts=facts, volatility=Volatility(DAY, ((60.0, 0.9), (90.0, 0.8)))))
    assert "60 days to expiry: 90.0 %" in block.term
    assert "target" not in block.term
    assert MEANING[Reason.NO_EXTRAPOLATION] in block.sentences[0]


def test_the_term_structure_marks_thirty_days_and_falls_where_volatility_falls():
    drawn = str(term_chart("G<ME", Volatility(DAY, ((10.0, 1.0), (90.0, 0.5))), 0.7))
    assert "10 days to expiry: 100.0 %" in drawn
    assert "30 days: 70.0 %" in drawn
    assert 'class="grid mark"' in drawn
    assert 'aria-label="G&lt;ME: implied volatility by days' in drawn
    (first, last) = re.search(r"M([\d.]+ [\d.]+)L([\d.]+ [\d.]+)", drawn).groups()
    assert float(first.split()[0]) < float(last.split()[0])
    assert float(first.split()[1]) < float(last.split()[1])  # pixels grow downwards
    one = str(term_chart("GME", Volatility(DAY, ((31.0, 1.0),)), 1.0))
    assert one.count("<circle") == 2
    assert term_chart("GME", Volatility(DAY), None) == ""


def test_the_history_breaks_where_nobody_asked_and_needs_two_sessions():
    days = [DAY - timedelta(days=5 - i) for i in range(6)]
    drawn = str(history_chart("GME", list(zip(days, (0.5, 0.6, None, None, 0.7, 0.8), strict=True))))
    (path,) = re.findall(r'<path d="([^"]*)" class="price"', drawn)
    assert path.count("M") == 2
    assert "4 of 6 sessions observed" in drawn
    assert "2021-01-23" not in drawn  # an unobserved day tells nothing
    assert "2021-01-26: 80.0 %" in drawn
    assert history_chart("GME", [(DAY, 0.5)]) == ""
    assert history_chart("GME", [(days[0], 0.5), (DAY, None)]) == ""


def test_one_observed_session_is_said_not_drawn(evidence_with):
    block = options_block("GME", evidence_with(volatility=Volatility(DAY, ((30.0, 0.5),), ((DAY, 0.5),))))
    assert not block.history
    assert any("1 of the 2 sessions" in sentence for sentence in block.sentences)


def test_expiries_that_contradict_each_other_are_announced(evidence_with):
    odd = replace(evidence_with().volatility, is_calendar_arbitrage=True)
    assert any("Total variance" in one for one in options_block("GME", evidence_with(volatility=odd)).sentences)
    assert not any("Total variance" in one for one in options_block("GME", evidence_with()).sentences)


@pytest.mark.parametrize(
    ("term", "history"),
    [(((0.0, 0.5),), ()), (((30.0, float("nan")),), ()), ((), ((DAY, float("inf")),))],
)
def test_volatility_that_cannot_be_drawn_is_refused(term, history):
    with pytest.raises(ValueError, match="finite"):
        Volatility(DAY, term, history)


def test_a_feed_without_news_and_a_feed_not_read_are_different_sentences(without_evidence):
    quiet = news_block("GME", Evidence(facts={}, news_days=30))
    assert quiet.news_sentence == "No headline or filing of the last 30 days names it."
    assert quiet.halts_sentence == "No trading halt in the last 7 days."
    unread = news_block("GME", without_evidence(Reason.PROVIDER_UNAVAILABLE))
    for sentence in (unread.news_sentence, unread.halts_sentence):
        assert "not read: provider_unavailable" in sentence


def test_at_most_eight_items_are_shown_and_filings_have_no_direction(evidence_with):
    item = evidence_with().news[0]
    block = news_block("GME", evidence_with(news=tuple(replace(item, title=f"title {i}") for i in range(12))))
    assert [row[1] for row in texts(block.news)] == [f"title {i}" for i in range(MOST_ITEMS)]
    filing = texts(news_block("GME", evidence_with()).news)[1]
    assert filing[3:] == ["event", "event"]


def test_parts_of_borrow_stress_say_input_score_weight_or_reason(evidence_with, without_evidence):
    rows = texts(borrow_block("GME", evidence_with()).parts)
    assert rows[0][1:] == ["78.0 %", "91.2", "0.40", "2021-01-26 18:00 EST", ""]
    assert rows[1][1:] == ["—", "—", "0.09", "—", "not_published"]
    bare = borrow_block("GME", without_evidence(Reason.NOT_PUBLISHED))
    assert bare.parts is None
    assert {cell.note for _, cell in bare.facts} == {"not_published"}


SAFE = [
    "https://www.sec.gov/Archives/edgar/data/1326380/0001326380.txt",
    "https://news.example.com/a?id=1&b=%20#top",
    "https://example.com",
]
UNSAFE = [
    "", "http://example.com/", "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,<b>", "//example.com/",
    "https://user" + ":word@example.com/", "https://example.com:8443/", "https://127.0.0.1/", "https://[::1]/",
    "https://localhost/", "https://example.com/\"onmouseover=alert(1)", "https://example.com/<script>",
    "https://example.com/ b", "https://example.com/\u202egnp.exe", "https://ex\u0430mple.com/",
    "https://example.com\\@evil.com/", "https://-bad.com/", " https://example.com/", "https://example.com/\n",
    "https://example.com/" + "a" * 400, "https://.com/", "https://example.com@evil.com/", "ftp://example.com/",
]  # fmt: skip


@pytest.mark.parametrize("url", SAFE)
def test_plain_https_addresses_become_links(url):
    assert safe_address(url) == url


@pytest.mark.parametrize("url", UNSAFE)
def test_every_other_address_is_left_out(url):
    assert safe_address(url) == ""


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://a.com/", "https://a.com"]))
def test_an_address_that_passes_needs_no_escaping(text, start):
    passed = safe_address(start + text)
    assert passed in {"", start + text}
    assert passed.isascii()
    assert not set(passed) & set("\"'<>\\ \t\r\n`")


def poisoned_evidence(evidence: Evidence, poison: str) -> Evidence:
    item = NewsItem(
        evidence.news[0].published_at, poison, (poison, poison + "2"), poison, poison, f"{poison},2.02", 0.5, 0.1
    )
    # an address of a source that names a safe host, and then leaves the attribute
    escaping = replace(item, url=f"https://a.example.com/{poison}")
    part = StressPart(poison, 1.0, 1.0, poison, 0.4, None, Reason.NOT_PUBLISHED)
    return replace(
        evidence,
        news=(item, escaping),
        halts=(replace(evidence.halts[0], reason_code=poison),),
        stress=Stress(poison, 0.5, (part,)),
    )


@pytest.mark.parametrize("poison", HOSTILE)
def test_hostile_headlines_stay_text(report, evidence_with, poison):
    html = render(replace(report, evidence={"GME": poisoned_evidence(evidence_with(), poison)}))
    page = Page(html)  # everything still nests
    assert not page.all("script")
    assert not page.all("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", html)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]", html)
    assert "A" * 500 not in html
    outside = [attributes["href"] for attributes in page.all("a") if not attributes["href"].startswith("#")]
    assert all(re.fullmatch(r"https://a\.example\.com/[!-~]*", href) for href in outside)
    if not poison.startswith(("A", "GME")):
        assert page.text.count(poison) >= 4


def test_a_hundred_candidates_with_everything_stay_below_two_megabytes(report, screen_with, evidence_with):
    one = screen_with()["candidates"][0]
    many = [one | {"symbol": f"S{i:03d}", "rank": i + 1} for i in range(100)]
    sessions = tuple((DAY - timedelta(days=252 - i), 0.5 + i / 1000) for i in range(253))
    full = evidence_with(
        news=tuple(replace(evidence_with().news[0], title=f"{i} " + "w" * 110) for i in range(8)),
        volatility=replace(evidence_with().volatility, history=sessions),
    )
    data = replace(
        report,
        screens=(screen_with(candidates=many, candidates_found=100),),
        series={name["symbol"]: next(iter(report.series.values())) for name in many},
        evidence={name["symbol"]: full for name in many},
    )
    html = render(data)
    assert len(html.encode()) < 2_000_000
    assert len(Page(html).all("svg")) == 25 * 3


def test_a_section_without_evidence_says_so(report):
    assert "were not passed to the report" in Page(render(replace(report, evidence={}))).text

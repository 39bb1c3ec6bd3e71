"""The page as a whole: sections, what it may not contain, what hostile input turns into, and its size."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from amc_assets.reasons import MEANING, Reason
from amc_assets.report.data import Fact, Notice
from amc_assets.report.page import MAX_SECTIONS, render
from amc_assets.report.screen import ReportInputError

VOID = {"meta", "br", "hr", "img", "input", "link"}
SAFE_LINK = re.compile(r'<a href="https://[^"<>]+" rel="noopener noreferrer nofollow" target="_blank"')
DRAWING = {"line", "path", "circle", "rect", "text", "svg", "title"}


class Page(HTMLParser):
    """Collect elements and text, and refuse tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert len({key for key, _ in attrs}) == len(attrs), f"attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(report) -> Page:
    return Page(render(report))


def test_sections_stand_in_their_order(page):
    heads = [attributes["id"] for attributes in page.all("h2")]
    assert heads == [
        "h-candidates",
        "h-reliability",
        "h-inputs",
        "h-funnel",
        "h-explained",
        "h-not-shown",
        "h-strategies",
        "h-glossary",
    ]


def test_head_says_day_session_times_run_and_hashes(page):
    for words in (
        "Tuesday, 26 January 2021",
        "2021-01-26 18:45 EST",
        "2021-01-26 23:45 UTC",
        "regular",
        "unified_detectors",
        "7d0f2c1e-7d5b-5b8e-9d3c-2f6b1f6f0a11",
        "9f2c" * 16,
        "41ab" * 16,
        "3,550",
        "0.1.0",
        "2021-01-26 23:46 UTC",
    ):
        assert words in page.text, words


@pytest.mark.parametrize(
    "words",
    [
        "$147.98", "4.62x", "141.0 %", "2.7 days", "46.9M", "trade ready", "watchlist",  # candidate table
        "336.8 h (14.0 days)", "40 min", "plan_lacks_source",  # ages
        "3,049", "2.0 %", "shown as candidate",  # funnel
        "short_interest_float_frac", "+1.31 sigma", "not_fetched", "confidence 0.61",  # components
        "at least $1.00", "between 60.0 and 70.0", "not evaluated", "any of small_float, large_float",  # gates
        "failed gate relvol first", "passed every hard gate, scored below 0.70", "NAKD",  # not shown
        "passed gates", "legacy_v0", "20.0 %", "11.6-32.4 %", "8.74x", "Not investment advice",
    ],
)  # fmt: skip
def test_numbers_are_on_the_page_as_traders_write_them(page, words):
    assert words in page.text


def test_counts_of_not_shown_names_add_up_to_the_universe(report):
    html = render(report)
    table = html[html.index("Names that are not shown") : html.index("Best-ranked names that are not shown")]
    counts = [int(one.replace(",", "")) for one in re.findall(r'<td class="n"><bdi>([\d,]+)</bdi></td>', table)]
    assert sum(counts) + 4 == 3550


def test_nothing_is_loaded_and_nothing_runs(page, report):
    html, links = SAFE_LINK.subn("<a", render(report))
    assert links == 2  # the third headline's address is plain http
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("iframe")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:|<!--", html, re.IGNORECASE)
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "srcset", "action"}], tag
        assert (attributes.get("href") or "#").startswith("#") or attributes["rel"] == "noopener noreferrer nofollow"
    policy = next(one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_links_lead_to_places_on_the_page_and_ids_are_unique(page):
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    inside = {attributes["href"] for attributes in page.all("a") if "rel" not in attributes}
    assert {href[1:] for href in inside if href.startswith("#")} <= set(ids)
    assert all(href.startswith("#") for href in inside)


def test_it_is_readable_by_machines_and_small_screens(page):
    assert page.all("html")[0]["lang"] == "en"
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) > 10
    charts = page.all("svg")
    assert len(charts) == 6  # four of prices, two of volatility
    assert all(
        chart["role"] == "img" and chart["aria-label"].startswith(("GME", "AMC", "EXPR", "BB")) for chart in charts
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></title><b>",
    "{{ 7 * 7 }}",
    "GME\u202eEMG\u2066\u200b\x00\x1b[31m\ud800",
    "A" * 10_000,
]


@pytest.mark.parametrize("poison", HOSTILE)
def test_hostile_text_stays_text_wherever_it_comes_from(report, report_with, screen_with, poison):
    def poisoned(value):
        if isinstance(value, dict):
            keep = {"trade_date", "as_of", "known_at", "strategy"}
            return {key: one if key in keep else poisoned(one) for key, one in value.items()}
        if isinstance(value, list):
            return [poisoned(one) for one in value]
        return poison if isinstance(value, str) else value

    data = report_with(
        screens=(poisoned(screen_with(reason="why")),),
        code_version=poison,
        notices=(Notice("info", poison, poison),),
        series={poison: next(iter(report.series.values()))},
        reliability_note=poison,
        reliability=(),
    )
    html = render(data)
    page = Page(html)  # everything still nests
    assert not page.all("script")
    assert not page.all("img")
    assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", html)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]", html)
    assert "A" * 500 not in html
    assert len(html.encode()) < 2_000_000
    if not poison.startswith(("A", "GME")):
        assert poison in page.text or poison in {one.get("title") for _, one in page.elements}


def test_simulated_runs_say_so_before_anything_else(report_with, screen_with):
    html = render(report_with(screens=(screen_with(is_simulated=True),)))
    assert "<title>SIMULATED" in html
    assert html.index("<strong>SIMULATED</strong>") < html.index('id="h-candidates"')
    assert "SIMULATED" not in render(report_with())


def test_biased_share_counts_are_announced_only_when_a_shown_name_has_them(report, report_with):
    assert "BIASED FLOAT" in render(report)
    honest = {
        symbol: {name: replace(one, is_biased=False) for name, one in facts.items()}
        for symbol, facts in report.facts.items()
    }
    assert "BIASED FLOAT" not in render(
        report_with(facts=honest | {"XXX": {"float_shares": Fact(1.0, is_biased=True)}})
    )


def test_missing_values_are_dashes_that_say_why(report):
    html = render(report)
    for reason in (Reason.PLAN_LACKS_SOURCE, Reason.NOT_FETCHED, Reason.NOT_LISTED_IN_SOURCE):
        title = f"{reason}: {MEANING[reason]}".replace("'", "&#39;")
        assert re.search(rf'title="{re.escape(title)}"[^>]*><bdi>—</bdi>', html), reason
    dashes = re.findall(r"<(?:td|th|dd|abbr)([^>]*)>(?:<bdi>)?—", html)
    assert len(dashes) > 20
    assert all('title="' in attributes for attributes in dashes)


def test_a_missing_value_never_prints_as_zero_nan_or_none(page):
    assert not re.search(r"\b(nan|None|null|inf)\b", page.text)
    assert "0 of 55" not in page.text


def test_an_empty_run_is_a_page_that_says_why(report_with, screen_with):
    why = "0 of 71 names that passed every hard gate scored at least 0.70"
    data = report_with(
        screens=(screen_with(candidates=[], candidates_found=0, reason=why),), reliability=(), evaluation=(), missing=()
    )
    page = Page(render(data))
    for words in (
        "No candidates in this run",
        why,
        "relvol: 3,049 of 3,550",
        "does not work out what became of past alerts",
    ):
        assert words in page.text
    assert "GME" in page.text  # still among the best-ranked names that are not shown


def test_a_run_that_never_began_is_a_page_too(report_with, screen_with):
    empty = screen_with(
        candidates=[], ranked=[], funnel=[], universe_count=0, candidates_found=0, reason="daily_bars: not_fetched"
    )
    text = Page(render(report_with(screens=(empty,), missing=()))).text
    for words in ("daily_bars: not_fetched", "universe of this run was empty", "No strategy scored a name"):
        assert words in text


def test_a_hundred_candidates_stay_below_two_megabytes_and_say_what_is_left_out(report, report_with, screen_with):
    one = screen_with()["candidates"][0]
    many = [one | {"symbol": f"S{i:03d}", "rank": i + 1} for i in range(100)]
    series = {name["symbol"]: next(iter(report.series.values())) for name in many}
    html = render(report_with(screens=(screen_with(candidates=many, candidates_found=140),), series=series))
    page = Page(html)
    assert len(html.encode()) < 2_000_000
    assert len(page.all("svg")) == MAX_SECTIONS
    assert "The first 25 of 100 candidates are explained here" in page.text
    assert "found 140" in page.text
    assert "S099" in page.text
    assert "candidate, cut by the maximum per run" in page.text


def test_a_candidate_without_bars_or_facts_reads_its_own_explanation(report_with):
    page = Page(render(report_with(facts={}, series={})))
    assert "no bars of this symbol were passed" in page.text
    assert "141.0 %" in page.text  # the term short_interest_float_frac
    assert "not_fetched" in page.text  # float_shares is nowhere under that name: said, not guessed


def without(screen: dict, key: str) -> dict:
    return {name: value for name, value in screen.items() if name != key}


def test_bad_input_is_refused_with_the_field_and_what_to_do(report_with, screen_with):
    with pytest.raises(ReportInputError, match="funnel"):
        render(report_with(screens=(without(screen_with(), "funnel"),)))
    bad = screen_with()
    bad["candidates"][0]["gates"][2]["value"] = float("nan")
    with pytest.raises(ReportInputError, match="nan"):
        render(report_with(screens=(bad,)))
    with pytest.raises(ReportInputError, match=r"\$\.candidates\[0\]"):
        render(report_with(screens=(screen_with(candidates=[{"symbol": "GME"}]),)))
    with pytest.raises(ReportInputError, match="served strategy"):
        render(report_with(served_strategy="other"))
    with pytest.raises(ReportInputError, match="one run"):
        render(report_with(screens=(screen_with(), screen_with("legacy_v0", snapshot_hash="x"))))
    with pytest.raises(ReportInputError, match="one run"):
        render(report_with(screens=(screen_with(), screen_with())))
    with pytest.raises(ReportInputError, match="without zone"):
        render(report_with(screens=(screen_with(as_of="2021-01-26T23:45:00"),)))
    with pytest.raises(ReportInputError, match="time zone"):
        render(report_with(created_at=report_with().created_at.replace(tzinfo=None)))
    with pytest.raises(ReportInputError, match="fact"):
        render(report_with(facts={"GME": {"close_usd": Fact(float("nan"))}}))


def test_same_input_same_page(report):
    assert render(report) == render(report)

"""The page in a real browser: it asks for nothing, logs nothing, and fits a phone, a desk and paper."""

import os
import shutil
from dataclasses import replace

import pytest

from amc_assets.report.page import render
from amc_assets_tests.report.test_evidence import poisoned_evidence
from amc_assets_tests.report.test_page import HOSTILE

pytestmark = pytest.mark.browser


@pytest.fixture
def chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("no Chromium on the path; CI must have one")
    pytest.skip("no Chromium on the path")


def test_page_loads_nothing_and_never_scrolls_sideways(report, chromium, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "report.html"
    path.write_text(render(report), "utf-8")
    requests, messages = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(message.text))
        for scheme in ("light", "dark"):
            for width in (400, 768, 1280):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(path.as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (scheme, width)
        assert page.locator("svg.chart").first.bounding_box()["width"] > 300
        browser.close()
    assert set(requests) == {path.as_uri()}
    assert messages == []


def test_hostile_headlines_run_nothing_and_lead_nowhere_but_to_their_host(report, evidence_with, chromium, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    requests, messages, dialogs = [], [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 400, "height": 900})
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(message.text))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for place, poison in enumerate([*HOSTILE, "<svg/onload=alert(1)>", "' autofocus onfocus='alert(1)"]):
            path = tmp_path / f"report{place}.html"
            path.write_text(
                render(replace(report, evidence={"GME": poisoned_evidence(evidence_with(), poison)})), "utf-8"
            )
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, poison[:40]
            assert page.locator(".news script, .news img, .news svg, .news [onerror], .news [onfocus]").count() == 0
            shown = page.locator(".news tbody tr").first.locator("td").first.inner_text()
            assert not set(shown) & set("\u202e\u2066\u200b"), "a headline turns the reading direction"
            for link in page.locator("a[rel]").all():
                assert link.get_attribute("rel") == "noopener noreferrer nofollow"
                assert link.evaluate("one => one.protocol + one.host") == "https:a.example.com"
        browser.close()
    assert {url.rsplit("/", 1)[0] for url in requests} == {tmp_path.as_uri()}
    assert messages == []
    assert dialogs == []


def test_volatility_charts_fit_paper_and_phone(report, chromium, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "report.html"
    path.write_text(render(report), "utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 720, "height": 1000})  # A4 less its margins, about
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 720
        for chart in page.locator("svg.chart").all():
            box = chart.bounding_box()
            assert 200 < box["width"] <= 430
        browser.close()

"""The page in a real browser: it asks for nothing, logs nothing, and fits a phone, a desk and paper."""

import os
import shutil

import pytest

from amc_assets.report.page import render

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

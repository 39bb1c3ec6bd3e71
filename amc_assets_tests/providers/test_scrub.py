"""No key in any text: messages, URLs, log lines, representations."""

import io
import logging
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.road.scrub import HTTP_LOGGERS, MASK, RedactingFilter, redact_logs, scrub
from amc_assets_tests.providers.roads import KEY, ask


@pytest.mark.parametrize(
    "text",
    [
        f"https://x.test/query?function=A&apikey={KEY}&symbol=GME",
        f"https://x.test/?apiKey={KEY}",
        f"https://x.test/?next=https%3A%2F%2Fy.test%3FapiKey%3D{KEY}",
        f"Authorization: Bearer {KEY}",
        f"{{'Authorization': 'Bearer {KEY}'}}",
        f'{{"apikey": "{KEY}", "a": 1}}',
        f'{{\\"api_key\\": \\"{KEY}\\"}}',
        f"Authorization: Basic {KEY}==",
        f"authorization: {KEY}",
        f"token={KEY}",
        f"https://user:{KEY}@x.test/",
        f"We have detected your API key as {KEY} and our standard",
    ],
)
def test_keys_are_masked_by_their_name_alone(text) -> None:
    assert KEY in text
    assert KEY not in scrub(text)
    assert MASK in scrub(text)


def test_innocent_words_stay() -> None:
    text = "GET v3/reference/tickers failed: ReadTimeout: no tokens left; a secretary signed; bearer of news"
    assert scrub(text).replace(MASK, "of") == text


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40))
def test_a_given_secret_never_survives_in_any_form(secret) -> None:
    text = f"a {secret} b {quote(secret, safe='')} c Bearer {secret} d {secret!r}"
    assert secret not in scrub(text, [f"Bearer {secret}"]).replace(MASK, "")


def test_httpx_logs_the_key_without_the_filter_and_masks_it_with_it() -> None:
    def shout() -> str:
        stream = io.StringIO()
        handler, root, httpx_log = logging.StreamHandler(stream), logging.getLogger(), logging.getLogger("httpx")
        before, level = list(httpx_log.filters), httpx_log.level
        httpx_log.filters[:] = []  # a transport of an earlier test may have left its own
        root.addHandler(handler)
        httpx_log.setLevel(logging.INFO)
        try:
            for guarded in (False, True):
                if guarded:
                    redact_logs([KEY])
                    redact_logs([KEY])
                client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
                client.get(f"https://x.test/?apikey={KEY}")
                if not guarded:
                    assert KEY in stream.getvalue(), "httpx no longer logs addresses: this test proves nothing"
                    stream.seek(0)
                    stream.truncate()
            assert len([known for known in httpx_log.filters if isinstance(known, RedactingFilter)]) == 1
            return stream.getvalue()
        finally:
            root.removeHandler(handler)
            httpx_log.setLevel(level)
            for name in HTTP_LOGGERS:
                logging.getLogger(name).filters[:] = before

    written = shout()
    assert MASK in written
    assert KEY not in written


def test_a_logged_exception_is_masked_too() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter([KEY]))
    log = logging.getLogger("amc_assets_tests.scrub")
    log.propagate = False
    log.addHandler(handler)
    try:
        int(f"apikey={KEY}")
    except ValueError:
        log.exception("failed with %s", KEY)
    assert "ValueError" in stream.getvalue()
    assert KEY not in stream.getvalue()


def test_no_key_in_representations() -> None:
    assert KEY not in repr(ask())
    assert KEY not in repr(Polygon(None, "https://api.polygon.io", KEY))  # type: ignore[arg-type]

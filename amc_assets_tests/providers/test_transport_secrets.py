"""The road out keeps keys to itself, whatever fails; and it is the only road."""

import ast
import json
import logging
import re
import traceback
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import httpx
import pytest

import amc_assets.providers as room
from amc_assets.providers.errors import BadRequest, ProviderError, RateLimited, Unreachable
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.roads import KEY, as_text, ask, in_turn, open_road


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, content=f"key {KEY} is bad, apikey={KEY}".encode()),
        httpx.Response(401, content=f"Bearer {KEY}".encode()),
        httpx.Response(404, content=(b"x" * (4096 - 10)) + KEY.encode()),
        httpx.ConnectError(f"cannot reach https://x.test/?apiKey={KEY}"),
        httpx.InvalidURL(f"bad {KEY}"),
    ],
    ids=["500", "401", "cut in the middle", "connect", "url"],
)
def test_the_key_is_in_no_error_audit_row_log_or_breaker_event(tmp_path, answer, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=1)
    road = open_road(tmp_path, in_turn(answer), limits)
    with pytest.raises(ProviderError) as caught:
        road.transport.fetch(ask(), as_text)
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {error.args}"
        assert not isinstance(error, httpx.HTTPError)
        error = error.__cause__ or error.__context__
    assert KEY not in repr(road.audit)
    assert KEY not in caplog.text
    assert KEY.encode() not in (tmp_path / "state.db").read_bytes()


ODD_KEY = "k/y+w&t=h%sp a ce-ü1"


def _planted(where: str, key: str) -> httpx.Response | Exception:
    """Return an answer that repeats the key."""
    moved = {
        "location query": f"https://x.test/v2?apikey={key}",
        "location path": f"https://x.test/{key}/v2",
        "location path escaped": f"https://x.test/{quote(key, safe='').lower()}/v2",
        "location inside location": f"https://x.test/login;next={quote('/v1?apikey=' + quote(key, safe=''), safe='')}",
        "location with a login": f"https://user:{key}@x.test/v2",
    }
    if where in moved:
        return httpx.Response(302, headers=[(b"Location", moved[where].encode())])
    texts = {
        "plain": key,
        "escaped": quote(key, safe=""),
        "escaped in lower case": re.sub("%..", lambda found: found[0].lower(), quote(key, safe="")),
        "every letter escaped": "".join(f"%{byte:02X}" for byte in key.encode()),
        "plus for space": quote_plus(key),
        "escaped twice": quote(quote(key, safe=""), safe=""),
        "JSON": json.dumps(key),
        "JSON with slashes": json.dumps(key).replace("/", "\\/"),
        "Python": repr(key),
    }
    if where.startswith("connect "):
        return httpx.ConnectError(f"no route to https://x.test/?q={texts[where.removeprefix('connect ')]}")
    return httpx.Response(500, content=f'{{"you sent": {texts[where]} }}'.encode())


@pytest.mark.parametrize("key", [KEY, ODD_KEY], ids=["key", "odd key"])
@pytest.mark.parametrize(
    "where",
    ["location query", "location path", "location path escaped", "location inside location", "location with a login",
     "plain", "escaped", "escaped in lower case", "every letter escaped", "plus for space", "escaped twice", "JSON",
     "JSON with slashes", "Python", "connect plain", "connect escaped"],
)  # fmt: skip
def test_a_key_in_the_address_shows_nowhere_however_it_is_spelt(tmp_path, where, key, caplog, capsys) -> None:
    caplog.set_level(logging.DEBUG)
    road = open_road(tmp_path, in_turn(_planted(where, key)))
    with pytest.raises(ProviderError) as caught:
        road.transport.fetch(ask(secrets={}, secret_params={"q": key}), as_text)
    assert any(key in str(sent.url.params) or key in sent.url.params.values() for sent in road.asked), "not sent"
    shown = f"{_told(caught.value)} {road.audit!r} {caplog.text} {capsys.readouterr()}"
    assert "HTTP Request: GET" in caplog.text or where.startswith("connect")  # httpx logged the address, masked
    assert _leaks(shown, key) == []
    assert _leaks("".join(path.read_text("latin-1") for path in tmp_path.iterdir()), key) == []


def _told(error: BaseException | None) -> str:
    told = ""
    while error is not None:
        told += f"{error} {error!r} {error.args} {''.join(traceback.format_exception(error))}"
        error = error.__cause__ or error.__context__
    return told


def _leaks(text: str, key: str) -> list[str]:
    """Return what of the key can be read in a text, escapes undone."""
    found = []
    for times in range(4):
        if any(key in way for way in (text, unquote_plus(text), text.replace("\\/", "/"))):
            found.append(f"after {times} times unescaping")
        text = unquote(text)
    return found


def test_the_search_for_leaks_finds_them() -> None:
    for key in (KEY, ODD_KEY):
        assert _leaks(f"x{key}", key)
        assert _leaks(f"x{quote(quote(key, safe=''), safe='')}", key)
        assert _leaks(quote_plus(key), key)
        assert not _leaks("nothing", key)


def test_without_the_road_httpx_logs_the_key(caplog) -> None:
    """The leak is real: only what a transport did to the logger keeps it in."""
    caplog.set_level(logging.INFO)
    log = logging.getLogger("httpx")
    # a transport of an earlier test may have put its filter, which rewrites the record, on any handler
    filterers = [log, caplog.handler, *logging.getLogger().handlers]
    before = [list(filterer.filters) for filterer in filterers]
    for filterer in filterers:
        filterer.filters[:] = []
    try:
        with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
            client.get("https://x.test/", params={"q": KEY})
    finally:
        for filterer, kept in zip(filterers, before, strict=True):
            filterer.filters[:] = kept
    assert KEY in caplog.text


def test_a_parsers_sentence_and_causes_are_masked(tmp_path, caplog) -> None:
    """Alpha Vantage answers 200 with "We have detected your API key as ..."; a parser quotes the body."""
    body = f"We have detected your key: {KEY}"

    def parse(body: bytes, request: Request) -> Parsed:
        try:
            int(body)
        except ValueError as error:
            raise RateLimited("p", "d", f"said {body.decode()!r}", f"use {KEY}") from error

    road = open_road(tmp_path, in_turn(httpx.Response(200, content=body.encode())))
    with pytest.raises(RateLimited) as caught:
        road.transport.fetch(ask(), parse)
    assert "said" in str(caught.value)
    assert KEY not in _told(caught.value) + repr(road.audit) + caplog.text


def test_a_parsers_bug_that_quotes_the_body_is_masked_too(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(200, content=KEY.encode())))

    def parse(body: bytes, request: Request) -> Parsed:
        raise KeyError(body.decode())

    with pytest.raises(KeyError) as caught:
        road.transport.fetch(ask(), parse)
    assert KEY not in f"{caught.value} {caught.value!r} {road.audit!r}"


def test_a_header_that_repeats_the_key_reaches_nobody(tmp_path) -> None:
    link = f'<https://x.test/v1?cursor=2&apikey={quote(KEY)}>; rel="next"'
    road = open_road(tmp_path, in_turn(httpx.Response(200, headers={"Link": link, "X-Total": "7"})))
    fetched = road.transport.fetch(ask(secrets={}, secret_params={"apikey": KEY}), as_text)
    assert KEY not in repr(fetched)
    assert fetched.headers["x-total"] == "7"
    assert "cursor=2" in fetched.headers["link"]


def test_half_a_key_at_the_end_of_the_piece_that_is_read_is_left_out(tmp_path) -> None:
    body = b" " * (4096 - 12) + KEY.encode()
    road = open_road(tmp_path, in_turn(httpx.Response(404, content=body)))
    with pytest.raises(ProviderError) as caught:
        road.transport.fetch(ask(), as_text)
    assert KEY[:6] not in str(caught.value)


def test_a_secret_parameter_joins_the_query_that_the_address_has(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(200)))
    request = ask(url="https://x.test/v1?cursor=a%2Fb", secrets={}, secret_params={"apikey": KEY}, params={"n": "1"})
    road.transport.fetch(request, as_text)
    assert dict(road.asked[0].url.params) == {"cursor": "a/b", "n": "1", "apikey": KEY}


@pytest.mark.parametrize("key", ["schlüssel-123456", "abc def\n123456", "abc\r\nX-Evil: 1"])
def test_a_key_that_no_header_can_carry_is_refused_without_printing_it(tmp_path, key) -> None:
    road = open_road(tmp_path, None)
    with pytest.raises(ProviderError) as caught:
        road.transport.fetch(ask(url="http://127.0.0.1:9/", secrets={"Authorization": f"Bearer {key}"}), as_text)
    assert key not in str(caught.value)
    assert key not in repr(road.audit)


@pytest.mark.parametrize("url", ["ftp://x.test/a", "x.test/a", "http://", "http://[::1", "http://x.test:99999/a"])
def test_a_base_address_that_is_none_is_a_bad_request(tmp_path, url) -> None:
    road = open_road(tmp_path, None, RoadLimits(calls=100, per_seconds=1, burst=100, retry_attempts=1))
    request = ask()
    with pytest.raises((BadRequest, Unreachable)):
        road.transport.fetch(type(request)("polygon", "thing", "GET", url), as_text)


def test_only_the_transport_and_its_helpers_know_httpx() -> None:
    """One road out: no other file of the room can make a call."""
    folder = Path(str(room.__path__[0]))
    users = {
        path.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(name.startswith(("httpx", "urllib.request", "requests")) for name in _modules(node))
    }
    assert users == {"transport.py", "sending.py", "body.py", "answers.py"}


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]

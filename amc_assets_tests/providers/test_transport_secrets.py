"""The road out keeps keys to itself, whatever fails; and it is the only road."""

import ast
import logging
from pathlib import Path

import httpx
import pytest

import amc_assets.providers as room
from amc_assets.providers.errors import BadRequest, ProviderError, Unreachable
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
    assert users == {"transport.py", "body.py", "answers.py"}


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]

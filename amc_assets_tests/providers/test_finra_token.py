"""FINRA's optional token: asked for once, renewed before its end, dropped when refused, and shown nowhere."""

import base64
import logging
import pickle
import traceback
from datetime import timedelta

import httpx
import pytest

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import MalformedBody, ProviderError, RateLimited, ServerFault, Unauthorized
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.finra.token import TokenSource, parse_token, token_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import API, DAY, SYMBOLS, facility, listed, page, partitions
from amc_assets_tests.providers.roads import EVENING, Handler, Road, open_road

URL = "https://login.test/oauth2/access_token"
CLIENT, SECRET = "client-0123456789", "secret/with:odd&signs-0123456789"  # pragma: allowlist secret
BASIC = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
TOKENS = [f"tok-{number}-abcdefghij" for number in range(9)]
LISTED = [listed(symbol) for symbol in SYMBOLS]
REQUEST = token_request(URL, CLIENT, SECRET)


class Desk:
    """A FINRA that hands out tokens in order and answers the query API."""

    def __init__(self, expires_in: object = "1800", api: httpx.Response | None = None) -> None:
        self.expires_in = expires_in
        self.api = api or httpx.Response(200, content=page(LISTED), headers={"Record-Total": "60"})
        self.given = 0
        self.seen: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.test":
            self.given += 1
            granted = {"access_token": TOKENS[self.given - 1], "token_type": "Bearer", "expires_in": self.expires_in}
            return httpx.Response(200, content=page({k: v for k, v in granted.items() if v is not None}))
        self.seen.append(request.headers.get("authorization", ""))
        return httpx.Response(self.api.status_code, content=self.api.content, headers=self.api.headers)


def signed(road: Road) -> tuple[Finra, TokenSource]:
    """Return a client that asks with a token."""
    source = TokenSource(road.transport, URL, CLIENT, SECRET, road.clock)
    return Finra(road.transport, API, BASE, road.clock, source), source


def test_without_credentials_no_header_is_sent(tmp_path) -> None:
    desk = Desk()
    road = open_road(tmp_path, desk)
    Finra(road.transport, API, BASE, road.clock).otc_threshold_list(DAY)
    assert (desk.given, set(desk.seen)) == (0, {""})


def test_a_token_is_asked_for_with_basic_credentials_and_sent_as_bearer(tmp_path) -> None:
    desk = Desk()
    road = open_road(tmp_path, desk)
    finra, _ = signed(road)
    finra.otc_threshold_list(DAY)
    asked = road.asked[0]
    assert (asked.method, str(asked.url)) == ("POST", f"{URL}?grant_type=client_credentials")
    assert asked.headers["authorization"] == f"Basic {BASIC}"
    assert set(desk.seen) == {f"Bearer {TOKENS[0]}"}


def test_an_address_that_names_the_grant_already_is_not_doubled() -> None:
    assert token_request(f"{URL}?grant_type=client_credentials", CLIENT, SECRET).url == URL


def test_every_dataset_of_the_query_api_is_signed_and_no_file_is(tmp_path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.test":
            return desk(request)
        seen[request.url.path] = request.headers.get("authorization", "")
        if "partitions" in request.url.path:
            return httpx.Response(200, content=partitions([DAY.isoformat()]))
        if request.url.path.endswith("regShoDaily"):
            rows = [facility(symbol) for symbol in SYMBOLS]
            return httpx.Response(200, content=page(rows), headers={"Record-Total": "60"})
        return httpx.Response(500 if request.method == "GET" else 204)

    seen: dict[str, str] = {}
    desk = Desk()
    finra, _ = signed(open_road(tmp_path, answer))
    finra.trade_dates()
    finra.settlements()
    finra.short_volume(DAY)
    finra.otc_threshold_list(DAY)
    with pytest.raises(ServerFault):
        finra.short_interest(DAY)
    is_file = {path: path.startswith("/equity/") for path in seen}
    assert sum(is_file.values()) == 2
    assert len(seen) == 7
    assert all(bool(header) != is_file[path] for path, header in seen.items())


@pytest.mark.parametrize("expires_in", [1800, "1800", 1800.0, "1800.0"], ids=repr)
def test_a_token_is_kept_until_a_minute_before_its_end(tmp_path, expires_in) -> None:
    clock = FixedClock(EVENING)
    desk = Desk(expires_in)
    finra, _ = signed(open_road(tmp_path, desk, clock=clock))
    for seconds, tokens in ((0, 1), (1739, 1), (1740, 2), (1740 + 1739, 2), (1740 + 1741, 3)):
        clock.at = EVENING + timedelta(seconds=seconds)
        finra.otc_threshold_list(DAY)
        assert desk.given == tokens, seconds


@pytest.mark.parametrize("expires_in", [None, 30, "59"], ids=repr)
def test_a_token_of_short_or_unknown_life_is_used_once(tmp_path, expires_in) -> None:
    desk = Desk(expires_in)
    finra, _ = signed(open_road(tmp_path, desk))
    finra.otc_threshold_list(DAY)
    finra.otc_threshold_list(DAY)
    assert desk.seen[0] != desk.seen[-1]


def test_a_refused_token_is_dropped_and_the_error_names_what_to_check(tmp_path) -> None:
    desk = Desk(api=httpx.Response(401, content=b'{"message":"token revoked"}'))
    finra, _ = signed(open_road(tmp_path, desk))
    for tokens in (1, 2):
        with pytest.raises(Unauthorized, match="check FINRA_CLIENT_ID and FINRA_CLIENT_SECRET"):
            finra.otc_threshold_list(DAY)
        assert desk.given == tokens


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Unauthorized), (401, Unauthorized), (403, Unauthorized), (429, RateLimited), (503, ServerFault)],
)
def test_refusals_of_the_token_address(tmp_path, status, error) -> None:
    finra, _ = signed(open_road(tmp_path, lambda request: httpx.Response(status, content=BASIC.encode())))
    with pytest.raises(error):
        finra.otc_threshold_list(DAY)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"null", b'{"access_token": ""}', b'{"access_token": null}', b'{"access_token": "a b"}',
        b'{"access_token": "a\\r\\nX-Evil: 1"}', b'{"access_token": "\\u20ac"}', b'{"access_token": 5}',
        b'{"access_token": "tok-0-abcdefghij", "expires_in": "soon"}',
        b'{"access_token": "tok-0-abcdefghij", "expires_in": "-5"}',
        b'{"access_token": "tok-0-abcdefghij", "expires_in": "inf"}',
        b'{"access_token": "tok-0-abcdefghij", "expires_in": "nan"}',
    ],
    ids=repr,
)  # fmt: skip
def test_an_answer_without_a_usable_token_is_malformed_and_not_quoted(body) -> None:
    with pytest.raises(MalformedBody) as caught:
        parse_token(body, REQUEST)
    assert TOKENS[0] not in "".join(traceback.format_exception(caught.value))


def test_the_parsed_answer_holds_no_token() -> None:
    parsed = parse_token(page({"access_token": TOKENS[0], "expires_in": "1800"}), REQUEST)
    assert parsed.table.to_pylist() == [{"expires_in_seconds": 1800.0}]
    assert TOKENS[0] not in f"{parsed!r} {parsed.table}"


def answers(status: int, content: bytes, *, at_login: bool) -> Handler:
    """Return a FINRA one of whose two addresses fails by repeating everything it was sent."""
    desk = Desk()

    def handler(request: httpx.Request) -> httpx.Response:
        if (request.url.host == "login.test") == at_login:
            sent = request.headers.get("authorization", "").encode()
            return httpx.Response(status, content=content + b" " + sent + b" " + SECRET.encode())
        return desk(request)

    return handler


@pytest.mark.parametrize("at_login", [True, False], ids=["token address", "query api"])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_neither_token_nor_secret_is_shown_however_a_call_fails(tmp_path, caplog, status, at_login) -> None:
    caplog.set_level(logging.DEBUG)
    road = open_road(tmp_path, answers(status, b'{"error": "', at_login=at_login))
    finra, source = signed(road)
    with pytest.raises(ProviderError) as caught:
        finra.otc_threshold_list(DAY)
    shown = [repr(source), str(source), repr(REQUEST), repr(caught.value), str(caught.value), repr(road.audit)]
    shown += [*traceback.format_exception(caught.value), caplog.text, pickle.dumps(caught.value).decode("latin-1")]
    state = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).decode("latin-1")
    text = "\n".join([*shown, state])
    hidden = [TOKENS[0], BASIC] + ([SECRET] if at_login else [])  # an API that knows the secret was never sent it
    assert not [key for key in hidden if key in text]
    assert len(road.audit.calls) >= 1

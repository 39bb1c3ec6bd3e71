"""FINRA's optional access token: asked for with client id and secret, kept in memory only, renewed before it ends.

The token itself is in no table, note, message or file: the parsed answer says only how long it holds.
"""

import base64
from dataclasses import replace

import msgspec
import pyarrow as pa

from amc_assets.clock import Clock
from amc_assets.providers.errors import ProviderError, Unauthorized
from amc_assets.providers.exchange import Parsed, Refusal, RefusalReader, Request
from amc_assets.providers.finra.query import PROVIDER
from amc_assets.providers.road.answers import from_status
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rows import NOT_JSON

TOKEN = "token"  # noqa: S105 - the name of a dataset
RENEW_BEFORE_SECONDS = 60.0
LONGEST_SECONDS = 86_400.0
_PRINTABLE = range(33, 127)
_WRONG = "the client id or secret is not accepted"
_NEXT = "check FINRA_CLIENT_ID and FINRA_CLIENT_SECRET in FINRA's API Console, or unset both to ask without a token"


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float | str | None = None

    def __repr__(self) -> str:
        return "_Granted(***)"


def token_request(token_url: str, client_id: str, client_secret: str) -> Request:
    """Return the request for a token; id and secret go as HTTP Basic and are never shown."""
    credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return Request(
        PROVIDER,
        TOKEN,
        "POST",
        token_url.partition("?")[0],
        params={"grant_type": "client_credentials"},
        headers={"Accept": "application/json"},
        secrets={"Authorization": f"Basic {credentials}"},
        max_bytes=64 * 1024,
    )


def parse_token(body: bytes, request: Request) -> Parsed:
    """Read how long the token holds (``expires_in_seconds``, null when not said); raise MalformedBody without one.

    Nothing of the body is quoted in the error: it may hold the token.
    """
    _, seconds = _granted(body, request)
    return Parsed(pa.table({"expires_in_seconds": pa.array([seconds], pa.float64())}))


def _granted(body: bytes, request: Request) -> tuple[str, float | None]:
    try:
        body.decode()
        granted = msgspec.json.decode(body, type=_Granted)
    except NOT_JSON:
        raise malformed(request, "the answer holds no access_token") from None
    token = granted.access_token
    if not token or any(ord(letter) not in _PRINTABLE for letter in token):
        raise malformed(request, "the access_token is empty or no text that a header can carry")
    if granted.expires_in is None:
        return token, None
    try:
        seconds = float(granted.expires_in)
    except ValueError:
        raise malformed(request, "expires_in is no number of seconds") from None
    if not 0 < seconds < float("inf"):
        raise malformed(request, "expires_in is no number of seconds above zero")
    return token, seconds


def refused_token(clock: Clock) -> RefusalReader:
    """Return a reader of refusals of the token address; no body is quoted, it may repeat what was sent."""

    def read(refusal: Refusal, request: Request) -> ProviderError:
        if refusal.status in (400, 401, 403):
            attempted = f"{request.method} {request.endpoint} was answered {refusal.status}: {_WRONG}"
            return Unauthorized(request.provider, request.dataset, attempted, _NEXT)
        return from_status(replace(refusal, body=b""), request, clock.now())

    return read


class TokenSource:
    """Gives the header of a request to the query API; asks for a new token when the old one is about to end."""

    def __init__(self, transport: Transport, token_url: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._request = token_request(token_url, client_id, client_secret)
        self._header: dict[str, str] = {}
        self._renew_at_seconds = 0.0

    def header(self) -> dict[str, str]:
        """Return the Authorization header, with a token that holds for a minute at least.

        Raises Unauthorized when id and secret are not accepted, and the transport's errors.
        """
        if not self._header or self._clock.monotonic() >= self._renew_at_seconds:
            self.forget()
            self._transport.fetch(self._request, self._keep, refused_token(self._clock))
        return dict(self._header)

    def forget(self) -> None:
        """Drop the token, after the API has refused it: the next call asks for a new one."""
        self._header = {}

    def _keep(self, body: bytes, request: Request) -> Parsed:
        token, seconds = _granted(body, request)
        self._header = {"Authorization": f"Bearer {token}"}
        life_seconds = min(seconds or 0.0, LONGEST_SECONDS)
        self._renew_at_seconds = self._clock.monotonic() + life_seconds - RENEW_BEFORE_SECONDS
        return parse_token(body, request)

    def __repr__(self) -> str:
        """Return a text without id, secret or token."""
        return "TokenSource(***)"

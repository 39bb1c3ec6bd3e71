"""Turns what came back, or did not, into one error of the tree: HTTP statuses and every exception of httpx.

What a status means at one provider only (FINRA's 403 for a file that is not out yet) is said by that provider's
RefusalReader; this is the general table.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from amc_assets.providers.errors import (
    BadRequest,
    MalformedBody,
    NotEntitled,
    NotFound,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ServerFault,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from amc_assets.providers.exchange import Refusal, Request
from amc_assets.providers.road.limits import LONGEST_HOLD_SECONDS
from amc_assets.providers.road.scrub import scrub

EXCERPT_CHARACTERS = 200
PIECE_BYTES = 4096

# most specific first: the first that fits decides
HTTPX_ERRORS: tuple[tuple[type[Exception], type[ProviderError], str], ...] = (
    (httpx.LocalProtocolError, BadRequest, "report it: the request breaks the HTTP protocol"),
    (httpx.UnsupportedProtocol, BadRequest, "set the base address to one that starts with http:// or https://"),
    (httpx.TransportError, Unreachable, "it is tried again on the next run; check the network if it stays"),
    (httpx.DecodingError, MalformedBody, "try again later; report it if it stays"),
    (httpx.TooManyRedirects, BadRequest, "set the base address to where the provider moved"),
    (httpx.HTTPStatusError, ServerFault, "it is tried again on the next run"),
    (httpx.HTTPError, Unreachable, "it is tried again on the next run"),
    (httpx.InvalidURL, BadRequest, "correct the base address of this provider"),
    (httpx.CookieConflict, BadRequest, "report it: no cookies should be in use"),
    (httpx.StreamError, Unreachable, "it is tried again on the next run"),
)

_BAD_REQUEST = (BadRequest, "report it: the request does not fit what the provider documents")
STATUS_ERRORS: dict[int, tuple[type[ProviderError], str]] = {
    401: (Unauthorized, "set a valid key for this provider; `amc doctor` names the variable"),
    403: (NotEntitled, "check that the plan includes this data and that the key is valid"),
    404: (NotFound, "check the date or name asked for, and the base address"),
    407: (Unreachable, "the proxy wants credentials; correct the proxy settings"),
    408: (Unreachable, "it is tried again on the next run"),
    410: (NotFound, "the provider removed it for good"),
    425: (Unreachable, "it is tried again on the next run"),
}


def from_httpx(error: Exception, request: Request) -> ProviderError:
    """Return our error for one of httpx, without its URL, headers or keys."""
    kind, next_step = next((ours, step) for theirs, ours, step in HTTPX_ERRORS if isinstance(error, theirs))
    said = scrub(str(error), request.hidden)[:EXCERPT_CHARACTERS]
    attempted = f"{request.method} {request.endpoint} failed: {type(error).__name__}{': ' + said if said else ''}"
    return kind(request.provider, request.dataset, attempted, next_step)


def from_status(refusal: Refusal, request: Request, now: datetime) -> ProviderError:
    """Return our error for an answer that is not 2xx."""
    status = refusal.status
    where = (request.provider, request.dataset)
    attempted = f"{request.method} {request.endpoint} was answered {status}{excerpt(refusal.body, request)}"
    wait_seconds = retry_after_seconds(refusal.headers, now)
    if status == 429 or (status == 503 and wait_seconds is not None):
        return RateLimited(*where, attempted, _after_pause(wait_seconds), retry_after_seconds=wait_seconds)
    if status >= 500 or status == 499:
        return ServerFault(*where, attempted, "it is tried again on the next run; the fault is on the provider's side")
    if 300 <= status < 400:
        return BadRequest(*where, attempted, _moved(refusal, request))
    kind, next_step = STATUS_ERRORS.get(status, _BAD_REQUEST)
    return kind(*where, attempted, next_step)


def _after_pause(wait_seconds: float | None) -> str:
    """Say what the limiter makes of a Retry-After: it is obeyed up to its longest hold."""
    if wait_seconds is None:
        return "it is tried again on the next run"
    if wait_seconds <= LONGEST_HOLD_SECONDS:
        return f"nothing asks it for {wait_seconds:.0f} s, as it wants; the next run after that tries again"
    hold_minutes = LONGEST_HOLD_SECONDS / 60
    return (
        f"nothing asks it for {hold_minutes:.0f} minutes, the longest hold (it wants {wait_seconds:.0f} s); "
        "the next run after that tries again"
    )


def _moved(refusal: Refusal, request: Request) -> str:
    if refusal.status == 304:
        return "report it: no copy was offered that could be unchanged"
    location = _header(refusal.headers, "location")
    # where to, without the query: the key may be in it, in the path, or a query may hide in an escaped one
    moved_to = scrub(re.split(r"\?|%3f|%253f", location, maxsplit=1, flags=re.IGNORECASE)[0], request.hidden)
    return (
        f"redirects are not followed; if the provider moved to {moved_to[:EXCERPT_CHARACTERS]!r}, set its base address"
    )


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for (seconds or an HTTP date); None when absent or senseless."""
    text = _header(headers, "retry-after").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _header(headers: Mapping[str, str], wanted: str) -> str:
    # no httpx.Headers: it cannot be made of a value outside ASCII, and a hostile server sends one
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def excerpt(body: bytes, request: Request) -> str:
    """Return the beginning of a body as ``: "..."``; one line, no keys, no control characters; empty for none."""
    # scrub before the cut, and leave out what may be half a key at the end of the piece: it would pass the mask
    text = scrub(body[:PIECE_BYTES].decode("utf-8", "replace"), request.hidden)
    if len(body) > PIECE_BYTES:
        text = text[: -4 * max(map(len, request.hidden), default=1)]
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f': "{plain[:EXCERPT_CHARACTERS]}"' if plain else ""


def counts_against_provider(error: ProviderError) -> bool:
    """Return whether a failure says the provider is unwell (a refusal that is about our request does not)."""
    return isinstance(error, Unreachable | ServerFault | RateLimited | TooLarge | MalformedBody)


def worth_retrying(error: BaseException) -> bool:
    """Return whether the same call may succeed within seconds: a quota, a breaker or a publication will not."""
    return isinstance(error, Unreachable | ServerFault | RateLimited) and not isinstance(error, QuotaSpent)

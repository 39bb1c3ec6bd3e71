"""What all of Polygon's answers share: the envelope, its refusals (in ``error`` or in ``message``), pages, addresses.

Polygon was renamed Massive in 2025; both hosts answer with the same keys, and ``next_url`` may name either.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from amc_assets.providers.delimited import malformed
from amc_assets.providers.errors import (
    BadRequest,
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from amc_assets.providers.exchange import Parsed, Refusal, Request
from amc_assets.providers.scrub import scrub

PROVIDER = "polygon"
HOSTS = frozenset({"api.polygon.io", "api.massive.com"})
_FINE = frozenset({"OK", "DELAYED"})  # DELAYED: the plan's data is fifteen minutes old
_NOTHING = msgspec.Raw(b"[]")


class Envelope(msgspec.Struct):
    """The outside of an answer; ``results`` is left undecoded, and absent or null when there is nothing."""

    status: str | None = None
    results: msgspec.Raw = _NOTHING
    resultsCount: int | None = None  # noqa: N815 - Polygon's names
    adjusted: bool | None = None
    next_url: str | None = None
    request_id: str | None = None
    error: str | None = None
    message: str | None = None


def request_to(
    base_url: str, path: str, api_key: str, dataset: str, params: Mapping[str, str] | None = None
) -> Request:
    """Return a GET request; the key goes into the Authorization header, where no log or page address shows it."""
    return Request(
        PROVIDER,
        dataset,
        "GET",
        f"{base_url.rstrip('/')}{path}",
        params=dict(params or {}),
        headers={"Accept": "application/json"},
        secrets={"Authorization": f"Bearer {api_key}"},
    )


def open_envelope(body: bytes, request: Request) -> tuple[Envelope, msgspec.Raw]:
    """Return the envelope and its rows, still encoded (``[]`` when there are none).

    Raises MalformedBody for a body without Polygon's envelope and the error a refusal inside a 200 stands for.
    """
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except msgspec.DecodeError as error:
        raise malformed(request, f"the body is not Polygon's JSON ({error}): {body[:60]!r}") from None
    if envelope.status not in _FINE:
        text = envelope.error or envelope.message or ""
        if envelope.status or text:
            raise _refused(200, envelope.status or "", text, request)
        raise malformed(request, f"the answer has no status: {body[:60]!r}")
    return envelope, _NOTHING if bytes(envelope.results) == b"null" else envelope.results


def read_refusal(refusal: Refusal, request: Request) -> ProviderError | None:
    """Return the error behind a Polygon answer that is not 2xx; None leaves it to the general table."""
    try:
        envelope = msgspec.json.decode(refusal.body, type=Envelope)
    except msgspec.DecodeError:
        return None
    if refusal.status not in (401, 403, 404):
        return None
    return _refused(refusal.status, envelope.status or "", envelope.error or envelope.message or "", request)


def next_page(request: Request, parsed: Parsed, base_url: str) -> Request | None:
    """Return the request for the page after ``parsed``, or None after the last.

    ``next_url`` is followed as it stands, the key again in the header. It must stay with the provider: on a configured
    host that is not Polygon's own (a replay), the page is asked of that host. Raises BadRequest for any other host.
    """
    address = parsed.notes.get("next_url")
    if not address:
        return None
    target, base = urlsplit(address), urlsplit(base_url)
    if target.netloc != base.netloc or target.scheme != base.scheme:
        ours = base.hostname in HOSTS
        if target.hostname not in HOSTS or (ours and (target.scheme != "https" or target.port not in (None, 443))):
            raise BadRequest(
                request.provider,
                request.dataset,
                f"the next page is said to be at {scrub(address)[:100]!r}, which is not the provider's host",
                "the key was not sent there; report it if the provider moved",
            )
        if not ours:
            address = target._replace(scheme=base.scheme, netloc=base.netloc).geturl()
    return replace(request, url=address, params={})


def _refused(status: int, code: str, text: str, request: Request) -> ProviderError:
    said = scrub(text, request.secrets.values())[:200]
    attempted = f"GET {request.endpoint} was refused ({status} {scrub(code)[:40]}): {said!r}"
    kind, step = next((kind, step) for fits, kind, step in _REFUSALS if fits(status, code, text.lower()))
    return kind(request.provider, request.dataset, attempted, step)


_NO_PLAN = ("NOT_AUTHORIZED", "NOT_ENTITLED")
# by text before status: 403 and 429 each mean more than one thing; the first that fits decides
_REFUSALS: tuple[tuple[Callable[[int, str, str], bool], type[ProviderError], str], ...] = (
    (
        lambda _status, _code, text: "maximum requests per minute" in text,
        RateLimited,
        "it is tried again after a pause; the free plan allows 5 calls a minute",
    ),
    (
        lambda _status, _code, text: "maximum requests per day" in text or "daily limit" in text,
        QuotaSpent,
        "run it again tomorrow, or raise the plan",
    ),
    (
        lambda _status, _code, text: "before end of day" in text,
        NotYetPublished,
        "the plan delivers end-of-day data: the next run after midnight has it",
    ),
    (
        lambda status, _code, text: status == 401 or "api key" in text,
        Unauthorized,
        "set POLYGON_API_KEY to a valid key (polygon.io, Dashboard, API Keys)",
    ),
    (
        lambda status, code, _text: status == 403 or code in _NO_PLAN,
        NotEntitled,
        "the plan of POLYGON_API_KEY does not include it; another plan would",
    ),
    (
        lambda status, code, _text: status == 404 or code == "NOT_FOUND",
        NotFound,
        "check the date or ticker asked for",
    ),
    (lambda _status, _code, _text: True, ServerFault, "it is tried again; report it if it stays"),
)

"""What all of Polygon's answers share: the envelope, its refusals (in ``error`` or in ``message``), pages, addresses.

Polygon was renamed Massive in 2025; both hosts answer with the same keys, and ``next_url`` may name either.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

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
from amc_assets.providers.road.scrub import scrub
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows

PROVIDER = "polygon"
HOSTS = frozenset({"api.polygon.io", "api.massive.com"})
_FINE = frozenset({"OK", "DELAYED"})  # DELAYED: the plan's data is fifteen minutes old
_NOTHING = msgspec.Raw(b"[]")
RowT = TypeVar("RowT", bound=msgspec.Struct)


class Envelope(msgspec.Struct):
    """The outside of an answer, without its rows."""

    status: str | None = None
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


class _RawAnswer(Envelope):
    results: msgspec.Raw = _NOTHING


def open_answer(
    body: bytes, request: Request, answer_type: type[Envelope], row_type: type[RowT]
) -> tuple[Envelope, list[RowT], Rejects]:
    """Return the envelope, its rows (none when ``results`` is absent or null) and the rows that could not be read.

    ``answer_type`` is an Envelope with ``results: list[row_type] | None``: one pass over the body when all rows are
    as declared. Raises MalformedBody for a body without Polygon's envelope, and what a refusal inside a 200 stands for.
    """
    try:
        answer = msgspec.json.decode(body, type=answer_type)
        _refuse_unless_fine(answer, body, request)
        rows: list[RowT] = getattr(answer, "results", None) or []
        return answer, rows, Rejects(len(rows))
    except (msgspec.ValidationError, UnicodeDecodeError):
        pass  # a row is odd, or the whole is: told apart below
    except NOT_JSON as error:
        raise malformed(request, f"the body is not JSON ({error}): {body[:60]!r}") from None
    try:
        raw_answer = msgspec.json.decode(body, type=_RawAnswer)
        _refuse_unless_fine(raw_answer, body, request)
        rows, unreadable, samples = decode_rows(raw_answer.results, row_type)
    except NOT_JSON as error:
        raise malformed(request, f"the body is not Polygon's answer ({error}): {body[:60]!r}") from None
    rejects = Rejects(len(rows))
    rejects.before_parsing({"unreadable_row": unreadable}, samples)
    return raw_answer, rows, rejects


def _refuse_unless_fine(envelope: Envelope, body: bytes, request: Request) -> None:
    if envelope.status in _FINE:
        return
    error = _refused(200, envelope.status or "", envelope.error or envelope.message or "", request)
    if envelope.status or not isinstance(error, ServerFault):
        raise error
    raise malformed(request, f"the answer has no status: {body[:60]!r}")


def read_refusal(refusal: Refusal, request: Request) -> ProviderError | None:
    """Return the error behind a Polygon answer that is not 2xx; None leaves it to the general table."""
    try:
        envelope = msgspec.json.decode(refusal.body, type=Envelope)
    except NOT_JSON:
        return None
    if refusal.status not in (401, 403, 404, 429):
        return None
    error = _refused(refusal.status, envelope.status or "", envelope.error or envelope.message or "", request)
    # the general table also reads Retry-After; of a 429 only the day's quota is for us to tell
    return None if refusal.status == 429 and not isinstance(error, QuotaSpent) else error


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
    said = scrub(text, request.hidden)[:200]
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

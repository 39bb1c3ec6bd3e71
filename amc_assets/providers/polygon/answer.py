"""What all of Polygon's answers share: the envelope, rows or one object inside it, pages, addresses.

Polygon was renamed Massive in 2025; both hosts answer with the same keys, and ``next_url`` may name either.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from amc_assets.providers.errors import BadRequest
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.refusals import Words, refused
from amc_assets.providers.road.scrub import scrub
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows
from amc_assets.providers.wire.tickers import bad_tickers

PROVIDER = "polygon"
HOSTS = frozenset({"api.polygon.io", "api.massive.com"})
_FINE = frozenset({"OK", "DELAYED"})  # DELAYED: the plan's data is fifteen minutes old
_REFUSING = frozenset({"ERROR", "NOT_AUTHORIZED", "NOT_ENTITLED", "NOT_FOUND"})
_KEY_PARAMETER = "apikey"
_NOTHING = msgspec.Raw(b"[]")
RowT = TypeVar("RowT", bound=msgspec.Struct)
AnswerT = TypeVar("AnswerT", bound="Envelope")


class Envelope(Words):
    """The outside of an answer, without its rows."""

    resultsCount: int | None = None  # noqa: N815 - Polygon's names
    count: int | None = None
    adjusted: bool | None = None
    next_url: str | None = None
    request_id: str | None = None
    ticker: str | None = None

    @property
    def notes(self) -> dict[str, str]:
        """Return what the reader of the next page needs."""
        return {"next_url": self.next_url} if self.next_url else {}


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


def in_path(symbol: str, dataset: str) -> str:
    """Return a ticker as one part of a path; raise BadRequest for a text that is no ticker."""
    if bad_tickers([symbol]).any():
        step = "give a ticker as Polygon spells it, such as BRK.B"
        raise BadRequest(PROVIDER, dataset, f"{symbol[:40]!r} is not a ticker and was not asked for", step)
    return quote(symbol, safe="")


def open_answer(
    body: bytes, request: Request, answer_type: type[AnswerT], row_type: type[RowT], rows_name: str = "results"
) -> tuple[Envelope, list[RowT], Rejects]:
    """Return the envelope, its rows (none when ``results`` is absent or null) and the rows that could not be read.

    ``answer_type`` is an Envelope with a field ``rows_name`` of ``list[row_type] | None``: one pass over the body when
    all rows are as declared. Raises MalformedBody for a body without Polygon's envelope, and what a refusal inside a
    200 stands for.
    """
    try:
        answer = msgspec.json.decode(body, type=answer_type)
        refuse_unless_fine(answer, body, request)
        rows: list[RowT] = getattr(answer, rows_name) or []
        return answer, rows, Rejects(len(rows))
    except (msgspec.ValidationError, UnicodeDecodeError):
        pass  # a row is odd, or the whole is: told apart below
    except NOT_JSON as error:
        raise malformed(request, f"the body is not JSON ({error}): {body[:60]!r}") from None
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
        refuse_unless_fine(envelope, body, request)
        parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        rows, unread = decode_rows(parts.get(rows_name, _NOTHING), row_type)
    except NOT_JSON as error:
        raise malformed(request, f"the body is not Polygon's answer ({error}): {body[:60]!r}") from None
    rejects = Rejects(len(rows))
    rejects.unread(unread)
    return envelope, rows, rejects


def open_whole(body: bytes, request: Request, answer_type: type[RowT]) -> RowT:
    """Return an answer that is one object; what does not fit ``answer_type`` is a refusal or a MalformedBody."""
    try:
        return msgspec.json.decode(body, type=answer_type)
    except NOT_JSON as error:
        raise_refusal(body, request)
        said = str(error)[:200]  # it may quote a text of any length
        raise malformed(request, f"the body is not the documented answer ({said}): {body[:60]!r}") from None


def raise_refusal(body: bytes, request: Request) -> None:
    """Raise what a body stands for that is Polygon's envelope with a status other than OK; return for any other."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except NOT_JSON:
        return
    if envelope.status not in _FINE and (envelope.text or envelope.status in _REFUSING):
        raise refused(200, envelope, request)


def refuse_unless_fine(envelope: Envelope, body: bytes, request: Request) -> None:
    """Raise what an envelope without a good status stands for; MalformedBody when it says nothing."""
    if envelope.status in _FINE:
        return
    if not envelope.text and envelope.status not in _REFUSING:
        said = f"an unknown status, {envelope.status[:40]!r}" if envelope.status else "no status"
        raise malformed(request, f"the answer has {said}: {body[:60]!r}")
    raise refused(200, envelope, request)


def refuse_other_count(announced: int | None, rows: int, request: Request) -> None:
    """Raise MalformedBody when an answer holds another number of rows than it announces."""
    if announced is not None and announced != rows:
        raise malformed(request, f"{announced} rows are announced and {rows} were sent")


def next_page(request: Request, parsed: Parsed, base_url: str) -> Request | None:
    """Return the request for the page after ``parsed``, or None after the last.

    ``next_url`` is followed as it stands, the key again in the header and only there. It must stay with the provider:
    on a configured host that is not Polygon's own (a replay), the page is asked of that host. Raises BadRequest for
    any other host.
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
            target = target._replace(scheme=base.scheme, netloc=base.netloc)
    return replace(request, url=target._replace(query=_without_key(target.query)).geturl(), params={})


def _without_key(query: str) -> str:
    if _KEY_PARAMETER not in query.lower():
        return query
    return urlencode([pair for pair in parse_qsl(query) if pair[0].lower() != _KEY_PARAMETER])

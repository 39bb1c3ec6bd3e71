"""What Polygon means when it refuses, in a status or inside a 200: the sentence decides before the status does.

The text stands in ``error`` for some families of endpoints and in ``message`` for others; both are read.
"""

from collections.abc import Callable

import msgspec

from amc_assets.providers.errors import (
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from amc_assets.providers.exchange import Refusal, Request
from amc_assets.providers.road.scrub import scrub
from amc_assets.providers.wire.rows import NOT_JSON

_READ_STATUSES = (401, 403, 404, 429)


class Words(msgspec.Struct):
    """The part of an answer that says how it went."""

    status: str | None = None
    error: str | None = None
    message: str | None = None

    @property
    def text(self) -> str:
        """Return the sentence, wherever it stands."""
        return self.error or self.message or ""


def read_refusal(refusal: Refusal, request: Request) -> ProviderError | None:
    """Return the error behind a Polygon answer that is not 2xx; None leaves it to the general table."""
    if refusal.status not in _READ_STATUSES:
        return None
    try:
        words = msgspec.json.decode(refusal.body, type=Words)
    except NOT_JSON:
        return None
    error = refused(refusal.status, words, request)
    # the general table also reads Retry-After; of a 429 only the day's quota is for us to tell
    return None if refusal.status == 429 and not isinstance(error, QuotaSpent) else error


def refused(status: int, words: Words, request: Request) -> ProviderError:
    """Return the error that a status and its words stand for."""
    code = words.status or ""
    said = scrub(words.text, request.hidden)[:200]
    attempted = f"GET {request.endpoint} was refused ({status} {scrub(code, request.hidden)[:40]!r}): {said!r}"
    kind, step = next((kind, step) for fits, kind, step in _REFUSALS if fits(status, code, words.text.lower()))
    return kind(request.provider, request.dataset, attempted, step)


_NO_PLAN = ("NOT_AUTHORIZED", "NOT_ENTITLED")
# by text before status: 403 and 429 each mean more than one thing; the first that fits decides
_REFUSALS: tuple[tuple[Callable[[int, str, str], bool], type[ProviderError], str], ...] = (
    (
        lambda _status, _code, text: "requests per minute" in text,
        RateLimited,
        "it is tried again after a pause; the free plan allows 5 calls a minute",
    ),
    (
        lambda _status, _code, text: "requests per day" in text or "daily limit" in text,
        QuotaSpent,
        "run it again tomorrow, or raise the plan",
    ),
    (
        lambda _status, _code, text: "before end of day" in text,
        NotYetPublished,
        "the plan delivers end-of-day data: the next run after midnight has it",
    ),
    (
        lambda _status, _code, text: "data timeframe" in text,
        NotEntitled,
        "the plan of POLYGON_API_KEY does not reach back that far (free: about two years); ask for a later day",
    ),
    (
        lambda _status, _code, text: "not entitled" in text or "upgrade your plan" in text,
        NotEntitled,
        "the plan of POLYGON_API_KEY does not include it; another plan would",
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

"""How Alpha Vantage says no: with status 200 and a sentence under one of four keys; told apart by text, in this order.

``Error Message`` (bad key, bad symbol or call), then the paywall, then a burst, then the day's quota: the sentence
about a burst also speaks of premium plans and of 25 requests a day, so the order decides.
"""

from collections.abc import Callable

import msgspec

from amc_assets.providers.errors import (
    BadRequest,
    MalformedBody,
    NotEntitled,
    NotFound,
    ProviderError,
    QuotaSpent,
    RateLimited,
    Unauthorized,
)
from amc_assets.providers.exchange import Refusal, Request
from amc_assets.providers.road.scrub import scrub
from amc_assets.providers.wire.rows import NOT_JSON
from amc_assets.providers.wire.text import clean_text

BURST_SECONDS = 1.5  # the sentence asks for at most one call a second; 1.2 s was seen to be enough
MINUTE_SECONDS = 12.0  # five calls a minute, evenly spread
_SAID_CHARACTERS = 300


class Said(msgspec.Struct):
    """The outside of an answer: where sentences stand instead of data, or beside artificial data."""

    error: str | None = msgspec.field(default=None, name="Error Message")
    information: str | None = msgspec.field(default=None, name="Information")
    note: str | None = msgspec.field(default=None, name="Note")
    message: str | None = None


def refusal_in(said: Said, request: Request) -> ProviderError | None:
    """Return the error an answer stands for; None when it says nothing but data."""
    if said.error is not None:
        return _error(_ERRORS, said.error, request)
    for text in (said.information, said.note):
        if text is not None:
            return _error(_NOTICES, text, request)
    if said.message is not None and _is_paywall(said.message.lower(), request):
        return _error(_NOTICES, said.message, request)
    return None


def refuse(body: bytes, request: Request) -> None:
    """Raise what a JSON body stands for when it is a refusal; return when it is not JSON or holds no sentence."""
    try:
        said = msgspec.json.decode(body, type=Said)
    except NOT_JSON:
        return
    error = refusal_in(said, request)
    if error is not None:
        raise error


def read_refusal(refusal: Refusal, request: Request) -> ProviderError | None:
    """Return the error behind an answer that is not 2xx; None leaves it to the general table.

    No such answer with a sentence was ever recorded; a proxy or a change of the provider may send one.
    """
    if refusal.status >= 500:
        return None
    try:
        error = refusal_in(msgspec.json.decode(refusal.body, type=Said), request)
    except NOT_JSON:
        return None
    # the general table also reads Retry-After; an unknown sentence means what its status means
    return None if isinstance(error, RateLimited | MalformedBody) else error


_Rule = tuple[Callable[[str, Request], bool], type[ProviderError], str]


def _error(rules: tuple[_Rule, ...], text: str, request: Request) -> ProviderError:
    said = clean_text(
        scrub(text, request.hidden), _SAID_CHARACTERS
    )  # one variant of the quota's sentence holds the key
    attempted = f"GET {request.endpoint} ({request.params.get('function', '?')}) was refused: {said!r}"
    kind, step = next((kind, step) for fits, kind, step in rules if fits(text.lower(), request))
    if kind is RateLimited:
        seconds = BURST_SECONDS if _is_burst(text.lower(), request) else MINUTE_SECONDS
        return RateLimited(request.provider, request.dataset, attempted, step, retry_after_seconds=seconds)
    return kind(request.provider, request.dataset, attempted, step)


def _always(_text: str, _request: Request) -> bool:
    return True


def _is_paywall(text: str, _request: Request) -> bool:
    # not the word "premium": every refusal advertises the premium plans
    return any(
        phrase in text for phrase in ("is a premium endpoint", "is a premium feature", "schema below is artificial")
    )


def _is_burst(text: str, _request: Request) -> bool:
    return any(phrase in text for phrase in ("sparingly", "per second", "burst"))


def _is_bad_key(text: str, _request: Request) -> bool:
    return ("apikey" in text and ("invalid" in text or "missing" in text)) or "demo** api key" in text


def _is_bad_symbol(text: str, request: Request) -> bool:
    # the same sentence for an unknown symbol and for a wrong parameter; the parameters are fixed and tested
    named = request.params.keys() & {"symbol", "tickers"}
    return bool(named) and ("invalid api call" in text or "invalid inputs" in text)


_KEY = (
    Unauthorized,
    "set ALPHA_VANTAGE_API_KEY to a valid key (free: https://www.alphavantage.co/support/#api-key)",
)
_SYMBOL = (
    NotFound,
    "Alpha Vantage does not know the symbol, or has nothing for the day asked; check its spelling (BRK-B, not BRK.B)",
)
_CALL = (BadRequest, "report it: the call does not fit what the provider documents")
_ERRORS: tuple[_Rule, ...] = (
    (_is_bad_key, *_KEY),
    (_is_bad_symbol, *_SYMBOL),
    (_always, *_CALL),
)
_NOTICES: tuple[_Rule, ...] = (
    (_is_paywall, NotEntitled, "the plan of ALPHA_VANTAGE_API_KEY does not include it; a premium plan would"),
    (_is_burst, RateLimited, "it is tried again after a pause; the free plan allows one call a second"),
    (
        lambda text, _request: "per minute" in text,
        RateLimited,
        "it is tried again after a pause; lower ALPHA_VANTAGE_RATE_LIMIT if it stays",
    ),
    (
        # an invented key gets the same sentence (seen 2026-09)
        lambda text, _request: "per day" in text or "daily" in text,
        QuotaSpent,
        "run it again tomorrow, or raise the plan; if this was today's first call, check ALPHA_VANTAGE_API_KEY",
    ),
    (_is_bad_key, *_KEY),
    (_is_bad_symbol, *_SYMBOL),
    (_always, MalformedBody, "nothing of it was used; the sentence is not a known one, report it"),
)

"""What a kept copy of an answer is good for: instead of a call, as the offer of a conditional one, or to stand in.

Lives are counted by the injected clock from the moment the provider last vouched for the body. A copy from that clock's
future does not exist: a replay of a past day must not read what came later. A paged read should leave both lives at 0:
pages of different ages do not make one whole.
"""

import logging
import string
from collections.abc import Mapping
from datetime import datetime

from amc_assets.clock import Clock
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Fetched, Parser, Request
from amc_assets.providers.road.cache import BodyCache, Kept, key_of
from amc_assets.providers.road.scrub import holds_secret, scrub

PARTIAL_CONTENT = 206
LONGEST_VALIDATOR = 500
_PLAIN = frozenset(string.printable) - frozenset("\r\n\t\x0b\x0c")
_OF_THE_CONNECTION = {"set-cookie", "connection", "keep-alive", "transfer-encoding", "content-encoding"}
_LOG = logging.getLogger(__name__)


class Copies:
    """The copies of one transport; without a cache it finds and keeps nothing."""

    def __init__(self, cache: BodyCache | None, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock

    def find(self, request: Request) -> Kept | None:
        """Return the copy for ``request``, of any age; None when the request allows none."""
        if self._cache is None or max(request.fresh_seconds, request.usable_seconds) <= 0:
            return None
        kept = self._cache.get(key_of(request))
        return kept if kept is not None and self._age_seconds(kept) >= 0 else None

    def fresh(self, request: Request, kept: Kept | None, parse: Parser) -> Fetched | None:
        """Return the parsed copy when it is young enough to save the call."""
        return self._read(request, kept, parse, request.fresh_seconds)

    def stand_in(self, request: Request, kept: Kept | None, parse: Parser, fault: ProviderError) -> Fetched | None:
        """Return the parsed copy when it is young enough to cover for a failed call."""
        fetched = self._read(request, kept, parse, request.usable_seconds)
        if fetched is not None:
            at = f"{fetched.fetched_at:%Y-%m-%d %H:%M:%S} UTC"
            _LOG.warning("%s; the copy of %s stands in", scrub(str(fault), request.hidden), at)
        return fetched

    def confirmed(
        self, request: Request, kept: Kept, parse: Parser, headers: Mapping[str, str], at: datetime
    ) -> Fetched:
        """Return the parsed copy that the provider answered 304 for; from now on it counts as of ``at``.

        Raises what ``parse`` raises, and then forgets the copy: the next call asks for the whole.
        """
        try:
            parsed = parse(kept.body, request)
        except ProviderError:
            if self._cache is not None:
                self._cache.drop(key_of(request))
            raise
        newer = {**kept.headers, **{name: value for name, value in headers.items() if name != "content-length"}}
        self._put(request, kept.body, newer, at)
        return Fetched(parsed, at, _source(request), newer)

    def keep(self, request: Request, status: int, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Keep an answer that parsed, when the request allows it and neither body nor headers repeat a key."""
        if status != PARTIAL_CONTENT:
            self._put(request, body, headers, at)

    def _put(self, request: Request, body: bytes, headers: Mapping[str, str], at: datetime) -> None:
        if self._cache is None or max(request.fresh_seconds, request.usable_seconds) <= 0:
            return
        plain = {name: value for name, value in headers.items() if name not in _OF_THE_CONNECTION}
        if holds_secret(body, request.hidden) or holds_secret("\n".join(plain.values()).encode(), request.hidden):
            self._cache.drop(key_of(request))  # "We have detected your API key as ...": no key on a disk
            return
        etag, last_modified = _validator(plain.get("etag")), _validator(plain.get("last-modified"))
        self._cache.put(key_of(request), Kept(body, at, plain, etag, last_modified))

    def _read(self, request: Request, kept: Kept | None, parse: Parser, life_seconds: float) -> Fetched | None:
        if kept is None or life_seconds <= 0 or not 0 <= self._age_seconds(kept) <= life_seconds:
            return None
        try:
            parsed = parse(kept.body, request)
        except ProviderError as error:  # this version's parser is stricter than the one that let it be kept
            _LOG.warning("a kept copy is not used: %s", scrub(str(error), request.hidden))
            return None
        return Fetched(parsed, kept.fetched_at, _source(request), kept.headers, is_cached=True)

    def _age_seconds(self, kept: Kept) -> float:
        return (self._clock.now() - kept.fetched_at).total_seconds()


def validators(kept: Kept | None) -> dict[str, str]:
    """Return the headers that make a call conditional on the copy; empty when the provider sent no validator."""
    if kept is None:
        return {}
    offered = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in offered.items() if value}


def _validator(text: str | None) -> str | None:
    """Return what may be sent back in a header; it came from outside."""
    return text if text and len(text) <= LONGEST_VALIDATOR and set(text) <= _PLAIN else None


def _source(request: Request) -> str:
    return f"{request.provider}.{request.dataset}"

"""Copies of answers that parsed: what is kept of one, under which name, and how it is written down.

A copy is a body with its instant, not a table: whoever uses it parses it anew, so a better parser needs no new call.
What may be done with a copy is in ``copies.py``; where it lies is in ``cache_sqlite.py`` and ``cache_redis.py``.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from amc_assets.providers.exchange import Request

CHECKSUM_BYTES = 32


class Kept(msgspec.Struct, frozen=True):
    """A copy: decoded body, lower-case headers, the provider's validators, and when the provider last vouched for it.

    ``fetched_at`` is a UTC instant of the injected clock: of the original, or of the last 304 that confirmed it.
    """

    body: bytes
    fetched_at: datetime
    headers: Mapping[str, str]
    etag: str | None = None
    last_modified: str | None = None


class BodyCache(Protocol):
    """Where copies lie. It may forget any of them at any time and never raises: a lost cache is no cache."""

    def get(self, key: str) -> Kept | None:
        """Return the copy under ``key``; None when there is none, or none that is whole."""
        ...

    def put(self, key: str, kept: Kept) -> None:
        """Keep a copy, in place of an earlier one."""
        ...

    def drop(self, key: str) -> None:
        """Forget a copy."""
        ...


def key_of(request: Request) -> str:
    """Return the name of the copy: 64 hex digits of everything that makes the answer but the keys.

    Headers count (``Accept`` decides between CSV and JSON at FINRA); the URL holds the host, so a replayed market and a
    real one never meet.
    """
    said = [
        request.provider,
        request.dataset,
        request.method.upper(),
        request.url,
        sorted(request.params.items()),
        sorted((name.lower(), value) for name, value in request.headers.items()),
        request.json_body,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def pack(key: str, kept: Kept) -> bytes:
    """Return the copy as bytes, behind a SHA-256 of its name and itself."""
    packed = msgspec.msgpack.encode(kept)
    return hashlib.sha256(key.encode() + packed).digest() + packed


def unpack(key: str, stored: bytes) -> Kept | None:
    """Return the copy that was packed under ``key``; None when a single bit of it differs."""
    checksum, packed = stored[:CHECKSUM_BYTES], stored[CHECKSUM_BYTES:]
    if hashlib.sha256(key.encode() + packed).digest() != checksum:
        return None
    try:
        return msgspec.msgpack.decode(packed, type=Kept)
    except (msgspec.DecodeError, msgspec.ValidationError):  # written by another version
        return None

"""Conditional requests: feeds and static files carry an ETag, and 304 answers a copy that is still the newest."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from amc_assets.replay.answers import Answer
from amc_assets.replay.datasets import KEPT_FILES, Dataset
from amc_assets.replay.feed_text import rfc822


def conditional(answer: Answer, dataset: Dataset, headers: Mapping[str, str]) -> Answer:
    """Return ``answer`` with its validators, or 304 when the request's own say that nothing changed.

    ``If-None-Match`` rules over ``If-Modified-Since`` when both are sent (RFC 9110, 13.2.2).
    """
    if dataset not in KEPT_FILES or answer.status != 200:
        return answer
    validators = {"ETag": f'"{hashlib.blake2b(answer.body, digest_size=12).hexdigest()}"'}
    if answer.modified_at is not None:
        validators["Last-Modified"] = rfc822(answer.modified_at)
    if _is_unchanged(validators["ETag"], answer.modified_at, headers):
        return Answer(304, b"", validators)
    return replace(answer, headers=dict(answer.headers) | validators)


def _is_unchanged(etag: str, modified_at: datetime | None, headers: Mapping[str, str]) -> bool:
    if "if-none-match" in headers:
        kept = [tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")]
        return etag in kept or "*" in kept
    since = headers.get("if-modified-since")
    if since is None or modified_at is None:
        return False
    try:
        at = parsedate_to_datetime(since)
    except ValueError:
        return False
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return modified_at.replace(microsecond=0) <= at

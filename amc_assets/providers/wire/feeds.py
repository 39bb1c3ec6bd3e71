"""Reads RSS and Atom bodies with feedparser into entries of clean text with an instant that is known for certain.

feedparser is given a stream: bytes of its own accord it would try to open as a file, a string as an address. Its dates
are taken only when the text names a time zone: one without is read by it as UTC, or ``ET`` as winter time all year.
"""

import calendar
import io
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate
from typing import Any

from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.feed_body import FeedBody, prepare_feed
from amc_assets.providers.wire.text import SUMMARY_CHARACTERS, TITLE_CHARACTERS, clean_text, clean_url, without_tags
from amc_assets.providers.wire.wall_time import new_york_instant

MOST_TAGS = 50
FIRST_YEAR, LAST_YEAR = 1990, 2100
_ZONES = frozenset({"GMT", "UTC", "UT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"})
_TIME_AND_ZONE = re.compile(r"\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?\s*(Z|[+-]\d\d:?\d\d|[A-Za-z]{2,5})\s*(?:\([^()]*\))?\Z")
_STANDARD = frozenset({"title", "summary", "link", "id"})
# what feedparser and the parsers under it have raised on broken markup, instead of saying so
_PARSER_FAULTS = (ValueError, AssertionError, LookupError, AttributeError, TypeError, RecursionError)


@dataclass(frozen=True)
class Tag:
    """A category of an entry: its term and the vocabulary it belongs to ("" when none is named)."""

    scheme: str
    term: str


@dataclass(frozen=True)
class Entry:
    """One item: text on one line each, without markup in the summary; what was not sent is "" or None.

    ``published_at`` is None when ``undated`` says why: no_date, unreadable_date, no_time_zone, ambiguous_time,
    impossible_date. ``extra`` holds the other texts of the item by feedparser's names (``ndaq_issuesymbol``).
    """

    id: str
    title: str
    summary: str
    link: str | None
    published_at: datetime | None
    undated: str = ""
    tags: tuple[Tag, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Feed:
    """A whole feed: its entries in the order sent, its channel's texts, and notes of what was odd or repaired."""

    entries: list[Entry]
    channel: Mapping[str, str]
    notes: Mapping[str, str]


def read_feed(body: bytes, request: Request) -> list[Entry]:
    """Return the entries of a feed; raise MalformedBody for anything but a whole feed."""
    return open_feed(body, request).entries


def open_feed(body: bytes, request: Request) -> Feed:
    """Read a feed whole or not at all.

    Raises MalformedBody for a body that ``prepare_feed`` refuses, that feedparser knows no version of, or of which it
    finds another number of items than there are. Markup that is not well formed is taken if all items are found, and
    noted as ``ill_formed``.
    """
    prepared = prepare_feed(body, request)
    answer = _parsed(prepared, request)
    if not answer.get("version"):
        raise malformed(request, f"the body is XML but no feed: {body.lstrip()[:60]!r}")
    if len(answer.entries) != prepared.items:
        raise malformed(request, f"{len(answer.entries)} of {prepared.items} items can be read: the markup is broken")
    return Feed([_entry(item) for item in answer.entries], _texts(answer.feed), prepared.notes)


def _parsed(prepared: FeedBody, request: Request) -> Any:
    import feedparser  # noqa: PLC0415 - 60 ms that a start without feeds does not need

    try:
        return feedparser.parse(io.BytesIO(prepared.data), resolve_relative_uris=False, sanitize_html=False)
    except _PARSER_FAULTS as error:
        raise malformed(request, f"the markup cannot be read: {type(error).__name__}") from None


def _entry(item: Any) -> Entry:
    published_at, undated = _published(item)
    tags = [(tag.get("scheme"), tag.get("term")) for tag in item.get("tags", ())[:MOST_TAGS]]
    extra = {name: text for name, text in _texts(item).items() if name not in _STANDARD}
    if source := clean_text(item.get("source", {}).get("title"), TITLE_CHARACTERS):
        extra["source_title"] = source
    return Entry(
        id=clean_text(item.get("id"), TITLE_CHARACTERS),
        title=clean_text(item.get("title"), TITLE_CHARACTERS),
        summary=without_tags(item.get("summary"), SUMMARY_CHARACTERS),
        link=clean_url(item.get("link")),
        published_at=published_at,
        undated=undated,
        tags=tuple(Tag(clean_text(s, TITLE_CHARACTERS), clean_text(t, TITLE_CHARACTERS)) for s, t in tags),
        extra=extra,
    )


def _texts(found: Any) -> dict[str, str]:
    return {name: clean_text(value, TITLE_CHARACTERS) for name, value in found.items() if isinstance(value, str)}


def _published(item: Any) -> tuple[datetime | None, str]:
    """Return the instant of publication, else of the last change, else None and why."""
    problem = "no_date"
    for name in ("published", "updated"):
        text = dict.get(item, name)  # not item.get: feedparser answers one date for the other
        if not text:
            continue
        at, this_problem = _instant(clean_text(text, TITLE_CHARACTERS), dict.get(item, f"{name}_parsed"))
        if at is not None:
            return at, ""
        problem = this_problem if problem == "no_date" else problem
    return None, problem


def _instant(text: str, parsed: time.struct_time | None) -> tuple[datetime | None, str]:
    found = _TIME_AND_ZONE.search(text)
    if found is None:
        return None, "no_time_zone" if re.search(r"\d:\d\d", text) else "unreadable_date"
    zone = found[1].upper()
    if zone == "ET":
        return _new_york(text[: found.start(1)])
    if zone[0] not in "+-" and zone not in _ZONES:
        return None, "no_time_zone"
    if parsed is None:
        return None, "unreadable_date"
    try:
        at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None, "impossible_date"
    return (at, "") if FIRST_YEAR <= at.year < LAST_YEAR else (None, "impossible_date")


def _new_york(text: str) -> tuple[datetime | None, str]:
    """Read ``Fri, 02 Oct 2026 14:06:00`` as a wall time of New York."""
    parts = parsedate(text)
    try:
        at = new_york_instant(datetime(*parts[:6])) if parts else None  # noqa: DTZ001 - a wall time
    except ValueError:
        return None, "impossible_date"
    if at is None:
        return None, "ambiguous_time" if parts else "unreadable_date"
    return (at, "") if FIRST_YEAR <= at.year < LAST_YEAR else (None, "impossible_date")

"""Hygiene of text that strangers wrote: titles, summaries, names and links of feeds and messages.

What comes out is printable text on one line and a length that a page, a terminal and a database can take. Nothing is
decoded here: whoever prints the text escapes it for its own medium.
"""

import re
from urllib.parse import urlsplit

TITLE_CHARACTERS = 500
SUMMARY_CHARACTERS = 4000
URL_CHARACTERS = 1000

_READ_AHEAD = 4  # characters looked at per character kept: a megabyte of blanks is not worth reading
_SCRIPT = re.compile(r"<(?:script|style)\b(?:.*?</(?:script|style)[^<>]*>?|.*)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*(?:>|\Z)")


def clean_text(value: str | None, most: int) -> str:
    """Return ``value`` on one line, at most ``most`` characters; empty for None.

    Every kind of white space becomes one blank. Control, zero-width and text-direction characters, halves of surrogate
    pairs and unassigned characters are removed: they hide text, turn it round or cannot be stored.
    """
    if not value:
        return ""
    text = value[: most * _READ_AHEAD]
    if not text.isprintable():
        text = "".join(" " if c.isspace() else c for c in text if c.isprintable() or c.isspace())
    return " ".join(text.split())[:most].rstrip()


def without_tags(value: str | None, most: int) -> str:
    """Return the text of a piece of markup like ``clean_text``: scripts and styles are dropped, a tag becomes a blank.

    Character references stay as they are: decoding them a second time is how text becomes markup.
    """
    if not value:
        return ""
    return clean_text(_TAG.sub(" ", _SCRIPT.sub(" ", value[: most * _READ_AHEAD])), most)


def clean_url(value: str | None) -> str | None:
    """Return an absolute http or https address with a host, or None for anything else.

    No address is repaired: one with blanks or invisible characters, a name and password, or more than 1,000 characters
    is not followed by anyone.
    """
    text = (value or "").strip()
    if not text or len(text) > URL_CHARACTERS or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        host, is_signed = parts.hostname, parts.username is not None
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and host and not is_signed else None

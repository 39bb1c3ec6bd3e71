"""Makes the body of a feed safe to hand to feedparser: decoded, without declarations, whole, with a bounded shape.

Feeds are written by strangers. Refused here, before any XML parser runs: web pages, document type and entity
declarations (entity bombs, external files), another encoding than the usual ones, a body whose last tag is missing,
thousands of items, deep nesting. Repaired here, because whole wires write so: bare ampersands and HTML's names of
characters (feedparser reads ``AT&T &nbsp;`` as ``AT&T;``), control characters that XML does not have.
"""

import re
from dataclasses import dataclass
from html.entities import name2codepoint
from xml.parsers import expat

from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.delimited import malformed

MOST_ITEMS = 5000  # the busiest day of halts, 2020-03-18, had about 1,500
MOST_DEPTH = 64
MOST_TAG_CHARACTERS = 2000  # feedparser needs minutes for one tag of 100,000 attributes
MOST_REPAIRS = 10_000
MOST_TAGS_ILL_FORMED = 20_000  # its second, forgiving parser needs 30 s for a million broken tags
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_BARE_UTF16 = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml\s[^>]*>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPAQUE = r"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--(?:.*?-->|.*)"  # the second way: to the end, each character looked at once
_OPAQUE_PART = re.compile(_OPAQUE, re.DOTALL)
_REFERENCE = r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)?"
_AMPERSAND = re.compile(f"{_OPAQUE}|{_REFERENCE}", re.DOTALL)
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)\b", re.IGNORECASE)
_WEB_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<html)\b", re.IGNORECASE)
_ITEM = re.compile(r"<(?:[A-Za-z0-9_-]+:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)[A-Za-z_][^<>]*?(/?)>")
_LONG_TAG = re.compile(rf"<[^<>]{{{MOST_TAG_CHARACTERS},}}")
_LAST_TAG = re.compile(r"</(?:rss|feed|rdf:RDF)\s*>\s*\Z")


@dataclass(frozen=True)
class FeedBody:
    """A feed in UTF-8 with as many items as were counted in it, and what was repaired."""

    data: bytes
    items: int
    notes: dict[str, str]


def prepare_feed(body: bytes, request: Request) -> FeedBody:
    """Return the feed ready for feedparser; raise MalformedBody for what is no whole, plain feed."""
    notes: dict[str, str] = {}
    text = _decoded(body, request)
    if text.count("\ufffd"):
        notes["broken_characters"] = str(text.count("\ufffd"))
    text, removed = _NOT_XML.subn("", text)
    if removed:
        notes["control_characters"] = str(removed)
    text, repaired = _with_sound_references(text, request)
    if repaired:
        notes["repaired_references"] = str(repaired)
    plain = _OPAQUE_PART.sub("", text)
    _refuse_other_shape(plain, request)
    items = _counted(plain, request)
    data = f'<?xml version="1.0" encoding="utf-8"?>{_XML_DECLARATION.sub("", text, count=1)}'.encode()
    if fault := _fault(data):
        if plain.count("<") > MOST_TAGS_ILL_FORMED:
            raise malformed(request, f"the markup is broken ({fault}) and too long to be read all the same")
        notes["ill_formed"] = fault
    return FeedBody(data, items, notes)


def _fault(data: bytes) -> str:
    """Return what XML's own parser has against the data; "" when it is well formed."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return str(error)
    return ""


def _decoded(body: bytes, request: Request) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for start, encoding in _BARE_UTF16:
        if body.startswith(start):
            return body.decode(encoding, "replace")
    declared = _DECLARED.search(body[:300])
    name = declared[1].decode().lower() if declared else "utf-8"
    if name not in _ENCODINGS or name.startswith("utf-16"):  # which would have begun as such
        raise malformed(request, f"the feed declares the encoding {name!r}, which no feed of ours uses")
    return body.decode(_ENCODINGS[name], "replace")


def _with_sound_references(text: str, request: Request) -> tuple[str, int]:
    """Return the text with every ``&`` outside CDATA and comments part of a reference that XML knows, and a count."""
    repaired = 0

    def sound(found: re.Match[str]) -> str:
        nonlocal repaired
        whole, name = found[0], found[1]
        if whole[0] == "<" or name in _PREDEFINED or (name and name[0] == "#" and _is_character(name)):
            return whole
        repaired += 1
        if repaired > MOST_REPAIRS:
            raise malformed(request, f"more than {MOST_REPAIRS} ampersands that are no references")
        if name in name2codepoint:
            return f"&#{name2codepoint[name]};"
        return "" if name and name[0] == "#" else f"&amp;{whole[1:]}"

    return _AMPERSAND.sub(sound, text), repaired


def _is_character(reference: str) -> bool:
    """Return whether ``#160`` or ``#xA0`` is a character that XML has."""
    number = int(f"0{reference[1:]}", 16 if reference[1] in "xX" else 10)
    return number < 0x110000 and not _NOT_XML.match(chr(number))


def _refuse_other_shape(plain: str, request: Request) -> None:
    """Raise MalformedBody for another shape than a whole feed's; ``plain`` is without CDATA and comments."""
    start = plain.lstrip()[:60]
    if not start:
        raise malformed(request, "the body is empty")
    if _WEB_PAGE.match(plain):
        raise malformed(request, f"the body is a web page, not a feed: {start!r}")
    if start[:1] != "<":
        raise malformed(request, f"the body is no XML: {start!r}")
    if declaration := _DECLARATION.search(plain):
        raise malformed(request, f"the feed declares a document type or entities: {declaration[0]!r}")
    if not _LAST_TAG.search(plain):
        raise malformed(request, f"the feed is truncated or none: it ends {plain[-60:]!r}")
    if _LONG_TAG.search(plain):
        raise malformed(request, f"a tag is longer than {MOST_TAG_CHARACTERS} characters")


def _counted(plain: str, request: Request) -> int:
    """Return how many items there are; raise MalformedBody for too many, or for tags nested too deep."""
    items = len(_ITEM.findall(plain))
    if items > MOST_ITEMS:
        raise malformed(request, f"{items} items, at most {MOST_ITEMS} are believable")
    depth = 0
    for closing, empty in _TAG.findall(plain):
        depth += -1 if closing else 0 if empty else 1
        if depth > MOST_DEPTH:
            raise malformed(request, f"its tags are nested more than {MOST_DEPTH} deep")
    return items

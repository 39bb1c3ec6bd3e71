"""Repeats or shuffles the rows of a body without knowing whose it is: JSON lists, delimited text, feeds.

Headers and trailers keep their places, and counts that name the number of rows follow it: what is left to notice is the
fault itself.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

FEWEST_ROWS = 2
REPEAT_EVERY = 10
_LISTS = ("results", "tickers", "data", "feed", "rows")
_COUNTS = ("count", "resultsCount", "queryCount", "items", "totalrecords")
_ENTRY = re.compile(r"<(item|entry)>.*?</\1>\s*", re.DOTALL)
_STAMP = re.compile(rb"\d{1,14}|File Creation Time.*|Trailer .*")

Reorder = Callable[[Sequence[Any]], list[Any]]


def repeated(rows: Sequence[Any]) -> list[Any]:
    """Return ``rows`` with every tenth one, the first included, twice."""
    return [row for number, row in enumerate(rows) for _ in range(2 if number % REPEAT_EVERY == 0 else 1)]


def shuffled(rows: Sequence[Any]) -> list[Any]:
    """Return ``rows`` in another, always the same order; never in their own."""
    mixed = list(rows)
    random.Random(len(mixed)).shuffle(mixed)  # noqa: S311 - repeatable by design
    return mixed[::-1] if mixed == list(rows) else mixed


def with_rows(body: bytes, reorder: Reorder) -> bytes | None:
    """Return ``body`` with its rows reordered; None when it has no two rows that can be found."""
    start = body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start in {b"{", b"["}:
        return _json(body, reorder)
    if start == b"<":
        return _feed(body, reorder)
    return _lines(body, reorder) if body.isascii() or b"|" in body[:200] else None


def _json(body: bytes, reorder: Reorder) -> bytes | None:
    try:
        decoded = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    changed = _in_json(decoded, reorder)
    return None if changed is None else msgspec.json.encode(changed)


def _in_json(value: Any, reorder: Reorder) -> Any:
    if isinstance(value, list):
        return reorder(value) if len(value) >= FEWEST_ROWS else None
    if not isinstance(value, dict):
        return None
    for name in value:
        is_rows = name in _LISTS or name == "table" or name.startswith("Time Series")
        changed = _members(value[name], reorder) if name.startswith("Time Series") else None
        if changed is None and is_rows:
            changed = _in_json(value[name], reorder)
        if changed is not None:
            return _counted(value | {name: changed}, value[name], changed)
    return None


def _members(series: Any, reorder: Reorder) -> Any:
    # a member cannot stand twice in an object: a repeated bar of a series is not possible, another order is
    if not isinstance(series, dict) or len(series) < FEWEST_ROWS:
        return None
    changed = dict(reorder(list(series.items())))
    return None if list(changed) == list(series) else changed


def _counted(envelope: dict[str, Any], before: Any, after: Any) -> dict[str, Any]:
    if not isinstance(before, list):
        return envelope
    for name in _COUNTS:
        if envelope.get(name) == len(before):
            envelope[name] = len(after)
        elif envelope.get(name) == str(len(before)):
            envelope[name] = str(len(after))
    return envelope


def _feed(body: bytes, reorder: Reorder) -> bytes | None:
    text = body.decode("latin-1")
    found = list(_ENTRY.finditer(text))
    if len(found) < FEWEST_ROWS:
        return None
    rows = reorder([match[0] for match in found])
    text = text[: found[0].start()] + "".join(rows) + text[found[-1].end() :]
    return text.replace(f"numItems>{len(found)}<", f"numItems>{len(rows)}<").encode("latin-1")


def _lines(body: bytes, reorder: Reorder) -> bytes | None:
    newline = b"\r\n" if b"\r\n" in body else b"\n"
    header, *rows = body.split(newline)
    trailer: list[bytes] = []
    while rows and (not rows[-1] or _STAMP.fullmatch(rows[-1])):
        trailer.insert(0, rows.pop())
    if len(rows) < FEWEST_ROWS:
        return None
    changed = reorder(rows)
    count = str(len(rows)).encode()
    trailer = [str(len(changed)).encode() if line == count else line for line in trailer]
    return newline.join([header, *changed, *trailer])

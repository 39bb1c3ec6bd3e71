"""Parameters of Polygon's paths: days, limits, ranges (``.gte`` and friends), cursors; what they are refused with."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any
from urllib.parse import parse_qsl, urlencode

_RANGES: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = ((".gte", ge), (".gt", gt), (".lte", le), (".lt", lt))


class ParameterRefused(ValueError):
    """A parameter Polygon would answer with 400; the text is the sentence of the body."""


def day_of(text: str, name: str) -> date:
    """Return the day ``YYYY-MM-DD`` of parameter ``name``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterRefused(f"Could not parse the parameter '{name}': use YYYY-MM-DD, not {text!r}.") from None


def instant_of(text: str, name: str) -> datetime:
    """Return the UTC instant of parameter ``name``: an ISO time, or a day (its first moment in UTC)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ParameterRefused(f"Could not parse the parameter '{name}': use RFC3339, not {text!r}.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def limit_of(params: Mapping[str, str], default: int, highest: int) -> int:
    """Return the page size asked for."""
    text = params.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise ParameterRefused(f"The parameter 'limit' must be between 1 and {highest}, not {text!r}.")
    return int(text)


def number_of(text: str, name: str) -> float:
    """Return the number of parameter ``name``."""
    try:
        return float(text)
    except ValueError:
        raise ParameterRefused(f"Could not parse the parameter '{name}': use a number, not {text!r}.") from None


def in_range(
    rows: Sequence[Mapping[str, Any]], params: Mapping[str, str], name: str, read: Callable[[str, str], Any]
) -> list[Mapping[str, Any]]:
    """Return the rows whose field ``name`` satisfies ``name`` and ``name.gte``, ``.gt``, ``.lte``, ``.lt``."""
    kept = list(rows)
    if name in params:
        wanted = read(params[name], name)
        kept = [row for row in kept if read(str(row[name]), name) == wanted]
    for suffix, test in _RANGES:
        if name + suffix in params:
            bound = read(params[name + suffix], name + suffix)
            kept = [row for row in kept if test(read(str(row[name]), name), bound)]
    return kept


def day_range(params: Mapping[str, str], name: str, first: date, last: date) -> tuple[date, date]:
    """Return the days that ``name`` and its ranges leave of ``first``..``last``, both included."""
    if name in params:
        day = day_of(params[name], name)
        first, last = max(first, day), min(last, day)
    for suffix, days in ((".gte", 0), (".gt", 1)):
        if name + suffix in params:
            first = max(first, day_of(params[name + suffix], name + suffix) + timedelta(days=days))
    for suffix, days in ((".lte", 0), (".lt", -1)):
        if name + suffix in params:
            last = min(last, day_of(params[name + suffix], name + suffix) + timedelta(days=days))
    return first, last


def with_cursor(params: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters that a cursor holds; without one the parameters themselves."""
    if "cursor" not in params:
        return {name: value for name, value in params.items() if name != "page_start"}
    text = params["cursor"]
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        kept = dict(parse_qsl(decoded, strict_parsing=True, keep_blank_values=True))
        int(kept["page_start"])
    except (binascii.Error, ValueError, KeyError):
        raise ParameterRefused("The parameter 'cursor' is invalid.") from None
    return kept


def cursor_of(params: Mapping[str, str], page_start: int) -> str:
    """Return the cursor of the page that begins at row ``page_start``; the key is not in it."""
    kept = {name: value for name, value in params.items() if name != "apiKey"} | {"page_start": str(page_start)}
    return base64.urlsafe_b64encode(urlencode(kept).encode()).decode().rstrip("=")

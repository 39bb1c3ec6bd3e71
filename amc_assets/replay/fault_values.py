"""Answers that lie: every row possible by itself, counts and dates as they should be, and the whole untrue.

Rows left out evenly, numbers times a factor, the session before under today's date. Only a comparison with other days
can tell.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from amc_assets.replay.fault_rows import Reorder

_ROWS = "results"
_DAY = re.compile(rb"(?<!\d)(20\d{6}|20\d{2}-\d{2}-\d{2})(?!\d)")


def thinned(keep_frac: float) -> Reorder:
    """Return how to keep a share of the rows, spread evenly; at least one stays."""

    def keep(rows: Sequence[Any]) -> list[Any]:
        count = max(1, round(len(rows) * keep_frac))
        return [rows[number * len(rows) // count] for number in range(count)]

    return keep


def scaled(columns: str, factor: float) -> Reorder:
    """Return how to multiply the numbers of ``columns`` (names with + between) in rows that are JSON objects."""
    names = columns.split("+")

    def multiply(rows: Sequence[Any]) -> list[Any]:
        return [_times(row, names, factor) if isinstance(row, dict) else row for row in rows]

    return multiply


def _times(row: dict[str, Any], names: Sequence[str], factor: float) -> dict[str, Any]:
    return {
        name: value * factor if name in names and isinstance(value, int | float) else value
        for name, value in row.items()
    }


def redated(earlier: bytes, today: bytes) -> bytes | None:
    """Return the body of an earlier day with the dates of today's; None where one of the two shows no date."""
    bars = _restamped(earlier, today)
    if bars is not None:
        return bars
    old, new = (_DAY.search(body) for body in (earlier, today))
    return None if old is None or new is None else earlier.replace(old[0], new[0])


def _restamped(earlier: bytes, today: bytes) -> bytes | None:
    """Do the same for bars, whose date is the millisecond ``t`` of every row; None for anything else."""
    try:
        old, new = (msgspec.json.decode(body) for body in (earlier, today))
    except msgspec.DecodeError:
        return None
    rows, of_today = _rows(old), _rows(new)
    if not rows or not of_today or "t" not in of_today[0]:
        return None
    return msgspec.json.encode(old | {_ROWS: [row | {"t": of_today[0]["t"]} for row in rows]})


def _rows(body: Any) -> Any:
    return body.get(_ROWS) if isinstance(body, dict) else None

"""Spans of dates in which a symbol belonged to one security, out of the changes that listings showed.

Changes are few (some of ten thousand symbols a day), so this is the one place that walks them one by one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from amc_assets.features.instants import day_number

ENDED = "~"
"""In the name of a security that holds no symbol any more: ``SYMBOL~`` and the date on which its use ended."""
_EVER, _ALWAYS = 2**23, -(2**23)  # days far outside the calendar
Row = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Span:
    """Rows of ``symbol`` from ``first_day`` and before ``until_day`` (days since 1970) are of ``owner``."""

    symbol: str
    first_day: int
    until_day: int
    owner: str


@dataclass
class _Held:
    """What a symbol's present security can call its own: closed spans under other symbols, its own since ``first``."""

    first: int = _ALWAYS
    spans: list[tuple[str, int, int]] = field(default_factory=list)


def spans_of(changes: Iterable[Row]) -> tuple[Span, ...]:
    """Return the spans of every symbol that changed hands, ascending. ``changes``: rows of IDENTITY_CHANGES."""
    rows = sorted(
        (row for row in changes if row["kind"] in {"break", "rename"}),
        key=lambda row: (row["change_date"], row["symbol"]),
    )
    held: dict[str, _Held] = {}
    ended: list[Span] = []
    for _, of_day in groupby(rows, key=lambda row: row["change_date"]):
        _take_day(list(of_day), held, ended)
    living = [
        Span(symbol, first, until, owner)
        for owner, lineage in held.items()
        for symbol, first, until in [*lineage.spans, (owner, lineage.first, _EVER)]
        if first < until
    ]
    return tuple(sorted([*living, *ended]))


def _take_day(rows: list[Row], held: dict[str, _Held], ended: list[Span]) -> None:
    """Apply the changes of one listing at once: two companies may have swapped their symbols."""
    before = {name: held.get(name, _Held()) for row in rows for name in (row["symbol"], row["previous_symbol"]) if name}
    renames = {row["symbol"]: row for row in rows if row["kind"] == "rename"}
    moved_away = {row["previous_symbol"]: row for row in renames.values()}
    taken = {row["symbol"] for row in rows}
    for name in taken - moved_away.keys():
        first = max(_day(row["from_date"]) for row in rows if row["symbol"] == name)
        _end(name, before[name], first, ended)
    for name, row in moved_away.items():
        held[name] = _Held(first=_day(row["previous_until_date"]))
    for row in rows:
        symbol = row["symbol"]
        if row["kind"] == "rename":
            old = before[row["previous_symbol"]]
            span = (row["previous_symbol"], old.first, _day(row["previous_until_date"]))
            held[symbol] = _Held(_after(_day(row["from_date"]), held.get(symbol)), [*old.spans, span])
        elif symbol not in renames:
            held[symbol] = _Held(_after(_day(row["from_date"]), held.get(symbol)))


def _end(symbol: str, lineage: _Held, until: int, ended: list[Span]) -> None:
    """Name the security that had ``symbol`` before, so that its rows can still be told from its successor's."""
    name = f"{symbol}{ENDED}{date.fromordinal(date(1970, 1, 1).toordinal() + until):%Y%m%d}"
    spans = [*lineage.spans, (symbol, lineage.first, until)]
    ended += [Span(old, first, last, name) for old, first, last in spans if first < last]


def _after(first: int, held: _Held | None) -> int:
    """A symbol's rows never go to two securities: its next user begins where the last one's moved rows end."""
    return first if held is None else max(first, held.first)


def _day(value: date) -> int:
    return day_number(value)

"""The look-ahead guard: the same day computed with and without its future must be the same, field by field."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_KEYS = ("symbol", "gate", "name")
_ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One field that depends on the future. ``symbol`` is empty for fields of the run itself."""

    symbol: str
    field: str
    full: object
    truncated: object

    def __str__(self) -> str:
        """Return the difference as a sentence."""
        who = self.symbol or "run"
        return f"{who}: {self.field} is {self.full!r} with the future present and {self.truncated!r} without it"


def compare_runs(full: Mapping[str, object], truncated: Mapping[str, object]) -> list[Difference]:
    """Return every difference between two screen objects of one day, ordered by symbol and field.

    ``full`` was computed with everything that is known today in the lake, ``truncated`` after all rows with known_at
    past as_of were taken away. Names are matched by symbol, gates, detectors, components and inputs by their name; a
    name that only one run has is one difference. Numbers must be equal, not close. Raises ValueError when the two
    are not the same day, session, as_of and strategy, since nothing could then be concluded.
    """
    for key in ("trade_date", "session", "as_of", "strategy"):
        if key not in full or key not in truncated or full[key] != truncated[key]:
            raise ValueError(
                f"cannot compare runs of different {key} ({full.get(key)!r} and {truncated.get(key)!r}): "
                "screen the same day, session, as_of and strategy twice"
            )
    return sorted(_walk("", "", dict(full), dict(truncated)), key=lambda found: (found.symbol, found.field))


def _walk(symbol: str, path: str, full: object, truncated: object) -> Iterator[Difference]:
    if isinstance(full, Mapping) and isinstance(truncated, Mapping):
        for key in sorted({*full, *truncated}, key=str):
            here = f"{path}.{key}" if path else str(key)
            yield from _walk(symbol, here, full.get(key, _ABSENT), truncated.get(key, _ABSENT))
        return
    one, other = _by_key(full), _by_key(truncated)
    if one is not None and other is not None:
        yield from _walk_named(symbol, path, one, other)
    elif not _same(full, truncated):
        yield Difference(symbol, path, full, truncated)


def _walk_named(
    symbol: str, path: str, full: dict[tuple[str, str], object], truncated: dict[tuple[str, str], object]
) -> Iterator[Difference]:
    for kind, name in sorted({*full, *truncated}):
        who, here = (name, path) if kind == "symbol" else (symbol, f"{path}[{name}]")
        if (kind, name) in full and (kind, name) in truncated:
            yield from _walk(who, here, full[kind, name], truncated[kind, name])
        else:
            sides = ("(present)" if (kind, name) in side else _ABSENT for side in (full, truncated))
            yield Difference(who, here, *sides)


def _by_key(entries: object) -> dict[tuple[str, str], object] | None:
    # None for what is no list of named entries: a number, a plain list, or a list that names an entry twice.
    if not isinstance(entries, list | tuple):
        return None
    found: dict[tuple[str, str], object] = {}
    for entry in entries:
        if not isinstance(entry, Mapping):
            return None
        kind = next((key for key in _KEYS if isinstance(entry.get(key), str)), None)
        if kind is None or (kind, entry[kind]) in found:
            return None
        found[kind, entry[kind]] = entry
    return found


def _same(full: object, truncated: object) -> bool:
    if isinstance(full, float) and isinstance(truncated, float) and math.isnan(full) and math.isnan(truncated):
        return True
    return type(full) is type(truncated) and full == truncated

"""New York wall times to UTC instants, whole columns at once.

A wall time that the clock change skips or repeats is not one instant: it is refused, never guessed. Clocks change at
full hours, so each hour that occurs is asked once and its minutes share the answer.
"""

from datetime import datetime, timedelta

import numpy as np

from amc_assets.providers.wire.rejects import BoolArray
from amc_assets.providers.wire.wall_time import new_york_instant

IntArray = np.ndarray[tuple[int], np.dtype[np.int64]]
_SAME_ZONE = {"US/Eastern": "America/New_York", "America/New_York": "America/New_York"}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall times count from a wall time
_HOUR = 3600


def canonical_zone(name: str) -> str | None:
    """Return the zone database's own name of New York's zone for what feeds call it; None for any other zone."""
    return _SAME_ZONE.get(name)


def instants_of(wall_seconds: IntArray) -> tuple[IntArray, BoolArray]:
    """Return UTC seconds since 1970 and a mask of the rows that have none (0 stands there).

    ``wall_seconds`` are seconds since 1970-01-01 00:00 on New York's wall.
    """
    hours, place = np.unique(wall_seconds // _HOUR, return_inverse=True)
    walls = [_EPOCH + timedelta(hours=hour) for hour in hours.tolist()]
    instants = [new_york_instant(wall) for wall in walls]
    offsets = [
        0 if instant is None else round((instant.replace(tzinfo=None) - wall).total_seconds())
        for instant, wall in zip(instants, walls, strict=True)
    ]
    ambiguous = np.array([instant is None for instant in instants], dtype=bool)[place]
    return np.where(ambiguous, 0, wall_seconds + np.array(offsets, dtype=np.int64)[place]), ambiguous

"""One comparison of one feature with its limit, in three values: true, false, unknown."""

from typing import Literal

import msgspec
import numpy as np

from amc_assets.features.snapshot import BOOL, F64, Snapshot

Comparison = Literal["at_least", "at_most", "between", "equals", "above", "below", "abs_below"]
Limit = float | tuple[float, float]


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``feature`` compared with ``limit``; between takes (low, high), ends included; above and below are strict."""

    feature: str
    direction: Comparison
    limit: Limit


class Verdict(msgspec.Struct, frozen=True):
    """yes BOOL (N,): known to hold; known BOOL (N,): decided at all. Unknown is neither yes nor no."""

    yes: BOOL
    known: BOOL


def check_limit(where: str, direction: Comparison, limit: Limit) -> None:
    """Refuse a limit that does not fit its direction; raises ValueError naming ``where``."""
    if isinstance(limit, tuple) != (direction == "between"):
        raise ValueError(f"{where}: direction {direction} with limit {limit}; only between takes [low, high]")
    if isinstance(limit, tuple) and limit[0] > limit[1]:
        raise ValueError(f"{where}: between needs low <= high, got {limit}")


def compare(values: F64, direction: Comparison, limit: Limit) -> BOOL:
    """Return where ``values`` F64 (N,) meet the limit; NaN never does."""
    if isinstance(limit, tuple):
        return np.asarray((values >= limit[0]) & (values <= limit[1]))
    outcomes = {
        "at_least": np.greater_equal,
        "at_most": np.less_equal,
        "equals": np.equal,
        "above": np.greater,
        "below": np.less,
    }
    if direction == "abs_below":
        return np.asarray(np.abs(values) < limit)
    return np.asarray(outcomes[direction](values, limit))


def decide(snapshot: Snapshot, condition: Condition) -> Verdict:
    """Return the verdict of one condition; unknown where the feature is missing."""
    feature = snapshot.feature(condition.feature)
    return Verdict(compare(feature.values, condition.direction, condition.limit), feature.present)


def any_of(verdicts: list[Verdict]) -> Verdict:
    """Return yes where any holds, unknown where none holds but one is unknown."""
    yes = np.logical_or.reduce([v.yes for v in verdicts])
    return Verdict(yes, yes | np.logical_and.reduce([v.known for v in verdicts]))


def all_of(verdicts: list[Verdict]) -> Verdict:
    """Return yes where all hold, known also where one is known not to hold."""
    yes = np.logical_and.reduce([v.yes for v in verdicts])
    no = np.logical_or.reduce([v.known & ~v.yes for v in verdicts])
    return Verdict(yes, yes | no)

"""Two copies of a document that went different ways while their servers did not hear of each other, made one again.

Conservative: no slot is granted twice, no call of the day is forgotten, no budget grows. All copies have their ticks on
the same clock already.
"""

from amc_assets.providers.road.state import WRITTEN, Document
from amc_assets.providers.road.ticks import number, text


def reconciled(key: str, theirs: Document | None, ours: Document, base: Document | None) -> Document:
    """Return one document for the server's (``theirs``) and this machine's copy (``ours``).

    ``base`` is what this machine's copy was when they parted (None: not known); only its counts are used, its ticks
    are of another clock.
    """
    if theirs is None:
        return ours
    kind = key.partition(":")[0]
    if kind == "slots":
        return _slots(theirs, ours, base)
    if kind == "retries":
        return min(theirs, ours, key=lambda document: number(document, "tokens") or 0.0)
    return max(ours, theirs, key=lambda document: number(document, WRITTEN) or 0.0)


def _slots(theirs: Document, ours: Document, base: Document | None) -> Document:
    """Return the later slot, the later day, and every call of it that either of them counted."""
    ticks = [tick for tick in (number(theirs, "next_slot_tick"), number(ours, "next_slot_tick")) if tick is not None]
    later, earlier = (ours, theirs) if text(ours, "day") > text(theirs, "day") else (theirs, ours)
    calls = number(later, "day_calls") or 0.0
    if text(later, "day") == text(earlier, "day"):
        counted_before = (number(base, "day_calls") or 0.0) if text(base, "day") == text(ours, "day") else 0.0
        ours_since = (number(ours, "day_calls") or 0.0) - counted_before if base is not None else 0.0
        calls = max((number(theirs, "day_calls") or 0.0) + max(ours_since, 0.0), number(ours, "day_calls") or 0.0)
    return {
        **later,
        "next_slot_tick": max(ticks, default=None),
        "day_calls": int(calls),
        "spent_day": max(text(theirs, "spent_day"), text(ours, "spent_day")),
        WRITTEN: max(number(theirs, WRITTEN) or 0.0, number(ours, WRITTEN) or 0.0),
    }

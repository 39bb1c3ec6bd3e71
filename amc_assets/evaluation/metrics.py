"""Precision of a short list on one day: who is on it, how many hits, how many empty slots, how many unknown."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.snapshot import BOOL, F64

I64 = NDArray[np.int64]


@dataclass(frozen=True)
class ListOutcome:
    """Outcome of the first k names of one list on one day under one label.

    slots: k; hits, unknown: among the listed names; empty: slots the list could not fill; field and field_hits: names
    of the day's universe whose label is known, and how many of them hit.
    """

    slots: int
    hits: int
    unknown: int
    empty: int
    field: int
    field_hits: int

    @property
    def counted(self) -> int:
        """Slots that enter the precision: all but those whose outcome cannot be known."""
        return self.slots - self.unknown

    @property
    def precision(self) -> float:
        """Hits per counted slot (0-1); an empty slot is a miss. NaN when no slot counts or the field is empty."""
        return self.hits / self.counted if self.counted and self.field else float("nan")

    @property
    def base_rate(self) -> float:
        """Share of the day's field that hit: what a random list would get. NaN for an empty field."""
        return self.field_hits / self.field if self.field else float("nan")


def first_k(scores: F64, takes_part: BOOL, k: int) -> I64:
    """Return places of the k highest scores, best first; fewer when fewer names have one.

    scores: (N,) in ascending symbol order (ties go to the earlier symbol), NaN = not scored; takes_part: (N,).
    """
    places = np.flatnonzero(takes_part & np.isfinite(scores))
    return places[np.argsort(-scores[places], kind="stable")[:k]].astype(np.int64)


def precision_at_k(hit: BOOL, known: BOOL, listed: I64, k: int, field: BOOL) -> ListOutcome:
    """Return the outcome of a list of at most k names.

    hit, known: the label of the day, (N,); listed: places of the names, best first; field: the day's universe, (N,).
    Raises ValueError for a list that is longer than k or names someone twice.
    """
    if k < 1 or len(listed) > k:
        raise ValueError(f"{len(listed)} names for {k} slots: cut the list to its first k names")
    if len(np.unique(listed)) != len(listed):
        raise ValueError("a list names someone twice: rank each symbol once")
    known_field = field & known
    return ListOutcome(
        slots=k,
        hits=int(np.count_nonzero(hit[listed] & known[listed])),
        unknown=int(np.count_nonzero(~known[listed])),
        empty=k - len(listed),
        field=int(np.count_nonzero(known_field)),
        field_hits=int(np.count_nonzero(known_field & hit)),
    )


@dataclass(frozen=True)
class Summary:
    """Counts and rates of one list over its days. Rates are means of daily rates (0-1), None without a usable day."""

    days: int
    slots: int
    hits: int
    empty: int
    unknown: int
    precision: float | None
    base_rate: float | None
    lift: float | None
    recall: float | None


def summarise(outcomes: Iterable[ListOutcome]) -> Summary:
    """Return the summary over days: the day is the unit, since the names of one day share its market.

    A day without a known field is left out. lift = precision / base rate; recall = hits / all hits of the field.
    """
    used = [outcome for outcome in outcomes if np.isfinite(outcome.precision)]
    field_hits = sum(outcome.field_hits for outcome in used)
    hits = sum(outcome.hits for outcome in used)
    precision = float(np.mean([outcome.precision for outcome in used])) if used else None
    base_rate = float(np.mean([outcome.base_rate for outcome in used])) if used else None
    return Summary(
        days=len(used),
        slots=sum(outcome.slots for outcome in used),
        hits=hits,
        empty=sum(outcome.empty for outcome in used),
        unknown=sum(outcome.unknown for outcome in used),
        precision=precision,
        base_rate=base_rate,
        lift=precision / base_rate if precision is not None and base_rate else None,
        recall=hits / field_hits if field_hits else None,
    )

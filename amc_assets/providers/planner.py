"""Spends a scarce daily quota on the names that matter: which calls are made today, in which order, and which are not.

Pure and deterministic: the same wishes and the same number of calls left give the same plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from amc_assets.reasons import Reason


@dataclass(frozen=True)
class Wish:
    """One call that would help: for the ``rank``-th name of the shortlist (1 = best), worth ``weight``.

    ``age_days`` is the age of what is already held (None: nothing); while it is below ``fresh_days`` no call is needed.
    """

    symbol: str
    dataset: str
    rank: int
    weight: float = 1.0
    age_days: float | None = None
    fresh_days: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a rank below 1 and a weight that is not above 0: they would turn the order around."""
        if self.rank < 1 or self.weight <= 0:
            raise ValueError(f"a wish needs a rank from 1 and a weight above 0: {self}")

    @property
    def is_fresh(self) -> bool:
        """Return whether what is held is young enough."""
        return self.age_days is not None and self.age_days < self.fresh_days

    @property
    def worth(self) -> float:
        """Return what the call is worth: half for what is held but old, less down the list."""
        return self.weight * (0.5 if self.age_days is not None else 1.0) / self.rank


@dataclass(frozen=True)
class CallPlan:
    """The calls of today, best first, and the wishes without a call, with the reason; fresh ones are in neither."""

    asked: tuple[Wish, ...]
    refused: tuple[tuple[Wish, Reason], ...]

    def symbols(self, dataset: str) -> list[str]:
        """Return the names to ask one dataset for, best first."""
        return [wish.symbol for wish in self.asked if wish.dataset == dataset]


def plan_calls(wishes: Iterable[Wish], calls_left: int | None) -> CallPlan:
    """Return which wishes get a call when ``calls_left`` remain today (None: no quota).

    Worth decides, then rank, dataset and symbol. What does not fit is refused with QUOTA_SPENT.
    """
    needed = sorted(
        (wish for wish in wishes if not wish.is_fresh),
        key=lambda wish: (-wish.worth, wish.rank, wish.dataset, wish.symbol),
    )
    most = len(needed) if calls_left is None else max(calls_left, 0)
    return CallPlan(tuple(needed[:most]), tuple((wish, Reason.QUOTA_SPENT) for wish in needed[most:]))

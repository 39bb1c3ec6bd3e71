"""Hold an answer against the days before it: which rules were applied, which are broken, and the sentences. Pure.

A number outside its limits against the day before is looked at again against all days in reach. It breaks its rule only
where their median is outside, too: the day after half a session, or after an odd day, is no fault.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from amc_assets.pipeline.feed_checks.day_rows import DayRows, Pair, pair
from amc_assets.pipeline.feed_checks.limits import Allowed
from amc_assets.pipeline.feed_checks.rules import Measured, Rule

DAYS_OF_REPEATS = 5
"""How many days back an answer may not repeat: a host that copied an old file copied one of the last."""


@dataclass(frozen=True)
class Broken:
    """A rule that an answer breaks, what was measured against which day, and what is allowed."""

    rule: Rule
    measured: Measured
    earlier: date
    allowed: Allowed

    @property
    def sentence(self) -> str:
        """What was measured and what is allowed."""
        value, now, then = (_plain(number) for number in self.measured)
        told = self.rule.sentence.format(value=value, now=now, then=then, day=self.earlier)
        return f"{told}; allowed is {self.allowed.least:g} to {self.allowed.most:g} ({self.rule.name})"


@dataclass(frozen=True)
class Judgement:
    """What became of the comparison. ``earlier``: the newest day compared with; None, and ``why_not``, without one."""

    broken: tuple[Broken, ...] = ()
    applied: tuple[str, ...] = ()
    earlier: date | None = None
    why_not: str = ""


def judge(
    answer: DayRows,
    earlier: Sequence[DayRows],
    rules: Sequence[Rule],
    allowed: Mapping[str, Allowed],
    least_names: int,
) -> Judgement:
    """Return the judgement of an answer; ``earlier`` days, newest first, are only read as far as rules need them."""
    if not len(earlier):
        return Judgement(why_not="no day before it is in the lake and near enough")
    if len(earlier[0].names) < least_names:
        return Judgement(why_not=f"{earlier[0].day} has {len(earlier[0].names)} names, {least_names} are needed")
    broken, applied = [], []
    paired = cache(lambda place: pair(answer, earlier[place]))  # the rules of a table share the days they look at
    for rule in rules:
        pairs = _pairs(answer, earlier, paired, rule, least_names)
        first = next(pairs, None)
        if first is None:
            continue
        measured = rule.measure(first)
        if np.isnan(measured.value):
            continue
        applied.append(rule.name)
        found = _worst(rule, first, pairs) if rule.is_of_any_day else (first, measured)
        if not allowed[rule.name].holds(found[1].value) and (
            rule.is_of_any_day or _is_out_of_all(rule, found[1], pairs, allowed[rule.name])
        ):
            broken.append(Broken(rule, found[1], found[0].earlier.day, allowed[rule.name]))
    why_not = "" if applied else f"fewer than {least_names} names of {earlier[0].day} came"
    return Judgement(tuple(broken), tuple(applied), earlier[0].day if applied else None, why_not)


def _pairs(
    answer: DayRows, earlier: Sequence[DayRows], paired: Callable[[int], Pair], rule: Rule, least_names: int
) -> Iterator[Pair]:
    """Yield the answer beside each day that the rule may compare it with, newest first."""
    needs_own = rule.is_of_rows
    if rule.needs_other_source and any(day.providers == answer.providers for day in earlier):
        return
    for place, day in enumerate(earlier):
        if needs_own and day.providers != answer.providers:
            continue
        found = paired(place)
        counts_rows = rule.is_of_rows or rule.needs_other_source
        if (len(day.names) if counts_rows else found.common) >= least_names:
            yield found


def _worst(rule: Rule, first: Pair, others: Iterator[Pair]) -> tuple[Pair, Measured]:
    found = [first, *(other for other, _ in zip(others, range(DAYS_OF_REPEATS - 1), strict=False))]
    measured = [(one, rule.measure(one)) for one in found]
    return max(measured, key=lambda item: -np.inf if np.isnan(item[1].value) else item[1].value)


def _is_out_of_all(rule: Rule, measured: Measured, others: Iterator[Pair], allowed: Allowed) -> bool:
    """Return whether the median over all days in reach is outside the limits, too."""
    values = [measured.value, *(rule.measure(other).value for other in others)]
    return not allowed.holds(float(np.nanmedian(values)))


def _plain(number: float) -> str:
    """Return a number as people read it: whole from a thousand on, three digits below."""
    return f"{number:,.0f}" if abs(number) >= 1000 or float(number).is_integer() else f"{number:.3g}"

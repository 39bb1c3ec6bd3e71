"""Do the numbers of one name fit each other: one table of rules over whole arrays, and what each one takes away.

A rule looks at float, shares outstanding, shares short, price and volume of each symbol. A number that breaks it is
missing with the rule's reason, or keeps its value and costs confidence, or is only named; none is ever changed. Rules
run in order: what one has refused is missing for the next, so a placeholder cannot refuse a true number beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from amc_assets.features.arithmetic import ratio
from amc_assets.features.plausibility_limits import PlausibilityLimits
from amc_assets.features.snapshot import BOOL, F64, U8
from amc_assets.reasons import Reason, code

FLOAT, OUTSTANDING, SHORT = "float_shares", "outstanding_shares", "short_interest_shares"
QUANTITIES = (FLOAT, OUTSTANDING, SHORT)


class Effect(StrEnum):
    """What happens to a number that breaks a rule."""

    MISSING = "missing"
    DERIVED = "counts as derived"
    NAMED = "named, nothing else"


@dataclass(frozen=True)
class Numbers:
    """What is known of N symbols, all arrays (N,), on the share basis of D; NaN where missing.

    shares: float, outstanding and short by name of the feature; age_days of the two counts, by their own dates, 0 for a
    later date than D. close_usd: price of D; usual_volume_shares: median of the 120 sessions before D, in which a
    squeeze of some weeks does not count; recent_volume_shares: mean of the 30 before D. basis_unknown: a split lies
    where nobody can say on which side of it the count stands; basis_doubtful: likewise, within the cycle of its date.
    is_shared: another class of the company has the same count.
    """

    shares: Mapping[str, F64]
    age_days: Mapping[str, F64]
    close_usd: F64
    usual_volume_shares: F64
    recent_volume_shares: F64
    basis_unknown: Mapping[str, BOOL]
    basis_doubtful: Mapping[str, BOOL]
    is_shared: Mapping[str, BOOL]

    def without(self, broken: Mapping[str, BOOL]) -> "Numbers":
        """Return the numbers with those that broke a rule missing."""
        gone = {name: np.where(mask, np.nan, self.shares[name]) for name, mask in broken.items()}
        return replace(self, shares={**self.shares, **gone})


Broken = dict[str, BOOL]


@dataclass(frozen=True)
class Rule:
    """One row of the table: its name (for MISSING the reason code), its effect, what it says, and where it is broken.

    line: the input (``share_counts`` or ``short_interest``) whose line says how many names broke it.
    """

    name: str
    effect: Effect
    line: str
    says: str
    broken: Callable[[Numbers, PlausibilityLimits], Broken]


@dataclass(frozen=True)
class Verdict:
    """What the rules found, by quantity: refused U8 (N,) numbers of Reason (0 = plausible), doubtful bool (N,).

    counts: line -> rule name -> how many symbols broke it, rules that nobody broke left out; named: bool (N,), allowed
    and flagged.
    """

    refused: Mapping[str, U8]
    doubtful: Mapping[str, BOOL]
    named: BOOL
    counts: Mapping[str, Mapping[str, int]]


def judge(numbers: Numbers, limits: PlausibilityLimits) -> Verdict:
    """Return what the table of rules says of the numbers of every symbol."""
    count = len(numbers.close_usd)
    refused = {name: np.zeros(count, np.uint8) for name in QUANTITIES}
    doubtful = {name: np.zeros(count, np.bool_) for name in QUANTITIES}
    named, counts = np.zeros(count, np.bool_), dict[str, dict[str, int]]()
    for rule in RULES:
        broken = {name: mask & np.isfinite(numbers.shares[name]) for name, mask in rule.broken(numbers, limits).items()}
        anywhere = np.logical_or.reduce(list(broken.values()))
        if not anywhere.any():
            continue
        counts.setdefault(rule.line, {})[rule.name] = int(np.count_nonzero(anywhere))
        if rule.effect is Effect.MISSING:
            for name, mask in broken.items():
                refused[name] = np.where(mask, code(Reason(rule.name)), refused[name]).astype(np.uint8)
            numbers = numbers.without(broken)
        elif rule.effect is Effect.DERIVED:
            doubtful.update({name: doubtful[name] | mask for name, mask in broken.items()})
        else:
            named |= anywhere
    return Verdict(refused, doubtful, named, counts)


def _too_small(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    return {name: numbers.shares[name] < limits.counts.minimum_shares for name in (FLOAT, OUTSTANDING)}


def _too_old(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    return {name: age > limits.counts.maximum_age_days for name, age in numbers.age_days.items()}


def _basis_unknown(numbers: Numbers, _: PlausibilityLimits) -> Broken:
    return dict(numbers.basis_unknown)


def _basis_doubtful(numbers: Numbers, _: PlausibilityLimits) -> Broken:
    return dict(numbers.basis_doubtful)


def _shared(numbers: Numbers, _: PlausibilityLimits) -> Broken:
    return dict(numbers.is_shared)


def _against_price(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    least, most = limits.counts.minimum_value_usd, limits.counts.maximum_value_usd
    values = {name: numbers.shares[name] * numbers.close_usd for name in (FLOAT, OUTSTANDING)}
    return {name: (value < least) | (value > most) for name, value in values.items()}


def _float_above(numbers: Numbers, frac: float) -> Broken:
    above = numbers.shares[FLOAT] > numbers.shares[OUTSTANDING] * (1.0 + frac)
    return {FLOAT: above, OUTSTANDING: above}


def _float_contradicts(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    return _float_above(numbers, limits.float.maximum_above_outstanding_frac)


def _float_exceeds(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    return _float_above(numbers, limits.float.tolerated_above_outstanding_frac)


def _float_against_volume(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    turnover = ratio(numbers.usual_volume_shares, numbers.shares[FLOAT])
    return {FLOAT: turnover > limits.float.maximum_daily_turnover}


def _short_against_volume(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    volume = np.fmax(numbers.usual_volume_shares, numbers.recent_volume_shares)
    return {SHORT: ratio(numbers.shares[SHORT], volume) > limits.short_interest.maximum_days_of_volume}


def _short_above_counts(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    short, floating, outstanding = (numbers.shares[name] for name in (SHORT, FLOAT, OUTSTANDING))
    beyond_all = short > outstanding * limits.short_interest.maximum_outstanding_frac
    beyond_float = (short > floating * limits.short_interest.maximum_float_frac) & ~(short <= outstanding)
    return {FLOAT: beyond_all | beyond_float, OUTSTANDING: beyond_all}


def _short_above_float(numbers: Numbers, limits: PlausibilityLimits) -> Broken:
    return {SHORT: numbers.shares[SHORT] > numbers.shares[FLOAT] * limits.short_interest.flagged_float_frac}


def _missing(
    reason: Reason, says: str, broken: Callable[[Numbers, PlausibilityLimits], Broken], line: str = "share_counts"
) -> Rule:
    return Rule(reason.value, Effect.MISSING, line, says, broken)


RULES: tuple[Rule, ...] = (
    _missing(
        Reason.COUNT_TOO_SMALL, "Float or shares outstanding below {counts.minimum_shares:,.0f} shares.", _too_small
    ),
    _missing(
        Reason.STALE,
        "Float or shares outstanding of a date more than {counts.maximum_age_days:.0f} days before D.",
        _too_old,
    ),
    _missing(
        Reason.BASIS_UNKNOWN,
        "A split lies after the last day on which a count without a date may have been made "
        "({counts.undated_days:.0f} days before it was asked for); or FINRA flags a split in a cycle after the date of "
        "a count, and no such split is known.",
        _basis_unknown,
    ),
    _missing(Reason.SHARED_COUNT, "Several classes of one company have the same float or shares outstanding.", _shared),
    _missing(
        Reason.COUNT_AGAINST_PRICE,
        "Float or shares outstanding times the price of D is below {counts.minimum_value_usd:,.0f} or above "
        "{counts.maximum_value_usd:,.0f} USD.",
        _against_price,
    ),
    _missing(
        Reason.FLOAT_ABOVE_OUTSTANDING,
        "Float is above shares outstanding by more than {float.maximum_above_outstanding_frac:.0%}: both are missing.",
        _float_contradicts,
    ),
    _missing(
        Reason.FLOAT_AGAINST_VOLUME,
        "Median volume of the 120 sessions before D (20 needed) is above {float.maximum_daily_turnover:g} x float.",
        _float_against_volume,
    ),
    _missing(
        Reason.SHORT_AGAINST_VOLUME,
        "Shares short are above {short_interest.maximum_days_of_volume:.0f} days of the larger of that median and the "
        "mean volume of 30 sessions.",
        _short_against_volume,
        "short_interest",
    ),
    _missing(
        Reason.SHORT_ABOVE_COUNTS,
        "Shares short are above {short_interest.maximum_outstanding_frac:g} x shares outstanding (both counts are "
        "missing), or above {short_interest.maximum_float_frac:g} x float and not known to be within the shares "
        "outstanding (the float is missing).",
        _short_above_counts,
    ),
    Rule(
        "basis_doubtful",
        Effect.DERIVED,
        "share_counts",
        "FINRA flags a split in the very cycle in which a count is dated, and no such split is known.",
        _basis_doubtful,
    ),
    Rule(
        "float_exceeds_outstanding",
        Effect.DERIVED,
        "share_counts",
        "Float is above shares outstanding by more than {float.tolerated_above_outstanding_frac:.0%}: counts of two "
        "days, so both count as derived.",
        _float_exceeds,
    ),
    Rule(
        "short_above_float",
        Effect.NAMED,
        "short_interest",
        "Shares short are above {short_interest.flagged_float_frac:g} x float: possible (shares lent on are short "
        "twice), named in the line of short interest.",
        _short_above_float,
    ),
)
"""The one table of rules, in the order in which they run."""


def rules_table(limits: PlausibilityLimits) -> str:
    """Return the rules as the Markdown table of docs/plausibility.md."""
    sections = {"counts": limits.counts, "float": limits.float, "short_interest": limits.short_interest}
    rows = [f"| `{rule.name}` | {rule.effect} | {rule.says.format(**sections)} |" for rule in RULES]
    return "\n".join(["| rule | effect | broken where |", "|---|---|---|", *rows])

"""Rules across days: per daily table what is measured, and the sentence that says it. Pure; limits are data.

Medians and shares over all names: the split, the squeeze or the restatement of single names moves none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from amc_assets.pipeline.feed_checks.day_rows import F64, Pair

JUMP = 3.0
"""A close of three times, or a third, of the one before: a few names a day at most, splits included."""


class Measured(NamedTuple):
    """The number a rule looks at, and the two numbers it comes from; NaN where it cannot be measured."""

    value: float
    now: float
    then: float


UNMEASURED = Measured(np.nan, np.nan, np.nan)
Measure = Callable[[Pair], Measured]


@dataclass(frozen=True)
class Rule:
    """One rule. ``sentence`` is filled with value, now, then and the earlier day.

    columns: what it reads. is_of_rows: about which rows came, so it needs an earlier day of the same source; without
    one ``needs_other_source`` rules stand in. is_of_any_day: broken by any of the last days, not by the newest alone.
    """

    name: str
    about: str
    measure: Measure
    sentence: str
    columns: tuple[str, ...] = ()
    is_of_rows: bool = False
    needs_other_source: bool = False
    is_of_any_day: bool = False


def _row_count(pair: Pair) -> Measured:
    now, then = pair.answer.rows, pair.earlier.rows
    return Measured(now / then, now, then) if then else UNMEASURED


def _vanished(pair: Pair) -> Measured:
    then = len(pair.earlier.names)
    gone = then - pair.common
    return Measured(gone / then, gone, then) if then else UNMEASURED


def _median_ratio(column: str) -> Measure:
    def measure(pair: Pair) -> Measured:
        now, then = pair.now[column], pair.then[column]
        usable = (now > 0.0) & (then > 0.0)
        if not usable.any():
            return UNMEASURED
        ratios = now[usable] / then[usable]
        return Measured(float(np.median(ratios)), float(np.median(now[usable])), float(np.median(then[usable])))

    return measure


def _jumped(pair: Pair) -> Measured:
    now, then = pair.now["close_usd"], pair.then["close_usd"]
    usable = (now > 0.0) & (then > 0.0)
    count = int(usable.sum())
    if not count:
        return UNMEASURED
    jumped = int((np.abs(np.log(now[usable] / then[usable])) > np.log(JUMP)).sum())
    return Measured(jumped / count, jumped, count)


def _identical(traded: str, *others: str) -> Measure:
    """Measure the share of names that traded in both and have equal numbers in all columns, missing ones included."""

    def measure(pair: Pair) -> Measured:
        usable = (pair.now[traded] > 0.0) & (pair.then[traded] > 0.0)
        count = int(usable.sum())
        if not count:
            return UNMEASURED
        same = usable & (pair.now[traded] == pair.then[traded])
        for name in others:
            same &= (pair.now[name] == pair.then[name]) | (np.isnan(pair.now[name]) & np.isnan(pair.then[name]))
        return Measured(int(same.sum()) / count, int(same.sum()), count)

    return measure


def _short_ratios(columns: Mapping[str, F64]) -> F64:
    total = columns["total_volume_shares"]
    return np.asarray(columns["short_volume_shares"][total > 0.0] / total[total > 0.0])


def _short_ratio_shift(pair: Pair) -> Measured:
    now, then = _short_ratios(pair.answer.columns), _short_ratios(pair.earlier.columns)
    if not (len(now) and len(then)):
        return UNMEASURED
    middles = float(np.median(now)), float(np.median(then))
    return Measured(middles[0] - middles[1], *middles)


def _short_ratio_spread(pair: Pair) -> Measured:
    now, then = (_middle_half(_short_ratios(day.columns)) for day in (pair.answer, pair.earlier))
    return Measured(now / then, now, then) if then > 0.0 else UNMEASURED


def _middle_half(values: F64) -> float:
    """Return the distance from the first to the third quartile; 0 without values."""
    return float(np.subtract(*np.percentile(values, [75.0, 25.0]))) if len(values) else 0.0


def _eligible(pair: Pair) -> Measured:
    now, then = (float(day.columns["is_eligible"].sum()) for day in (pair.answer, pair.earlier))
    return Measured(now / then, now, then) if then else UNMEASURED


ROW_COUNT = Rule(
    "row_count", "rows over those of the day before", _row_count,
    "it has {now} rows, {value} times the {then} of {day}", is_of_rows=True,
)  # fmt: skip
OTHER_SOURCE = Rule(
    "row_count_other_source", "the same, where every earlier day came from another source", _row_count,
    "it has {now} rows, {value} times the {then} that another source had for {day}", needs_other_source=True,
)  # fmt: skip
VANISHED = Rule(
    "vanished_names", "names of the day before that are gone, over all of them", _vanished,
    "{now} of the {then} names of {day} are gone, a share of {value}", is_of_rows=True,
)  # fmt: skip


def _ratio(name: str, column: str, what: str, unit: str) -> Rule:
    sentence = (
        f"the median name has {{value}} times its {what} of {{day}} "
        f"(the median {what} is {{now}} {unit}, it was {{then}})"
    )
    return Rule(
        name, f"median over the names of {what} over that of the day before", _median_ratio(column), sentence, (column,)
    )


def _repeat(what: str, *columns: str) -> Rule:
    return Rule(
        "identical_rows", f"{what} equal to those of one of the five days before, over all that traded",
        _identical(*columns), f"{{now}} of {{then}} {what} are the very ones of {{day}}, a share of {{value}}",
        columns, is_of_any_day=True,
    )  # fmt: skip


_RATIO_COLUMNS = ("short_volume_shares", "total_volume_shares")
RULES: Mapping[str, tuple[Rule, ...]] = {
    "universe": (
        ROW_COUNT, OTHER_SOURCE, VANISHED,
        Rule(
            "eligible_count", "eligible names over those of the day before", _eligible,
            "{now} names are eligible, {value} times the {then} of {day}", ("is_eligible",), is_of_rows=True,
        ),
    ),
    "daily_bars": (
        ROW_COUNT, OTHER_SOURCE, VANISHED,
        _ratio("close_ratio", "close_usd", "close", "USD"),
        Rule(
            "jumped_closes", "closes above three times or below a third of the day before, over all", _jumped,
            "{now} of {then} closes are above three times or below a third of {day}, a share of {value}",
            ("close_usd",),
        ),
        _ratio("volume_ratio", "volume_shares", "volume", "shares"),
        _repeat("bars", "volume_shares", "close_usd"),
    ),
    "short_volume": (
        ROW_COUNT, OTHER_SOURCE, VANISHED,
        _ratio("volume_ratio", "total_volume_shares", "volume", "shares"),
        Rule(
            "short_ratio_shift", "median of short over total volume, less that of the day before", _short_ratio_shift,
            "the median share of short volume is {now}, a change of {value} from the {then} of {day}", _RATIO_COLUMNS,
        ),
        Rule(
            "short_ratio_spread", "middle half of short over total volume, over that of the day before",
            _short_ratio_spread,
            "the middle half of the shares of short volume is {now} wide, {value} times the {then} of {day}",
            _RATIO_COLUMNS,
        ),
        _repeat("rows", "total_volume_shares", "short_volume_shares"),
    ),
    "short_interest": (
        ROW_COUNT, VANISHED,
        _ratio("position_ratio", "short_interest_shares", "position", "shares"),
        _repeat("positions", "short_interest_shares"),
    ),
    "share_counts": (
        ROW_COUNT, VANISHED, _ratio("float_ratio", "float_shares", "float", "shares"),
    ),
    "threshold_list": (ROW_COUNT,),
    "fails_to_deliver": (
        ROW_COUNT, VANISHED,
        _ratio("price_ratio", "price_usd", "price", "USD"),
        _ratio("balance_ratio", "fails_shares", "balance", "shares"),
        _repeat("mean balances", "fails_shares"),
    ),
    "option_chains": (_repeat("contracts", "volume_contracts", "bid_usd", "ask_usd"),),
}  # fmt: skip
"""Rules by table. A table that is not here has none; docs/feed-checks.md says why."""

IDENTIFIER: Mapping[str, str] = {"option_chains": "contract_symbol"}
"""The column that names a row across days, where it is not the symbol."""


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns that the rules of a table read."""
    return tuple(dict.fromkeys(column for rule in RULES[table] for column in rule.columns))


def rule_names() -> dict[str, tuple[str, ...]]:
    """Return the names of the rules by table."""
    return {table: tuple(rule.name for rule in rules) for table, rules in RULES.items()}

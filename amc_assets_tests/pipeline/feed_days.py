"""Days of feeds with known numbers, as the rules see them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from amc_assets.pipeline.feed_checks.day_rows import DayRows
from amc_assets.pipeline.feed_checks.gate import feed_limits
from amc_assets.pipeline.feed_checks.judge import Judgement, judge
from amc_assets.pipeline.feed_checks.rules import RULES

DAY = date(2024, 5, 20)
OWN = frozenset({"polygon"})
COUNT = 1000


def day_of(
    columns: dict[str, np.ndarray], *, ago: int = 0, names: Sequence[str] | None = None, by: frozenset[str] = OWN
) -> DayRows:
    """Return a day ``ago`` calendar days before DAY; names N0000, N0001, ... unless given."""
    count = len(next(iter(columns.values())))
    listed = list(names) if names is not None else [f"N{number:04}" for number in range(count)]
    return DayRows(DAY - timedelta(days=ago), pa.array(listed, pa.string()), columns, count, by)


def bars(seed: int, *, ago: int = 0, count: int = COUNT) -> DayRows:
    """Return bars around the same closes and volumes each day, moved by a few percent by the seed."""
    base, noise = np.random.default_rng(1), np.random.default_rng(seed + 100)
    closes = base.uniform(1, 200, COUNT)[:count] * np.exp(noise.normal(0, 0.03, count))
    volumes = np.round(base.lognormal(12, 2, COUNT)[:count] * np.exp(noise.normal(0, 0.4, count)))
    return day_of({"close_usd": closes, "volume_shares": volumes}, ago=ago)


def changed(day: DayRows, **columns: np.ndarray) -> DayRows:
    """Return a day with other numbers in some columns."""
    return replace(day, columns={**day.columns, **columns})


def judged(table: str, answer: DayRows, earlier: Sequence[DayRows]) -> Judgement:
    """Judge with the shipped limits."""
    limits = feed_limits()
    return judge(answer, earlier, RULES[table], limits.tables[table].rules, limits.least_names)


def broken(table: str, answer: DayRows, earlier: Sequence[DayRows]) -> set[str]:
    """Return the names of the rules an answer breaks."""
    return {item.rule.name for item in judged(table, answer, earlier).broken}


TODAY_AND_PAST = (bars(0), [bars(number, ago=number) for number in (1, 2, 3, 6)])
"""An ordinary day of bars and ordinary days before it, newest first."""

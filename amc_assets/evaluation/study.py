"""Compare every strategy and every simple sort on the same days, names and labels, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from amc_assets.evaluation.bootstrap import (
    MIN_BLOCKS,
    RESAMPLES,
    TOO_FEW_DAYS,
    Interval,
    block_days,
    interval,
    resampled_means,
)
from amc_assets.evaluation.labels import Label, LabelSet
from amc_assets.evaluation.metrics import I64, ListOutcome, Summary, first_k, precision_at_k, summarise
from amc_assets.features.snapshot import BOOL, F64

ALL, GATED = "all", "gated"
"""Variants of a list: everyone it scored, or only who passed its hard gates."""


@dataclass(frozen=True)
class DayScores:
    """Scores of one day: symbols ascending (N,); per strategy or sort F64 (N,), NaN = not scored.

    eligible: BOOL (N,), the universe of the measurement, one for all; passed: per strategy with gates, BOOL (N,).
    """

    trade_date: date
    symbols: NDArray[np.str_]
    scores: Mapping[str, F64]
    eligible: BOOL
    passed: Mapping[str, BOOL] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse arrays of another length, symbols out of order and gates of an unknown strategy."""
        arrays = [*self.scores.values(), *self.passed.values(), self.eligible]
        if any(array.shape != self.symbols.shape for array in arrays):
            raise ValueError(f"{self.trade_date}: scores, gates and eligibility must have one value per symbol")
        if np.any(self.symbols[1:] <= self.symbols[:-1]):
            raise ValueError(f"{self.trade_date}: symbols must be ascending and unique, ties are broken by their order")
        if unknown := set(self.passed) - set(self.scores):
            raise ValueError(f"{self.trade_date}: gates without scores for {sorted(unknown)}")

    def lists(self) -> list[tuple[str, str, F64]]:
        """Return (strategy, variant, scores) of every list of the day."""
        gated = [(name, GATED, np.where(self.passed[name], self.scores[name], np.nan)) for name in self.passed]
        return [(name, ALL, scores) for name, scores in self.scores.items()] + gated


@dataclass(frozen=True)
class StudyRow:
    """One list under one label. Rates 0-1; intervals are day-clustered, 95 %."""

    strategy: str
    variant: str
    label: str
    summary: Summary
    precision_interval: Interval
    lift_interval: Interval


@dataclass(frozen=True)
class StudyResult:
    """All rows, and the daily outcomes behind them by (strategy, variant, label), one per trade date in order."""

    k: int
    seed: int
    trade_dates: tuple[date, ...]
    rows: tuple[StudyRow, ...]
    daily: Mapping[tuple[str, str, str], tuple[ListOutcome, ...]]
    horizons_sessions: Mapping[str, int]

    def row(self, strategy: str, label: str, variant: str = ALL) -> StudyRow:
        """Return one row; raises KeyError naming what there is."""
        for row in self.rows:
            if (row.strategy, row.variant, row.label) == (strategy, variant, label):
                return row
        known = sorted({(row.strategy, row.variant) for row in self.rows})
        raise KeyError(f"no row for {strategy} ({variant}) under {label}; lists: {known}")

    def difference(self, ours: tuple[str, str], theirs: tuple[str, str], label: str) -> tuple[float | None, Interval]:
        """Return the mean daily precision of list ``ours`` minus ``theirs`` (strategy, variant), with its interval.

        Paired by day: what both lists share cancels. Only days on which both have a precision count.
        """
        first, second = (_precisions(self.daily[(*name, label)]) for name in (ours, theirs))
        delta = (first - second)[np.isfinite(first - second)][:, None]
        if not len(delta):
            return None, Interval(None, None, TOO_FEW_DAYS)
        block = block_days(self.horizons_sessions[label])
        if len(delta) < MIN_BLOCKS * block:
            return float(delta.mean()), Interval(None, None, TOO_FEW_DAYS)
        return float(delta.mean()), interval(resampled_means(delta, block=block, seed=self.seed)[:, 0])


def study(
    days: Sequence[DayScores], labels: LabelSet, *, seed: int, k: int = 20, resamples: int = RESAMPLES
) -> StudyResult:
    """Return precision@k, base rate, lift and recall of every list under every label.

    Lists are the k best eligible names, ties by symbol. A list that is absent on a day has k empty slots that day: a
    strategy that shows nothing has missed. Days without labels count nowhere. Raises ValueError without days or for
    days that are not ascending.
    """
    dates = tuple(day.trade_date for day in days)
    if not dates or any(a >= b for a, b in pairwise(dates)):
        raise ValueError("a study needs at least one day, ascending and each once: sort the days by trade_date")
    if not labels.trade_dates or not len(labels.symbols):
        raise ValueError("a study needs labels of at least one day and symbol: compute them from the bars first")
    names = list(dict.fromkeys((name, variant) for day in days for name, variant, _ in day.lists()))
    daily: dict[tuple[str, str, str], list[ListOutcome]] = {(*n, label): [] for n in names for label in labels.labels}
    for day in days:
        listed = {(name, variant): first_k(scores, day.eligible, k) for name, variant, scores in day.lists()}
        session, places_of, found = _alignment(day, labels)
        for label in labels.labels.values():
            hit, known = (array[session, places_of] & found for array in (label.hit, label.known))
            for name in names:
                places = listed.get(name, np.empty(0, np.int64))
                daily[(*name, label.name)].append(precision_at_k(hit, known, places, k, day.eligible))
    frozen = {key: tuple(outcomes) for key, outcomes in daily.items()}
    rows = [row for label in labels.labels.values() for row in _rows(label, names, frozen, seed, resamples)]
    horizons = {label.name: label.horizon_sessions for label in labels.labels.values()}
    return StudyResult(k, seed, dates, tuple(rows), frozen, horizons)


def _alignment(day: DayScores, labels: LabelSet) -> tuple[int, I64, BOOL]:
    # A symbol or day that has no label is unknown (found = False); it must not turn into a miss.
    if day.trade_date not in labels.trade_dates:
        return 0, np.zeros(len(day.symbols), np.int64), np.zeros(len(day.symbols), dtype=bool)
    places = np.minimum(np.searchsorted(labels.symbols, day.symbols), len(labels.symbols) - 1)
    return labels.trade_dates.index(day.trade_date), places, labels.symbols[places] == day.symbols


def _precisions(outcomes: Sequence[ListOutcome]) -> F64:
    return np.array([outcome.precision for outcome in outcomes])


def _rows(
    label: Label,
    names: Sequence[tuple[str, str]],
    daily: Mapping[tuple[str, str, str], tuple[ListOutcome, ...]],
    seed: int,
    resamples: int,
) -> list[StudyRow]:
    outcomes = [daily[(*name, label.name)] for name in names]
    precision = np.stack([_precisions(one) for one in outcomes], axis=1)
    base = np.array([outcome.base_rate for outcome in outcomes[0]])[:, None]
    matured = np.isfinite(base[:, 0])
    series = np.concatenate([precision, base], axis=1)[matured]
    block = block_days(label.horizon_sessions)
    if len(series) < MIN_BLOCKS * block:
        none = Interval(None, None, TOO_FEW_DAYS)
        return [
            StudyRow(*name, label.name, summarise(one), none, none) for name, one in zip(names, outcomes, strict=True)
        ]
    means = resampled_means(series, block=block, seed=seed, resamples=resamples)
    lifts = means[:, :-1] / np.where(means[:, -1:] > 0, means[:, -1:], np.nan)
    return [
        StudyRow(*name, label.name, summarise(outcomes[i]), interval(means[:, i]), interval(lifts[:, i]))
        for i, name in enumerate(names)
    ]

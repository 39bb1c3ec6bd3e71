"""The numbers of a run that must fit each other, put to the table of rules; what was refused, and what people read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.count_basis import NEVER, cycle_starts, shared_counts, undated_across_split, unexplained_splits
from amc_assets.features.instants import day_number
from amc_assets.features.panel import PricePanel, positions
from amc_assets.features.plausibility import FLOAT, OUTSTANDING, SHORT, Numbers, Verdict, judge
from amc_assets.features.plausibility_limits import PlausibilityLimits
from amc_assets.features.price_part import PricePart
from amc_assets.features.run_frame import RunFrame
from amc_assets.features.short_inputs import DERIVED_CONFIDENCE
from amc_assets.features.shorts import CountDates, ShareRows, ShortInterestRows
from amc_assets.features.snapshot import BOOL, F64

USUAL_SESSIONS = 120
USUAL_MINIMUM = 20
_NAMES_SHOWN = 5
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Beside:
    """What counts and short positions are held against, N symbols.

    usual_volume_shares: F64 (N,) of ``usual_volume``; reports: short interest of the last settlements, for FINRA's
    flags of splits; names: of the securities, for classes of one company.
    """

    prices: PricePart
    usual_volume_shares: F64
    reports: pa.Table
    names: Sequence[str | None]


@dataclass(frozen=True)
class Positions:
    """Float, shares outstanding and short interest of a run after the rules, and the sentences about them.

    is_doubtful: bool (N,) where the counts count as derived.
    """

    shares: ShareRows
    interest: ShortInterestRows
    is_doubtful: BOOL
    share_note: str
    interest_note: str


def plausible(
    frame: RunFrame, shares: ShareRows, interest: ShortInterestRows, beside: Beside, limits: PlausibilityLimits
) -> Positions:
    """Return the rows with what is too old or contradicts other numbers refused."""
    dates = shares.dates or _of_today(frame)
    verdict = judge(_numbers(frame, shares, dates, interest, beside, limits), limits)
    doubtful = verdict.doubtful[FLOAT] | verdict.doubtful[OUTSTANDING]
    confidence = np.where(doubtful, np.minimum(shares.source_confidence, DERIVED_CONFIDENCE), shares.source_confidence)
    refused = {name: verdict.refused[name] for name in (FLOAT, OUTSTANDING)}
    notes = (_sentence(verdict, "short_interest"), _named(frame, verdict))
    return Positions(
        replace(shares, refused=refused, source_confidence=confidence),
        replace(interest, refused={SHORT: verdict.refused[SHORT]}),
        doubtful | (dates.is_undated & shares.listed),
        _sentence(verdict, "share_counts"),
        "; ".join(text for text in notes if text),
    )


def usual_volume(panel: PricePanel | None, symbols: NDArray[np.str_]) -> F64:
    """Return the median volume of the 120 sessions before D, F64 (N,), NaN below 20 of them."""
    if panel is None or not len(panel.symbols) or len(panel.sessions) <= USUAL_MINIMUM:
        return np.full(len(symbols), np.nan)
    past = np.sort(panel.volume_shares[-1 - USUAL_SESSIONS : -1].T, axis=1)  # NaN last
    count = np.count_nonzero(np.isfinite(past), axis=1)
    middle = past[np.arange(len(past)), np.maximum(count - 1, 0) // 2]
    columns, found = positions(panel.symbols, symbols)
    return np.where(found & (count[columns] >= USUAL_MINIMUM), middle[columns], np.nan)


def count_ages(frame: RunFrame, shares: ShareRows, undated_days: float) -> dict[str, F64]:
    """Return the age of float and shares outstanding in days by name, F64 (N,): by the date their source states.

    0 of a later date; a count without a date is as old as it may be, ``undated_days`` before it was asked for.
    """
    dates, today = shares.dates or _of_today(frame), day_number(frame.day)
    oldest = today - dates.asked_days + undated_days
    days = {FLOAT: dates.float_days, OUTSTANDING: dates.outstanding_days}
    return {name: np.maximum(np.where(day >= 0, today - day, oldest), 0.0) for name, day in days.items()}


def _numbers(
    frame: RunFrame,
    shares: ShareRows,
    dates: CountDates,
    interest: ShortInterestRows,
    beside: Beside,
    limits: PlausibilityLimits,
) -> Numbers:
    counts = {FLOAT: shares.float_shares, OUTSTANDING: shares.outstanding_shares}
    counts = {name: np.where(shares.listed & ~shares.is_withheld, values, np.nan) for name, values in counts.items()}
    unknown, doubtful = _basis(frame, dates, beside.reports, limits.counts.undated_days)
    return Numbers(
        shares={**counts, SHORT: np.where(interest.listed, interest.shares * interest.factor, np.nan)},
        age_days=count_ages(frame, shares, limits.counts.undated_days),
        close_usd=beside.prices.features["close_usd"].values,
        usual_volume_shares=beside.usual_volume_shares,
        recent_volume_shares=beside.prices.mean_volume_30.values,
        basis_unknown=unknown,
        basis_doubtful=doubtful,
        is_shared={name: shared_counts(values, frame.symbols, beside.names) for name, values in counts.items()},
    )


def _basis(
    frame: RunFrame, dates: CountDates, reports: pa.Table, undated_days: float
) -> tuple[dict[str, BOOL], dict[str, BOOL]]:
    """Return by count where its basis is unknown, and where FINRA flags a split in the very cycle of its date."""
    flagged = unexplained_splits(reports, frame.symbols, frame.splits, frame.day, frame.as_of)
    begun = cycle_starts(flagged)
    undated = undated_across_split(dates, frame.symbols, frame.splits, frame.day, frame.as_of, undated_days)
    days = {FLOAT: dates.float_days, OUTSTANDING: dates.outstanding_days}
    stated = {name: np.where(day >= 0, day, dates.asked_days) for name, day in days.items()}
    unknown = {name: undated | ((flagged != NEVER) & (day <= begun)) for name, day in stated.items()}
    return unknown, {name: (day > begun) & (day < flagged) for name, day in stated.items()}


def _of_today(frame: RunFrame) -> CountDates:
    today = cast(I32, np.full(len(frame.symbols), day_number(frame.day), np.int32))
    return CountDates(today, today, today)


def _sentence(verdict: Verdict, line: str) -> str:
    """Say how many names broke which rule."""
    about = {name: n for name, n in verdict.counts.get(line, {}).items() if name != "short_above_float"}
    return "implausible: " + ", ".join(f"{n} {name}" for name, n in about.items()) if about else ""


def _named(frame: RunFrame, verdict: Verdict) -> str:
    names = frame.symbols[verdict.named].tolist()
    if not names:
        return ""
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"more shares short than float: {', '.join(names[:_NAMES_SHOWN])}{more}"

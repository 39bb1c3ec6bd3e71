"""How old an input is and what that costs: freshness counted from publication, and the line people see per dataset.

A dataset is fresh until its next publication is due, whatever the hours say: a settlement report is weeks old by
nature, and yesterday's short-volume file is the newest there is until tonight. Past that it loses freshness, and from
the age in ``feed_limits.py`` on its values are missing.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.instants import micros
from amc_assets.features.snapshot import F64, InputAge
from amc_assets.market.calendar import previous_session, session_on_or_before, sessions_between
from amc_assets.market.publication import LONGEST_CYCLE, published_at, settlement_dates, short_volume_published_at
from amc_assets.reasons import Reason

_EPOCH = date(1970, 1, 1)
_HOUR_US = 3_600_000_000
_SHORTEST_HOURS = 1e-6  # a limit of 0 hours: anything overdue is too old


@dataclass(frozen=True)
class Staleness:
    """Limits of the settings, each counted from publication (docs/configuration.md)."""

    market_data_minutes: float = 15.0
    short_interest_hours: float = 48.0
    options_hours: float = 24.0
    news_hours: float = 6.0


@dataclass(frozen=True)
class Absence:
    """Why a dataset gave nothing, and a note for people."""

    reason: Reason
    note: str = ""


def freshness(age_over_limit: F64) -> F64:
    """Return 1 up to the limit, then max(.1, exp(-.5 (age/limit - 1))) (detectors.md, Confidence)."""
    return np.asarray(np.maximum(0.1, np.exp(-0.5 * np.maximum(age_over_limit - 1.0, 0.0))))


def short_interest_freshness(
    settlement_days: NDArray[np.int32], as_of: datetime, next_report_due_at: datetime, limit_hours: float
) -> F64:
    """Return the freshness of reports by settlement (days since 1970), F64 (N,): 1 until the next one is due.

    The report after a settlement is due by the publication calendar, and never later than ``next_report_due_at``.
    Past due, age is the hours since, and ``limit_hours`` the limit.
    """
    return freshness(short_interest_age(settlement_days, as_of, next_report_due_at, limit_hours))


def short_interest_age(
    settlement_days: NDArray[np.int32], as_of: datetime, next_report_due_at: datetime, limit_hours: float
) -> F64:
    """Return the hours since the report after each settlement became due over ``limit_hours``, F64 (N,)."""
    result = np.zeros(len(settlement_days))
    for settlement in np.unique(settlement_days).tolist():
        due = min(_report_after(_EPOCH + timedelta(days=settlement)), next_report_due_at)
        overdue_hours = (micros(as_of) - micros(due)) / _HOUR_US
        result[settlement_days == settlement] = overdue_hours / max(limit_hours, _SHORTEST_HOURS)
    return result


def _report_after(settlement: date) -> datetime:
    return published_at(settlement_dates(settlement + timedelta(days=1), settlement + LONGEST_CYCLE)[0])


def short_volume_freshness(newest_file: date, as_of: datetime) -> float:
    """Return 1 until the file after ``newest_file`` is published; age is counted in trading days, the limit is one."""
    return float(freshness(np.array(1.0 + sessions_missed(newest_file, newest_short_volume_file(as_of)))))


def sessions_missed(newest: date, expected: date) -> int:
    """Return how many sessions after ``newest`` up to ``expected`` gave nothing."""
    return max(0, len(sessions_between(newest, expected)) - 1) if newest < expected else 0


def newest_short_volume_file(as_of: datetime) -> date:
    """Return the newest session whose short-volume file is published at ``as_of``."""
    day = session_on_or_before(as_of.date())
    return day if short_volume_published_at(day) <= as_of else previous_session(day)


def input_age(
    name: str,
    source: str,
    known_at: datetime | None,
    as_of: datetime,
    *,
    absence: Absence,
    note: str = "",
    observed_on: date | None = None,
) -> InputAge:
    """Return the line of one dataset: its newest known_at and age, or the reason why there is none.

    observed_on: the day its newest rows are of. A biased input, known only after ``as_of``, has no age.
    """
    if known_at is None:
        return InputAge(name, source, None, None, absence.reason, "; ".join(t for t in (absence.note, note) if t))
    age_hours = (micros(as_of) - micros(known_at)) / _HOUR_US if known_at <= as_of else None
    return InputAge(name, source, known_at, age_hours, Reason.PRESENT, note, observed_on)


def how_old(missed: int, of: str = "session") -> str:
    """Return the words for ``missed`` publications that are not there; empty for none."""
    return f"{missed} {of}{'s' if missed > 1 else ''} old" if missed else ""


def stale_line(line: InputAge) -> InputAge:
    """Return the line of a dataset whose newest observation is too old to be used; it keeps its instant and age."""
    return replace(line, reason=Reason.STALE)


def refused_line(line: InputAge, why: str) -> InputAge:
    """Return the line of a dataset whose newest answer was not stored; what was known before keeps instant and age."""
    if not why:
        return line
    others = "" if line.note == why else line.note
    return replace(line, reason=Reason.IMPLAUSIBLE_FEED, note="; ".join(text for text in (why, others) if text))


def dropped_note(count: int) -> str:
    """Return the sentence about rows refused as known after as_of; empty when there were none."""
    return f"{count} rows known after as_of were dropped" if count else ""

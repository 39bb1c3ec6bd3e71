"""What a report is made of: plain frozen values, handed over complete; the report room looks nothing up."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from amc_assets.reasons import Reason

if TYPE_CHECKING:
    from amc_assets.report.evidence import Evidence

NO_OUTCOMES_YET = "This version does not work out what became of past alerts, so nothing is known of their reliability."


@dataclass(frozen=True)
class Notice:
    """One sentence that must be read before the numbers. level: info, warning or alarm."""

    level: Literal["info", "warning", "alarm"]
    title: str
    text: str


@dataclass(frozen=True)
class Fact:
    """One number of a candidate as a trader knows it, in the unit of its name, or None with the reason code."""

    value: float | None
    reason: Reason = Reason.PRESENT
    is_biased: bool = False


@dataclass(frozen=True)
class ShortInterestPoint:
    """Shares short at a settlement date, and the trade date from which the public could know it."""

    settlement_date: date
    visible_from: date
    shares: float


@dataclass(frozen=True)
class ChartSeries:
    """Bars of one candidate up to the trade date, oldest first; None where the symbol did not trade.

    short_interest: reports the public could know by then, oldest first.
    """

    trade_dates: tuple[date, ...]
    close_usd: tuple[float | None, ...]
    volume_shares: tuple[float | None, ...]
    short_interest: tuple[ShortInterestPoint, ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns of different lengths and numbers that are not finite."""
        if not len(self.trade_dates) == len(self.close_usd) == len(self.volume_shares):
            raise ValueError("a chart needs one close and one volume per trade date, None where nothing traded")
        if any(value is not None and not math.isfinite(value) for value in (*self.close_usd, *self.volume_shares)):
            raise ValueError("a chart holds a number that is not finite: pass None where nothing traded")


@dataclass(frozen=True)
class MissingCount:
    """How many names of the run lack a feature, for one reason."""

    feature: str
    reason: Reason
    count: int


@dataclass(frozen=True)
class ReliabilityRow:
    """How past alerts of one kind came out. Rates 0-1; None where nothing is resolved. low, high: 95 % interval."""

    strategy: str
    action: str
    label: str
    alerts: int
    resolved: int
    hits: int
    hit_frac: float | None
    low_frac: float | None
    high_frac: float | None
    base_rate_frac: float | None


@dataclass(frozen=True)
class EvaluationRow:
    """Precision of a list's first names over past days, beside the base rate and the simple sorts. Rates 0-1."""

    name: str
    label: str
    days: int
    precision_frac: float | None
    low_frac: float | None
    high_frac: float | None
    base_rate_frac: float | None
    is_baseline: bool


@dataclass(frozen=True)
class ReportData:
    """Everything on the page.

    screens: the screen object of each strategy, of one run; served_strategy names the one whose candidates are shown.
    facts: per symbol and feature name (close_usd, relvol_30, short_interest_float_frac, days_to_cover, float_shares);
    what is absent there is read from the name's own components and gates. series, evidence (options, headlines, halts,
    borrowing): per symbol. openings: the sentence that opens a name's section, per symbol. created_at: UTC.
    """

    screens: tuple[Mapping[str, Any], ...]
    served_strategy: str
    created_at: datetime
    code_version: str
    facts: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    series: Mapping[str, ChartSeries] = field(default_factory=dict)
    evidence: "Mapping[str, Evidence]" = field(default_factory=dict)
    openings: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    missing: tuple[MissingCount, ...] = ()
    reliability: tuple[ReliabilityRow, ...] = ()
    reliability_note: str = NO_OUTCOMES_YET
    evaluation: tuple[EvaluationRow, ...] = ()
    watchlist_limit: float = 0.70

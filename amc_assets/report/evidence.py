"""What the page shows of one candidate beside its score: options, headlines, halts and borrowing, as plain values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from amc_assets.reasons import Reason
from amc_assets.report.data import Fact

EVIDENCE_FEATURES = (
    "iv_30d_frac", "iv_percentile_frac", "iv_rank_frac", "iv_observations_count", "call_put_volume_ratio",
    "volume_open_interest_ratio", "option_volume_z", "near_call_open_interest_frac", "call_gamma_adv_frac",
    "borrow_stress", "short_loss_frac", "short_loss_float_frac",
)  # fmt: skip
"""Features of the snapshot that ``Evidence.facts`` holds: what is shown is what was scored, reasons included."""


@dataclass(frozen=True)
class Volatility:
    """Implied volatility of one name from the newest chains known at the run's as-of.

    chain_date: session of these chains; term: (days to expiry, volatility fraction a year), days ascending; history:
    one (exchange date, volatility fraction a year or None) per session from the first observed one to chain_date;
    is_calendar_arbitrage: total variance falls between the two expiries the 30 days lie between.
    """

    chain_date: date
    term: tuple[tuple[float, float], ...] = ()
    history: tuple[tuple[date, float | None], ...] = ()
    is_calendar_arbitrage: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn: numbers that are not finite, expiries without a day."""
        numbers = [number for point in self.term for number in point]
        numbers += [iv_frac for _, iv_frac in self.history if iv_frac is not None]
        if not all(map(math.isfinite, numbers)) or any(days <= 0 for days, _ in self.term):
            raise ValueError("volatility needs finite numbers and days above zero: leave out what is not known")


@dataclass(frozen=True)
class ChainVolume:
    """Contracts traded on the day of the newest chain: calls and puts, None with a reason where not sent."""

    chain_date: date
    calls: Fact
    puts: Fact


@dataclass(frozen=True)
class NewsItem:
    """One headline or filing; every text is the source's and untrusted.

    publishers: who carried the story, first one first. direction, stock_polarity: ours and TextBlob's reading of the
    title, -1..1; None for filings, which count as events. form, filing_items: of a filing, empty for a headline.
    """

    published_at: datetime
    title: str
    publishers: tuple[str, ...]
    url: str = ""
    form: str = ""
    filing_items: str = ""
    direction: float | None = None
    stock_polarity: float | None = None


@dataclass(frozen=True)
class Halt:
    """One trading halt; resumed_at is None where no resumption was known at the as-of. Nasdaq's reason code."""

    halted_at: datetime
    resumed_at: datetime | None
    reason_code: str


@dataclass(frozen=True)
class StressPart:
    """One part of the borrow stress: score 0-100, its input in its unit, weight; or the reason it is missing."""

    name: str
    score: float | None
    value: float | None
    unit: str
    weight: float
    known_at: datetime | None
    reason: Reason


@dataclass(frozen=True)
class Stress:
    """The borrow stress of the run: level (low, moderate, high, extreme, unknown), confidence 0-1, parts."""

    level: str
    confidence: float | None
    parts: tuple[StressPart, ...]


@dataclass(frozen=True)
class Evidence:
    """Everything known at the as-of of one candidate; what is None or empty has its reason beside it.

    facts: EVIDENCE_FEATURES by name. news_reason, halts_reason: PRESENT where the feeds were collected, so that nothing
    found means that there was nothing; news: newest first.
    """

    facts: Mapping[str, Fact]
    volatility: Volatility | None = None
    volume: ChainVolume | None = None
    news: tuple[NewsItem, ...] = ()
    news_reason: Reason = Reason.PRESENT
    news_days: int = 0
    halts: tuple[Halt, ...] = ()
    halts_reason: Reason = Reason.PRESENT
    stress: Stress | None = None

    def fact(self, feature: str) -> Fact:
        """Return a fact by feature name; one that was not passed is missing as NOT_FETCHED."""
        return self.facts.get(feature, Fact(None, Reason.NOT_FETCHED))

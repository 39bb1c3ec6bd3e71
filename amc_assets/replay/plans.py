"""The providers' plans, kept on the server's side: calls in a window, calls in a day, what a plan includes.

The replay server is unlimited unless a plan is asked for. Refused calls take no place in a window but count in the
day, as has been reported of Alpha Vantage.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from threading import Lock
from types import MappingProxyType

from amc_assets.clock import Clock, SystemClock
from amc_assets.market.calendar import exchange_date
from amc_assets.replay import alpha_vantage_refusals, finra_api, wire_polygon, wire_sec
from amc_assets.replay.answers import HTML_HEADERS, Answer
from amc_assets.replay.datasets import PROVIDER_OF, Dataset
from amc_assets.replay.site import Routed, Site

HISTORY_DAYS = 730
PRICING = "Please upgrade your plan at https://massive.com/pricing"


class Plan(StrEnum):
    """A plan of the providers, as ``AMC_PLAN`` names them; unlimited is the replay server's own."""

    UNLIMITED = "unlimited"
    FREE = "free"
    BRIEF = "brief"


@dataclass(frozen=True)
class Allowance:
    """At most ``calls`` in any ``per_seconds`` and ``per_day`` in a New York day (None: no daily count)."""

    calls: int
    per_seconds: float
    per_day: int | None = None


@dataclass(frozen=True)
class Entitlement:
    """Whether Polygon's free plan includes a dataset, and how well that is known (providers.md: V, R, H, ?)."""

    is_included: bool
    grade: str


# FINRA and the SEC publish one limit for everybody. Alpha Vantage's 5 a minute are the plan of the brief.
_EVERYBODY = {"finra": Allowance(1200, 60.0), "sec": Allowance(10, 1.0)}
ALLOWANCES: Mapping[Plan, Mapping[str, Allowance]] = MappingProxyType(
    {
        Plan.UNLIMITED: {},
        Plan.FREE: {**_EVERYBODY, "polygon": Allowance(5, 60.0), "alpha_vantage": Allowance(1, 1.0, per_day=25)},
        Plan.BRIEF: {**_EVERYBODY, "polygon": Allowance(100, 60.0), "alpha_vantage": Allowance(5, 60.0)},
    }
)
POLYGON_FREE: Mapping[Dataset, Entitlement] = MappingProxyType(
    {
        Dataset.DAILY_BARS: Entitlement(True, "R"),
        Dataset.AGGREGATES: Entitlement(True, "R"),
        Dataset.SPLITS: Entitlement(True, "R"),
        Dataset.TICKERS: Entitlement(True, "R"),
        Dataset.TICKER_DETAILS: Entitlement(True, "R"),
        Dataset.POLYGON_NEWS: Entitlement(True, "R"),
        Dataset.MARKET_STATUS: Entitlement(True, "R"),
        Dataset.MARKET_HOLIDAYS: Entitlement(True, "R"),
        Dataset.MARKET_SNAPSHOT: Entitlement(False, "R"),
        Dataset.OPTION_SNAPSHOT: Entitlement(False, "R"),
        # not verified by anybody: refused here, so that the project is tested on the poorer case
        Dataset.FLOATS: Entitlement(False, "?"),
        Dataset.POLYGON_SHORT_INTEREST: Entitlement(False, "?"),
        Dataset.POLYGON_SHORT_VOLUME: Entitlement(False, "?"),
    }
)
_ALPHA_VANTAGE_PREMIUM = frozenset({Dataset.INTRADAY_BARS, Dataset.INTRADAY_BARS_CSV, Dataset.HISTORICAL_OPTIONS})
_PREMIUM_FUNCTIONS = frozenset({"TIME_SERIES_DAILY_ADJUSTED", "REALTIME_OPTIONS_FMV", "REALTIME_BULK_QUOTES"})


class PlanGuard:
    """Refuses what a plan does not include and what exceeds its limits; threads may share it."""

    def __init__(self, plan: Plan, site: Site, clock: Clock | None) -> None:
        self._plan = plan
        self._site = site
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._accepted: dict[str, deque[float]] = {}
        self._day_counts: dict[tuple[str, date], int] = {}

    def refusal(self, routed: Routed) -> Answer | None:
        """Return the provider's own refusal of this request; None when the plan lets it pass."""
        provider = PROVIDER_OF[routed.dataset]
        allowance = ALLOWANCES[self._plan].get(provider)
        if allowance is None:
            return None
        reason = self._over_limit(provider, allowance)
        answer = None if reason is None else self._limit_answer(provider, reason, routed)
        if answer is None and self._plan is Plan.FREE:
            reason, answer = self._not_included(provider, routed)
        if answer is not None and reason is not None:
            self._site.refusals.count(provider, reason)
        return answer

    def _over_limit(self, provider: str, allowance: Allowance) -> str | None:
        now, today = self._clock.monotonic(), exchange_date(self._clock.now())
        with self._lock:
            used = self._day_counts.get((provider, today), 0)
            self._day_counts[provider, today] = used + 1
            if allowance.per_day is not None and used >= allowance.per_day:
                return "per_day"
            accepted = self._accepted.setdefault(provider, deque())
            while accepted and accepted[0] <= now - allowance.per_seconds:
                accepted.popleft()
            if len(accepted) >= allowance.calls:
                return "per_second" if allowance.per_seconds <= 1 else "per_minute"
            accepted.append(now)
        return None

    def _limit_answer(self, provider: str, reason: str, routed: Routed) -> Answer:
        if provider == "polygon":
            return polygon_throttled(routed.canonical)
        if provider == "sec":
            return Answer(403, wire_sec.TOO_FAST, HTML_HEADERS)
        if provider == "finra":
            return finra_throttled(routed.canonical)
        if reason == "per_day":
            return alpha_vantage_refusals.day_spent(self._site.alpha_vantage_key)
        if self._plan is Plan.FREE:
            return alpha_vantage_refusals.too_fast()
        return alpha_vantage_refusals.old_throttle()

    def _not_included(self, provider: str, routed: Routed) -> tuple[str | None, Answer | None]:
        if provider == "polygon":
            return self._polygon_free(routed)
        if provider != "alpha_vantage":
            return None, None
        if routed.dataset is Dataset.REALTIME_OPTIONS:
            return "not_entitled", alpha_vantage_refusals.artificial_options()
        if routed.dataset in _ALPHA_VANTAGE_PREMIUM or routed.params.get("function") in _PREMIUM_FUNCTIONS:
            return "not_entitled", alpha_vantage_refusals.premium_endpoint()
        is_daily = routed.dataset in {Dataset.DAILY_BARS_COMPACT, Dataset.DAILY_BARS_COMPACT_CSV}
        if is_daily and routed.params.get("outputsize") == "full":
            return "not_entitled", alpha_vantage_refusals.premium_outputsize()
        return None, None

    def _polygon_free(self, routed: Routed) -> tuple[str | None, Answer | None]:
        if not POLYGON_FREE[routed.dataset].is_included:
            return "not_entitled", not_authorized(f"You are not entitled to this data. {PRICING}", routed.canonical)
        days = _days_asked(routed)
        if not days or not self._site.gate.has_clock:
            return None, None
        today = exchange_date(self._clock.now())
        if min(days) >= today:
            text = f"Attempted to request today's data before end of day. {PRICING}"
            return "today", not_authorized(text, routed.canonical)
        if min(days) < today - timedelta(days=HISTORY_DAYS):
            text = f"Your plan doesn't include this data timeframe. {PRICING}"
            return "too_old", not_authorized(text, routed.canonical)
        return None, None


def polygon_throttled(path: str) -> Answer:
    """Return Polygon's 429."""
    text = (
        "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to continue. "
        "https://massive.com/pricing"
    )
    return Answer(429, wire_polygon.error("ERROR", text, path=path))


def finra_throttled(path: str) -> Answer:
    """Return FINRA's 429; no Retry-After is documented."""
    return Answer(429, finra_api.error_body(429, "Too Many Requests", "API rate limit exceeded.", path))


def not_authorized(text: str, path: str) -> Answer:
    """Return Polygon's 403 for what a plan does not include."""
    return Answer(403, wire_polygon.error("NOT_AUTHORIZED", text, path=path, field="message"))


def _days_asked(routed: Routed) -> list[date]:
    if routed.dataset not in {Dataset.DAILY_BARS, Dataset.AGGREGATES}:
        return []
    texts = routed.path.split("/")[-2:] if routed.dataset is Dataset.AGGREGATES else [routed.path.rpartition("/")[2]]
    days = []
    for text in texts:
        try:
            days.append(date.fromisoformat(text))
        except ValueError:  # milliseconds, or what the route refuses by itself
            continue
    return days

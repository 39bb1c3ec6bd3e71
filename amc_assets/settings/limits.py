"""Limits, breakers and retries per provider: the variables, the plan and the published facts in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from amc_assets.settings.names import KNOWN_PROVIDERS, Origin, Plan
from amc_assets.settings.plans import PLAN_LIMITS, RATE_VARIABLES, PlanLimit

if TYPE_CHECKING:
    from amc_assets.settings.model import Settings

# Limits belong to the host: the replay server, which serves simulated and mocked data, has none.
UNLIMITED: Final = PlanLimit(1_000_000_000, 1.0)


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """Bound the calls to one provider.

    At most `calls` in any `per_seconds`, `burst` of them at once, and `per_day` a day (None: no daily count).
    The breaker opens after `breaker_failures` in a row, or when `breaker_window_failure_frac` of the last
    `breaker_window_calls` (at least `breaker_window_min_calls`) failed; it refuses for `breaker_seconds` and
    closes after `breaker_successes` good probes. A call is tried `retry_attempts` times at most, waits grow by
    `retry_growth` from `retry_wait_min_seconds` to `retry_wait_max_seconds`, spread by +-`retry_jitter_frac`;
    all of it takes `total_seconds` at most. `origins` says where each number is from.
    """

    calls: int
    per_seconds: float
    per_day: int | None
    burst: int
    breaker_failures: int
    breaker_seconds: int
    breaker_successes: int
    breaker_window_calls: int
    breaker_window_min_calls: int
    breaker_window_failure_frac: float
    retry_attempts: int
    retry_wait_min_seconds: float
    retry_wait_max_seconds: float
    retry_jitter_frac: float
    retry_growth: float
    total_seconds: float
    origins: Mapping[str, Origin]

    @property
    def is_unlimited(self) -> bool:
        """Say whether calls need not be counted against a limit."""
        return self.calls >= UNLIMITED.calls


@dataclass(frozen=True, slots=True)
class _Facts:
    """Hold what no variable sets. `limit` and `breaker` serve providers without variables of their own."""

    wait_min_seconds: float
    wait_max_seconds: float
    jitter_frac: float
    attempts: int = 3
    growth: float = 2.0
    successes: int = 2
    total_seconds: float = 60.0
    limit: PlanLimit = UNLIMITED
    breaker: tuple[int, int] = (3, 300)


# No provider documents that calls may come all at once ("no burst" at Alpha Vantage), so all are spaced evenly.
BURST: Final = 1
# resilience4j opens at half of 100 calls; a 15-minute refresh makes some twenty calls to one provider.
WINDOW_CALLS: Final = 20
WINDOW_MIN_CALLS: Final = 10
WINDOW_FAILURE_FRAC: Final = 0.5

# Waits, growth, jitter, attempts and the good probes that close a breaker: domain A6 per provider, cut to the brief's
# 3 attempts and 2-60 s; the others wait and heal as FINRA does.
# SEC: 10 a second per user over all its hosts; 8 leaves room for a second machine's clock.
# Time budgets, and the limits of exchanges, Treasury and feeds (which publish none), are this project's choice.
_FACTS: Mapping[str, _Facts] = {
    "finra": _Facts(2.0, 16.0, 0.25, total_seconds=120.0),
    "alpha_vantage": _Facts(12.0, 12.0, 0.0, attempts=2, growth=1.0, successes=1),
    "polygon": _Facts(2.0, 5.0, 0.20, growth=1.5, successes=3),
    "nasdaq": _Facts(2.0, 16.0, 0.25, limit=PlanLimit(30, 60.0)),
    "nyse": _Facts(2.0, 16.0, 0.25, limit=PlanLimit(12, 60.0)),
    "treasury": _Facts(2.0, 16.0, 0.25, limit=PlanLimit(30, 60.0)),
    "yahoo": _Facts(2.0, 16.0, 0.25, limit=PlanLimit(30, 60.0)),
    "sec": _Facts(2.0, 16.0, 0.25, limit=PlanLimit(8, 1.0)),
    "news": _Facts(2.0, 16.0, 0.25, total_seconds=30.0, limit=PlanLimit(30, 60.0)),
}


def limits_of(settings: "Settings", provider: str) -> ProviderLimits:
    """Return the limits of one provider: an explicit variable beats the plan, the plan beats the default.

    Raises ValueError for a provider that is not one of `KNOWN_PROVIDERS`.
    """
    if provider not in _FACTS:
        raise ValueError(f"no provider is called {provider!r}; the known ones are {', '.join(KNOWN_PROVIDERS)}")
    facts = _FACTS[provider]
    limit, limit_origin = _limit(settings, provider, facts)
    (failures, seconds), breaker_origins = _breaker(settings, provider, facts)
    origins: dict[str, Origin] = {
        **dict.fromkeys((field.name for field in fields(ProviderLimits) if field.name != "origins"), "default"),
        "calls": limit_origin,
        "per_seconds": limit_origin,
        "per_day": "plan" if limit.per_day is not None else "default",
        **breaker_origins,
    }
    return ProviderLimits(
        calls=limit.calls,
        per_seconds=limit.per_seconds,
        per_day=limit.per_day,
        burst=BURST,
        breaker_failures=failures,
        breaker_seconds=seconds,
        breaker_successes=facts.successes,
        breaker_window_calls=WINDOW_CALLS,
        breaker_window_min_calls=WINDOW_MIN_CALLS,
        breaker_window_failure_frac=WINDOW_FAILURE_FRAC,
        retry_attempts=facts.attempts,
        retry_wait_min_seconds=facts.wait_min_seconds,
        retry_wait_max_seconds=facts.wait_max_seconds,
        retry_jitter_frac=facts.jitter_frac,
        retry_growth=facts.growth,
        total_seconds=facts.total_seconds,
        origins=origins,
    )


def _limit(settings: "Settings", provider: str, facts: _Facts) -> tuple[PlanLimit, Origin]:
    variable = RATE_VARIABLES.get(provider)
    of_plan = PLAN_LIMITS[settings.plan].get(provider)
    on_replay = settings.plan is Plan.SIMULATED or settings.is_mocked(provider)
    if variable is not None and settings.origins.get(variable) == "environment":
        # The daily quota is the provider's: a faster pace does not lift it, another plan does.
        per_day = of_plan.per_day if of_plan and not on_replay else None
        return PlanLimit(getattr(settings, variable.lower()), 60.0, per_day), "environment"
    if on_replay:
        return UNLIMITED, "plan" if settings.plan is Plan.SIMULATED else "environment"
    if of_plan is not None:
        return of_plan, "plan"
    if variable is not None:
        return PlanLimit(getattr(settings, variable.lower()), 60.0), "default"
    return facts.limit, "default"


def _breaker(settings: "Settings", provider: str, facts: _Facts) -> tuple[tuple[int, int], dict[str, Origin]]:
    if provider not in RATE_VARIABLES:
        return facts.breaker, {"breaker_failures": "default", "breaker_seconds": "default"}
    threshold, timeout = f"{provider}_circuit_breaker_threshold", f"{provider}_circuit_breaker_timeout"
    return (getattr(settings, threshold), getattr(settings, timeout)), {
        "breaker_failures": settings.origins.get(threshold.upper(), "default"),
        "breaker_seconds": settings.origins.get(timeout.upper(), "default"),
    }

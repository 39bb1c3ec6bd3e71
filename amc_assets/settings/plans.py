"""What a plan means: how it is found, which sources it uses, which limits and variables it brings."""

from collections.abc import Mapping
from dataclasses import dataclass

from amc_assets.settings.names import Environment, Plan

PROVIDER_KEYS: tuple[str, ...] = ("ALPHA_VANTAGE_API_KEY", "POLYGON_API_KEY")

# The brief's validate_environment_variables, in its order.
REQUIRED_BY_BRIEF: tuple[str, ...] = (
    "SCORING_STRATEGY",
    "FINRA_API_BASE_URL",
    "ALPHA_VANTAGE_API_KEY",
    "POLYGON_API_KEY",
    "SLACK_WEBHOOK_URL",
    "DATABASE_URL",
    "REDIS_URL",
)

_KEYLESS = frozenset({"finra", "nasdaq", "nyse", "sec", "treasury", "news", "yahoo"})
_ALL = _KEYLESS | {"alpha_vantage", "polygon"}
PLAN_SOURCES: Mapping[Plan, frozenset[str]] = {
    Plan.SIMULATED: _ALL,
    Plan.KEYLESS: _KEYLESS,
    Plan.FREE: _ALL,
    Plan.BRIEF: _ALL,
}

KEY_OF_PROVIDER: Mapping[str, str] = {"alpha_vantage": "ALPHA_VANTAGE_API_KEY", "polygon": "POLYGON_API_KEY"}


@dataclass(frozen=True, slots=True)
class PlanLimit:
    """Allow `calls` in any `per_seconds`, and `per_day` calls a day where the provider counts days."""

    calls: int
    per_seconds: float
    per_day: int | None = None

    @property
    def per_minute(self) -> int:
        """Return the same limit as the `*_RATE_LIMIT` variables count it."""
        return round(self.calls * 60 / self.per_seconds)


# Free: Alpha Vantage 25 a day, about 1 a second since 2024 (beanprice#124); Polygon 5 a minute (issues#112).
PLAN_LIMITS: Mapping[Plan, Mapping[str, PlanLimit]] = {
    Plan.SIMULATED: {},
    Plan.KEYLESS: {},
    Plan.FREE: {"alpha_vantage": PlanLimit(1, 1.0, 25), "polygon": PlanLimit(5, 60.0)},
    Plan.BRIEF: {
        "finra": PlanLimit(60, 60.0),
        "alpha_vantage": PlanLimit(5, 60.0),
        "polygon": PlanLimit(100, 60.0),
    },
}

RATE_VARIABLES: Mapping[str, str] = {
    "finra": "FINRA_API_RATE_LIMIT",
    "alpha_vantage": "ALPHA_VANTAGE_RATE_LIMIT",
    "polygon": "POLYGON_RATE_LIMIT",
}

# Two installations on one Redis or in one Slack workspace must not mix: the brief's names are production's.
ENVIRONMENT_DEFAULTS: Mapping[Environment, Mapping[str, str]] = {
    Environment.PRODUCTION: {},
    Environment.STAGING: {
        "REDIS_DISCOVERY_KEY_PREFIX": "amc:staging:discovery:unified",
        "REDIS_AB_TEST_KEY_PREFIX": "amc:staging:ab_test",
        "SLACK_CHANNEL": "#amc-trader-alerts-staging",
    },
    Environment.DEV: {
        "REDIS_DISCOVERY_KEY_PREFIX": "amc:dev:discovery:unified",
        "REDIS_AB_TEST_KEY_PREFIX": "amc:dev:ab_test",
        "SLACK_CHANNEL": "#amc-trader-alerts-dev",
    },
}


def detect_plan(given: Mapping[str, str]) -> tuple[Plan, str]:
    """Return the plan in force and the reason in words, from the variables that are set.

    Without AMC_PLAN: `simulated` while no provider key is set, `free` once one is. An AMC_PLAN that is
    not a plan counts as unset here; the loader reports it.
    """
    named = given.get("AMC_PLAN")
    if named in set(Plan):
        return Plan(named), "AMC_PLAN is set"
    keys = [key for key in PROVIDER_KEYS if key in given]
    if not keys:
        return Plan.SIMULATED, "no provider key is set"
    verb = "is" if len(keys) == 1 else "are"
    return Plan.FREE, f"{' and '.join(keys)} {verb} set"


def plan_values(plan: Plan) -> dict[str, int]:
    """Return the variables a plan sets, in calls per minute; an explicit variable beats them."""
    return {RATE_VARIABLES[provider]: limit.per_minute for provider, limit in PLAN_LIMITS[plan].items()}

"""Closed sets of words that settings use: plans, environments, executors, strategies, origins.

Only words belong here; what a plan means is in `plans.py`.
"""

from enum import StrEnum
from typing import Literal, get_args


class Plan(StrEnum):
    """Name which sources are in use and with which limits (design 4)."""

    SIMULATED = "simulated"
    KEYLESS = "keyless"
    FREE = "free"
    BRIEF = "brief"


class Environment(StrEnum):
    """Name where this installation runs; `dev` selects the `DEV_*` values."""

    DEV = "dev"
    STAGING = "staging"
    PRODUCTION = "production"


class Executor(StrEnum):
    """Name the Dagster executor of every job."""

    IN_PROCESS = "in_process"
    MULTIPROCESS = "multiprocess"
    CELERY = "celery"
    K8S = "k8s"


Origin = Literal["environment", "vault", "plan", "default"]
StrategyName = Literal["legacy_v0", "hybrid_v1", "unified_detectors", "fuel_ignition"]
ProviderName = Literal["finra", "alpha_vantage", "polygon", "nasdaq", "nyse", "sec", "treasury", "news", "yahoo"]

KNOWN_STRATEGIES: tuple[str, ...] = get_args(StrategyName)
KNOWN_PROVIDERS: tuple[str, ...] = get_args(ProviderName)

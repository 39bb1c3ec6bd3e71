"""What is wrong with values that are each right: pairs that contradict or need each other.

Each rule names the one variable to change. Rules see only variables that passed their own check.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from amc_assets.settings.document import variables
from amc_assets.settings.names import Executor, Plan
from amc_assets.settings.plans import KEY_OF_PROVIDER, PLAN_SOURCES, REQUIRED_BY_BRIEF
from amc_assets.settings.problems import SettingsWarning

if TYPE_CHECKING:
    from amc_assets.settings.model import Settings

# Tried on dagster 1.13 (dagster.md 4); the celery pair is dagster#32915, the Kubernetes pair dagster#22027.
_BAD_LAUNCHERS: Mapping[tuple[str, Executor], str] = {
    (
        "CeleryRunLauncher",
        Executor.MULTIPROCESS,
    ): "celery workers are daemonic processes, which may not have children",
    ("CeleryRunLauncher", Executor.CELERY): "a celery task may not wait for another celery task's result",
    ("CeleryK8sRunLauncher", Executor.CELERY): "this launcher works with its own executor only",
}


def launcher_problem(executor: Executor, launcher: str) -> str | None:
    """Say why a run launcher (class name in dagster.yaml) fails with AMC_EXECUTOR; None if it works."""
    reason = _BAD_LAUNCHERS.get((launcher, executor))
    if reason is None:
        return None
    return (
        f"AMC_EXECUTOR={executor} fails with the run launcher {launcher}: {reason}. "
        f"Set AMC_EXECUTOR=in_process, or use the default run launcher"
    )


def missing_required(plan: Plan, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (variable, what is wrong) for each of the brief's seven that plan `brief` misses."""
    if plan is Plan.BRIEF:
        for name in REQUIRED_BY_BRIEF:
            if name not in given:
                yield name, "is not set and AMC_PLAN=brief requires it"


def contradictions(settings: "Settings", given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (variable, what is wrong) for each contradiction between valid values."""
    yield from _executor_needs(settings, given)
    for one, other in (("ID", "SECRET"), ("SECRET", "ID")):
        if f"FINRA_CLIENT_{one}" in given and f"FINRA_CLIENT_{other}" not in given:
            yield f"FINRA_CLIENT_{other}", f"is not set and FINRA_CLIENT_{one} is useless without it"
    discovery, experiments = settings.redis_discovery_key_prefix, settings.redis_ab_test_key_prefix
    if f"{discovery}:".startswith(f"{experiments}:") or f"{experiments}:".startswith(f"{discovery}:"):
        # Clearing the discovery cache at 05:00 would clear experiments with it.
        yield "REDIS_AB_TEST_KEY_PREFIX", "and REDIS_DISCOVERY_KEY_PREFIX must not contain each other"


def _executor_needs(settings: "Settings", given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    executor = settings.executor
    if executor not in {Executor.CELERY, Executor.K8S}:
        return
    if settings.database_url.startswith("sqlite"):
        fault = "is SQLite" if "DATABASE_URL" in given else "is not set"
        yield (
            "DATABASE_URL",
            f"{fault} and AMC_EXECUTOR={executor} needs PostgreSQL that every worker reaches",
        )
    if "AMC_LAKE_URL" not in given:
        yield "AMC_LAKE_URL", f"is not set and AMC_EXECUTOR={executor} needs a lake that every worker reaches"
    if executor is Executor.CELERY and "REDIS_URL" not in given:
        yield "REDIS_URL", "is not set and AMC_EXECUTOR=celery needs it as broker and result backend"


def oddities(settings: "Settings", given: Mapping[str, str]) -> Iterator[SettingsWarning]:
    """Yield what is allowed but probably not meant."""
    for provider, key in KEY_OF_PROVIDER.items():
        if key in given and provider not in PLAN_SOURCES[settings.plan]:
            yield SettingsWarning(key, f"is set, but plan {settings.plan} does not use it")
        elif key in given and settings.plan is Plan.SIMULATED:
            yield SettingsWarning(key, "is set, but plan simulated asks the embedded market only")
    for doc in variables():
        if doc.is_planned and doc.name in given:
            yield SettingsWarning(doc.name, "is set, but has no effect in this version")
    if not settings.circuit_breaker_global_enabled:
        yield SettingsWarning(
            "CIRCUIT_BREAKER_GLOBAL_ENABLED",
            "circuit breakers are off: failing providers are called without pause",
        )
    for provider in ("finra", "alpha_vantage"):
        if settings.is_mocked(provider) and settings.plan is not Plan.SIMULATED:
            yield SettingsWarning(
                f"MOCK_{provider.upper()}_DATA_ENABLED",
                f"is true on plan {settings.plan}: every row is marked simulated, nothing goes to Slack",
            )

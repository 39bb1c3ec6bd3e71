"""An explicit variable beats the plan, the plan beats the default; every value knows which it was."""

import os
from pathlib import Path

import pytest

from amc_assets.settings import (
    KNOWN_PROVIDERS,
    REQUIRED_BY_BRIEF,
    Executor,
    Plan,
    Settings,
    SettingsError,
    launcher_problem,
    load_settings,
)
from amc_assets_tests.settings.bad_values import SECRETS

BRIEF = {
    "AMC_PLAN": "brief",
    "SCORING_STRATEGY": "unified_detectors",
    "FINRA_API_BASE_URL": "https://api.finra.org/data/group/otcMarket/name",
    **{name: SECRETS[name] for name in REQUIRED_BY_BRIEF if name in SECRETS},
}


def described(settings: Settings, name: str) -> tuple[str, str]:
    return next((row["value"], row["origin"]) for row in settings.describe() if row["name"] == name)


@pytest.mark.parametrize(
    ("environ", "plan", "reason"),
    [
        ({}, Plan.SIMULATED, "no provider key is set"),
        ({"POLYGON_API_KEY": "  "}, Plan.SIMULATED, "no provider key is set"),
        ({"POLYGON_API_KEY": "k"}, Plan.FREE, "POLYGON_API_KEY is set"),
        ({"ALPHA_VANTAGE_API_KEY": "k"}, Plan.FREE, "ALPHA_VANTAGE_API_KEY is set"),
        (
            {"ALPHA_VANTAGE_API_KEY": "k", "POLYGON_API_KEY": "k"},
            Plan.FREE,
            "ALPHA_VANTAGE_API_KEY and POLYGON_API_KEY are set",
        ),
        ({"AMC_PLAN": "keyless", "POLYGON_API_KEY": "k"}, Plan.KEYLESS, "AMC_PLAN is set"),
        (BRIEF, Plan.BRIEF, "AMC_PLAN is set"),
    ],
)
def test_plan_and_its_reason(environ: dict[str, str], plan: Plan, reason: str):
    settings = load_settings(environ)
    assert (settings.plan, settings.plan_reason) == (plan, reason)
    assert settings.is_simulated is (plan is Plan.SIMULATED)


def test_nothing_but_the_argument_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("POLYGON_RATE_LIMIT", "polygon_rate_limit"):
        monkeypatch.setenv(name, "7")
    monkeypatch.setitem(os.environ, "AMC_PLAN", "brief")
    (tmp_path / ".env").write_text("POLYGON_RATE_LIMIT=7\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).polygon_rate_limit == 100
    assert Settings().polygon_rate_limit == 100
    assert load_settings(os.environ | {"AMC_PLAN": ""}).polygon_rate_limit == 7


def test_brief_names_all_its_seven_variables_at_once():
    with pytest.raises(SettingsError) as caught:
        load_settings({"AMC_PLAN": "brief"})
    assert {problem.variable for problem in caught.value.problems} == {
        "SCORING_STRATEGY",
        "FINRA_API_BASE_URL",
        "ALPHA_VANTAGE_API_KEY",
        "POLYGON_API_KEY",
        "SLACK_WEBHOOK_URL",
        "DATABASE_URL",
        "REDIS_URL",
    }
    assert "unset it" not in str(caught.value)


@pytest.mark.parametrize("missing", REQUIRED_BY_BRIEF)
def test_brief_misses_each_one(missing: str):
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value for name, value in BRIEF.items() if name != missing})
    assert [problem.variable for problem in caught.value.problems] == [missing]


def test_explicit_beats_plan_beats_default():
    free = {"POLYGON_API_KEY": "k"}
    assert described(load_settings(free), "POLYGON_RATE_LIMIT") == ("5", "plan")
    assert described(load_settings(free), "FINRA_API_RATE_LIMIT") == ("60", "default")
    explicit = load_settings({**free, "POLYGON_RATE_LIMIT": "33"})
    assert described(explicit, "POLYGON_RATE_LIMIT") == ("33", "environment")
    assert (explicit.limits("polygon").calls, explicit.limits("polygon").origins["calls"]) == (
        33,
        "environment",
    )
    assert described(load_settings(BRIEF), "POLYGON_RATE_LIMIT") == ("100", "plan")


def test_free_limits_are_todays():
    settings = load_settings({"POLYGON_API_KEY": "k", "ALPHA_VANTAGE_API_KEY": "k"})
    alpha, polygon = settings.limits("alpha_vantage"), settings.limits("polygon")
    assert (alpha.calls, alpha.per_seconds, alpha.per_day) == (1, 1.0, 25)
    assert (polygon.calls, polygon.per_seconds, polygon.per_day) == (5, 60.0, None)
    assert alpha.origins["per_day"] == "plan"


def test_free_daily_quota_survives_an_explicit_pace():
    limits = load_settings({"ALPHA_VANTAGE_API_KEY": "k", "ALPHA_VANTAGE_RATE_LIMIT": "30"})
    assert (limits.limits("alpha_vantage").calls, limits.limits("alpha_vantage").per_day) == (30, 25)


@pytest.mark.parametrize(
    ("provider", "calls", "failures", "seconds"),
    [("finra", 60, 3, 300), ("alpha_vantage", 5, 2, 180), ("polygon", 100, 5, 120)],
)
def test_brief_limits_are_the_briefs(provider: str, calls: int, failures: int, seconds: int):
    limits = load_settings(BRIEF).limits(provider)
    assert (limits.calls, limits.per_seconds, limits.per_day) == (calls, 60.0, None)
    assert (limits.breaker_failures, limits.breaker_seconds) == (failures, seconds)


@pytest.mark.parametrize("provider", KNOWN_PROVIDERS)
def test_retries_stay_within_the_briefs_bounds(provider: str):
    limits = load_settings({"AMC_PLAN": "keyless"}).limits(provider)
    assert 1 <= limits.retry_attempts <= 3
    assert 2 <= limits.retry_wait_min_seconds <= limits.retry_wait_max_seconds <= 60
    assert 0 <= limits.retry_jitter_frac < 1
    assert limits.total_seconds > limits.retry_wait_max_seconds * (limits.retry_attempts - 1) * (
        1 - limits.retry_jitter_frac
    )
    assert not limits.is_unlimited
    assert set(limits.origins) | {"origins"} == set(type(limits).__dataclass_fields__)


def test_replay_is_unlimited_unless_asked():
    assert load_settings({}).limits("polygon").is_unlimited
    assert load_settings({"POLYGON_RATE_LIMIT": "5"}).limits("polygon").calls == 5
    mocked = load_settings({"AMC_PLAN": "keyless", "MOCK_FINRA_DATA_ENABLED": "true"})
    assert mocked.limits("finra").is_unlimited
    assert mocked.is_simulated
    assert not mocked.limits("sec").is_unlimited


def test_breaker_variables_reach_the_limits():
    settings = load_settings({"FINRA_CIRCUIT_BREAKER_THRESHOLD": "9", "POLYGON_CIRCUIT_BREAKER_TIMEOUT": "11"})
    assert settings.limits("finra").breaker_failures == 9
    assert settings.limits("finra").origins["breaker_failures"] == "environment"
    assert settings.limits("polygon").breaker_seconds == 11
    assert settings.limits("polygon").origins["breaker_failures"] == "default"


def test_unknown_provider_is_refused():
    with pytest.raises(ValueError, match="alpha_vantage, polygon"):
        load_settings({}).limits("bloomberg")


def test_sources_of_plans():
    keyless = load_settings({"AMC_PLAN": "keyless", "POLYGON_API_KEY": "k"})
    assert [provider for provider in KNOWN_PROVIDERS if keyless.uses(provider)] == [
        "finra",
        "nasdaq",
        "nyse",
        "sec",
        "treasury",
        "news",
    ]
    free = load_settings({"POLYGON_API_KEY": "k"})
    assert free.uses("polygon")
    assert not free.uses("alpha_vantage")
    assert [provider for provider in KNOWN_PROVIDERS if not load_settings({}).uses(provider)] == ["yahoo"]
    assert load_settings({"AMC_PLAN": "keyless", "AMC_YAHOO_OPTIONS": "true"}).uses("yahoo")


def test_dev_values():
    settings = load_settings({"AMC_ENV": "dev"})
    assert (settings.discovery_frequency_minutes, settings.max_candidates) == (5, 10)
    assert settings.circuit_breaker_global_enabled is False
    assert settings.origins["MAX_CANDIDATES_PER_DISCOVERY"] == "default"


def test_dev_values_need_dev():
    settings = load_settings({"DEV_MAX_CANDIDATES": "3", "DEV_DISCOVERY_FREQUENCY_MINUTES": "1"})
    assert (settings.discovery_frequency_minutes, settings.max_candidates) == (15, 100)
    assert settings.circuit_breaker_global_enabled is True


def test_dev_variable_beats_its_namesake_and_a_default_does_not():
    both = {"AMC_ENV": "dev", "MAX_CANDIDATES_PER_DISCOVERY": "50"}
    assert load_settings(both).max_candidates == 50
    set_too = load_settings({**both, "DEV_MAX_CANDIDATES": "3", "DEV_CIRCUIT_BREAKER_DISABLED": "false"})
    assert set_too.max_candidates == set_too.max_candidates_per_discovery == 3
    assert set_too.origins["MAX_CANDIDATES_PER_DISCOVERY"] == "environment"
    assert set_too.circuit_breaker_global_enabled is True


def test_environments_do_not_share_names():
    names = {
        (settings.redis_discovery_key_prefix, settings.redis_ab_test_key_prefix, settings.slack_channel)
        for settings in (load_settings({"AMC_ENV": name}) for name in ("dev", "staging", "production"))
    }
    assert len({name for row in names for name in row}) == 9
    explicit = load_settings({"AMC_ENV": "staging", "SLACK_CHANNEL": "#mine"})
    assert explicit.slack_channel == "#mine"


@pytest.mark.parametrize(
    ("environ", "wrong"),
    [
        ({"AMC_EXECUTOR": "celery"}, {"DATABASE_URL", "REDIS_URL", "AMC_LAKE_URL"}),
        ({"AMC_EXECUTOR": "k8s"}, {"DATABASE_URL", "AMC_LAKE_URL"}),
        (
            {"AMC_EXECUTOR": "k8s", "DATABASE_URL": "sqlite:////data/amc.db", "AMC_LAKE_URL": "s3://b/lake"},
            {"DATABASE_URL"},
        ),
        ({"FINRA_CLIENT_ID": "a"}, {"FINRA_CLIENT_SECRET"}),
        ({"FINRA_CLIENT_SECRET": "a"}, {"FINRA_CLIENT_ID"}),
        ({"REDIS_AB_TEST_KEY_PREFIX": "amc:discovery:unified:ab"}, {"REDIS_AB_TEST_KEY_PREFIX"}),
        ({"REDIS_DISCOVERY_KEY_PREFIX": "amc:ab_test"}, {"REDIS_AB_TEST_KEY_PREFIX"}),
    ],
)
def test_contradictions(environ: dict[str, str], wrong: set[str]):
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert {problem.variable for problem in caught.value.problems} == wrong


def test_executor_with_its_needs_is_accepted():
    shared = {"DATABASE_URL": "postgres://h/amc", "REDIS_URL": "redis://h", "AMC_LAKE_URL": "s3://b/lake"}
    assert load_settings({"AMC_EXECUTOR": "celery", **shared}).executor is Executor.CELERY
    assert load_settings({"AMC_EXECUTOR": "multiprocess"}).executor is Executor.MULTIPROCESS
    assert load_settings({"REDIS_AB_TEST_KEY_PREFIX": "amc:discovery:unified2"}).redis_ab_test_key_prefix
    assert load_settings({"REDIS_DISCOVERY_KEY_PREFIX": "amc:ab_test2"}).redis_discovery_key_prefix


@pytest.mark.parametrize(
    ("launcher", "executor", "works"),
    [
        ("DefaultRunLauncher", Executor.IN_PROCESS, True),
        ("DefaultRunLauncher", Executor.CELERY, True),
        ("CeleryRunLauncher", Executor.IN_PROCESS, True),
        ("CeleryRunLauncher", Executor.MULTIPROCESS, False),
        ("CeleryRunLauncher", Executor.CELERY, False),
        ("CeleryK8sRunLauncher", Executor.CELERY, False),
    ],
)
def test_launchers_of_dagster_md_4(launcher: str, executor: Executor, works: bool):
    problem = launcher_problem(executor, launcher)
    assert (problem is None) is works
    if problem:
        assert launcher in problem
        assert "Set AMC_EXECUTOR=in_process" in problem


def test_misspelt_variables_are_named_with_the_nearest():
    settings = load_settings(
        {
            "FINRA_API_RATE_LIMITS": "5",
            "polygon_api_key": "k",
            "AMC_FOO": "1",
            "REDIS_HOST": "h",
            "PATH": "/bin",
        }
    )
    nearest = {warning.variable: warning.nearest for warning in settings.warnings}
    assert nearest == {
        "FINRA_API_RATE_LIMITS": "FINRA_API_RATE_LIMIT",
        "polygon_api_key": "POLYGON_API_KEY",
        "AMC_FOO": None,
    }
    assert load_settings({}).warnings == ()


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"AMC_PLAN": "keyless", "POLYGON_API_KEY": "k"}, "POLYGON_API_KEY"),
        ({"AMC_PLAN": "simulated", "ALPHA_VANTAGE_API_KEY": "k"}, "ALPHA_VANTAGE_API_KEY"),
        ({"CIRCUIT_BREAKER_GLOBAL_ENABLED": "no"}, "CIRCUIT_BREAKER_GLOBAL_ENABLED"),
        ({"AMC_PLAN": "keyless", "MOCK_FINRA_DATA_ENABLED": "yes"}, "MOCK_FINRA_DATA_ENABLED"),
    ],
)
def test_oddities_are_warned_of(environ: dict[str, str], variable: str):
    assert [warning.variable for warning in load_settings(environ).warnings] == [variable]

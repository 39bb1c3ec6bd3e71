"""A planted secret shows nowhere: not in repr, dumps, descriptions, errors, warnings or pickles."""

import copy
import json
import logging
import pickle
import traceback

import pytest

from amc_assets.settings import Settings, SettingsError, load_settings, variables
from amc_assets_tests.settings.bad_values import SECRET, SECRETS


@pytest.fixture
def settings() -> Settings:
    return load_settings(SECRETS)


def test_secret_variables_are_the_ones_listed():
    assert {doc.name for doc in variables() if doc.is_secret} == set(SECRETS)


def test_the_secret_is_really_inside(settings: Settings):
    inside = [settings.database_url, settings.redis_url, settings.polygon_api_key.get_secret_value()]
    assert all(SECRET in text for text in inside)


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        lambda settings: f"{settings}",
        lambda settings: repr(settings.model_dump()),
        lambda settings: repr(settings.model_dump(mode="json")),
        lambda settings: settings.model_dump_json(),
        lambda settings: repr(vars(settings)),
        lambda settings: repr(dict(settings)),
        lambda settings: repr(list(settings.__repr_args__())),
        lambda settings: json.dumps(settings.describe()),
        lambda settings: repr(settings.warnings),
        lambda settings: repr(copy.deepcopy(settings)),
        lambda settings: repr(settings.limits("polygon")),
        lambda settings: logging.LogRecord("a", 20, "b", 1, "%s", (settings,), None).getMessage(),
    ],
)
def test_planted_secret_never_shows(settings: Settings, show):
    assert SECRET not in show(settings)


def test_settings_refuse_to_be_pickled(settings: Settings):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="load_settings"):
            pickle.dumps(settings, protocol)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLYGON_API_KEY", f"{SECRET} {SECRET}"),
        ("ALPHA_VANTAGE_API_KEY", f"your_{SECRET}"),
        ("FINRA_CLIENT_SECRET", SECRET * 100),
        ("SLACK_WEBHOOK_URL", f"http://hooks.slack.com/{SECRET}"),
        ("SLACK_WEBHOOK_URL", f"https://[{SECRET}"),
        ("SLACK_WEBHOOK_URL", f"https://hooks.slack.com:{SECRET}/"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/db"),
        ("DATABASE_URL", f"{SECRET}"),
        ("DATABASE_URL", f"postgresql+asyncpg://u:{SECRET}@h/db"),
        ("REDIS_URL", f"memcached://:{SECRET}@h"),
        ("API_KEY_ENCRYPTION_KEY", SECRET),
        ("FINRA_API_BASE_URL", f"https://u:{SECRET}@api.finra.org"),
        ("POLYGON_BASE_URL", f"https://api.polygon.io?apiKey={SECRET}"),
        ("AMC_LAKE_URL", f"s3://key:{SECRET}@bucket/lake"),
    ],
)
def test_planted_secret_never_in_errors(name: str, value: str):
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    error = caught.value
    assert [problem.variable for problem in error.problems] == [name]
    assert SECRET not in str(error) + repr(error) + repr(error.problems)
    assert SECRET not in "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None


def test_harmless_values_are_quoted_so_that_the_guard_above_means_something():
    with pytest.raises(SettingsError, match="it is 'hybrid_v2'"):
        load_settings({"SCORING_STRATEGY": "hybrid_v2"})


def test_description_masks_but_says_what_is_set(settings: Settings):
    values = {row["name"]: row["value"] for row in settings.describe()}
    assert values["POLYGON_API_KEY"] == "****"
    assert values["DATABASE_URL"] == "postgresql://****"
    assert values["REDIS_URL"] == "redis://****"
    assert {row["name"]: row["value"] for row in load_settings({}).describe()}["POLYGON_API_KEY"] == "not set"


def test_building_settings_by_hand_never_repeats_its_input():
    with pytest.raises(ValueError, match="polygon_api_key") as caught:
        Settings(polygon_api_key=f"{SECRET} x")  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)

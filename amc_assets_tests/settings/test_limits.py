"""The limits of a provider: those of domain A6, and none of them lost on the way to the road out."""

from dataclasses import fields

import pytest

from amc_assets.pipeline.sources import road_limits
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.settings import KNOWN_PROVIDERS, ProviderLimits, load_settings

KEYLESS = {"AMC_PLAN": "keyless"}


@pytest.mark.parametrize(
    ("provider", "growth", "successes", "jitter"),
    [("finra", 2.0, 2, 0.25), ("alpha_vantage", 1.0, 1, 0.0), ("polygon", 1.5, 3, 0.20)],
)
def test_growth_and_good_probes_are_those_of_the_sources(
    provider: str, growth: float, successes: int, jitter: float
) -> None:
    limits = load_settings(KEYLESS).limits(provider)
    assert (limits.retry_growth, limits.breaker_successes, limits.retry_jitter_frac) == (growth, successes, jitter)
    assert limits.burst == 1


def test_the_road_and_the_settings_have_the_same_fields() -> None:
    assert {field.name for field in fields(ProviderLimits)} == {field.name for field in fields(RoadLimits)} | {
        "origins"
    }


@pytest.mark.parametrize("provider", KNOWN_PROVIDERS)
def test_no_number_is_lost_on_the_way_to_the_road(provider: str) -> None:
    settings = load_settings({**KEYLESS, "FINRA_CIRCUIT_BREAKER_TIMEOUT": "77"})
    limits, road = settings.limits(provider), road_limits(settings, provider)
    for field in fields(RoadLimits):
        assert getattr(road, field.name) == getattr(limits, field.name), field.name
    assert road_limits(settings, "finra").breaker_seconds == 77


def test_a_number_that_differs_from_its_default_arrives() -> None:
    """Guards the test above: equal defaults on both sides would hide a field that is not passed on."""
    polygon = road_limits(load_settings(KEYLESS), "polygon")
    default = RoadLimits(calls=1, per_seconds=1)
    assert polygon.retry_growth != default.retry_growth
    assert polygon.breaker_successes != default.breaker_successes

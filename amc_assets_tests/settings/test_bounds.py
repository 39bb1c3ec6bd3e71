"""Every variable refuses what its rule forbids, and all faults are reported at once by exact name."""

import contextlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.settings import SettingsError, load_settings, variables
from amc_assets_tests.settings.bad_values import BAD


def faults(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return {problem.variable: str(problem) for problem in caught.value.problems}


def test_every_variable_has_a_bad_value():
    assert set(BAD) == {doc.name for doc in variables()}


@pytest.mark.parametrize("name", BAD)
def test_bad_value_is_reported_with_rule_blockage_and_remedy(name: str):
    value, words = BAD[name]
    found = faults({name: value})
    assert set(found) == {name}
    assert words in found[name]
    assert "Blocks: " in found[name]
    assert "What to do: set " in found[name]


@given(st.sets(st.sampled_from(sorted(BAD)), min_size=1))
def test_any_subset_of_bad_variables_yields_exactly_those_names(names: set[str]):
    with pytest.raises(SettingsError) as caught:
        load_settings({name: BAD[name][0] for name in names})
    reported = [problem.variable for problem in caught.value.problems]
    assert sorted(reported) == sorted(names)
    assert all(name in str(caught.value) for name in names)


@given(st.dictionaries(st.sampled_from(sorted(BAD)), st.sampled_from(["", " ", "\t\n"]), min_size=1))
def test_blank_is_unset(blank: dict[str, str]):
    assert load_settings(blank).model_dump() == load_settings({}).model_dump()


@given(st.dictionaries(st.sampled_from(sorted(BAD)), st.text(max_size=80)))
def test_any_text_gives_settings_or_a_settings_error(environ: dict[str, str]):
    with contextlib.suppress(SettingsError):
        assert load_settings(environ).describe()


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes", "Yes"])
def test_true_words(word: str):
    assert load_settings({"DEBUG_DISCOVERY_PIPELINE": word}).debug_discovery_pipeline is True


@pytest.mark.parametrize("word", ["false", "False", "0", "no", "NO"])
def test_false_words(word: str):
    assert load_settings({"AB_TESTING_ENABLED": word}).ab_testing_enabled is False


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ('{"legacy_v0": 20, "unified_detectors": 79}', "sum to 100, they sum to 99"),
        ('{"legacy_v0": 20, "unified": 80}', "known strategies"),
        ('{"legacy_v0": "20", "unified_detectors": 80}', "numbers from 0 to 100"),
        ('{"legacy_v0": true, "unified_detectors": 99}', "numbers from 0 to 100"),
        ('{"legacy_v0": -20, "unified_detectors": 120}', "numbers from 0 to 100"),
        ('{"legacy_v0": NaN, "unified_detectors": 80}', "finite"),
        ('{"legacy_v0": 1e999}', "numbers from 0 to 100"),
        ('{"legacy_v0": 50, "legacy_v0": 50}', "once"),
        ("[100]", "JSON object"),
        ("{}", "JSON object"),
        ("[" * 100_000, "JSON"),
        ('{"legacy_v0": 100', "at character 18"),
    ],
)
def test_bad_split(split: str, words: str):
    assert words in faults({"AB_TESTING_TRAFFIC_SPLIT": split})["AB_TESTING_TRAFFIC_SPLIT"]


def test_split_takes_fractions():
    split = load_settings({"AB_TESTING_TRAFFIC_SPLIT": '{"hybrid_v1": 0.5, "fuel_ignition": 99.5}'})
    assert split.ab_testing_traffic_split == {"hybrid_v1": 0.5, "fuel_ignition": 99.5}


@given(st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_split_is_accepted_exactly_when_it_sums_to_100(weights: list[int]):
    names = ("legacy_v0", "hybrid_v1", "unified_detectors", "fuel_ignition")
    text = "{" + ", ".join(f'"{name}": {weight}' for name, weight in zip(names, weights, strict=True)) + "}"
    try:
        load_settings({"AB_TESTING_TRAFFIC_SPLIT": text})
    except SettingsError:
        assert sum(weights) != 100
    else:
        assert sum(weights) == 100


def test_long_values_are_cut_in_sentences():
    assert len(faults({"SCORING_STRATEGY": "x" * 10_000})["SCORING_STRATEGY"]) < 500


def test_error_survives_the_trip_between_processes():
    with pytest.raises(SettingsError) as caught:
        load_settings({"POLYGON_RATE_LIMIT": "0"})
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made one line above
    assert copy.problems == caught.value.problems
    assert str(copy) == str(caught.value)


def test_settings_are_frozen():
    settings = load_settings({})
    with pytest.raises(ValueError, match="frozen"):
        settings.polygon_rate_limit = 7  # type: ignore[misc]

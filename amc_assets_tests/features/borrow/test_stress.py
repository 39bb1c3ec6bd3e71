"""Borrow stress by hand and by property: weights over what is there, levels, confidence, the calibration's refusals."""

import copy
import tomllib
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amc_assets
from amc_assets.features.borrow.calibration import PARTS, load_stress_calibration, parse_stress_calibration
from amc_assets.features.borrow.stress import StressLevel, borrow_stress
from amc_assets.features.errors import FeatureInputError

CALIBRATION = load_stress_calibration()
FILE = Path(amc_assets.__file__).parent / "calibration" / "borrow_stress.toml"
NAN = float("nan")
FULL = {
    "implied_borrow": 0.2,
    "short_volume": 2.0,
    "days_to_cover": 7.0,
    "short_interest": 0.25,
    "threshold": 1.0,
    "fails": 1.0,
}


def stress(**inputs: float):
    """Stress of one name; what is not given is missing. Returns (value or None, level, confidence or None)."""
    found = borrow_stress({name: np.array([inputs.get(name, NAN)]) for name in PARTS}, CALIBRATION)
    value, confidence = found.values[0], found.confidence[0]
    level = StressLevel(found.levels[0])
    return (None, level, None) if np.isnan(value) else (float(value), level, float(confidence))


def test_without_a_chain_the_weights_are_those_of_the_proxy():
    # domain.md A3: .30 short volume, .25 days to cover, .20 short interest, .25 flags of which fails 40 and list 60
    without = {name: value for name, value in FULL.items() if name != "implied_borrow"}
    value, level, confidence = stress(**without)
    assert value == pytest.approx(0.30 * 80 + 0.25 * 65 + 0.20 * 70 + 0.25 * (40 + 60))
    assert (level, confidence) == (StressLevel.HIGH, pytest.approx(0.60))
    quiet = {**without, "fails": 0.0}
    assert stress(**quiet)[0] == pytest.approx(0.30 * 80 + 0.25 * 65 + 0.20 * 70 + 0.25 * 60)


def test_with_a_chain_what_shorting_costs_counts_most():
    value, level, confidence = stress(**FULL)
    assert value == pytest.approx(0.40 * 60 + 0.60 * 79.25)
    assert (level, confidence) == (StressLevel.HIGH, 0.80)  # all there, and still no fee was observed: capped


def test_an_ordinary_name_on_an_ordinary_day_is_low():
    value, level, _ = stress(
        implied_borrow=0.003, short_volume=0.0, days_to_cover=2.0, short_interest=0.03, threshold=0.0, fails=0.0
    )
    assert value == pytest.approx(0.18 * 20 + 0.15 * 10 + 0.12 * 9)
    assert level is StressLevel.LOW


def test_a_missing_part_leaves_the_denominator():
    assert stress(days_to_cover=7.0)[0] == pytest.approx(65)
    assert stress(days_to_cover=7.0, short_interest=0.15)[0] == pytest.approx((15 * 65 + 12 * 45) / 27)
    assert stress(days_to_cover=7.0)[2] == pytest.approx(0.15)
    assert stress(short_interest=0.15)[2] == pytest.approx(0.12)


def test_flags_alone_and_nothing_at_all_are_unknown():
    assert stress() == (None, StressLevel.UNKNOWN, None)
    assert stress(threshold=0.0, fails=0.0) == (None, StressLevel.UNKNOWN, None)
    assert stress(threshold=1.0, fails=9.0) == (None, StressLevel.UNKNOWN, None)


@pytest.mark.parametrize(
    ("borrow_frac", "level"),
    [
        (0.0499, StressLevel.LOW),
        (0.05, StressLevel.MODERATE),
        (0.1999, StressLevel.MODERATE),
        (0.2, StressLevel.HIGH),
        (0.4999, StressLevel.HIGH),
        (0.5, StressLevel.EXTREME),
        (40.0, StressLevel.EXTREME),
    ],
)
def test_levels_open_at_their_limit(borrow_frac, level):
    assert stress(implied_borrow=borrow_frac)[1] is level


PRESENT = st.fixed_dictionaries({}, optional={name: st.floats(-5, 60) for name in PARTS})


@given(PRESENT, st.sampled_from(PARTS), st.floats(0, 50))
def test_more_of_any_part_never_lowers_the_stress(inputs, name, more):
    higher = {**inputs, name: inputs.get(name, 0.0) + more}
    before, after = stress(**{**inputs, name: inputs.get(name, 0.0)})[0], stress(**higher)[0]
    assert (before is None) == (after is None)
    if before is not None:
        assert after >= before - 1e-9
        assert 0 <= before <= 100


@given(PRESENT, st.sampled_from(PARTS))
def test_taking_a_part_away_never_raises_confidence(inputs, name):
    less = {part: value for part, value in inputs.items() if part != name}
    before, after = stress(**inputs)[2], stress(**less)[2]
    assert after is None or after <= before


@given(PRESENT)
def test_the_stress_lies_between_the_scores_of_its_parts(inputs):
    value = stress(**inputs)[0]
    found = borrow_stress({name: np.array([inputs.get(name, NAN)]) for name in PARTS}, CALIBRATION)
    scores = [float(score[0]) for score in found.scores.values() if np.isfinite(score[0])]
    if value is not None:
        assert min(scores) - 1e-9 <= value <= max(scores) + 1e-9


def test_the_squeeze_of_one_name_does_not_move_another():
    inputs = {name: np.array([FULL[name], NAN, 0.0]) for name in PARTS}
    found = borrow_stress(inputs, CALIBRATION)
    assert found.values[0] == pytest.approx(stress(**FULL)[0])
    assert np.isnan(found.values[1])
    assert found.levels.tolist() == [StressLevel.HIGH, StressLevel.UNKNOWN, StressLevel.LOW]


def test_every_number_moves_the_hash_and_comments_do_not():
    raw = tomllib.loads(FILE.read_text())
    assert parse_stress_calibration(raw).calibration_hash == CALIBRATION.calibration_hash
    changed = copy.deepcopy(raw)
    changed["parts"]["fails"]["points"][1][0] = 1.5
    assert parse_stress_calibration(changed).calibration_hash != CALIBRATION.calibration_hash
    rule = msgspec.structs.replace(CALIBRATION.fails, window_days=9)
    assert msgspec.structs.replace(CALIBRATION, fails=rule).calibration_hash != CALIBRATION.calibration_hash


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (("weight = 0.40", "weight = 0.41"), "add to 1"),
        (("weight = 0.40", "weight = -0.40"), "positive"),
        (("[2.0, 80.0]", "[2.0, 40.0]"), "never fall"),
        (("[2.0, 80.0], ", "[2.0, 80.0], [2.0, 80.0], "), "inputs must rise"),
        (("[20.0, 100.0]", "[20.0, 101.0]"), "0..100"),
        (("[20.0, 100.0]", "[inf, 100.0]"), "finite"),
        (("high = 60.0", "high = 20.0"), "levels"),
        (("ceiling = 0.80", "ceiling = 0.05"), "confidence"),
        (("consecutive_days = 5", "consecutive_days = 11"), "consecutive_days"),
        (("minimum_shares = 10_000.0", "minimum_shares = 0.0"), "minimum_shares"),
        (("[parts.fails]", "[parts.rumours]"), "parts must be"),
        (("is_flag = true", "is_flagged = true"), "is_flagged"),
        (("[levels]", "[levels"), "borrow_stress.toml"),
    ],
)
def test_a_calibration_that_cannot_be_meant_is_refused(tmp_path, planted, told):
    text = FILE.read_text().replace(*planted, 1)
    assert text != FILE.read_text()
    (tmp_path / "borrow_stress.toml").write_text(text)
    with pytest.raises(FeatureInputError, match=told):
        load_stress_calibration(tmp_path)


def test_an_absent_calibration_says_so(tmp_path):
    with pytest.raises(FeatureInputError, match="restore the file"):
        load_stress_calibration(tmp_path)


def test_the_documented_points_are_those_of_the_file():
    text = (Path(amc_assets.__file__).parents[1] / "docs" / "borrow.md").read_text()
    for name, part in CALIBRATION.parts.items():
        points = ", ".join(f"{x:g}:{y:g}" for x, y in part.points)
        assert f"| `{name}` | `{part.feature}` | {part.weight:.2f} | [{points}] |" in text, name


def test_a_planted_fault_is_seen():
    found = borrow_stress({name: np.array([FULL[name]]) for name in PARTS}, CALIBRATION)
    zero_filled = borrow_stress({**{n: np.zeros(1) for n in PARTS}, "days_to_cover": np.array([7.0])}, CALIBRATION)
    assert zero_filled.values[0] < 20 < stress(days_to_cover=7.0)[0]
    assert replace(found, values=found.values + 1).values[0] != found.values[0]

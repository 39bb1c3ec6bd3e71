"""Forms of curves: values between, at and outside the points, missing stays missing, wrong points are refused."""

import numpy as np
import pytest

from amc_assets.detectors.curves import CURVES, check_points, highest
from amc_assets.detectors.knots import Knots

NAN = np.nan


@pytest.mark.parametrize(
    ("form", "points", "values", "expected"),
    [
        ("knots", ((1.0, 0.2), (2.0, 0.6)), [0, 1, 1.5, 2, 9, NAN], [0.2, 0.2, 0.4, 0.6, 0.6, NAN]),
        # halfway between 10M and 1B in log10 is 100M
        ("log_knots", ((1e7, 1.0), (1e9, 0.2)), [1e7, 1e8, 1e9, 1e10, 0, -5, NAN], [1, 0.6, 0.2, 0.2, NAN, NAN, NAN]),
        # ranks of 10, 20, 20, 40 among four: 1/8, 4/8, 4/8, 7/8
        ("rank_knots", ((0.0, 0.0), (1.0, 1.0)), [20, 10, NAN, 20, 40], [0.5, 0.125, NAN, 0.5, 0.875]),
        ("inverse", ((15.2e6, 1.0),), [7.6e6, 15.2e6, 30.4e6, 0, NAN], [1, 1, 0.5, NAN, NAN]),
        ("steps", ((0.0, 0.2), (1.5, 0.5), (2.0, 0.65)), [-1, 1.49, 1.5, 2, 99, NAN], [0.2, 0.2, 0.5, 0.65, 0.65, NAN]),
        (
            "bands",
            ((3.0, 12.0, 1.0), (2.5, 20.0, 0.85)),
            [2.4, 2.5, 3, 12, 12.1, 21, NAN],
            [0, 0.85, 1, 1, 0.85, 0, NAN],
        ),
        ("above", ((0.0, 1.0),), [-0.1, 0, 0.1, NAN], [0, 0, 1, NAN]),
    ],
)
def test_values(form, points, values, expected):
    np.testing.assert_allclose(CURVES[form](np.array(values, float), points), expected, rtol=1e-12)


def test_rank_of_nobody_is_missing():
    assert np.isnan(CURVES["rank_knots"](np.full(3, NAN), ((0.0, 0.0), (1.0, 1.0)))).all()


@pytest.mark.parametrize(
    ("form", "points", "direction", "sentence"),
    [
        ("knots", ((1.0, 0.2),), "up", "at least two"),
        ("knots", ((1.0, 0.2), (1.0, 0.6)), "up", "ascending"),
        ("knots", ((1.0, 0.2), (2.0, 1.1)), "up", "0..1"),
        ("knots", ((1.0, 0.6), (2.0, 0.2)), "up", "against the declared direction 'up'"),
        ("knots", ((1.0, 0.2), (2.0, 0.6)), "down", "against the declared direction 'down'"),
        ("knots", ((1.0, 0.2), (float("inf"), 0.6)), "up", "finite"),
        ("knots", ((1.0, 0.2, 3.0),), "up", "points of 2 numbers"),
        ("log_knots", ((0.0, 0.2), (1.0, 0.6)), "up", "above zero"),
        ("inverse", ((1.0, 0.2), (2.0, 0.6)), "down", "exactly one point"),
        ("steps", ((2.0, 0.2), (1.0, 0.6)), "up", "ascending"),
        ("bands", ((3.0, 1.0, 0.5),), "peak", "low <= high"),
        ("bands", (), "peak", "needs points"),
    ],
)
def test_wrong_points_are_refused(form, points, direction, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_points(form, points, direction)


def test_knots_refuse_unequal_lengths():
    with pytest.raises(ValueError, match="at least two"):
        Knots((0.0, 1.0), (0.0,))


def test_direction_of_knots():
    assert Knots((0.0, 1.0, 2.0), (0.0, 0.5, 0.5)).follows("up")
    assert not Knots((0.0, 1.0, 2.0), (0.0, 0.5, 0.4)).follows("up")
    assert Knots((0.0, 1.0, 2.0), (0.0, 0.5, 0.4)).follows("peak")


def test_highest():
    assert highest(((0.0, 0.1), (1.0, 0.6), (2.0, 0.3))) == 0.6

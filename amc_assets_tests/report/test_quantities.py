"""A value beside its limit: the digits that decide are printed, whatever the unit."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amc_assets.quantities import as_written, beside, quantity

UNITS = (
    "USD", "shares", "fraction", "pct", "days", "ratio", "0-1", "0-100", "sigmas", "sessions", "minutes", "count",
    "-1..1", "flag", "parsecs", "",
)  # fmt: skip
NUMBERS = st.floats(-1e15, 1e15)


@pytest.mark.parametrize(
    ("value", "limit", "unit", "texts"),
    [
        (0.03965, 0.04, "fraction", ("3.96 %", "4.00 %")),
        (0.0399999, 0.04, "fraction", ("3.99999 %", "4.00000 %")),
        (0.04, 0.04, "fraction", ("4.0 %", "4.0 %")),
        (0.0943, 0.04, "fraction", ("9.4 %", "4.0 %")),
        (2.4999, 2.5, "ratio", ("2.4999x", "2.5000x")),
        (1.02, 0.995, "ratio", ("1.020x", "0.995x")),
        (0.99999, 1.0, "USD", ("$0.99999", "$1.000")),
        (499_999.0, 500_000.0, "USD", ("$499.999K", "$500.000K")),
        (999_600.0, 1_000_000.0, "shares", ("999.6K", "1.000M")),
        (69.96, 70.0, "0-100", ("69.96", "70.00")),
        (60.4, 60.0, "minutes", ("60.4 min", "60.0 min")),
        (1.0, 0.0, "flag", ("yes", "no")),
    ],
)
def test_a_value_is_written_with_the_digits_that_decide(value, limit, unit, texts):
    written, (bound,) = beside(value, [limit], unit)
    assert (written, bound) == texts


@pytest.mark.parametrize("unit", UNITS)
@given(value=NUMBERS, limit=NUMBERS, steps=st.integers(-3, 3), is_near=st.booleans())
@example(value=0.0, limit=0.04, steps=-1, is_near=True)
@example(value=0.0, limit=1.0, steps=-1, is_near=True)
@example(value=0.0, limit=99.99, steps=1, is_near=True)
def test_what_is_written_stands_to_its_limit_as_the_numbers_do(unit, value, limit, steps, is_near):
    if is_near:
        value = limit
        for _ in range(abs(steps)):
            value = math.nextafter(value, math.copysign(math.inf, steps))
    written, (bound,) = beside(value, [limit], unit)
    shown, at = as_written(written), as_written(bound)
    assert (shown > at) - (shown < at) == (value > limit) - (value < limit)


@given(value=st.floats(0, 100), low=st.floats(0, 50), width=st.floats(0, 50))
def test_both_ends_of_a_band_are_kept_apart_from_the_value(value, low, width):
    high = low + width
    written, (bottom, top) = beside(value, [low, high], "0-100")
    assert (as_written(bottom) <= as_written(written) <= as_written(top)) == (low <= value <= high)


def test_a_missing_value_has_no_digits():
    with pytest.raises(ValueError, match="give its reason"):
        beside(math.nan, [1.0], "USD")


def test_more_digits_are_those_of_the_same_form():
    assert [quantity(1_234_567, "shares", more) for more in (0, 1, 3)] == ["1.23M", "1.235M", "1.23457M"]
    assert [quantity(0.0123456, "USD", more) for more in (0, 2)] == ["$0.0123", "$0.012346"]

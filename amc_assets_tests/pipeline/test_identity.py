"""A repeat of the same inputs is the same run; anything that differs makes another."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.pipeline.identity import Moment, part_name, run_id

MOMENT = Moment(date(2021, 1, 27), "regular", datetime(2021, 1, 27, 23, 45, tzinfo=UTC))


def test_the_same_inputs_are_the_same_run():
    assert run_id(MOMENT, "abc", "recorded") == run_id(replace(MOMENT), "abc", "recorded")
    assert str(run_id(MOMENT, "abc", "recorded")) == str(run_id(MOMENT, "abc", "recorded"))


@given(st.integers(-12, 12))
def test_the_zone_in_which_an_instant_is_written_does_not_matter(hours: int):
    turned = replace(MOMENT, as_of=MOMENT.as_of.astimezone(timezone(timedelta(hours=hours))))
    assert run_id(turned, "abc", "recorded") == run_id(MOMENT, "abc", "recorded")
    assert turned.label == MOMENT.label == "regular-20210127T234500Z"


@pytest.mark.parametrize(
    ("moment", "calibration", "source"),
    [
        (replace(MOMENT, trade_date=date(2021, 1, 28)), "abc", "recorded"),
        (replace(MOMENT, session="afterhours"), "abc", "recorded"),
        (replace(MOMENT, as_of=MOMENT.as_of + timedelta(microseconds=1)), "abc", "recorded"),
        (MOMENT, "abd", "recorded"),
        (MOMENT, "abc", "recorded+biased_float"),
    ],
)
def test_any_part_that_differs_makes_another_run(moment: Moment, calibration: str, source: str):
    assert run_id(moment, calibration, source) != run_id(MOMENT, "abc", "recorded")


def test_a_part_is_named_by_moment_calibrations_and_source():
    name = part_name(MOMENT, ["a", "b"], "live")
    assert name == part_name(MOMENT, ["b", "a"], "live")
    assert name.startswith("regular-20210127T234500Z-")
    assert len({name, part_name(MOMENT, ["a", "c"], "live"), part_name(MOMENT, ["a", "b"], "recorded")}) == 3


def test_a_session_that_is_not_discovered_is_refused():
    with pytest.raises(ValueError, match=r"overnight.*not discovered\. Next"):
        _ = replace(MOMENT, session="overnight").typed_session

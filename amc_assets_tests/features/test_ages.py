"""Freshness is counted from publication: what is due, not what is old, is stale."""

from datetime import date, timedelta

import numpy as np
import pytest

from amc_assets.features.ages import Absence, freshness, input_age, short_interest_freshness, short_volume_freshness
from amc_assets.features.instants import day_number
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.market.publication import published_at
from amc_assets.reasons import Reason
from amc_assets_tests.features.panels import AS_OF

JAN_15, JAN_29 = date(2021, 1, 15), date(2021, 1, 29)


@pytest.mark.parametrize(
    ("age_over_limit", "expected"),
    [(0, 1), (1, 1), (2, 0.6065307), (3, 0.3678794), (6, 0.1), (-5, 1), (-1e6, 1), (1e6, 0.1)],
)
def test_freshness_curve(age_over_limit, expected):
    assert freshness(np.array([float(age_over_limit)]))[0] == pytest.approx(expected)


def of_reports(settlements, as_of, due=None):
    days = np.array([day_number(day) for day in settlements], np.int32)
    return short_interest_freshness(days, as_of, due or as_of + timedelta(days=99), 48.0).tolist()


def test_a_report_is_fresh_until_the_next_one_is_due():
    due = published_at(JAN_29)
    assert of_reports([JAN_15], due - timedelta(seconds=1)) == [1.0]
    assert of_reports([JAN_15], due) == [1.0]
    assert of_reports([JAN_15], due + timedelta(hours=48)) == [1.0]
    assert of_reports([JAN_15], due + timedelta(hours=96)) == [pytest.approx(0.6065307)]
    assert of_reports([JAN_15], due + timedelta(days=30)) == [pytest.approx(0.1)]


def test_each_report_has_its_own_age_and_the_callers_due_date_can_only_be_earlier():
    as_of = published_at(JAN_29) + timedelta(hours=96)
    assert of_reports([JAN_29, JAN_15], as_of) == [1.0, pytest.approx(0.6065307)]
    assert of_reports([JAN_29], as_of, due=as_of - timedelta(hours=96)) == [pytest.approx(0.6065307)]


@pytest.mark.parametrize(
    ("newest_file", "as_of", "expected"),
    [
        (date(2021, 1, 27), AS_OF, 1.0),
        (date(2021, 1, 26), AS_OF - timedelta(hours=6), 1.0),  # noon: tonight's is not due
        (date(2021, 1, 26), AS_OF, 0.6065307),  # tonight's is due and not there
        (date(2021, 1, 25), AS_OF, 0.3678794),
        (date(2021, 1, 15), end_of_day_as_of(date(2021, 1, 19)) - timedelta(hours=6), 1.0),  # over a holiday weekend
        (date(2021, 1, 15), end_of_day_as_of(date(2021, 1, 19)), 0.6065307),  # four days later, one session missed
        (date(2021, 1, 22), end_of_day_as_of(date(2021, 1, 22)) + timedelta(days=2), 1.0),  # Sunday
    ],
)
def test_short_volume_ages_in_trading_days(newest_file, as_of, expected):
    assert short_volume_freshness(newest_file, as_of) == pytest.approx(expected)


def test_the_line_of_a_dataset():
    absence = Absence(Reason.PROVIDER_UNAVAILABLE, "breaker open")
    line = input_age("bars", "polygon", AS_OF - timedelta(hours=2), AS_OF, absence=absence, note="2 dropped")
    assert (line.age_hours, line.reason, line.note) == (2.0, Reason.PRESENT, "2 dropped")
    gone = input_age("bars", "polygon", None, AS_OF, absence=absence, note="2 dropped")
    assert (gone.age_hours, gone.reason, gone.note) == (None, Reason.PROVIDER_UNAVAILABLE, "breaker open; 2 dropped")
    assert input_age("float", "x", AS_OF + timedelta(days=1), AS_OF, absence=absence).age_hours is None

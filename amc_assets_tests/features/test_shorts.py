"""Short interest, short volume and float by hand, through the readers: rows as of an instant to features."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.instants import day_number
from amc_assets.features.short_inputs import confidence_of, read_share_counts, read_short_interest, read_short_volume
from amc_assets.features.shorts import Computed, robust_z, short_features
from amc_assets.features.splits import SplitHistory, share_factor
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.reasons import CODES, Reason, code
from amc_assets_tests.features.panels import (
    AS_OF,
    DAY,
    NAN,
    interest_table,
    sessions_to,
    shares_table,
    splits_table,
    volume_table,
)

GME = np.array(["GME"])
NO_SPLITS = splits_table()
QUIET = {DAY: volume_table(DAY, ("GME", 30, 100))}


def features(
    interest=None, volume=None, shares=None, *, splits=NO_SPLITS, mean_volume=1000.0, biased=False, as_of=AS_OF
):
    """Features of GME alone as {name: (value or None, reason)}."""
    history = SplitHistory.from_table(splits)
    rows, _ = read_short_interest(interest_table(*(interest or [])), GME, DAY, as_of, history)
    counts, _ = read_share_counts(shares_table(*(shares or [])), GME, DAY, as_of, history, allow_biased=biased)
    read = read_short_volume(volume or QUIET, GME, DAY, as_of, 61)
    reason = 0 if np.isfinite(mean_volume) else code(Reason.NO_BAR)
    mean = Computed(np.array([mean_volume]), np.array([reason], np.uint8))
    found = short_features(rows, read.rows, counts, mean)
    return {
        name: (None if np.isnan(part.values[0]) else float(part.values[0]), CODES[part.reasons[0]])
        for name, part in found.items()
    }


INTEREST = {"symbol": "GME", "shares": 12_000, "previous": 10_000.0, "adv": 4_000.0, "reported": 3.0}
SHARES = {"symbol": "GME", "float": 8_000.0, "outstanding": 10_000.0}


def test_worked_example():
    found = features([INTEREST], shares=[SHARES])
    expected = {
        "short_interest_shares": 12_000,
        "short_interest_float_frac": 1.5,  # above 1 is allowed: 12,000 short of 8,000 floating
        "days_to_cover": 12.0,  # 12,000 / 1,000 a day
        "days_to_cover_reported": 3.0,
        "short_interest_change_frac": 0.2,
        "short_volume_ratio": 0.3,
        "float_shares": 8_000,
        "outstanding_shares": 10_000,
        "float_outstanding_frac": 0.8,
    }
    for name, value in expected.items():
        assert found[name] == (pytest.approx(value), Reason.PRESENT), name
    assert found["short_volume_ratio_z"] == (None, Reason.SHORT_HISTORY)


def test_both_sides_of_a_ratio_are_brought_to_the_basis_of_the_day():
    # 2-for-1 on 01-20: after the settlement of 01-15, and after the float of 01-04
    split = splits_table(("GME", date(2021, 1, 20), 2.0, end_of_day_as_of(date(2021, 1, 12))))
    found = features([INTEREST], shares=[SHARES], splits=split, mean_volume=2000.0)
    assert found["short_interest_shares"][0] == 24_000
    assert found["float_shares"][0] == 16_000
    assert found["short_interest_float_frac"][0] == 1.5
    assert found["days_to_cover"][0] == 12.0
    # a float stated after the split is on the new basis already
    newer = features([INTEREST], shares=[{**SHARES, "effective": date(2021, 1, 21)}], splits=split)
    assert newer["float_shares"][0] == 8_000
    # the change compares two counts that were sent together
    assert found["short_interest_change_frac"][0] == pytest.approx(0.2)


def test_each_count_is_restated_from_its_own_date():
    history = SplitHistory.from_table(
        splits_table(("A", date(2021, 1, 20), 2.0, AS_OF), ("B", date(2021, 1, 20), 3.0, AS_OF))
    )
    of = np.array([day_number(date(2021, 1, 19)), day_number(date(2021, 1, 20))], np.int32)
    assert share_factor(history, np.array(["A", "B"]), of, DAY, AS_OF).tolist() == [2.0, 1.0]
    assert share_factor(history, np.array(["0", "Z"]), of, DAY, AS_OF).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("effective", "filed", "wanted"),
    [
        (date(2021, 1, 21), date(2021, 1, 4), (8_000, 20_000)),  # the float is of after the 2-for-1, the filing is not
        (date(2021, 1, 4), date(2021, 1, 21), (16_000, 10_000)),
        (date(2021, 1, 21), None, (8_000, 10_000)),  # without a date of its own it is of the float's
        (date(2021, 1, 4), None, (16_000, 20_000)),
    ],
)
def test_float_and_shares_outstanding_are_each_restated_from_their_own_date(effective, filed, wanted):
    split = splits_table(("GME", date(2021, 1, 20), 2.0, end_of_day_as_of(date(2021, 1, 12))))
    found = features([INTEREST], shares=[{**SHARES, "effective": effective, "filed": filed}], splits=split)
    assert (found["float_shares"][0], found["outstanding_shares"][0]) == wanted


def test_a_split_that_was_not_known_restates_nothing():
    split = splits_table(("GME", date(2021, 1, 20), 2.0, AS_OF + timedelta(days=1)))
    assert features([INTEREST], splits=split)["short_interest_shares"][0] == 12_000


def test_the_newest_published_report_counts_and_a_revision_of_it():
    older = {**INTEREST, "settlement": date(2020, 12, 31), "shares": 99}
    unpublished = {**INTEREST, "settlement": date(2021, 1, 29), "shares": 1}
    revised = {**INTEREST, "shares": 11_000, "known_at": AS_OF}
    assert features([INTEREST, unpublished, older])["short_interest_shares"][0] == 12_000
    assert features([revised, INTEREST])["short_interest_shares"][0] == 11_000
    too_late = {**revised, "known_at": AS_OF + timedelta(microseconds=1)}
    assert features([INTEREST, too_late])["short_interest_shares"][0] == 12_000


@pytest.mark.parametrize(
    ("reported", "shares", "adv", "expected"),
    [
        (None, 12_000, 4_000.0, (None, Reason.SENTINEL)),  # 999.99 arrives as null
        (1.0, 100, 4_000.0, (None, Reason.SENTINEL)),  # the floor: really .025 days
        (1.0, 100, None, (None, Reason.SENTINEL)),
        (1.0, 4_000, 4_000.0, (1.0, Reason.PRESENT)),  # really one day
        (2.5, 10_000, 4_000.0, (2.5, Reason.PRESENT)),
    ],
)
def test_reported_days_to_cover_knows_its_codes(reported, shares, adv, expected):
    row = {**INTEREST, "reported": reported, "shares": shares, "adv": adv}
    assert features([row])["days_to_cover_reported"] == expected


@pytest.mark.parametrize(
    ("row", "reason"),
    [({"split": True}, Reason.INPUT_MISSING), ({"previous": None}, Reason.INPUT_MISSING),
     ({"previous": 0.0}, Reason.ZERO_DENOMINATOR)],
)  # fmt: skip
def test_change_is_missing_where_the_cycles_cannot_be_compared(row, reason):
    assert features([{**INTEREST, **row}])["short_interest_change_frac"] == (None, reason)


@pytest.mark.parametrize(
    ("executed", "change"),
    [(date(2020, 12, 31), 0.2), (date(2021, 1, 4), None), (date(2021, 1, 15), None), (date(2021, 1, 20), 0.2)],
)
def test_change_is_missing_across_a_known_split_that_the_report_does_not_flag(executed, change):
    """The report of 2021-01-15 beside that of 2020-12-31, whose shares are of another basis."""
    split = splits_table(("GME", executed, 30.0, AS_OF))
    found = features([INTEREST], splits=split)["short_interest_change_frac"]
    assert found[0] == pytest.approx(change)
    assert found[1] is (Reason.PRESENT if change else Reason.INPUT_MISSING)


def test_missing_inputs_pass_their_reason_on():
    found = features(shares=[SHARES])
    for name in ("short_interest_shares", "short_interest_float_frac", "days_to_cover", "days_to_cover_reported"):
        assert found[name] == (None, Reason.NOT_LISTED_IN_SOURCE), name
    found = features([INTEREST], mean_volume=NAN)
    assert found["days_to_cover"] == (None, Reason.NO_BAR)
    assert found["short_interest_float_frac"] == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert features([INTEREST], mean_volume=0.0)["days_to_cover"] == (None, Reason.ZERO_DENOMINATOR)
    assert features(shares=[{**SHARES, "float": None}])["float_shares"] == (None, Reason.NOT_PUBLISHED)
    assert features([INTEREST], shares=[{**SHARES, "float": 0.0}])["short_interest_float_frac"] == (
        None,
        Reason.ZERO_DENOMINATOR,
    )


LATER = {**SHARES, "float": 5_000.0, "effective": date(2021, 1, 28), "point_in_time": "biased"}


@pytest.mark.parametrize("known_at", [AS_OF + timedelta(days=1), AS_OF])
@pytest.mark.parametrize("mark", ["biased", "point_in_time"])
def test_a_float_from_the_future_counts_only_when_asked_for(mark, known_at):
    """Marked as biased, or merely dated later: both are of a later date than the run."""
    row = {**LATER, "point_in_time": mark, "known_at": known_at}
    assert features([INTEREST], shares=[row])["float_shares"] == (None, Reason.BIASED_NOT_ASKED)
    assert features([INTEREST], shares=[row])["short_interest_float_frac"] == (None, Reason.BIASED_NOT_ASKED)
    assert features([INTEREST], shares=[row], biased=True)["float_shares"] == (5_000, Reason.PRESENT)
    # an honest one is preferred although it is older
    assert features([INTEREST], shares=[row, SHARES], biased=True)["float_shares"][0] == 8_000


def test_a_float_known_later_but_of_an_earlier_date_is_not_biased_it_is_not_there():
    row = {**SHARES, "known_at": AS_OF + timedelta(seconds=1)}
    for biased in (False, True):
        assert features(shares=[row], biased=biased)["float_shares"] == (None, Reason.NOT_LISTED_IN_SOURCE)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("GME", 30, 100)], (0.3, Reason.PRESENT)), ([("GME", 0, 100)], (0.0, Reason.PRESENT)),
        ([("GME", 0, 0)], (None, Reason.ZERO_DENOMINATOR)), ([("GME", 101, 100)], (None, Reason.INVALID_VALUE)),
        ([("AMC", 30, 100)], (None, Reason.NOT_LISTED_IN_SOURCE)),
    ],
)  # fmt: skip
def test_short_volume_ratio(rows, expected):
    assert features(volume={DAY: volume_table(DAY, *rows)})["short_volume_ratio"] == expected


def files(ratios, last=DAY):
    """One file per ratio, the last one on ``last``; None = GME not listed in it."""
    return {
        day: volume_table(day, ("GME", ratio * 1000, 1000) if ratio is not None else ("AMC", 1, 2))
        for day, ratio in zip(sessions_to(last, len(ratios)), ratios, strict=True)
    }


def test_short_volume_z_by_hand():
    # 20 sessions before: ten at .40, ten at .50 -> median .45, MAD .05 -> z of .60 = .15 / (1.4826 x .05)
    found = features(volume=files([0.4, 0.5] * 10 + [0.6]))
    assert found["short_volume_ratio_z"] == (pytest.approx(2.0234723), Reason.PRESENT)


def test_short_volume_z_needs_twenty_sessions_of_its_own_that_differ():
    assert features(volume=files([0.4, 0.5] * 9 + [None, 0.4, 0.6]))["short_volume_ratio_z"][1] is Reason.SHORT_HISTORY
    assert features(volume=files([0.4] * 30 + [0.6]))["short_volume_ratio_z"][1] is Reason.ZERO_DENOMINATOR
    assert features(volume=files([0.4, 0.5] * 10 + [None]))["short_volume_ratio_z"][1] is Reason.NOT_LISTED_IN_SOURCE


def test_short_volume_z_looks_back_sixty_sessions_and_never_at_its_own():
    wild = [0.9] * 40 + [0.4, 0.5] * 30 + [0.6]
    assert features(volume=files(wild))["short_volume_ratio_z"][0] == pytest.approx(2.0234723)
    assert features(volume=files([0.4, 0.5] * 10 + [0.99]))["short_volume_ratio_z"][0] == pytest.approx(7.2845002)


def test_before_tonights_file_yesterdays_is_the_newest():
    noon = AS_OF - timedelta(hours=6)
    found = features(volume=files([0.4, 0.5] * 10 + [0.6, 0.1]), as_of=noon)
    assert found["short_volume_ratio"][0] == 0.6
    assert found["short_volume_ratio_z"][0] == pytest.approx(2.0234723)
    read = read_short_volume(files([0.4, 0.6, 0.1]), GME, DAY, noon, 61)
    assert read.newest_file == sessions_to(DAY, 2)[0]
    assert read.dropped == 1


def test_the_newest_vintage_of_a_file_counts_whatever_the_order_of_its_rows():
    later = volume_table(DAY, ("GME", 70, 100), known_at=AS_OF)
    assert features(volume={DAY: pa.concat_tables([later, QUIET[DAY]])})["short_volume_ratio"][0] == 0.7


def test_no_file_known_is_no_reading():
    assert read_short_volume({}, GME, DAY, AS_OF, 61) is None
    assert read_short_volume(QUIET, GME, DAY, AS_OF - timedelta(days=1), 61) is None


def test_robust_z_itself_looks_back_sixty_rows():
    series = np.array([0.9] * 40 + [0.4, 0.5] * 30 + [0.6])
    assert robust_z(series[:, None])[0][0] == pytest.approx(2.0234723)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=2, max_size=80))
def test_robust_z_agrees_with_numpy_on_one_series(values):
    series = np.array([NAN if v is None else v for v in values])
    z, enough = robust_z(series[:, None])
    past = series[-61:-1][np.isfinite(series[-61:-1])]
    assert bool(enough[0]) == (len(past) >= 20)
    if len(past) >= 20 and np.isfinite(series[-1]):
        spread = 1.4826 * np.median(np.abs(past - np.median(past)))
        if spread > 1e-12:
            assert z[0] == pytest.approx((series[-1] - np.median(past)) / spread)
            return
    assert np.isnan(z[0])


@pytest.mark.parametrize(
    ("source", "confidence"),
    [("polygon.float", 0.98), ("finra.short_interest", 0.95), ("sec.facts", 0.95), ("alpha_vantage.overview", 0.75),
     ("wsj.page", 0.60)],
)  # fmt: skip
def test_confidence_of_a_source(source, confidence):
    assert confidence_of(source) == confidence

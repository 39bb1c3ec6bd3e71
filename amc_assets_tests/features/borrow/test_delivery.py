"""Fails as balances that last, threshold lists as flags; what was not public yet is not there."""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.features.borrow.calibration import load_stress_calibration
from amc_assets.features.borrow.delivery import (
    fails_freshness,
    on_threshold_list,
    sustained_fails,
    threshold_freshness,
)
from amc_assets.features.splits import SplitHistory
from amc_assets.lake.tables import FAILS_TO_DELIVER, THRESHOLD_LIST
from amc_assets.market.calendar import end_of_day_as_of, sessions_between
from amc_assets.market.publication import fails_published_at, threshold_list_published_at
from amc_assets.reasons import CODES, Reason
from amc_assets_tests.features.panels import AS_OF, DAY, splits_table
from amc_assets_tests.lake.rows import stored

RULE = load_stress_calibration().fails
NAMES = np.array(["AMC", "GME", "KOSS"])
DATES = sessions_between(date(2020, 12, 16), date(2020, 12, 31))  # eleven settlement dates of one half month
HALF = date(2020, 12, 16)


def fails_table(rows: list[tuple], known_at: datetime | None = None) -> pa.Table:
    """FAILS_TO_DELIVER of (settlement, symbol, shares[, known_at])."""
    return stored(
        {
            "settlement_date": [row[0] for row in rows],
            "symbol": [row[1] for row in rows],
            "fails_shares": [float(row[2]) for row in rows],
            "price_usd": pa.nulls(len(rows), pa.float64()),
            "source": ["sec.fails_to_deliver"] * len(rows),
            "known_at": [row[3] if len(row) > 3 else known_at or fails_published_at(HALF) for row in rows],
            "is_simulated": [False] * len(rows),
        },
        schema=FAILS_TO_DELIVER,
    )


def threshold_table(*rows: tuple[date, str, str], known_at: datetime | None = None) -> pa.Table:
    return stored(
        {
            "trade_date": [row[0] for row in rows],
            "symbol": [row[1] for row in rows],
            "lists": [row[2] for row in rows],
            "source": ["nyse.threshold_list"] * len(rows),
            "known_at": [known_at or threshold_list_published_at(row[0]) for row in rows],
            "is_simulated": [False] * len(rows),
        },
        schema=THRESHOLD_LIST,
    )


def fails(rows, *, as_of=AS_OF, day=DAY, splits=None, names=NAMES):
    """{symbol: (shares or None, reason)} and the whole answer."""
    table = rows if isinstance(rows, pa.Table) else fails_table(rows)
    history = SplitHistory.from_table(splits or splits_table())
    read = sustained_fails(table, names, day, as_of, history, RULE, Reason.NOT_FETCHED)
    values = [None if np.isnan(v) else float(v) for v in read.part.values]
    return dict(zip(names.tolist(), zip(values, [CODES[r] for r in read.part.reasons], strict=True), strict=True)), read


def series(symbol: str, balances) -> list[tuple]:
    return [(day, symbol, shares) for day, shares in zip(DATES, balances, strict=False) if shares]


def test_the_balance_that_lasted_five_dates_counts_and_a_spike_does_not():
    spike = series("AMC", [0, 0, 9_000_000, 0, 0, 0, 0, 0, 0, 0, 0])
    lasting = series("GME", [0, 500, 872, 619, 744, 700, 839, 351, 283, 648, 228])
    found, read = fails(spike + lasting)
    assert found["AMC"] == (0.0, Reason.PRESENT)
    assert found["GME"] == (619.0, Reason.PRESENT)  # 872 619 744 700 839: the best five in a row, never their sum
    assert found["KOSS"] == (0.0, Reason.PRESENT)  # in no row of a whole file: the balance was nothing
    assert read.newest_known_at == fails_published_at(HALF)


def test_only_the_last_ten_dates_are_looked_at():
    early = series("GME", [900, 900, 900, 900, 900, 10, 10, 10, 10, 10, 10])
    assert fails(early)[0]["GME"] == (10.0, Reason.PRESENT)  # of the five dates of 900 only four are among the last ten


def test_in_a_file_of_a_few_names_the_others_are_missing_and_not_zero():
    names = np.array([f"S{i:03d}" for i in range(40)])
    rows = [(day, "S000", 700) for day in DATES]
    found, read = fails(rows, names=names)
    assert found["S000"] == (700.0, Reason.PRESENT)
    assert found["S001"] == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert "only 1 names" in read.note
    whole = [(day, f"S{i:03d}", 700) for day in DATES for i in range(4)]
    assert fails(whole, names=names)[0]["S030"] == (0.0, Reason.PRESENT)


def test_the_file_is_unknown_until_the_sec_has_published_it():
    rows = series("GME", [700] * 11)
    public = fails_published_at(HALF)
    before, read = fails(rows, as_of=public - timedelta(microseconds=1))
    assert before["GME"] == (None, Reason.NOT_FETCHED)
    assert (read.dropped, read.newest_known_at) == (11, None)
    assert fails(rows, as_of=public)[0]["GME"] == (700.0, Reason.PRESENT)


def test_fewer_than_five_dates_are_a_short_history():
    assert fails([(day, "GME", 5) for day in DATES[:4]])[0]["GME"] == (None, Reason.SHORT_HISTORY)


def test_the_newest_vintage_of_a_balance_counts_whatever_the_order():
    later = fails_published_at(HALF) + timedelta(days=2)
    rows = [(DATES[-1], "GME", 9_000, later), *series("GME", [700] * 11)]
    for table in (rows, rows[::-1]):
        assert fails(table, as_of=later + timedelta(days=1))[0]["GME"] == (700.0, Reason.PRESENT)
    lower = [(DATES[i], "GME", 3, later) for i in (3, 8)]
    assert fails([*lower, *series("GME", [700] * 11)], as_of=later)[0]["GME"] == (3.0, Reason.PRESENT)
    assert fails([*lower, *series("GME", [700] * 11)], as_of=later - timedelta(hours=1))[0]["GME"][0] == 700.0


def test_balances_are_brought_to_the_basis_of_the_day():
    split = splits_table(("GME", date(2020, 12, 28), 4.0, end_of_day_as_of(date(2020, 12, 18))))
    before = [100 if day < date(2020, 12, 28) else 400 for day in DATES]
    assert fails(series("GME", before), splits=split)[0]["GME"] == (400.0, Reason.PRESENT)


def test_a_negative_balance_is_not_a_reading():
    rows = series("GME", [-700] * 11)
    assert fails(rows)[0]["GME"] == (None, Reason.INVALID_VALUE)


@given(st.lists(st.integers(0, 10_000), min_size=11, max_size=11), st.integers(0, 10), st.integers(1, 10_000))
def test_a_larger_balance_on_any_date_never_lowers_what_lasted(balances, index, more):
    raised = [*balances[:index], balances[index] + more, *balances[index + 1 :]]
    every_date = series("KOSS", [1] * 11)
    before = fails(series("GME", balances) + every_date)[0]["GME"][0]
    after = fails(series("GME", raised) + every_date)[0]["GME"][0]
    assert before <= after <= max(raised)


def test_fails_are_fresh_until_the_next_half_month_is_out():
    newest = date(2020, 12, 31)
    due = fails_published_at(date(2021, 1, 1))
    assert fails_freshness(newest, due - timedelta(seconds=1)) == 1.0
    assert fails_freshness(newest, due) == pytest.approx(np.exp(-0.5))
    assert fails_freshness(newest, fails_published_at(date(2021, 1, 16))) == pytest.approx(np.exp(-1.0))


def listed(table, as_of=AS_OF):
    read = on_threshold_list(table, NAMES, as_of, Reason.PROVIDER_UNAVAILABLE)
    values = [None if np.isnan(v) else float(v) for v in read.part.values]
    return values, read


def test_the_newest_list_names_who_is_on_it_and_silence_is_an_observation():
    table = threshold_table((date(2021, 1, 25), "AMC", "nyse"), (date(2021, 1, 26), "GME", "nyse,nasdaq"))
    values, read = listed(table)
    assert values == [0.0, 1.0, 0.0]
    assert read.note == "list of 2021-01-26: 1 names (nasdaq, nyse)"


def test_a_list_is_usable_from_the_night_on():
    table = threshold_table((date(2021, 1, 26), "AMC", "nyse"), (DAY, "GME", "nyse"))
    assert listed(table)[0] == [1.0, 0.0, 0.0]  # tonight's list comes at 23:00, the run is of 18:45
    assert listed(table)[1].dropped == 1
    assert listed(table, threshold_list_published_at(DAY))[0] == [0.0, 1.0, 0.0]


def test_a_name_added_to_the_list_later_is_not_on_it_yet():
    early, late = threshold_table((date(2021, 1, 26), "AMC", "nyse")), (date(2021, 1, 26), "GME", "nasdaq")
    added = threshold_table(late, known_at=AS_OF + timedelta(minutes=1))
    assert listed(pa.concat_tables([early, added]))[0] == [1.0, 0.0, 0.0]
    assert listed(pa.concat_tables([early, added]), AS_OF + timedelta(minutes=1))[0] == [1.0, 1.0, 0.0]


def test_without_a_list_nobody_is_said_to_be_off_it():
    values, read = listed(threshold_table())
    assert values == [None, None, None]
    assert {CODES[r] for r in read.part.reasons} == {Reason.PROVIDER_UNAVAILABLE}
    assert read.newest_known_at is None


def test_a_list_ages_by_sessions():
    assert threshold_freshness(date(2021, 1, 26), AS_OF) == 1.0
    assert threshold_freshness(date(2021, 1, 22), AS_OF) == pytest.approx(np.exp(-1.0))  # two lists came since
    assert threshold_freshness(date(2021, 1, 26), threshold_list_published_at(DAY)) == pytest.approx(np.exp(-0.5))

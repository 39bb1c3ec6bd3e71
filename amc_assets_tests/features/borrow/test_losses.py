"""Shorts' losses: the book by hand, cycles from reports and bars, one share basis, and nothing from the future."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.features.borrow.cycles import last_trade_date, read_cycles, traded_between
from amc_assets.features.borrow.losses import losses_of, short_book, short_losses, times
from amc_assets.features.panel import PricePanel
from amc_assets.features.shorts import Computed
from amc_assets.features.splits import SplitHistory
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.market.publication import published_at
from amc_assets.reasons import CODES, Reason, code
from amc_assets_tests.features.panels import AS_OF, DAY, NAN, interest_table, panel_of, sessions_to, splits_table

SETTLED = [date(2020, 11, 30), date(2020, 12, 15), date(2020, 12, 31), date(2021, 1, 15)]
GME = np.array(["GME"])
NO_SPLITS = SplitHistory.from_table(splits_table())


def book(shares, prices, volumes=None):
    """Book of one name from shares, mean price and volume (1 unless given) per cycle."""
    volumes = volumes or [1.0] * len(shares)
    dollars = [p * v if v else 0.0 for p, v in zip(prices, volumes, strict=True)]
    return short_book(np.array([shares], float).T, np.array([dollars], float).T, np.array([volumes], float).T)


def loss(shares, prices, close, volumes=None, *, unknown=False):
    held = book(shares, prices, volumes)
    price = Computed(np.array([close]), np.array([0 if np.isfinite(close) else code(Reason.NO_BAR)], np.uint8))
    found = short_losses(held, price, np.array([unknown]), Reason.NOT_LISTED_IN_SOURCE)
    return None if np.isnan(found.values[0]) else float(found.values[0]), CODES[found.reasons[0]]


def test_worked_example():
    # 100 at 10; +100 at 20 -> 200 at 15; half is covered, the mean stays 15; +50 at 30 -> 150 at 20
    held = book([100, 200, 100, 150], [10, 20, 25, 30])
    assert (held.held_shares[0], held.entry_usd[0]) == (150, pytest.approx(20))
    assert loss([100, 200, 100, 150], [10, 20, 25, 30], 30.0) == (pytest.approx(0.5), Reason.PRESENT)
    assert loss([100, 200, 100, 150], [10, 20, 25, 30], 10.0) == (pytest.approx(-0.5), Reason.PRESENT)


def test_first_in_first_out_would_say_something_else():
    # documented: of 100 at 10 and 100 at 20, covering 100 leaves a mean of 15; first in first out would leave 20
    assert book([100, 200, 100], [10, 20, 99]).entry_usd[0] == pytest.approx(15)


def test_a_book_that_was_closed_begins_anew():
    assert book([100, 0, 40], [10, 20, 30]).entry_usd[0] == pytest.approx(30)
    assert loss([100, 50, 0], [10, 20, 30], 30.0) == (None, Reason.ZERO_DENOMINATOR)


def test_a_missing_report_joins_two_cycles():
    # 100 at 10; no report; +100 bought over two cycles at (20 x 1 + 40 x 3) / 4 = 35
    held = book([100, NAN, 200, 200], [10, 20, 40, 99], [1, 1, 3, 1])
    assert (held.entry_usd[0], held.reports_count[0]) == (pytest.approx(22.5), 3)


@pytest.mark.parametrize(
    ("shares", "prices", "volumes", "close", "reason"),
    [
        ([NAN, NAN, NAN], [10, 10, 10], None, 10.0, Reason.NOT_LISTED_IN_SOURCE),
        ([NAN, 5, 5], [10, 10, 10], None, 10.0, Reason.SHORT_HISTORY),
        ([5, 5, 5], [10, 10, 10], None, NAN, Reason.NO_BAR),
        ([5, 5, 5], [10, 10, 10], [0, 1, 1], 10.0, Reason.INPUT_MISSING),
        ([5, 9, 9], [10, 10, 10], [1, 0, 1], 10.0, Reason.INPUT_MISSING),
    ],
)
def test_what_cannot_be_known_is_missing_with_its_reason(shares, prices, volumes, close, reason):
    assert loss(shares, prices, close, volumes) == (None, reason)


def test_covering_needs_no_price():
    assert loss([9, 5, 5], [10, 10, 10], 20.0, [1, 0, 1]) == (pytest.approx(1.0), Reason.PRESENT)


def test_a_split_nobody_told_of_makes_it_missing():
    assert loss([5, 5, 5], [10, 10, 10], 10.0, unknown=True) == (None, Reason.INPUT_MISSING)


SHARES = st.lists(st.integers(0, 1000), min_size=4, max_size=6)
PRICES = st.floats(0.5, 500)


@given(SHARES, st.data())
def test_the_entry_lies_among_the_prices_paid(shares, data):
    prices = data.draw(st.lists(PRICES, min_size=len(shares), max_size=len(shares)))
    entry = book(shares, prices).entry_usd[0]
    assert np.isnan(entry) == (shares[-1] == 0)
    if shares[-1]:
        assert min(prices) * (1 - 1e-9) <= entry <= max(prices) * (1 + 1e-9)


@given(SHARES, st.data(), st.sampled_from([0.05, 0.5, 2.0, 10.0]))
def test_a_split_changes_no_loss(shares, data, ratio):
    prices = data.draw(st.lists(PRICES, min_size=len(shares), max_size=len(shares)))
    close = data.draw(PRICES)
    old = loss(shares, prices, close)
    new = loss([s * ratio for s in shares], [p / ratio for p in prices], close / ratio, [ratio] * len(shares))
    assert old[1] is new[1]
    if old[0] is not None:
        assert new[0] == pytest.approx(old[0], rel=1e-9, abs=1e-9)


@given(SHARES, st.data(), st.floats(0.01, 100))
def test_a_higher_price_is_a_larger_loss(shares, data, more):
    prices = data.draw(st.lists(PRICES, min_size=len(shares), max_size=len(shares)))
    low, high = loss(shares, prices, 10.0)[0], loss(shares, prices, 10.0 + more)[0]
    assert (low is None and high is None) or high > low


def test_a_loss_times_a_missing_short_interest_passes_its_reason_on():
    one = Computed(np.array([2.0, NAN, 2.0]), np.array([0, code(Reason.SHORT_HISTORY), 0], np.uint8))
    two = Computed(np.array([0.5, 0.5, NAN]), np.array([0, 0, code(Reason.BIASED_NOT_ASKED)], np.uint8))
    found = times(one, two)
    assert found.values[0] == 1.0
    assert [CODES[r] for r in found.reasons] == [Reason.PRESENT, Reason.SHORT_HISTORY, Reason.BIASED_NOT_ASKED]


# From reports and bars


@pytest.mark.parametrize(
    ("settlement", "last"),
    [
        (date(2017, 8, 31), date(2017, 8, 28)),  # T+3
        (date(2021, 1, 15), date(2021, 1, 13)),  # T+2: GME's first jump of 01-13 is the last trade of that report
        (date(2024, 6, 14), date(2024, 6, 13)),  # T+1
    ],
)
def test_a_report_holds_the_trades_that_have_settled(settlement, last):
    assert last_trade_date(settlement) == last


def panel(close=None, volume=None) -> PricePanel:
    """Sixty sessions of GME up to DAY; the typical price is the close."""
    close = np.full(60, 10.0) if close is None else close
    return panel_of(close, volume=volume, symbols=["GME"])


def reports(*shares: float, split=False):
    rows = [{"symbol": "GME", "shares": s, "settlement": d} for s, d in zip(shares, SETTLED, strict=False)]
    rows[-1]["split"] = split
    return interest_table(*rows)


def test_cycles_take_the_sessions_between_two_settlements():
    sessions = sessions_to(DAY, 60)
    volume = np.arange(1.0, 61.0)
    close = np.where(np.array([day <= date(2021, 1, 13) for day in sessions]), 10.0, 99.0)
    dollars, shares = traded_between(tuple(SETTLED), panel(close, volume), GME)
    inside = [v for day, v in zip(sessions, volume, strict=True) if date(2020, 12, 29) < day <= date(2021, 1, 13)]
    assert shares[-1, 0] == sum(inside)
    assert dollars[-1, 0] == pytest.approx(10 * sum(inside))  # nothing of the 99 after the last settled trade
    first = [v for day, v in zip(sessions, volume, strict=True) if date(2020, 11, 11) < day <= date(2020, 11, 25)]
    assert shares[0, 0] == sum(first)  # the first cycle begins at the calendar's settlement before: 2020-11-13


def test_a_session_is_priced_by_vwap_then_typical_price_then_close():
    day = panel_of([[30.0, 30.0, 30.0]], high=[[33.0, 33.0, NAN]], low=[[24.0, 24.0, NAN]], vwap=[[28.0, NAN, NAN]])
    bars = replace(day, sessions=(date(2021, 1, 12),), symbols=np.array(["A", "B", "C"]))
    dollars, shares = traded_between((date(2021, 1, 15),), bars, bars.symbols)
    assert (dollars / shares)[0].tolist() == [28.0, 29.0, 30.0]


def losses_from(table, bars, *, splits=NO_SPLITS, as_of=AS_OF, close=20.0):
    cycles = read_cycles(table, GME, DAY, as_of, splits, bars)
    found = losses_of(cycles, Computed(np.array([close]), np.zeros(1, np.uint8)), Reason.NOT_LISTED_IN_SOURCE)
    return None if np.isnan(found.values[0]) else float(found.values[0]), CODES[found.reasons[0]]


def test_a_report_counts_from_its_publication_on():
    table = reports(100, 100, 100, 300)
    rising = np.concatenate([np.full(48, 10.0), np.full(12, 40.0)])
    public = published_at(SETTLED[-1])
    before = read_cycles(table, GME, DAY, public - timedelta(microseconds=1), NO_SPLITS, panel(rising))
    assert (before.settlements[-1], before.dropped) == (SETTLED[-2], 1)
    after = read_cycles(table, GME, DAY, public, NO_SPLITS, panel(rising))
    assert (after.settlements[-1], after.shares[-1, 0]) == (SETTLED[-1], 300.0)
    assert after.known_at[0] == np.datetime64(public.replace(tzinfo=None), "us")


@given(st.lists(st.integers(1, 500), min_size=4, max_size=4), st.integers(1, 500))
def test_a_later_report_or_revision_changes_nothing_before_it_is_known(shares, other):
    early = published_at(SETTLED[2]) + timedelta(hours=1)
    known = losses_from(reports(*shares[:3]), panel(), as_of=early)
    assert losses_from(reports(*shares), panel(), as_of=early) == known
    rows = [{"symbol": "GME", "shares": s, "settlement": d} for s, d in zip(shares[:3], SETTLED, strict=False)]
    revised = interest_table(*rows, {**rows[1], "shares": other, "known_at": early + timedelta(hours=1)})
    assert losses_from(revised, panel(), as_of=early) == known


def test_a_revision_counts_once_it_is_known():
    rows = [{"symbol": "GME", "shares": 100, "settlement": d} for d in SETTLED]
    later = {**rows[-1], "shares": 0, "known_at": AS_OF - timedelta(minutes=1)}
    for table in (interest_table(*rows, later), interest_table(later, *rows)):
        assert losses_from(table, panel()) == (None, Reason.ZERO_DENOMINATOR)


def test_reports_of_before_a_split_are_brought_to_the_basis_of_the_day():
    split = SplitHistory.from_table(splits_table(("GME", date(2021, 1, 5), 4.0, end_of_day_as_of(date(2020, 12, 18)))))
    rising = panel(np.linspace(10.0, 40.0, 60))
    plain = losses_from(reports(400, 400, 400, 800), rising)
    assert losses_from(reports(100, 100, 100, 800, split=True), rising, splits=split) == plain
    assert losses_from(reports(100, 100, 100, 800), rising) != plain
    assert losses_from(reports(100, 100, 100, 800, split=True), panel()) == (None, Reason.INPUT_MISSING)
    unflagged = losses_from(reports(100, 100, 100, 800), panel())
    assert unflagged[1] is Reason.PRESENT  # a rise to 800 without the flag is a rise


def test_without_bars_or_reports_it_is_missing():
    assert losses_from(reports(100, 100, 100, 100), None) == (None, Reason.INPUT_MISSING)
    assert losses_from(interest_table(), panel()) == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert losses_from(reports(100, 100), panel()) == (None, Reason.SHORT_HISTORY)

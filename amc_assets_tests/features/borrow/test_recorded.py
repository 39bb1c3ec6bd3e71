"""The recorded winter of 2020-21: shorts' losses and lasting fails of GME against their peers, point in time.

The numbers here are those printed in docs/borrow.md.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.features.borrow.calibration import load_stress_calibration
from amc_assets.features.borrow.cycles import read_cycles
from amc_assets.features.borrow.delivery import sustained_fails
from amc_assets.features.borrow.losses import losses_of, short_book
from amc_assets.features.panel import BarHistory
from amc_assets.features.shorts import Computed
from amc_assets.features.splits import SplitHistory
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.reasons import CODES, Reason
from amc_assets_tests.features.borrow import recorded
from amc_assets_tests.features.panels import splits_table

pytestmark = pytest.mark.real_data
SPLITS = SplitHistory.from_table(splits_table())
REPORTS = 6


@pytest.fixture(scope="module")
def bars(shared_data: Path) -> BarHistory:
    return recorded.bars(shared_data)


@pytest.fixture(scope="module")
def interest(shared_data: Path) -> pa.Table:
    return recorded.interest(shared_data)


def losses(bars: BarHistory, interest: pa.Table, day: date):
    """Symbols, losses with reasons, entry price and shares short of the day's run; reads only what was public."""
    as_of = end_of_day_as_of(day)
    panel = bars.panel(day, as_of)
    public = interest.filter(pc.less_equal(interest["known_at"], pa.scalar(as_of, pa.timestamp("us", tz="UTC"))))
    newest = sorted(set(public["settlement_date"].to_pylist()))[-REPORTS:]
    history = public.filter(pc.is_in(public["settlement_date"], value_set=pa.array(newest, pa.date32())))
    cycles = read_cycles(history, panel.symbols, day, as_of, SPLITS, panel)
    close = panel.close_usd[-1]
    price = Computed(close, np.where(np.isfinite(close), 0, CODES.index(Reason.NO_BAR)).astype(np.uint8))
    book = short_book(cycles.shares, cycles.dollars_usd, cycles.volume_shares)
    return panel.symbols, losses_of(cycles, price, Reason.NOT_LISTED_IN_SOURCE), book


def of(symbols, values, name):
    return float(values[symbols.tolist().index(name)])


def test_the_losses_of_those_short_of_gme_rise_through_january(bars, interest):
    days = [date(2021, 1, 12), date(2021, 1, 13), date(2021, 1, 22), date(2021, 1, 26), date(2021, 1, 27)]
    found = [losses(bars, interest, day) for day in days]
    gme = [of(symbols, loss.values, "GME") for symbols, loss, _ in found]
    assert gme == pytest.approx([0.62, 1.55, 4.29, 11.04, 24.04], abs=0.01)
    assert gme == sorted(gme)
    entries = [of(symbols, book.entry_usd, "GME") for symbols, _, book in found]
    assert entries == pytest.approx([12.29, 12.29, 12.29, 12.29, 13.88], abs=0.01)


def test_the_report_of_mid_january_counts_from_its_evening(bars, interest):
    before = losses(bars, interest, date(2021, 1, 26))
    after = losses(bars, interest, date(2021, 1, 27))  # public at 18:00 New York of that day
    assert of(before[0], before[2].held_shares, "GME") == 71_196_206
    assert of(after[0], after[2].held_shares, "GME") == 61_782_730


def test_gme_leads_the_market_when_losses_are_weighed_by_short_interest(bars, interest, shared_data):
    symbols, loss, book = losses(bars, interest, date(2021, 1, 22))
    floats = recorded.floats(shared_data)
    shares = np.array([floats.get(name, (np.nan, np.nan))[0] for name in symbols.tolist()])
    weighed = loss.values * book.held_shares / shares
    order = np.argsort(-np.where(np.isfinite(weighed), weighed, -np.inf))
    assert symbols[order[0]] == "GME"
    assert weighed[order[0]] == pytest.approx(5.94, abs=0.01)
    assert weighed[order[0]] > 4 * weighed[order[1]]


def test_nearly_every_name_has_a_loss_and_the_others_say_why(bars, interest):
    _, loss, _ = losses(bars, interest, date(2021, 1, 27))
    assert np.isfinite(loss.values).mean() > 0.98
    assert {CODES[number] for number in np.unique(loss.reasons)} <= {
        Reason.PRESENT,
        Reason.INPUT_MISSING,
        Reason.NO_BAR,
    }
    assert np.nanmedian(loss.values) == pytest.approx(0.16, abs=0.02)  # the market had risen since autumn


def test_what_came_later_is_not_seen(bars, interest):
    day = date(2021, 1, 22)
    early = interest.filter(pc.less(interest["settlement_date"], pa.scalar(date(2021, 1, 15))))
    with_all, without = losses(bars, interest, day), losses(bars, early, day)
    np.testing.assert_array_equal(with_all[1].values, without[1].values)
    later = losses(bars, early, date(2021, 1, 27))
    assert not np.array_equal(later[1].values, losses(bars, interest, date(2021, 1, 27))[1].values, equal_nan=True)


def test_the_fails_of_gme_lasted_and_those_of_amc_did_not(bars, shared_data):
    day = date(2021, 1, 27)
    as_of = end_of_day_as_of(day)
    panel = bars.panel(day, as_of)
    rule = load_stress_calibration().fails
    read = sustained_fails(recorded.fails(shared_data), panel.symbols, day, as_of, SPLITS, rule, Reason.NOT_FETCHED)
    outstanding = recorded.floats(shared_data)
    frac = {name: of(panel.symbols, read.part.values, name) / outstanding[name][1] for name in ("GME", "AMC")}
    assert frac["GME"] == pytest.approx(0.0089, abs=0.0001)  # above Reg SHO's half a percent
    assert frac["AMC"] == pytest.approx(0.0007, abs=0.0001)  # 4.3 million one day, 0.1 million four days later
    assert "up to 2020-12-31" in read.note  # the first half of January came out in February
    aapl, unlisted = (panel.symbols.tolist().index(name) for name in ("AAPL", "BBBY"))
    assert CODES[read.part.reasons[aapl]] is Reason.PRESENT
    other = panel.symbols.tolist().index("A")
    assert CODES[read.part.reasons[other]] is Reason.NOT_LISTED_IN_SOURCE
    assert np.isfinite(read.part.values[unlisted])

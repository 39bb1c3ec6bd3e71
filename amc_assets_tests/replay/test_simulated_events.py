"""The simulated news, filings, halts, fails, lists, counts and rates: plausible, consistent, louder in a squeeze."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from amc_assets.market.calendar import close_at, exchange_date, new_york, open_at, session_offset, sessions_between
from amc_assets.replay.market import FilingRow, NewsRow
from amc_assets.replay.simulated import Planted, SimulatedMarket
from amc_assets.replay.simulation.companies import cusip_of
from amc_assets.replay.simulation.newsroom import WIRES

FIRST, LAST = date(2025, 7, 1), date(2025, 9, 30)
TRUTH = ("squeeze", "pump", "fizzle", "simul", "plant", "replay")


@pytest.fixture(scope="module")
def news(full_market: SimulatedMarket) -> list[NewsRow]:
    """Return the headlines of a quarter."""
    return list(full_market.news(*_span(FIRST, LAST)))


@pytest.fixture(scope="module")
def filings(full_market: SimulatedMarket) -> list[FilingRow]:
    """Return the filings of a quarter."""
    return list(full_market.filings(*_span(FIRST, LAST)))


@pytest.fixture(scope="module")
def planted(full_market: SimulatedMarket) -> list[Planted]:
    """Return the squeezes of three quarters."""
    return [row for row in full_market.planted() if date(2024, 10, 1) <= row.ignition_date <= date(2025, 6, 30)]


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    return new_york(first, 0), new_york(last, 23, 59)


def test_some_hundred_headlines_a_session_mostly_in_hours(news: list[NewsRow]) -> None:
    per_day = Counter(exchange_date(row.published_at) for row in news)
    sessions = sessions_between(FIRST, LAST)
    assert 150 < np.mean([per_day[day] for day in sessions]) < 320
    assert max(per_day[day] for day in per_day if day not in set(sessions)) < 30, "weekends are quiet"
    in_hours = [
        open_at(day) <= row.published_at < close_at(day)
        for row in news
        if (day := exchange_date(row.published_at)) in set(sessions)
    ]
    assert 0.55 < np.mean(in_hours) < 0.75


def test_headlines_are_ordered_named_once_and_on_every_wire(news: list[NewsRow]) -> None:
    assert [row.published_at for row in news] == sorted(row.published_at for row in news)
    assert len({row.item_id for row in news}) == len({row.url for row in news}) == len(news)
    wires = Counter(row.wire for row in news)
    assert set(wires) == set(WIRES)
    assert min(wires.values()) > 0.08 * len(news)
    scored = {row.wire for row in news if row.vendor_sentiment is not None}
    assert scored == {"polygon", "alpha_vantage"}
    assert all(-1 <= row.vendor_sentiment <= 1 for row in news if row.vendor_sentiment is not None)


def test_some_stories_come_twice_some_untagged_some_hostile(news: list[NewsRow]) -> None:
    wires_of = defaultdict(set)
    for row in news:
        wires_of[row.item_id[:-1]].add(row.wire)
    assert 0.1 < np.mean([len(wires) == 2 for wires in wires_of.values()]) < 0.35
    assert 0.03 < np.mean([not row.symbols for row in news]) < 0.15
    text = "\n".join(row.title for row in news)
    assert all(word in text for word in ("<script>", "onerror", "\u202e", "DROP TABLE", "\x1b[31m"))
    assert sum("<script>" in row.title for row in news) < 0.005 * len(news)


def test_tone_and_the_vendors_score_agree(news: list[NewsRow]) -> None:
    good = [row.vendor_sentiment for row in news if "record quarterly revenue" in row.title]
    bad = [row.vendor_sentiment for row in news if "wider quarterly loss" in row.title]
    assert np.mean([score for score in good if score is not None]) > 0.3
    assert np.mean([score for score in bad if score is not None]) < -0.3


def test_no_headline_tells_the_truth(news: list[NewsRow]) -> None:
    said = " ".join(f"{row.title} {row.summary} {row.url} {row.publisher}" for row in news).lower()
    assert [word for word in TRUTH if word in said] == []


def test_a_squeeze_is_talked_about_once_it_runs(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    running, before = [], []
    for row in planted:
        run = full_market.news(*_span(row.ignition_date, row.peak_date))
        calm = full_market.news(*_span(session_offset(row.ignition_date, -12), session_offset(row.ignition_date, -1)))
        days = len(sessions_between(row.ignition_date, row.peak_date))
        running.append(sum(row.symbol in item.symbols for item in run) / days)
        before.append(sum(row.symbol in item.symbols for item in calm) / 12)
    assert np.mean(running) > 2
    assert np.mean(running) > 6 * np.mean(before), "the build-up is quiet"


def test_windows_add_up_to_the_whole(full_market: SimulatedMarket, news: list[NewsRow]) -> None:
    middle = new_york(date(2025, 8, 6), 11, 3)
    start, end = _span(FIRST, LAST)
    parts = [*full_market.news(start, middle), *full_market.news(middle + timedelta(seconds=1), end)]
    assert parts == news
    assert full_market.news(end, start) == []
    assert full_market.news(*_span(date(2028, 1, 3), date(2028, 1, 4))) == [], "outside the range"


def test_filings_have_forms_items_and_one_number_each(filings: list[FilingRow]) -> None:
    forms = Counter(row.form for row in filings)
    assert {"8-K", "8-K/A", "10-Q", "S-3", "424B5", "SC 13D"} <= set(forms)
    assert forms["8-K"] > 0.5 * len(filings)
    assert len({row.accession for row in filings}) == len(filings)
    assert all(bool(row.items) == row.form.startswith("8-K") for row in filings)
    assert [row.accepted_at for row in filings] == sorted(row.accepted_at for row in filings)
    items = Counter(item for row in filings for item in row.items)
    assert {"2.02", "3.01", "1.01", "5.02", "9.01"} <= set(items)


def test_every_count_of_shares_was_filed_that_day(full_market: SimulatedMarket, filings: list[FilingRow]) -> None:
    counts = [row for row in full_market.share_counts() if FIRST <= row.filed_date <= LAST]
    filed = {(row.cik, row.form, row.accepted_at.date()) for row in filings}
    assert len(counts) > 900
    assert [row for row in counts if (row.cik, row.form, row.filed_date) not in filed] == []
    assert all(row.end_date < row.filed_date for row in counts)


def test_counts_are_those_of_the_share_basis(full_market: SimulatedMarket) -> None:
    counts = full_market.share_counts()
    stated = defaultdict(list)
    for row in full_market.floats():
        stated[row.symbol].append(row)
    for count in counts[::50]:
        known = [row for row in stated[count.symbol] if row.effective_date <= count.end_date]
        assert known[-1].outstanding_shares == pytest.approx(count.outstanding_shares, rel=1e-6), count
    cik_of = {row.symbol: row.cik for row in counts}
    assert len(set(cik_of.values())) == len(cik_of) > 1000, "a CIK belongs to one symbol"
    assert not any("." in symbol for symbol in cik_of), "a second class files nothing of its own"


def test_offerings_follow_peaks(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    after, before = [], []
    for row in planted:
        later = full_market.filings(*_span(session_offset(row.peak_date, 1), session_offset(row.peak_date, 4)))
        earlier = full_market.filings(*_span(row.build_up_from, row.ignition_date))
        after.append(any(item.form == "424B5" and item.symbol == row.symbol for item in later))
        before.append(any(item.form == "424B5" and item.symbol == row.symbol for item in earlier))
    assert 0.3 < np.mean(after) < 0.75
    assert np.mean(before) < 0.15


def test_pauses_fall_on_violent_days_and_end(full_market: SimulatedMarket) -> None:
    halts = [halt for day in sessions_between(FIRST, LAST) for halt in full_market.halts(day)]
    codes = Counter(halt.reason_code for halt in halts)
    assert set(codes) == {"LUDP", "T1"}
    assert codes["LUDP"] > 60
    for halt in halts:
        day = exchange_date(halt.halted_at)
        assert halt.resumed_at is not None
        assert open_at(day) <= halt.halted_at < halt.resumed_at
        if halt.reason_code == "LUDP":
            bars = full_market.bars(day)
            assert bars is not None
            place = bars.symbols.tolist().index(halt.symbol)
            assert bars.high_usd[place] / bars.low_usd[place] >= 1.3
            assert halt.resumed_at <= close_at(day)
    lives = defaultdict(list)
    for halt in halts:
        lives[halt.symbol].append(halt)
    for own in lives.values():
        ordered = sorted(own, key=lambda halt: halt.halted_at)
        assert all(a.resumed_at is not None and a.resumed_at <= b.halted_at for a, b in pairwise(ordered))
    assert full_market.halts(date(2025, 9, 13)) == [], "a Saturday"


def test_a_halt_for_news_is_followed_by_the_news(full_market: SimulatedMarket) -> None:
    halts = [
        halt
        for day in sessions_between(date(2025, 1, 2), LAST)
        for halt in full_market.halts(day)
        if halt.reason_code == "T1"
    ]
    assert len(halts) > 15
    for halt in halts:
        stories = full_market.news(halt.halted_at, halt.halted_at + timedelta(seconds=45))
        company = halt.name.split(" Common")[0].split(" American")[0]
        assert any(company in story.title for story in stories), halt


def test_fails_are_balances_with_gaps(full_market: SimulatedMarket) -> None:
    rows = full_market.fails(date(2025, 9, 1), date(2025, 9, 15))
    assert rows is not None
    per_symbol = Counter(row.symbol for row in rows)
    sessions = len(sessions_between(date(2025, 9, 1), date(2025, 9, 15)))
    assert 0.05 < np.mean([count == sessions for count in per_symbol.values()]) < 0.5
    assert all(row.fails_shares >= 1 and row.fails_shares == int(row.fails_shares) for row in rows)
    assert any(row.price_usd is None for row in rows)
    assert len({row.cusip for row in rows}) == len(per_symbol)
    assert [(row.settlement_date, row.symbol) for row in rows] == sorted(
        (row.settlement_date, row.symbol) for row in rows
    )
    assert full_market.fails(date(2023, 1, 1), date(2023, 1, 15)) is None


def test_the_price_beside_a_fail_is_the_close_before(full_market: SimulatedMarket) -> None:
    day = date(2025, 7, 1)  # the first session of a quarter, so the close lies in the block before
    rows, bars = full_market.fails(day, day), full_market.bars(session_offset(day, -1))
    assert rows is not None
    assert bars is not None
    close = dict(zip(bars.symbols, bars.close_usd, strict=True))
    seen = [(row.price_usd, close[row.symbol]) for row in rows if row.price_usd is not None and row.symbol in close]
    assert len(seen) > 200
    assert all(price == pytest.approx(before, abs=0.0051) for price, before in seen)


def test_threshold_lists_follow_from_the_fails(full_market: SimulatedMarket) -> None:
    last = date(2024, 3, 15)
    sessions = sessions_between(full_market.first_day, last)
    outstanding = {
        row.symbol: row.outstanding_shares
        for row in full_market.floats()
        if row.effective_date <= full_market.first_day
    }
    split = {row.symbol for row in full_market.splits(full_market.first_day, last)}
    rows = full_market.fails(full_market.first_day, last)
    assert rows is not None
    high = {
        (row.symbol, row.settlement_date)
        for row in rows
        if row.symbol in outstanding and row.fails_shares >= max(10_000, 0.005 * (outstanding[row.symbol] or 0))
    }
    known = set(outstanding) - split
    above, below, listed = Counter[str](), Counter[str](), set[str]()
    for day in sessions:
        for symbol in known:
            is_high = (symbol, day) in high
            above[symbol] = above[symbol] + 1 if is_high else 0
            below[symbol] = 0 if is_high else below[symbol] + 1
        listed = {name for name in known if above[name] >= 5 or (name in listed and below[name] < 5)}
        shown = full_market.threshold_symbols(day)
        assert shown is not None
        assert listed == set(shown) & known, day
    assert listed
    assert full_market.threshold_symbols(date(2025, 9, 13)) is None


def test_crowded_names_come_on_the_list(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    def listed(row: Planted, step: int) -> bool:
        return row.symbol in (full_market.threshold_symbols(session_offset(row.ignition_date, step)) or ())

    assert np.mean([listed(row, 0) for row in planted]) > 0.4
    assert np.mean([listed(row, -50) for row in planted]) < 0.1
    sizes = [len(full_market.threshold_symbols(day) or ()) for day in sessions_between(FIRST, LAST)]
    assert 8 < np.mean(sizes) < 40


def test_cusips_carry_their_check_digit() -> None:
    for position in range(50):
        cusip = cusip_of(7, position)
        doubled = [int(digit) * (1 + number % 2) for number, digit in enumerate(cusip[:8])]
        assert len(cusip) == 9
        assert (10 - sum(value // 10 + value % 10 for value in doubled) % 10) % 10 == int(cusip[8])


def test_bill_rates_move_slowly(full_market: SimulatedMarket) -> None:
    sessions = sessions_between(date(2024, 1, 2), date(2027, 12, 31))
    rates = [full_market.bill_rates(day) for day in sessions]
    table = np.array([[rate for _, rate in row] for row in rates if row is not None])
    assert table.shape == (len(sessions), 7)
    assert 0.02 < table.min() < table.max() < 0.06
    assert np.abs(np.diff(table, axis=0)).max() < 0.0020
    assert full_market.bill_rates(date(2025, 9, 13)) is None

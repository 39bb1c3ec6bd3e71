"""Labels by hand, and the difference between no and not known."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.evaluation.labels import ATR_MOVE, PRIMARY, SQUEEZE, Label, LabelSet, forward_labels
from amc_assets.evaluation.moves import PriceArrays, entry_price, forward_moves
from amc_assets.evaluation.positions import ShortPositions, visible_after_sessions

SESSIONS = 14
DAYS = tuple(date(2021, 1, 4) + timedelta(days=i) for i in range(SESSIONS))


def flat(names: int = 1, price: float = 10.0) -> PriceArrays:
    return PriceArrays(*(np.full((SESSIONS, names), price) for _ in range(4)))


def label(prices: PriceArrays, positions: ShortPositions | None = None, atr_usd: float = 0.5) -> LabelSet:
    names = prices.open_usd.shape[1]
    return forward_labels(
        prices,
        trade_dates=DAYS,
        symbols=np.array([f"S{i:03d}" for i in range(names)]),
        atr14_usd=np.full(prices.open_usd.shape, atr_usd),
        positions=positions,
    )


def test_all_labels_have_their_names():
    names = set(label(flat(), ShortPositions((DAYS[0], DAYS[9]), np.ones((2, 1)))).labels)
    assert names == {
        "move_15_5",
        "move_30_5",
        "move_50_5",
        "move_15_10",
        "move_30_10",
        "move_50_10",
        "move_15_7",
        "move_5atr_5",
        "squeeze_30_5",
    }
    assert SQUEEZE not in label(flat()).labels


def test_a_rise_of_exactly_thirty_percent_in_the_fifth_session_is_a_hit_and_in_the_sixth_is_not():
    prices = flat()
    prices.high_usd[6, 0] = 13.0  # session 6: five after day 1, six after day 0
    hits = label(prices).labels
    assert hits[PRIMARY].hit[:7, 0].tolist() == [False, True, True, True, True, True, False]
    assert hits["move_30_10"].hit[0, 0]
    assert hits["move_50_10"].hit.sum() == 0


def test_fifteen_percent_is_a_hit_though_its_binary_fraction_is_short():
    prices = flat()
    prices.high_usd[3, 0] = 11.5
    assert 11.5 / 10 - 1 < 0.15  # the trap
    assert label(prices).labels["move_15_5"].hit[2, 0]


def test_entry_is_the_next_open_and_the_days_own_high_does_not_count():
    prices = flat()
    prices.high_usd[2, 0] = 50.0  # D = 2 itself
    prices.open_usd[3, 0] = 20.0
    assert not label(prices).labels[PRIMARY].hit[2, 0]
    assert entry_price(prices.open_usd)[2, 0] == 20.0
    assert label(prices).labels[PRIMARY].hit[1, 0]


def test_the_newest_days_are_unknown_even_when_they_have_already_hit():
    prices = flat()
    prices.high_usd[11, 0] = 99.0
    primary = label(prices).labels[PRIMARY]
    assert primary.known[:, 0].tolist() == [True] * 9 + [False] * 5  # 8 + 5 = 13, the newest session
    assert not primary.hit[10, 0]  # would hit at once, but its losers are not known yet: counting it would flatter


def test_no_open_to_enter_at_is_unknown():
    prices = flat()
    prices.open_usd[4, 0] = np.nan
    primary = label(prices).labels[PRIMARY]
    assert not primary.known[3, 0]
    assert primary.known[4, 0]


def test_a_name_that_stops_trading_counts_with_what_it_traded():
    prices = flat()
    prices.high_usd[4, 0] = 14.0
    for array in (prices.open_usd, prices.high_usd, prices.low_usd, prices.close_usd):
        array[5:, 0] = np.nan
    prices.close_usd[4, 0] = 8.0
    moves = forward_moves(prices, 5)
    primary = label(prices).labels[PRIMARY]
    assert primary.known[2, 0]
    assert primary.hit[2, 0]
    assert moves.close_return_frac[2, 0] == pytest.approx(-0.2)
    assert not primary.known[4, 0]  # no entry after the last trade


def test_moves_by_hand():
    prices = flat()
    prices.open_usd[1, 0], prices.high_usd[2, 0], prices.low_usd[3, 0], prices.close_usd[5, 0] = 8.0, 12.0, 6.0, 9.0
    moves = forward_moves(prices, 5)
    assert moves.highest_rise_frac[0, 0] == pytest.approx(0.5)
    assert moves.deepest_fall_frac[0, 0] == pytest.approx(-0.25)
    assert moves.close_return_frac[0, 0] == pytest.approx(0.125)


@pytest.mark.parametrize(
    ("atr_usd", "high", "hit"), [(0.5, 12.5, True), (0.5, 12.4, False), (0.2, 11.4, False), (0.2, 11.5, True)]
)
def test_atr_move_needs_five_atr_and_fifteen_percent(atr_usd, high, hit):
    prices = flat()
    prices.high_usd[3, 0] = high  # 5 x .5 = 2.5 above 10; 5 x .2 = 1.0, but fifteen percent is 1.5
    assert bool(label(prices, atr_usd=atr_usd).labels[ATR_MOVE].hit[2, 0]) is hit


def test_atr_move_without_atr_is_unknown():
    assert not label(flat(), atr_usd=float("nan")).labels[ATR_MOVE].known.any()


def squeezed(held: float, after: float, second_day: int = 9) -> Label:
    prices = flat()
    prices.high_usd[3, 0] = 20.0
    positions = ShortPositions((DAYS[0], DAYS[second_day]), np.array([[held], [after]]))
    return label(prices, positions).labels[SQUEEZE]


def test_squeeze_needs_ten_percent_covering_by_the_report_after_it():
    assert squeezed(1000, 900).hit[2, 0]
    assert not squeezed(1000, 901).hit[2, 0]
    assert squeezed(1000, 901).known[2, 0]


def test_a_settlement_on_the_day_itself_is_the_position_and_not_the_next_report():
    assert not squeezed(1000, 500, second_day=2).known[2, 0]  # day 2 holds 500; its next report does not exist
    assert squeezed(1000, 500, second_day=5).hit[2, 0]


@pytest.mark.parametrize(("settled", "hit"), [(3, False), (4, False), (5, True)])
def test_shares_bought_back_at_the_entry_are_gone_from_the_report_of_three_sessions_later(settled, hit):
    """D is session 2 and the entry session 3: trades of it settle on session 5. An earlier report is passed over."""
    prices = flat()
    prices.high_usd[3, 0] = 20.0
    positions = ShortPositions((DAYS[0], DAYS[settled], DAYS[9]), np.array([[1000.0], [500.0], [1000.0]]))
    outcome = label(prices, positions).labels[SQUEEZE]
    assert outcome.known[2, 0]
    assert bool(outcome.hit[2, 0]) is hit


@pytest.mark.parametrize(("broken", "known"), [(0, True), (1, False), (2, False), (3, True)])
def test_two_reports_around_a_split_or_a_revision_are_not_comparable(broken, known):
    """From the report of session 0 to that of session 6; the one of session 4 lies between them."""
    prices = flat()
    prices.high_usd[3, 0] = 20.0
    breaks = np.zeros((4, 1), bool)
    breaks[broken] = True
    positions = ShortPositions((DAYS[0], DAYS[4], DAYS[6], DAYS[9]), np.array([[30.0], [30.0], [1.0], [1.0]]), breaks)
    outcome = label(prices, positions).labels[SQUEEZE]
    assert bool(outcome.known[2, 0]) is known
    assert bool(outcome.hit[2, 0]) is known


@pytest.mark.parametrize(("held", "after"), [(np.nan, 5.0), (1000.0, np.nan), (0.0, 0.0)])
def test_squeeze_without_both_reports_is_unknown(held, after):
    outcome = squeezed(held, after)
    assert not outcome.known[2, 0]
    assert not outcome.hit[2, 0]


def test_a_miss_is_unknown_too_where_the_next_report_is_missing():
    """Planted trap: calling failed moves false early would leave only misses on the newest days."""
    assert not squeezed(1000, 500, second_day=3).known[5, 0]


def test_publication_waits_and_a_late_settlement_is_never_visible():
    settlements = (DAYS[0], DAYS[4], DAYS[9])
    visible = visible_after_sessions(settlements, DAYS, 8)
    assert visible == (DAYS[8], DAYS[12], date.max)
    positions = ShortPositions(settlements, np.array([[1.0], [2.0], [3.0]]))
    assert positions.published(DAYS, visible)[:, 0].tolist()[7:13] == [
        pytest.approx(np.nan, nan_ok=True),
        1,
        1,
        1,
        1,
        2,
    ]


def test_a_settlement_before_the_first_session_is_late_rather_than_early():
    assert visible_after_sessions((DAYS[0] - timedelta(days=3),), DAYS, 8) == (DAYS[7],)


@pytest.mark.parametrize("lag", [0, -1])
def test_no_lag_is_refused(lag):
    with pytest.raises(ValueError, match="never public"):
        visible_after_sessions(DAYS[:1], DAYS, lag)
    with pytest.raises(ValueError, match="looks ahead"):
        entry_price(flat().open_usd, lag)


def test_bad_shapes_and_orders_are_refused():
    with pytest.raises(ValueError, match="same panel"):
        PriceArrays(np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="ascending"):
        ShortPositions((DAYS[1], DAYS[0]), np.ones((2, 1)))
    with pytest.raises(ValueError, match="shape"):
        ShortPositions((DAYS[0],), np.ones((2, 1)))
    with pytest.raises(ValueError, match="one per report"):
        ShortPositions((DAYS[0],), np.ones((1, 1)), np.zeros((2, 1), bool))
    with pytest.raises(ValueError, match="horizon"):
        forward_moves(flat(), 0)
    with pytest.raises(ValueError, match="sort them"):
        LabelSet(DAYS[:1], np.array(["B", "A"]), {})
    with pytest.raises(ValueError, match="shape"):
        LabelSet(DAYS[:1], np.array(["A"]), {"x": Label("x", 5, np.ones((2, 1), bool), np.ones((2, 1), bool))})


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), keep=st.integers(8, SESSIONS))
def test_knowing_more_never_changes_a_label_that_was_known(seed, keep):
    """A label known with ``keep`` sessions is the same with all of them; only unknown ones may become known."""
    rng = np.random.default_rng(seed)
    close = 10 * np.exp(np.cumsum(rng.normal(0, 0.15, (SESSIONS, 6)), axis=0))
    close[rng.random(close.shape) < 0.1] = np.nan
    full = PriceArrays(close, close * 1.05, close * 0.95, close)
    cut = PriceArrays(*(array[:keep] for array in (full.open_usd, full.high_usd, full.low_usd, full.close_usd)))
    for horizon in (5, 7):
        all_moves, cut_moves = forward_moves(full, horizon), forward_moves(cut, horizon)
        known = np.isfinite(cut_moves.highest_rise_frac)
        assert np.array_equal(all_moves.highest_rise_frac[:keep][known], cut_moves.highest_rise_frac[known])
        assert not np.isfinite(cut_moves.highest_rise_frac[max(keep - horizon, 0) :]).any()

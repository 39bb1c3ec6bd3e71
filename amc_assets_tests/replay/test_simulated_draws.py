"""The stateless draws and the model prices that the simulated options rest on."""

from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.replay.simulation.bills import bill_rates, short_rate_frac
from amc_assets.replay.simulation.draws import normal, normals, uniform, uniforms, word, words
from amc_assets.replay.simulation.option_prices import Contracts, borrow_frac, normal_share, price, quote
from amc_assets.replay.simulation.volatility import SymbolState

INTEGERS = st.integers(min_value=0, max_value=2**62)


def _state(short_frac: float = 0.05, heat: float = 0.0, lift: float = 0.0) -> SymbolState:
    return SymbolState(0.03**2, 0.025**2, 0.0, lift, 0.0, short_frac, heat)


@given(INTEGERS, INTEGERS, st.lists(INTEGERS, min_size=1, max_size=5))
def test_one_draw_is_the_same_as_its_place_in_many(seed: int, key: int, last: list[int]) -> None:
    many = words(seed, key, np.array(last, dtype=np.int64))
    assert many.tolist() == [word(seed, key, number) for number in last]
    assert uniforms(seed, np.array(last, dtype=np.int64)).tolist() == [uniform(seed, number) for number in last]
    drawn = normals(seed, np.array(last, dtype=np.int64))
    assert drawn == pytest.approx([normal(seed, number) for number in last], abs=1e-12)


@given(INTEGERS)
def test_draws_lie_in_the_unit_interval_and_depend_on_every_key(seed: int) -> None:
    drawn = uniforms(seed, np.arange(200)[:, None], np.arange(5)[None, :])
    assert drawn.shape == (200, 5)
    assert 0.0 <= drawn.min() < 0.05
    assert 0.95 < drawn.max() < 1.0
    assert len(np.unique(drawn)) == drawn.size
    assert uniform(seed, 1, 2) != uniform(seed, 2, 1)


def test_draws_are_uniform_and_normal() -> None:
    drawn, bell = uniforms(7, np.arange(100_000)), normals(7, np.arange(100_000))
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert np.abs(counts - 5000).max() < 350
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01
    assert (bell.mean(), bell.std()) == (pytest.approx(0, abs=0.02), pytest.approx(1, abs=0.02))


def test_the_normal_share_is_that_of_the_standard_library() -> None:
    values = np.linspace(-6, 6, 101)
    assert normal_share(values) == pytest.approx([NormalDist().cdf(value) for value in values], abs=1e-15)


@given(
    st.floats(min_value=0.4, max_value=2.5),
    st.floats(min_value=0.02, max_value=0.5),
    st.floats(min_value=0.0, max_value=0.6),
    st.floats(min_value=0.0, max_value=1.0),
)
def test_model_prices_obey_parity_and_exercise(moneyness: float, years: float, short_frac: float, heat: float) -> None:
    spot, rate, state = 20.0, 0.05, _state(short_frac, heat)
    pair = Contracts(np.full(2, spot * moneyness), np.full(2, years), np.array([True, False]))
    found = price(pair, state, spot, rate)
    call, put = found.mid_usd
    exercised = max(spot * (1 - moneyness), 0.0), max(spot * (moneyness - 1), 0.0)
    assert call >= exercised[0] - 1e-9
    assert put >= exercised[1] - 1e-9
    forward = spot * np.exp((rate - borrow_frac(state)) * years)
    gap = np.exp(-rate * years) * (forward - spot * moneyness)
    if call > exercised[0] + 1e-9 and put > exercised[1] + 1e-9:  # neither was lifted to its exercise value
        assert call - put == pytest.approx(gap, abs=1e-9)
    assert found.delta[0] - found.delta[1] == pytest.approx(np.exp(-borrow_frac(state) * years), abs=1e-9)
    assert found.gamma[0] == found.gamma[1] >= 0


@given(st.floats(min_value=0.0, max_value=400.0), st.floats(min_value=1e5, max_value=1e9))
def test_quotes_stand_around_the_price_on_the_grid(mid: float, turnover: float) -> None:
    contracts = Contracts(np.full(1, 20.0), np.full(1, 0.1), np.array([True]))
    prices = price(contracts, _state(), 20.0, 0.05)
    quotes = quote(
        type(prices)(np.array([mid]), prices.volatility_frac, prices.delta, prices.gamma, prices.depth), turnover
    )
    bid, ask = float(quotes.bid_usd[0]), float(quotes.ask_usd[0])
    assert 0 <= bid <= mid + 1e-9
    assert mid - 1e-9 <= ask
    assert ask > bid
    assert round(bid * 100) == pytest.approx(bid * 100)


def test_borrowing_and_volatility_rise_with_the_crowd() -> None:
    assert borrow_frac(_state(0.05)) < 0.01
    assert 0.15 < borrow_frac(_state(0.35)) < borrow_frac(_state(0.6, 1.0)) < 1.5
    years = np.array([0.02, 0.1, 0.5])
    calm, loud = _state().at_the_money_frac(years), _state(lift=2.5).at_the_money_frac(years)
    assert (loud > calm).all()
    assert loud[0] / calm[0] > loud[2] / calm[2], "the fear is short-dated"
    for state in (_state(), _state(lift=2.5)):
        total = state.at_the_money_frac(np.linspace(0.01, 0.6, 60)) ** 2 * np.linspace(0.01, 0.6, 60)
        assert (np.diff(total) > 0).all(), "no calendar arbitrage at the money"


def test_rates_are_the_days_own() -> None:
    day = date(2025, 3, 14)
    assert bill_rates(1, day) == bill_rates(1, day) != bill_rates(2, day)
    assert short_rate_frac(1, day) == dict(bill_rates(1, day))[13]

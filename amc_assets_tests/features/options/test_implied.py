"""The solver: every input ends in a volatility or a reason, and what went in as a volatility comes out again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.options import implied
from amc_assets.features.options.black import black_price, log_price
from amc_assets.features.options.implied import implied_volatility
from amc_assets.reasons import CODES, Reason

ONE = np.ones(1)


def solve(price, forward=100.0, strike=100.0, years=0.25, discount=1.0, call=True):
    iv, reasons = implied_volatility(
        price * ONE, forward * ONE, strike * ONE, years * ONE, discount * ONE, np.array([call])
    )
    assert np.isnan(iv[0]) == (reasons[0] != 0)
    return (None if np.isnan(iv[0]) else float(iv[0])), CODES[reasons[0]]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"price": NAN}, Reason.INPUT_MISSING),
        ({"forward": NAN}, Reason.INPUT_MISSING),
        ({"strike": INF}, Reason.INPUT_MISSING),
        ({"years": NAN}, Reason.INPUT_MISSING),
        ({"discount": NAN}, Reason.INPUT_MISSING),
        ({"price": -0.01}, Reason.INVALID_VALUE),
        ({"years": 0.0}, Reason.INVALID_VALUE),
        ({"years": -1.0}, Reason.INVALID_VALUE),
        ({"strike": 0.0}, Reason.INVALID_VALUE),
        ({"forward": -5.0}, Reason.INVALID_VALUE),
        ({"discount": 0.0}, Reason.INVALID_VALUE),
        ({"price": 0.0}, Reason.NO_ROOT),
        ({"price": 9.99, "strike": 90.0}, Reason.NO_ROOT),  # a call below F - K
        ({"price": 10.0, "strike": 90.0}, Reason.NO_ROOT),  # exactly at it: zero volatility, no vega
        ({"price": 9.5, "strike": 90.0, "discount": 0.9, "call": True}, Reason.PRESENT),  # 9.5 / .9 is above 10
        ({"price": 9.0, "strike": 90.0, "discount": 0.9, "call": True}, Reason.NO_ROOT),
        ({"price": 100.0}, Reason.NO_ROOT),  # a call is never worth more than the forward
        ({"price": 100.0, "call": False}, Reason.NO_ROOT),  # nor a put more than the strike
        ({"price": 101.0}, Reason.NO_ROOT),
        ({"price": np.nextafter(10.0, 11.0), "strike": 90.0}, Reason.NO_ROOT),  # time value of one rounding
        ({"price": np.nextafter(100.0, 0.0)}, Reason.NO_ROOT),
        ({"strike": 1e-300, "price": 100.0}, Reason.NO_ROOT),
        ({"strike": 1e300, "price": 1e-9}, Reason.NO_ROOT),
        ({"strike": 1e9, "price": 1e-9}, Reason.PRESENT),
        ({"price": 1e-300}, Reason.NO_ROOT),  # a total volatility below 1e-9
        ({"price": 1e-300, "strike": 200.0}, Reason.PRESENT),
    ],
)
def test_degenerate_inputs_have_a_reason(changed, reason):
    assert solve(**({"price": 5.0} | changed))[1] is reason


def test_worked_example():
    # at the money beta = erf(s / (2 sqrt 2)): s = .2 x sqrt(.25) = .1, price 100 x .0398776 = 3.98776
    assert solve(3.987761167674492)[0] == pytest.approx(0.2, abs=1e-12)


@settings(max_examples=300)
@given(
    st.floats(-1.5, 1.5), st.floats(0.03, 4.0), st.floats(1 / 365, 3.0), st.floats(0.5, 1.0), st.booleans(),
    st.floats(0.01, 5000.0),
)  # fmt: skip
def test_a_volatility_that_goes_in_comes_out(log_moneyness, iv, years, discount, call, forward):
    strike = forward * np.exp(log_moneyness)
    price = float(black_price(forward, strike, years, iv, discount, call))
    intrinsic = max(forward - strike if call else strike - forward, 0.0)
    room = (forward if call else strike) - price / discount
    if min(price / discount - intrinsic, room) < 1e-6 * max(forward, strike):
        return  # the price itself has lost the digits
    found, reason = solve(price, forward, strike, years, discount, call)
    assert reason is Reason.PRESENT
    assert found == pytest.approx(iv, abs=1e-9)


@settings(max_examples=150)
@given(st.floats(-0.6, 0.6), st.sets(st.integers(1, 999), min_size=2, max_size=8), st.booleans())
def test_a_higher_price_is_a_higher_volatility(log_moneyness, places, call):
    strike = 100 * np.exp(log_moneyness)
    low = max(100 - strike if call else strike - 100, 0.0)
    high = 100.0 if call else strike
    price = low + np.array(sorted(places)) / 1000 * (high - low)
    size = len(price)
    iv, reasons = implied_volatility(
        price, np.full(size, 100.0), np.full(size, strike), np.full(size, 0.5), np.ones(size), np.full(size, call)
    )
    assert (reasons == 0).all()
    assert (np.diff(iv) > 0).all()


def test_deep_out_of_the_money_prices_are_solved_from_their_logarithm():
    x, s = np.array([-1.0, -3.0, -8.0, -30.0]), np.array([0.03, 0.1, 0.4, 1.0])
    price = np.exp(log_price(x, s).log)  # on sqrt(F K) = 1
    assert (price < 1e-80).all()
    iv, reasons = implied_volatility(
        price, np.exp(0.5 * x), np.exp(-0.5 * x), np.ones(4), np.ones(4), np.ones(4, np.bool_)
    )
    assert (reasons == 0).all()
    np.testing.assert_allclose(iv, s, rtol=1e-12)


def test_blocks_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(5)
    size = 50
    strike, iv = rng.uniform(60, 140, size), rng.uniform(0.2, 1.5, size)
    call = strike > 100
    arrays = (np.full(size, 100.0), strike, np.full(size, 0.2))
    price = black_price(*arrays, iv, np.ones(size), call)
    whole = implied_volatility(price, *arrays, np.ones(size), call)[0]
    monkeypatch.setattr(implied, "CHUNK", 7)
    np.testing.assert_array_equal(implied_volatility(price, *arrays, np.ones(size), call)[0], whole)
    np.testing.assert_allclose(whole, iv, atol=1e-12)


def test_an_iteration_that_stops_early_is_caught(monkeypatch):
    monkeypatch.setattr(implied, "CLOSE_ENOUGH", 0.5)
    assert solve(0.02, strike=140.0)[0] is not None
    price = float(black_price(100.0, 140.0, 0.25, 0.35, 1.0, True))
    assert abs(solve(price, strike=140.0)[0] - 0.35) > 1e-9


def test_an_iteration_that_does_not_settle_is_no_root(monkeypatch):
    monkeypatch.setattr(implied, "MOST_ITERATIONS", 0)
    assert solve(5.0) == (None, Reason.NO_ROOT)

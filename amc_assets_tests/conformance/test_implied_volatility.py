"""Our volatilities against other people's: printed vectors, two pricing libraries, and recorded chains.

Vectors: py_vollib, tests/test_data.json (MIT, Gammon Capital 2015): strike 1000, rate 5 %, three pairs of time and
volatility, rows at whole hundreds with vega above 1. The libraries are judges of tests only.
"""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from amc_assets.features.options.black import black_price
from amc_assets.features.options.contracts import read_contracts
from amc_assets.features.options.implied import implied_volatility
from amc_assets_tests.features.options.recorded import BAC, CHAINS, body, chain, fetched_at, quote_session

pytestmark = pytest.mark.conformance
ERROR = 1e-9
STRIKE, RATE = 1000.0, 0.05

# spot, years, volatility, call, put; prices as printed
VOLLIB = [
    (500.0, 0.5, 0.3, "0.0328744372", "475.3427865"), (600.0, 0.5, 0.3, "0.6086606992", "375.9185727"),
    (700.0, 0.5, 0.3, "4.4190325699", "279.7289446"), (800.0, 0.5, 0.3, "17.6111806823", "192.9210927"),
    (900.0, 0.5, 0.3, "47.1401402223", "122.4500523"), (1000.0, 0.5, 0.3, "96.3487662845", "71.65867831"),
    (1100.0, 0.5, 0.3, "163.6545110836", "38.96442311"), (1200.0, 0.5, 0.3, "244.5798113678", "19.8897234"),
    (1300.0, 0.5, 0.3, "334.3231267452", "9.633038774"), (1400.0, 0.5, 0.3, "429.1603711828", "4.470283211"),
    (1500.0, 0.5, 0.3, "526.694884503", "2.004796531"), (1600.0, 0.5, 0.3, "625.5653348501", "0.875246878"),
    (1700.0, 0.5, 0.3, "725.0643319942", "0.374244023"), (1800.0, 0.5, 0.3, "824.8476048572", "0.157516886"),
    (800.0, 0.1, 0.3, "0.3101486653", "195.3226279"), (900.0, 0.1, 0.3, "6.6859208947", "101.6984001"),
    (1000.0, 0.1, 0.3, "40.2845774272", "35.29705662"), (1100.0, 0.1, 0.3, "112.3867215584", "7.399200751"),
    (1200.0, 0.1, 0.3, "205.9287497344", "0.941228927"), (1300.0, 0.1, 0.3, "305.064669277", "0.07714847"),
    (600.0, 0.01, 2.0, "0.2631128409", "399.7632378"), (700.0, 0.01, 2.0, "2.4960500149", "301.996175"),
    (800.0, 0.01, 2.0, "11.9154234079", "211.4155484"), (900.0, 0.01, 2.0, "36.0239500631", "135.524075"),
    (1000.0, 0.01, 2.0, "79.8859511567", "79.38607614"), (1100.0, 0.01, 2.0, "143.2436338622", "42.74375884"),
    (1200.0, 0.01, 2.0, "221.8688141955", "21.36893917"), (1300.0, 0.01, 2.0, "310.5323295687", "10.03245455"),
    (1400.0, 0.01, 2.0, "404.9718860326", "4.472011012"), (1500.0, 0.01, 2.0, "502.4111857014", "1.911310681"),
]  # fmt: skip


@pytest.mark.parametrize("is_call", [True, False])
def test_printed_prices_give_back_their_volatility(is_call):
    spot, years, volatility = (np.array([row[n] for row in VOLLIB]) for n in range(3))
    printed = [row[3 if is_call else 4] for row in VOLLIB]
    price = np.array([float(text) for text in printed])
    discount = np.exp(-RATE * years)
    forward, strike, side = spot / discount, np.full(len(spot), STRIKE), np.full(len(spot), is_call)
    own = black_price(forward, strike, years, volatility, discount, side)
    last_digit = np.array([10.0 ** Decimal(text).as_tuple().exponent for text in printed])
    assert (np.abs(own - price) <= 0.51 * last_digit).all()
    found, reasons = implied_volatility(price, forward, strike, years, discount, side)
    assert (reasons == 0).all()
    vega = (black_price(forward, strike, years, volatility + 1e-5, discount, side) - own) / 1e-5
    assert (np.abs(found - volatility) <= ERROR + 0.51 * last_digit / vega).all()
    # and exactly where the price has all its digits
    again, _ = implied_volatility(own, forward, strike, years, discount, side)
    assert np.max(np.abs(again - volatility)) <= ERROR


def contracts(count, seed):
    """Prices with at least a cent of time value, 7 days to 2 years, volatilities around 50 %."""
    rng = np.random.default_rng(seed)
    size = 4 * count
    forward, years = rng.uniform(2, 500, size), rng.uniform(7, 730, size) / 365
    strike = forward * np.exp(rng.normal(0, 0.25, size))
    iv, is_call = np.exp(rng.normal(-0.7, 0.5, size)), rng.random(size) < 0.5
    discount = np.exp(-0.04 * years)
    price = black_price(forward, strike, years, iv, discount, is_call)
    intrinsic = np.maximum(np.where(is_call, forward - strike, strike - forward), 0.0)
    keep = np.flatnonzero(price / discount - intrinsic >= 0.01)[:count]
    return tuple(a[keep] for a in (price, forward, strike, years, discount, is_call))


def test_vollib_agrees():
    black = pytest.importorskip("vollib.black.implied_volatility", reason="the judge vollib is not installed")
    given = contracts(400, 11)
    own, reasons = implied_volatility(*given)
    assert (reasons == 0).all()
    price, forward, strike, years, discount, is_call = given
    theirs = [
        black.implied_volatility(p, f, k, -np.log(d) / t, t, "c" if c else "p")
        for p, f, k, t, d, c in zip(price, forward, strike, years, discount, is_call, strict=True)
    ]
    assert np.max(np.abs(own - np.array(theirs))) <= ERROR


def test_quantlib_agrees():
    ql = pytest.importorskip("QuantLib", reason="the judge QuantLib is not installed")
    price, forward, strike, years, discount, is_call = given = contracts(2000, 12)
    own, reasons = implied_volatility(*given)
    assert (reasons == 0).all()
    worst = 0.0
    for row in range(len(price)):
        side, s = ql.Option.Call if is_call[row] else ql.Option.Put, float(own[row] * np.sqrt(years[row]))
        strike_usd, forward_usd, factor = float(strike[row]), float(forward[row]), float(discount[row])
        # QuantLib prices our volatility: its own inversion is the less exact of the two (8e-10)
        theirs, above = (ql.blackFormula(side, strike_usd, forward_usd, at, factor) for at in (s, s + 1e-6))
        vega = (above - theirs) / 1e-6
        worst = max(worst, abs(theirs - price[row]) / vega / np.sqrt(years[row]))
    assert worst <= ERROR


def test_a_solver_that_is_wrong_in_the_seventh_digit_would_be_caught():
    _, forward, strike, years, discount, is_call = given = contracts(200, 13)
    own, _ = implied_volatility(*given)
    wrong = black_price(forward, strike, years, own * (1 + 1e-7), discount, is_call)
    again, _ = implied_volatility(wrong, forward, strike, years, discount, is_call)
    assert np.max(np.abs(again - own)) > ERROR


# Recorded chains. What the recorded volatilities are was found from them (docs/volatility.md): the spot as forward, no
# rate, days from the UTC date of retrieval plus one, inverted from the ask (from the middle in four files) by a
# bisection that stops within a thousandth.
STEP = 1e-3
LEAST_BID, MOST_SPREAD = 0.05, 0.10


class Recorded:
    """All contracts of all recorded files: recorded volatility, and ours of bid and ask in the recorded convention."""

    def __init__(self, shared_data: Path) -> None:
        parts = []
        for path in [*sorted((shared_data / CHAINS).glob("*.gz")), *sorted((shared_data / BAC).glob("*.gz"))]:
            recorded = body(path)
            table = chain(recorded)
            these = read_contracts(table)
            retrieved = np.datetime64(fetched_at(recorded).date(), "D")
            expiration = table["expiration_date"].to_numpy().astype("datetime64[D]")
            years = ((expiration - retrieved).astype(float) + 1.0) / 365.0
            spot, one = these.underlying_usd, np.ones(len(these.strike_usd))
            low, high = (
                implied_volatility(quote, spot, these.strike_usd, years, one, these.is_call)[0]
                for quote in (these.bid_usd, these.ask_usd)
            )
            recorded_iv = table["vendor_iv_frac"].to_numpy()
            out = np.where(these.is_call, these.strike_usd >= spot, these.strike_usd <= spot)
            spread = (these.ask_usd - these.bid_usd) / (0.5 * (these.ask_usd + these.bid_usd))
            days = these.expiry_days[these.expiry]
            parts.append(np.stack([recorded_iv, low, high, out, these.bid_usd, spread, days]))
        self.iv, self.low, self.high, out, self.bid, self.spread, self.days = np.concatenate(parts, axis=1)
        self.out = out > 0

    def agreement(self, use: np.ndarray) -> float:
        inside = (self.iv >= self.low - STEP) & (self.iv <= self.high + STEP)
        return float(np.mean(inside[use]))


@pytest.fixture(scope="module")
def recorded(shared_data):
    with np.errstate(divide="ignore", invalid="ignore"):  # no bid and no ask: no spread
        return Recorded(shared_data)


def excluded(recorded, first_day, last_day):
    """Return the rows compared and how many were left out for which first reason."""
    tests = (
        ("in_the_money", ~recorded.out),
        ("bid_below_5_cents", ~(recorded.bid >= LEAST_BID)),
        ("spread_above_10_pct", ~(recorded.spread <= MOST_SPREAD)),
        ("tenor", (recorded.days < first_day) | (recorded.days > last_day)),
    )
    why = np.select([test for _, test in tests], range(1, 5), 0)
    return why == 0, Counter(tests[number - 1][0] for number in why.tolist() if number)


@pytest.mark.real_data
def test_recorded_volatilities_lie_in_our_band_of_bid_and_ask(recorded):
    liquid, left_out = excluded(recorded, 7, 180)
    assert int(liquid.sum()) == 992
    assert left_out == {
        "in_the_money": 8105, "bid_below_5_cents": 3328, "spread_above_10_pct": 4051, "tenor": 1046,
    }  # fmt: skip
    assert recorded.agreement(liquid) >= 0.95
    every_tenor, _ = excluded(recorded, 1, 10_000)
    assert int(every_tenor.sum()) >= 2_000
    assert recorded.agreement(every_tenor) >= 0.95


@pytest.mark.real_data
def test_another_convention_would_not_agree(recorded):
    liquid, _ = excluded(recorded, 1, 10_000)
    shifted = recorded.iv * 1.02  # a day in fifty: what a wrong day count does
    inside = (shifted >= recorded.low - STEP) & (shifted <= recorded.high + STEP)
    assert np.mean(inside[liquid]) < 0.5


def test_sessions_are_found_from_the_instant_of_retrieval():
    at = {
        "2026-07-08T22:35:37.086526Z": date(2026, 7, 8),  # after the close
        "2026-07-09T01:53:46.598502Z": date(2026, 7, 8),  # the same evening in New York
        "2026-07-12T06:26:15.707775-04:00": date(2026, 7, 10),  # a Sunday
        "2026-07-15T13:17:48.930034-04:00": date(2026, 7, 15),  # inside the session
        "2026-08-21T13:29:00Z": date(2026, 8, 20),  # a minute before the open
    }
    for updated, session in at.items():
        assert quote_session({"updated": updated}) == session
        assert fetched_at({"updated": updated}) == datetime.fromisoformat(updated).astimezone(UTC)

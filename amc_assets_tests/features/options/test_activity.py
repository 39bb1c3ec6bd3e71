"""Flow and gamma of a chain: sums by hand, the open-interest date trap, gamma against a bump of the price."""

from typing import Any

import numpy as np
import pytest

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.options.activity import OWN_COLUMNS, activity_rows
from amc_assets.features.options.black import black_price
from amc_assets.lake.tables import OPTION_ACTIVITY, OPTION_CHAINS
from amc_assets_tests.features.options.chains import DAY, RATE, contract, surface_rows, table


def of(*contracts: Any, symbol="AMC"):
    return {row["symbol"]: row for row in activity_rows(table(*contracts)).to_pylist()}[symbol]


def counts(volume, interest, **more: Any):
    return {"volume_contracts": volume, "open_interest_contracts": interest} | more


def test_sums_are_over_calls_and_puts_whose_number_was_sent():
    found = of(
        contract(**counts(30.0, 100.0)),
        contract(strike=11.0, **counts(None, 50.0)),
        contract(strike=12.0, **counts(20.0, None)),
        contract(call=False, **counts(7.0, 9.0)),
        contract("GME", **counts(1000.0, 1000.0)),
        contract(strike=13.0, multiplier_shares=150.0, **counts(500.0, 500.0)),  # adjusted: another contract
    )
    assert (found["call_volume_contracts"], found["put_volume_contracts"]) == (50.0, 7.0)
    assert (found["call_open_interest_contracts"], found["put_open_interest_contracts"]) == (150.0, 9.0)
    assert found["contracts_count"] == 5.0


def test_a_sum_of_nothing_is_missing_not_zero():
    found = of(contract(**counts(None, None, last_usd=None, bid=None, ask=None)))
    for name in set(OWN_COLUMNS) - {"symbol", "contracts_count"}:
        assert found[name] is None, name


def test_premium_is_volume_times_mid_or_last_times_100():
    found = of(
        contract(bid=1.0, ask=1.2, **counts(10.0, 1.0)),  # 10 x 1.1 x 100
        contract(strike=11.0, bid=0.0, ask=0.5, last_usd=0.3, **counts(4.0, 1.0)),  # no bid: last, 4 x .3 x 100
        contract(strike=12.0, bid=None, ask=None, **counts(9.0, 1.0)),  # nothing known
    )
    assert found["option_notional_usd"] == pytest.approx(1100 + 120)


def test_volume_stands_against_the_open_interest_of_the_same_chain():
    # the chain of day t carries the open interest of the evening before: 30 > 10 means at least 20 opened today
    found = of(
        contract(**counts(30.0, 10.0)),
        contract(strike=11.0, **counts(5.0, 50.0)),
        contract(strike=12.0, **counts(9.0, None)),
    )
    assert found["opening_volume_frac"] == pytest.approx(20 / 35)


def test_call_gamma_is_what_a_bump_of_one_per_cent_moves():
    rows = surface_rows(spot=10.0, iv=0.9, days=(14, 35), borrow=0.3)
    found = of(*rows)

    def delta_shares(spot):
        total = 0.0
        for row in (r for r in rows if r["is_call"]):
            years = (row["expiration_date"] - DAY).days / 365
            carry, discount = np.exp((np.log(1 + RATE * years) / years - 0.3) * years), 1 / (1 + RATE * years)
            up, down = (
                black_price(s * carry, row["strike_usd"], years, 0.9, discount, True)
                for s in (spot + 0.001, spot - 0.001)
            )
            total += float(up - down) / 0.002 * row["open_interest_contracts"] * 100
        return total

    expected = (delta_shares(10.005) - delta_shares(9.995)) / 0.01 * 0.1  # per USD, times one per cent of 10 USD
    assert found["call_hedge_shares"] == pytest.approx(expected, rel=0.01)


def test_gamma_is_missing_where_most_open_calls_have_none():
    rows = surface_rows(days=(14,))
    for row in rows:
        row["open_interest_contracts"] = 1.0
    dark = contract(days=400, strike=10.0, bid=0.0, **counts(0.0, 5000.0))
    assert of(*rows)["call_hedge_shares"] is not None
    assert of(*rows, dark)["call_hedge_shares"] is None


def test_calls_of_the_last_week_count_for_gamma():
    near, far = of(*surface_rows(days=(3,)))["call_hedge_shares"], of(*surface_rows(days=(63,)))["call_hedge_shares"]
    assert near > far


def test_near_calls_are_ten_days_and_ten_per_cent():
    spot = {"underlying_usd": 10.0}
    found = of(
        contract(days=10, strike=11.0, **counts(1.0, 100.0), **spot),
        contract(days=11, strike=10.5, **counts(1.0, 200.0), **spot),
        contract(days=3, strike=11.01, **counts(1.0, 300.0), **spot),
        contract(days=3, strike=9.99, **counts(1.0, 400.0), **spot),
        contract(days=3, call=False, strike=10.5, **counts(1.0, 900.0), **spot),
    )
    assert found["near_call_open_interest_frac"] == pytest.approx(100 / 1000)


def test_without_a_price_of_the_underlying_the_nearest_forward_stands_for_it():
    rows = surface_rows(days=(7, 35))
    known = of(*rows)
    unknown = of(*[row | {"underlying_usd": None} for row in rows])
    assert unknown["call_hedge_shares"] == pytest.approx(known["call_hedge_shares"], rel=0.01)
    assert unknown["near_call_open_interest_frac"] is not None


def test_all_symbols_at_once_equal_each_alone():
    amc, gme = surface_rows("AMC", days=(5, 14)), surface_rows("GME", 25.0, iv=0.4, days=(14, 35))
    for symbol, alone in (("AMC", of(*amc)), ("GME", of(*gme, symbol="GME"))):
        together = of(*gme, *amc, symbol=symbol)
        assert {k: v for k, v in together.items() if k != "symbol"} == pytest.approx(
            {k: v for k, v in alone.items() if k != "symbol"}, rel=1e-12
        )


def test_empty_chains_and_columns():
    empty = activity_rows(OPTION_CHAINS.arrow.empty_table())
    assert empty.num_rows == 0
    assert empty.schema.equals(activity_rows(table(contract())).schema)
    of_the_answer = {"trade_date", "source", "known_at", "arrived_at", "is_simulated", "is_withdrawn"}
    assert set(OPTION_ACTIVITY.arrow.names) - set(OWN_COLUMNS) == of_the_answer
    with pytest.raises(FeatureInputError):
        activity_rows(table(contract(), contract() | {"trade_date": DAY.replace(day=10)}))

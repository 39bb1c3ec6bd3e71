"""From quotes to 30 days: hygiene, forwards, volatilities at the money and the term structure, on known surfaces."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.options.contracts import read_contracts
from amc_assets.features.options.forward import discounts
from amc_assets.features.options.hygiene import Dropped, check_quotes, counts_by_reason
from amc_assets.features.options.iv30 import OWN_COLUMNS, iv_30d_rows
from amc_assets.features.options.term import build_surface
from amc_assets.lake.tables import IV_30D, OPTION_CHAINS
from amc_assets_tests.features.options.chains import DAY, RATE, contract, surface_rows, table


def rows_of(*contracts: Any, rate=RATE, **more: Any):
    return {row["symbol"]: row for row in iv_30d_rows(table(*contracts), rate, **more).to_pylist()}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, Dropped.KEPT),
        ({"days": 0}, Dropped.EXPIRED),
        ({"days": -3}, Dropped.EXPIRED),
        ({"multiplier_shares": 150.0}, Dropped.ADJUSTED),
        ({"contract_symbol": "AMC1260809C00010000"}, Dropped.ADJUSTED),
        ({"contract_symbol": "O:AMC260809C00010000", "multiplier_shares": 100.0}, Dropped.KEPT),
        ({"bid": 0.0}, Dropped.NO_BID),
        ({"bid": None}, Dropped.NO_BID),
        ({"ask": None}, Dropped.NO_BID),
        ({"bid": 1.2}, Dropped.CROSSED),
        ({"bid": 1.0, "ask": 1.0}, Dropped.KEPT),  # locked is not crossed
        ({"bid": 0.6, "ask": 1.0}, Dropped.KEPT),  # spread exactly half of mid
        ({"bid": 0.59, "ask": 1.0}, Dropped.WIDE_SPREAD),
        ({"volume_contracts": 0.0, "open_interest_contracts": 0.0}, Dropped.NO_INTEREST),
        ({"volume_contracts": None, "open_interest_contracts": 0.0}, Dropped.KEPT),  # not sent is not zero
    ],
)
def test_each_quote_is_kept_or_has_its_reason(changed, why):
    assert check_quotes(read_contracts(table(contract(**changed)))).tolist() == [why]


def test_every_contract_is_counted_once():
    chains = table(*surface_rows(), *surface_rows("GME", 25.0), contract(bid=None), contract("GME", days=0))
    for row in iv_30d_rows(chains, RATE).to_pylist():
        dropped = json.loads(row["quotes_dropped"])
        of_symbol = sum(symbol == row["symbol"] for symbol in chains["symbol"].to_pylist())
        assert sum(dropped.values()) + row["quotes_used_count"] == of_symbol
        assert set(dropped) <= {why.name.lower() for why in Dropped}
    assert counts_by_reason(np.array([0, 3, 3, 8], np.uint8)) == {"no_bid": 2, "in_the_money": 1}


def test_a_flat_surface_gives_its_volatility_at_every_expiry_and_at_30_days():
    found = rows_of(*surface_rows(iv=0.8, rate=RATE))["AMC"]
    assert found["iv_30d_frac"] == pytest.approx(0.8, abs=1e-6)
    assert (found["reason"], found["method"], found["is_calendar_arbitrage"]) == ("present", "interpolated", False)
    assert [days for days, _ in json.loads(found["term"])] == [14, 28, 35, 63]
    assert all(iv == pytest.approx(0.8, abs=1e-6) for _, iv in json.loads(found["term"]))


def test_interpolation_is_linear_in_total_variance():
    # w28 = .36 x 28, w35 = .64 x 35 (x 1/365): w30 = 10.08 + (22.4 - 10.08) x 2/7 = 13.6; iv = sqrt(13.6 / 30)
    found = rows_of(*surface_rows(iv=lambda days, _: 0.6 if days <= 28 else 0.8))["AMC"]
    assert found["iv_30d_frac"] == pytest.approx(np.sqrt(13.6 / 30), abs=1e-6)
    assert found["iv_30d_frac"] != pytest.approx(0.6 + 0.2 * 2 / 7, abs=1e-3)  # of volatilities: the usual mistake


def test_an_expiry_of_30_days_is_taken_as_it_is():
    found = rows_of(*surface_rows(days=(23, 30, 37), iv=lambda days, _: {23: 0.5, 30: 0.9, 37: 0.7}[days]))["AMC"]
    assert found["iv_30d_frac"] == pytest.approx(0.9, abs=1e-6)


def test_calendar_arbitrage_is_flagged_and_costs_confidence():
    falling = rows_of(*surface_rows(days=(28, 35), iv=lambda days, _: 0.9 if days == 28 else 0.5))["AMC"]
    level = rows_of(*surface_rows(days=(28, 35)))["AMC"]
    assert (falling["is_calendar_arbitrage"], level["is_calendar_arbitrage"]) == (True, False)
    backwardated = rows_of(*surface_rows(days=(14, 63), iv=lambda days, _: 0.9 if days == 14 else 0.7))["AMC"]
    assert backwardated["is_calendar_arbitrage"] is False  # a falling volatility alone is no arbitrage
    assert falling["iv_confidence"] < level["iv_confidence"]


@pytest.mark.parametrize(
    ("days", "method"),
    [((7, 14), "none"), ((7, 15), "flat_near"), ((45, 90), "flat_far"), ((46, 90), "none"), ((6,), "none"),
     ((6, 41), "flat_far"), ((20, 80), "interpolated")],
)  # fmt: skip
def test_nothing_is_extrapolated_past_fifteen_days(days, method):
    found = rows_of(*surface_rows(days=days))["AMC"]
    assert found["method"] == method
    if method == "none":
        assert (found["iv_30d_frac"], found["iv_confidence"]) == (None, None)
        assert found["reason"] == ("wide_market" if days == (6,) else "no_extrapolation")
    else:
        assert found["iv_30d_frac"] == pytest.approx(0.8, abs=1e-6)
        flat = method.startswith("flat")
        assert (found["iv_confidence"] < 0.65) is flat


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([contract(days=0)], "no_chain"),
        ([contract(multiplier_shares=10.0)], "no_chain"),
        ([contract(bid=0.0), contract(call=False, bid=0.0)], "wide_market"),
        ([contract()], "wide_market"),  # no pair, no forward
        # a pair whose parity forward leaves both prices inside the bounds' edge: the put's price exceeds its strike
        ([contract(strike=1.0, bid=2.0, ask=2.0), contract(strike=1.0, call=False, bid=1.5, ask=1.5)], "no_root"),
    ],
)
def test_a_missing_volatility_has_its_reason(rows, reason):
    found = rows_of(*rows)["AMC"]
    assert (found["iv_30d_frac"], found["reason"]) == (None, reason)


def test_a_hard_borrow_is_in_the_forward_and_not_in_the_volatility():
    rows = surface_rows(spot=20.0, iv=1.1, rate=RATE, borrow=0.6)
    found = rows_of(*rows)["AMC"]
    assert found["iv_30d_frac"] == pytest.approx(1.1, abs=1e-6)
    assert found["implied_borrow_frac"] == pytest.approx(0.6, abs=0.01)
    assert found["borrow_reason"] == "present"


@pytest.mark.parametrize(
    ("changed", "more", "reason"),
    [
        ({}, {"rate": None}, "no_rate"),
        ({"underlying_usd": None}, {}, "input_missing"),
        ({"underlying_usd": None}, {"underlying_usd": {"AMC": 10.0}}, "present"),
        ({"half_spread": 0.2}, {}, "wide_market"),
        ({"days": (7, 13)}, {}, "wide_market"),
    ],
)
def test_a_borrow_without_evidence_is_missing_with_its_reason(changed, more, reason):
    found = rows_of(*surface_rows(**changed), **more)["AMC"]
    assert found["borrow_reason"] == reason
    assert (found["implied_borrow_frac"] is None) == (reason != "present")


def test_without_a_rate_the_volatility_stands_with_less_confidence():
    rows = surface_rows(iv=0.8, rate=0.05)
    known, unknown = rows_of(*rows, rate=0.05)["AMC"], rows_of(*rows, rate=None)["AMC"]
    assert unknown["iv_30d_frac"] == pytest.approx(0.8, rel=0.005)
    assert unknown["iv_confidence"] < known["iv_confidence"]


def test_a_wide_spread_costs_confidence():
    tight, wide = (rows_of(*surface_rows(half_spread=half))["AMC"]["iv_confidence"] for half in (0.005, 0.2))
    assert wide < tight


def test_the_median_over_three_strikes_ignores_one_stale_quote():
    rows = surface_rows(iv=0.8)
    at_money = [r for r in rows if r["strike_usd"] == 10.0 and r["is_call"]]
    for row in at_money:
        row["bid_usd"], row["ask_usd"] = row["bid_usd"] * 1.02, row["ask_usd"] * 1.02
    surface = build_surface(table(*rows), RATE)
    np.testing.assert_allclose(surface.forwards.forward_usd, 10.0 * (1 + RATE * np.array([14, 28, 35, 63]) / 365))
    assert surface.forwards.strikes_used.tolist() == [3, 3, 3, 3]


def test_only_options_out_of_the_money_speak():
    rows = surface_rows(iv=0.8)
    for row in rows:  # what early exercise does: options in the money are worth more
        if (row["strike_usd"] < 9.2) if row["is_call"] else (row["strike_usd"] > 10.8):
            row["bid_usd"], row["ask_usd"] = row["bid_usd"] * 1.05, row["ask_usd"] * 1.05
    assert rows_of(*rows)["AMC"]["iv_30d_frac"] == pytest.approx(0.8, abs=1e-3)


def test_strikes_too_far_apart_say_nothing_about_the_money():
    rows = [r for r in surface_rows(spot=10.0) if r["strike_usd"] <= 7.75 or r["strike_usd"] >= 12.25]
    assert rows_of(*rows)["AMC"]["iv_30d_frac"] is None


def test_saturday_expirations_end_on_friday():
    # 2026-07-25 is a Saturday, 12 days off: 11 days of trading life
    saturday, friday = (read_contracts(table(contract(days=days))).expiry_days for days in (12, 11))
    assert saturday.tolist() == friday.tolist() == [11.0]


def test_discounts_are_simple_interest_and_one_without_a_rate():
    np.testing.assert_allclose(discounts(np.array([0.5, 1.0]), 0.04), [1 / 1.02, 1 / 1.04])
    assert discounts(np.array([0.5, 1.0]), None).tolist() == [1.0, 1.0]


def test_symbols_do_not_touch_each_other():
    amc, gme = surface_rows("AMC", iv=0.8), surface_rows("GME", 25.0, iv=0.4)
    mixed = [row for pair in zip(gme, amc, strict=False) for row in pair] + gme[len(amc) :] + amc[len(gme) :]
    together = rows_of(*mixed)
    assert list(together) == ["AMC", "GME"]
    for alone in (rows_of(*amc), rows_of(*gme)):
        for symbol, row in alone.items():
            assert together[symbol]["iv_30d_frac"] == pytest.approx(row["iv_30d_frac"], abs=1e-12)
            assert together[symbol]["quotes_dropped"] == row["quotes_dropped"]


@settings(max_examples=40)
@given(st.floats(0.2, 3.0), st.floats(2.0, 500.0), st.floats(-0.1, 0.8), st.floats(0.0, 0.06))
def test_any_flat_surface_is_recovered(iv, spot, borrow, rate):
    found = rows_of(*surface_rows(spot=spot, iv=iv, borrow=borrow, rate=rate, half_spread=0.001), rate=rate)["AMC"]
    if found["iv_30d_frac"] is not None:
        assert found["iv_30d_frac"] == pytest.approx(iv, rel=2e-3)
    assert (found["iv_30d_frac"] is None) == (found["reason"] != "present")


def test_empty_and_mixed_days():
    empty = iv_30d_rows(OPTION_CHAINS.arrow.empty_table(), None)
    assert empty.num_rows == 0
    assert empty.schema.equals(iv_30d_rows(table(*surface_rows()), RATE).schema)
    assert tuple(empty.column_names) == OWN_COLUMNS
    of_the_answer = {"trade_date", "source", "known_at", "arrived_at", "is_simulated", "is_withdrawn"}
    assert set(IV_30D.arrow.names) - set(OWN_COLUMNS) == of_the_answer
    other = contract() | {"trade_date": DAY.replace(day=10)}
    with pytest.raises(FeatureInputError, match="2 trading days"):
        iv_30d_rows(table(contract(), other), None)

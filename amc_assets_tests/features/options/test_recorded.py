"""Recorded chains through the whole room: fifteen names of one weekend, and one bank over its distinct sessions."""

import json

import numpy as np
import pytest

from amc_assets.features.options.activity import activity_rows
from amc_assets.features.options.iv30 import iv_30d_rows
from amc_assets_tests.features.options.recorded import BAC, all_chains, body, chain, quote_session

pytestmark = pytest.mark.real_data
RATE = 0.036  # a plausible bill yield: between 3 % and 4.5 % no volatility of these names moves by .002


@pytest.fixture(scope="module")
def chains(shared_data):
    return all_chains(shared_data)


def test_fourteen_of_fifteen_names_have_a_volatility(chains):
    found = {row["symbol"]: row for row in iv_30d_rows(chains, RATE).to_pylist()}
    assert len(found) == 15
    missing = {symbol: row["reason"] for symbol, row in found.items() if row["iv_30d_frac"] is None}
    assert missing == {"FIZZ": "wide_market"}
    assert not any(row["is_calendar_arbitrage"] for row in found.values())
    at = {symbol: row["iv_30d_frac"] for symbol, row in found.items()}
    assert 0.15 < at["KO"] < at["AAPL"] < at["GE"] < at["PLTR"] < at["AMC"] < 1.3
    assert {s for s, row in found.items() if row["method"] == "flat_far"} == {"AMC", "FUBO", "LGND"}


def test_every_recorded_contract_is_accounted_for(chains):
    rows = iv_30d_rows(chains, RATE).to_pylist()
    total = sum(row["quotes_used_count"] + sum(json.loads(row["quotes_dropped"]).values()) for row in rows)
    assert total == chains.num_rows == 9244


def test_dividends_are_in_the_implied_borrow_and_nothing_else_is(chains):
    found = {row["symbol"]: row["implied_borrow_frac"] for row in iv_30d_rows(chains, RATE).to_pylist()}
    assert found["F"] == pytest.approx(0.035, abs=0.02)  # pays about 4 % a year
    assert found["KO"] == pytest.approx(0.022, abs=0.02)
    for symbol in ("AAPL", "PLTR", "NOK", "BB"):
        assert abs(found[symbol]) < 0.02, symbol
    assert all(value is None or abs(value) < 0.1 for value in found.values())


def test_activity_of_the_recorded_names(chains):
    found = {row["symbol"]: row for row in activity_rows(chains).to_pylist()}
    assert found["AAPL"]["call_volume_contracts"] + found["AAPL"]["put_volume_contracts"] == 546_968
    assert found["FIZZ"]["call_hedge_shares"] is None
    hedges = [row["call_hedge_shares"] for row in found.values() if row["call_hedge_shares"] is not None]
    assert len(hedges) == 14
    assert all(100 < shares < 1e7 for shares in hedges)
    assert all(0 <= row["near_call_open_interest_frac"] <= 0.3 for row in found.values())


def test_our_gamma_agrees_with_the_recorded_one(chains):
    """The recorded gammas of one name (AAPL, from Cboe) give the same hedging to a tenth."""
    rows = [r for r in chains.to_pylist() if r["symbol"] == "AAPL" and r["is_call"] and r["vendor_gamma"] is not None]
    theirs = sum(
        r["vendor_gamma"] * (r["open_interest_contracts"] or 0) * 100 * r["underlying_usd"] * 0.01 for r in rows
    )
    own = next(r for r in activity_rows(chains).to_pylist() if r["symbol"] == "AAPL")["call_hedge_shares"]
    assert own == pytest.approx(theirs, rel=0.10)


def test_ten_files_of_bac_are_eight_sessions_with_plausible_volatility(shared_data):
    sessions: dict[str, list[float]] = {}
    for path in sorted((shared_data / BAC).glob("*.gz")):
        recorded = body(path)
        (row,) = iv_30d_rows(chain(recorded), RATE).to_pylist()
        assert (row["method"], row["is_calendar_arbitrage"]) == ("interpolated", False)
        sessions.setdefault(quote_session(recorded).isoformat(), []).append(row["iv_30d_frac"])
    assert list(sessions) == [
        "2026-07-08", "2026-07-09", "2026-07-10", "2026-07-15", "2026-07-16", "2026-08-19", "2026-08-20", "2026-08-21",
    ]  # fmt: skip
    assert [len(found) for found in sessions.values()] == [2, 1, 1, 1, 1, 1, 1, 2]
    first, second = sessions["2026-07-08"]
    assert first == pytest.approx(second, abs=1e-12)  # the same quotes, fetched twice in one evening
    morning, close = sessions["2026-08-21"]
    assert morning == pytest.approx(close, abs=0.005)
    last = np.array([found[-1] for found in sessions.values()])
    assert ((last > 0.15) & (last < 0.30)).all()
    # on 07-08 the expiry of 07-17 stands .09 above that of 07-10: an event of the week between, out by 07-15
    assert last[:3].min() > last[3:5].max() + 0.02

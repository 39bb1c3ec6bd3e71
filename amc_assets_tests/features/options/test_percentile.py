"""IV percentiles: monotone, mid-rank, window, never half by default, never from the future."""

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.options.percentile import (
    LEAST_SESSIONS,
    OWN_COLUMNS,
    WINDOW_SESSIONS,
    autocorrelation,
    iv_percentile_rows,
    percentile_confidence,
)
from amc_assets.features.options.realised import RETURNS, realised_proxy_rows
from amc_assets.lake.tables import IV_30D
from amc_assets.market.calendar import end_of_day_as_of, session_offset
from amc_assets_tests.features.panels import sessions_to

TODAY = date(2026, 7, 10)
BEFORE = sessions_to(TODAY, 400)[:-1]


def row(day, value, symbol="AMC", reason="present", **more: Any):
    return {
        "trade_date": day, "symbol": symbol, "iv_30d_frac": value, "reason": reason, "method": "interpolated",
        "iv_confidence": 0.9, "is_calendar_arbitrage": False, "implied_borrow_frac": None, "quotes_used_count": 9.0,
        "quotes_dropped": "{}", "term": "[]", "source": "alpha_vantage.historical_options",
        "known_at": end_of_day_as_of(day), "is_simulated": False,
    } | more  # fmt: skip


def table(rows):
    return pa.Table.from_pylist(rows, schema=IV_30D.arrow)


def history(values, days=None, **more: Any):
    days = BEFORE[len(BEFORE) - len(values) :] if days is None else days
    return [row(day, value, **more) for day, value in zip(days, values, strict=True)]


def found(past, today=0.5, **more: Any):
    rows = today if isinstance(today, list) else [row(TODAY, today)]
    return iv_percentile_rows(table(past), table(rows), **more).to_pylist()[0]


def test_worked_example():
    # 200 below, 20 equal, 32 above: (200 + 10) / 252; rank (.5 - .2) / (1.2 - .2)
    past = [0.2] * 200 + [0.5] * 20 + [1.2] * 32
    one = found(history(past))
    assert one["iv_percentile_frac"] == pytest.approx(210 / 252)
    assert one["iv_rank_frac"] == pytest.approx(0.3)
    assert (one["observations_count"], one["reason"], one["is_proxy"]) == (252.0, "present", False)
    assert one["has_expansion_potential"] is False


VALUES = st.lists(st.integers(1, 60).map(lambda n: n / 20), min_size=LEAST_SESSIONS, max_size=300)


@settings(max_examples=60)
@given(VALUES, st.integers(1, 60), st.integers(1, 60))
def test_monotone_in_today_and_bounded(values, one, other):
    low, high = sorted((one, other))
    below, above = (found(history(values), today=n / 20) for n in (low, high))
    assert 0 <= below["iv_percentile_frac"] <= above["iv_percentile_frac"] <= 1
    if below["iv_rank_frac"] is not None:
        assert 0 <= below["iv_rank_frac"] <= above["iv_rank_frac"] <= 1


@settings(max_examples=60)
@given(VALUES, st.integers(1, 60))
def test_ties_count_half_so_that_both_directions_add_to_one(values, now):
    up = found(history(values), today=now / 20)["iv_percentile_frac"]
    down = found(history([4.0 - v for v in values]), today=4.0 - now / 20)["iv_percentile_frac"]
    assert up + down == pytest.approx(1.0)


@settings(max_examples=60)
@given(st.lists(st.floats(0.05, 3.0), min_size=0, max_size=LEAST_SESSIONS - 1), st.floats(0.05, 3.0))
def test_a_short_history_gives_no_percentile_and_no_expansion(values, now):
    one = found(history(values), today=now)
    assert (one["iv_percentile_frac"], one["iv_rank_frac"], one["percentile_confidence"]) == (None, None, None)
    assert (one["reason"], one["has_expansion_potential"]) == ("short_history", False)
    assert one["observations_count"] == len(values)


def test_exactly_enough_is_enough():
    assert found(history([0.4] * LEAST_SESSIONS))["iv_percentile_frac"] == 1.0


def test_only_the_last_252_observed_sessions_count():
    old = [5.0] * 60
    assert found(history([*old, *[0.4] * WINDOW_SESSIONS]))["iv_percentile_frac"] == 1.0
    assert found(history([*old, *[0.4] * (WINDOW_SESSIONS - 1)]))["iv_percentile_frac"] == pytest.approx(251 / 252)


def test_gaps_are_skipped_and_never_filled():
    sparse = BEFORE[-2 * 130 :: 2]
    one = found(history([0.4] * 130, days=sparse))
    assert (one["observations_count"], one["iv_percentile_frac"]) == (130.0, 1.0)
    holed = [*history([0.4] * 125), *[row(day, None, reason="wide_market") for day in BEFORE[-200:-125]]]
    assert found(holed)["reason"] == "short_history"


def test_today_and_later_never_speak_about_today():
    past = history([0.4] * 150)
    later = [row(TODAY, 9.0), *[row(day, 0.01) for day in sessions_to(session_offset(TODAY, 60), 60)]]
    assert found([*past, *later]) == found(past)
    assert found([*past, *later])["observations_count"] == 150.0


@settings(max_examples=30)
@given(st.integers(LEAST_SESSIONS, 300), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(count, random):
    rows = history(np.random.default_rng(count).uniform(0.2, 1.0, count).tolist())
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert found(shuffled) == found(rows)


def test_the_newest_vintage_of_a_session_counts_once():
    past = history([0.4] * 150)
    revised = row(BEFORE[-1], 0.9) | {"known_at": end_of_day_as_of(TODAY)}
    one = found([revised, *past])
    assert one["observations_count"] == 150.0
    assert one["iv_percentile_frac"] == pytest.approx(149 / 150)


@pytest.mark.parametrize("reason", ["wide_market", "quota_spent", "no_chain", "no_extrapolation"])
def test_a_missing_today_passes_its_reason_on(reason):
    one = found(history([0.4] * 200), today=[row(TODAY, None, reason=reason)])
    assert (one["iv_percentile_frac"], one["reason"], one["has_expansion_potential"]) == (None, reason, False)


def test_expansion_is_a_low_percentile_that_is_known():
    past = history(np.linspace(0.2, 1.0, 200).tolist())
    flags = {iv: found(past, today=iv)["has_expansion_potential"] for iv in (0.1, 0.4, 0.45, 0.9)}
    assert flags == {0.1: True, 0.4: True, 0.45: False, 0.9: False}


def test_values_that_never_moved_have_no_rank():
    one = found(history([0.5] * 200))
    assert (one["iv_percentile_frac"], one["iv_rank_frac"]) == (0.5, None)
    assert one["percentile_confidence"] == 0.1


def test_confidence_grows_with_observations_and_falls_with_persistence():
    rho = np.zeros(3)
    grown = percentile_confidence(np.array([126.0, 200.0, 252.0]), rho)
    assert (np.diff(grown) > 0).all()
    fallen = percentile_confidence(np.full(4, 252.0), np.array([0.0, 0.5, 0.9, 0.99]))
    assert (np.diff(fallen) < 0).all()
    # n_eff = 252 x .1 / 1.9 = 13.26: 1 - 1 / sqrt(13.26)
    assert fallen[2] == pytest.approx(1 - 1 / np.sqrt(252 * 0.1 / 1.9))
    assert ((fallen >= 0.1) & (fallen <= 1)).all()


def test_autocorrelation_of_a_known_process():
    rng = np.random.default_rng(3)
    walk = np.zeros(252)
    for step in range(1, 252):
        walk[step] = 0.9 * walk[step - 1] + rng.normal()
    rows = np.full((3, 252), np.nan)
    rows[0], rows[1], rows[2, -130:] = np.exp(0.1 * walk), np.exp(rng.normal(size=252)), 0.4
    rho = autocorrelation(rows)
    assert 0.8 < rho[0] < 0.95
    assert rho[1] < 0.15
    assert rho[2] == 0.999


def test_symbols_are_apart_and_ascending():
    past = [*history([0.2] * 150, symbol="ZM"), *history([0.9] * 150, symbol="AMC")]
    today = [row(TODAY, 0.5, symbol="ZM"), row(TODAY, 0.5, symbol="AMC"), row(TODAY, 0.5, symbol="NEW")]
    rows = iv_percentile_rows(table(past), table(today)).to_pylist()
    assert [(r["symbol"], r["iv_percentile_frac"]) for r in rows] == [("AMC", 0.0), ("NEW", None), ("ZM", 1.0)]


def closes(count=400, seed=2, symbol="AMC", scale=0.02):
    days = sessions_to(TODAY, count)
    price = 20 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, scale, count)))
    return pa.table({"trade_date": days, "symbol": [symbol] * count, "close_usd": price})


def test_realised_volatility_by_hand():
    proxy = realised_proxy_rows(closes(60)).to_pylist()
    assert len(proxy) == 60 - RETURNS
    price = closes(60)["close_usd"].to_numpy()
    expected = np.std(np.diff(np.log(price[-22:])), ddof=1) * np.sqrt(252)
    assert proxy[-1]["iv_30d_frac"] == pytest.approx(expected)
    assert {(r["method"], r["iv_confidence"]) for r in proxy} == {("realised_proxy", 0.5)}


def test_a_broken_chain_of_closes_gives_nothing():
    price = closes(60)["close_usd"].to_numpy().copy()
    price[30] = np.nan
    broken = closes(60).set_column(2, "close_usd", pa.array(price))
    days = {r["trade_date"] for r in realised_proxy_rows(broken).to_pylist()}
    all_days = sessions_to(TODAY, 60)
    assert days == set(all_days[21:30] + all_days[52:])
    two = pa.concat_tables([closes(20, symbol="A"), closes(20, symbol="B")])
    assert realised_proxy_rows(two).num_rows == 0


def test_the_proxy_is_used_only_when_asked_marked_and_never_mixed():
    proxy = realised_proxy_rows(closes())
    short, long = history([0.4] * 50), history([0.4] * 200)
    assert found(short)["reason"] == "short_history"
    one = found(short, proxy=proxy)
    assert (one["is_proxy"], one["reason"], one["has_expansion_potential"]) == (True, "present", False)
    assert one["percentile_confidence"] <= 0.5
    assert one["iv_30d_frac"] == pytest.approx(proxy.to_pylist()[-1]["iv_30d_frac"])
    assert found(long, proxy=proxy) == found(long)  # an observed history wins


def test_stored_proxies_are_no_observations():
    stored = [row(day, 0.4) | {"method": "realised_proxy"} for day in BEFORE[-200:]]
    assert found(stored)["reason"] == "short_history"
    assert found(stored)["observations_count"] == 0.0


def test_empty_tables_and_columns():
    empty = iv_percentile_rows(IV_30D.arrow.empty_table(), IV_30D.arrow.empty_table())
    assert empty.num_rows == 0
    assert tuple(empty.column_names) == OWN_COLUMNS
    first = iv_percentile_rows(IV_30D.arrow.empty_table(), table([row(TODAY, 0.5)]))
    assert first.schema.equals(empty.schema)
    assert first.to_pylist()[0]["reason"] == "short_history"
    with pytest.raises(FeatureInputError, match="2 dates"):
        iv_percentile_rows(IV_30D.arrow.empty_table(), table([row(TODAY, 0.5), row(BEFORE[-1], 0.5)]))

"""Ranks: pull to the median, ties by symbol, the order of symbols, a stranger's arrival, the lists' limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.snapshot import Snapshot
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.composite import ACTIONS, _actions
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.score import score_all
from amc_assets_tests.strategies.snapshots import feature_of, rows, snapshot_of, universe

CALIBRATIONS = {name: load_calibration(name) for name in STRATEGIES}


def score(snapshot: Snapshot, session: str = "regular"):
    return score_all(snapshot, list(STRATEGIES), session, calibrations=CALIBRATIONS)


def rearranged(snapshot: Snapshot, order: np.ndarray) -> Snapshot:
    features = {n: feature_of(n, f.values[order], freshness=f.freshness[order]) for n, f in snapshot.features.items()}
    return snapshot_of(snapshot.symbols[order].tolist(), features)


def extended(snapshot: Snapshot, symbol: str, values: dict[str, float]) -> Snapshot:
    features = {
        n: feature_of(n, np.append(f.values, values.get(n, np.nan)), freshness=np.append(f.freshness, 1.0))
        for n, f in snapshot.features.items()
    }
    return snapshot_of([*snapshot.symbols.tolist(), symbol], features)


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_ranking_score_is_the_pull_to_the_median_of_all_scored(strategy):
    result = score(universe(301, 8))[strategy]
    scored = np.isfinite(result.score)
    median = np.median(result.score[scored])
    assert result.median_score == median
    wanted = result.confidence * result.score + (1 - result.confidence) * median
    np.testing.assert_allclose(result.ranking_score[scored], wanted[scored], atol=1e-11)
    assert not (result.passed[scored]).all(), "the median must be taken before gates, so some must fail"
    assert sorted(result.rank[scored]) == list(range(1, scored.sum() + 1))
    assert (result.rank[~scored] == 0).all()
    assert (np.diff(result.ranking_score[result.order]) <= 0).all()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_the_order_of_symbols_does_not_matter(seed):
    snapshot = universe(80, seed)
    order = np.random.default_rng(seed).permutation(80)
    before, after = score(snapshot), score(rearranged(snapshot, order))
    for name in STRATEGIES:
        a, b = before[name], after[name]
        np.testing.assert_array_equal(a.score[order], b.score)
        np.testing.assert_array_equal(a.confidence[order], b.confidence)
        np.testing.assert_array_equal(a.rank[order], b.rank)
        assert a.funnel == b.funnel
        assert a.symbols[a.order].tolist() == b.symbols[b.order].tolist()


def test_ties_break_by_symbol():
    same = {"vwap_ratio": 1.0, "volume_spike_max": 3.0, "days_to_cover": 4.0}
    shuffled = snapshot_of(["CCC", "AAA", "BBB"], {n: feature_of(n, np.full(3, v)) for n, v in same.items()})
    for result in score(shuffled).values():
        assert result.symbols[result.order].tolist() == ["AAA", "BBB", "CCC"]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_a_low_stranger_changes_only_the_median(seed):
    """Strangers belong to the meaning of a rank: call_gamma_pressure is left out, the others it does not have."""
    snapshot = universe(60, seed, without=("call_gamma_pressure",))
    stranger = {"vwap_ratio": 0.9, "volume_spike_max": 0.1, "close_usd": 0.001}
    before, after = score(snapshot), score(extended(snapshot, "ZZZZ", stranger))
    for name in STRATEGIES:
        a, b = before[name], after[name]
        np.testing.assert_array_equal(a.score, b.score[:-1])
        np.testing.assert_array_equal(a.confidence, b.confidence[:-1])
        np.testing.assert_array_equal(a.passed, b.passed[:-1])
        np.testing.assert_array_equal(a.action_codes, b.action_codes[:-1])
        pull = (1 - a.confidence) * (b.median_score - a.median_score)
        np.testing.assert_allclose(b.ranking_score[:-1], a.ranking_score + pull, atol=1e-11)
        assert b.median_score <= a.median_score


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_actions_follow_score_confidence_and_gates(strategy):
    result = score(universe(8000, 21, missing_frac=0.02))[strategy]
    with np.errstate(invalid="ignore"):
        watch = result.passed & (result.score >= 0.70)
        ready = watch & (result.score >= 0.75) & (result.confidence >= 0.40)
    wanted = np.where(ready, "trade_ready", np.where(watch, "watchlist", "none"))
    assert result.action.tolist() == wanted.tolist()
    assert result.candidates_found == watch.sum() == len(result.candidates)
    assert {"watchlist", "none", "trade_ready"} <= set(wanted.tolist())
    assert (np.diff(result.rank[result.candidates]) > 0).all()


@pytest.mark.parametrize("strategy", list(STRATEGIES))
@pytest.mark.parametrize(
    ("score_below", "confidence_below", "action"),
    [(0.0, 0.0, "trade_ready"), (1e-9, 0.0, "watchlist"), (0.0, 1e-9, "watchlist")],
)
def test_a_name_at_exactly_the_limits_of_score_and_confidence_is_trade_ready(
    strategy, score_below, confidence_below, action
):
    calibration = CALIBRATIONS[strategy]
    entry = calibration.entry
    codes = _actions(
        np.array([entry.trade_ready_score - score_below]),
        np.array([entry.trade_ready_confidence - confidence_below]),
        np.array([True]),
        calibration,
    )
    assert [str(ACTIONS[code]) for code in codes] == [action]


@pytest.mark.parametrize(("below", "action"), [(0.0, "watchlist"), (1e-9, "none")])
def test_a_name_at_exactly_the_score_of_the_watchlist_is_on_it(below, action):
    calibration = CALIBRATIONS["unified_detectors"]
    score_of = np.array([calibration.entry.watchlist_score - below])
    codes = _actions(score_of, np.array([1.0]), np.array([True]), calibration)
    assert [str(ACTIONS[code]) for code in codes] == [action]


def test_an_exact_limit_is_met_in_spite_of_binary_fractions():
    """vwap 1.005 scores .7 exactly in both detectors that read it; summed in binary it may come out below."""
    result = score(rows({"AAA": {"vwap_ratio": 1.005, "bars_observed": 60}}))["unified_detectors"]
    assert result.score[0] == 0.7


def test_nobody_is_an_answer_too():
    for snapshot in (rows({"AAA": {}, "BBB": {}}), snapshot_of([], {})):
        for result in score(snapshot).values():
            assert len(result.order) == 0
            assert result.candidates_found == 0
            assert np.isnan(result.median_score)
            assert result.funnel[0].entered == len(snapshot.symbols)


def test_unknown_strategies_are_refused():
    with pytest.raises(ValueError, match="unknown strategy"):
        score_all(rows({"AAA": {}}), ["hybrid_v2"], "regular")
    with pytest.raises(ValueError, match="calibration of legacy_v0 given to hybrid_v1"):
        score_all(rows({"AAA": {}}), ["hybrid_v1"], "regular", calibrations={"hybrid_v1": CALIBRATIONS["legacy_v0"]})

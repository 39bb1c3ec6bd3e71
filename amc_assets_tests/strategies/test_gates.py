"""Gates: each fails what it should in each session, unknown is neither passed nor failed, wrong ones are refused."""

import msgspec
import numpy as np
import pytest

from amc_assets.reasons import Reason, code
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.conditions import compare
from amc_assets.strategies.gates import SESSIONS, Gate, check_gate, evaluate_gate
from amc_assets.strategies.score import score_all
from amc_assets.strategies.unified_detectors import score_unified
from amc_assets_tests.strategies.snapshots import rows

UNIFIED = load_calibration("unified_detectors")
GOOD = {
    "is_common_or_adr": 1, "is_halted": 0, "has_bar": 1, "close_usd": 5, "dollar_volume_usd": 5e6, "relvol_30": 4,
    "atr14_frac": 0.06, "vwap_ratio": 1.0, "rsi14": 65, "ema9_over_ema20_frac": 0.01, "market_data_age_minutes": 0,
    "short_interest_shares": 1e6, "call_put_volume_ratio": 2.0, "iv_percentile_frac": 0.3,
}  # fmt: skip


def outcomes(values, session="regular", **options: bool):
    result = score_all(rows({"AAA": values}), ["unified_detectors"], session, **options)["unified_detectors"]
    return {o.gate.name: o for o in result.gates}


def failed(values, session="regular", **options: bool):
    return [name for name, o in outcomes(values, session, **options).items() if o.rejects[0] or o.penalty_frac[0] < 0]


@pytest.mark.parametrize("session", SESSIONS)
def test_a_good_name_fails_nothing(session):
    assert failed(GOOD, session) == []


@pytest.mark.parametrize(
    ("gate", "feature", "limits", "beyond"),
    [
        ("security_type", "is_common_or_adr", (1, 1, 1), 0),
        ("not_halted", "is_halted", (0, 0, 0), 1),
        ("bar_present", "has_bar", (1, 1, 1), 0),
        ("price", "close_usd", (1, 1, 1), -0.001),
        ("dollar_volume", "dollar_volume_usd", (2e6, 5e5, 1e6), -1),
        ("relvol", "relvol_30", (3.0, 2.5, 2.8), -0.001),
        ("atr", "atr14_frac", (0.05, 0.04, 0.04), -0.0001),
        ("vwap_reclaim", "vwap_ratio", (None, 0.995, 0.995), -0.0001),
        ("rsi_band", "rsi14", (60, 60, 60), -0.01),
        ("ema_cross", "ema9_over_ema20_frac", (1e-9, 1e-9, 1e-9), -1e-9),
        ("market_data_age", "market_data_age_minutes", (60, 60, 60), 1),
    ],
)
def test_each_gate_at_and_beyond_its_limit_in_each_session(gate, feature, limits, beyond):
    for session, limit in zip(SESSIONS, limits, strict=True):
        if limit is None:
            assert gate not in outcomes(GOOD, session)
            continue
        assert failed(GOOD | {feature: limit}, session) == []
        over = beyond if gate in {"security_type", "not_halted", "bar_present"} else limit + beyond
        assert failed(GOOD | {feature: over}, session) == [gate]


def test_rsi_above_the_band_fails_too():
    assert failed(GOOD | {"rsi14": 70}) == []
    assert failed(GOOD | {"rsi14": 70.01}) == ["rsi_band"]


@pytest.mark.parametrize(
    ("feature", "gates"),
    [
        ("is_common_or_adr", ["security_type"]),
        ("is_halted", []),
        ("has_bar", ["bar_present"]),
        ("close_usd", ["price", "source_bars"]),
        ("dollar_volume_usd", ["dollar_volume"]),
        ("relvol_30", ["relvol"]),
        ("atr14_frac", ["atr"]),
        ("vwap_ratio", ["vwap_reclaim"]),
        ("rsi14", ["rsi_band"]),
        ("ema9_over_ema20_frac", ["ema_cross"]),
        ("market_data_age_minutes", ["market_data_age"]),
        ("short_interest_shares", ["source_short_interest"]),
        ("call_put_volume_ratio", []),  # implied volatility still stands for options
    ],
)
def test_what_cannot_be_evaluated(feature, gates):
    assert failed({k: v for k, v in GOOD.items() if k != feature}) == gates


def test_the_options_source_is_missing_when_both_inputs_are():
    gone = {"call_put_volume_ratio", "iv_percentile_frac"}
    assert failed({k: v for k, v in GOOD.items() if k not in gone}) == ["source_options"]


def test_halted_unknown_passes_and_says_so():
    outcome = outcomes({k: v for k, v in GOOD.items() if k != "is_halted"})["not_halted"]
    assert not outcome.evaluated[0]
    assert not outcome.rejects[0]
    assert outcome.reasons[0] == code(Reason.SOURCE_NOT_BUILT)


def test_overrides_off_keeps_the_regular_limits():
    assert failed(GOOD | {"relvol_30": 2.6}, "premarket") == ["relvol"]
    assert failed(GOOD | {"relvol_30": 2.6}, "premarket", session_overrides=False) == []
    assert failed(GOOD | {"vwap_ratio": 0.9}, "premarket", session_overrides=False) == ["vwap_reclaim"]


def test_mean_source_confidence():
    # bars .98, nothing else: .98 / 3 = .327 < .5
    lonely = {k: v for k, v in GOOD.items() if k not in {"short_interest_shares", "call_put_volume_ratio"}}
    del lonely["iv_percentile_frac"]
    found = outcomes(lonely)
    assert found["source_confidence"].values[0] == pytest.approx(0.98 / 3)
    assert found["source_confidence"].penalty_frac[0] == -0.20
    # bars .98, short interest .95, options .75
    assert outcomes(GOOD)["source_confidence"].values[0] == pytest.approx((0.98 + 0.95 + 0.75) / 3)


@pytest.mark.parametrize(("minutes", "penalty"), [(60, 0), (90, -0.05), (120, -0.1), (600, -0.9), (9999, -0.9)])
def test_age_costs_a_tenth_per_hour_beyond_the_first(minutes, penalty):
    found = outcomes(GOOD | {"market_data_age_minutes": minutes})["market_data_age"]
    assert found.penalty_frac[0] == pytest.approx(penalty)


def test_age_unknown_costs_as_much_as_any_age_can():
    found = outcomes({k: v for k, v in GOOD.items() if k != "market_data_age_minutes"})
    assert found["market_data_age"].penalty_frac[0] == -0.9


def test_funnel_counts_in_order():
    table = {
        "AAA": GOOD, "BBB": GOOD | {"is_common_or_adr": 0}, "CCC": GOOD | {"close_usd": 0.5, "relvol_30": 1},
        "DDD": GOOD | {"relvol_30": 1}, "EEE": {},
    }  # fmt: skip
    result = score_unified(rows(table), UNIFIED)
    steps = [(s.gate, s.entered, s.passed) for s in result.funnel]
    assert steps == [
        ("security_type", 5, 3), ("not_halted", 3, 3), ("bar_present", 3, 3), ("price", 3, 2), ("dollar_volume", 2, 2),
        ("relvol", 2, 1), ("watchlist_score", 1, int(result.candidates_found)),
    ]  # fmt: skip
    assert result.passed.tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("direction", "limit", "expected"),
    [
        ("at_least", 1.0, [False, True, True, False]),
        ("at_most", 1.0, [True, True, False, False]),
        ("equals", 1.0, [False, True, False, False]),
        ("above", 1.0, [False, False, True, False]),
        ("below", 1.0, [True, False, False, False]),
        ("between", (0.0, 1.0), [False, True, False, False]),
        ("abs_below", 1.5, [True, True, False, False]),
    ],
)
def test_comparisons(direction, limit, expected):
    assert compare(np.array([-1.0, 1.0, 2.0, np.nan]), direction, limit).tolist() == expected


HARD = {"name": "g", "kind": "hard", "unit": "x", "feature": "f", "limit": 1.0}
SOFT = HARD | {"kind": "soft", "when_missing": "penalise", "penalty_frac": -0.05}


@pytest.mark.parametrize(
    ("gate", "sentence"),
    [
        (HARD | {"feature": ""}, "a feature with a limit or paths"),
        (HARD | {"paths": [{"name": "p", "clauses": []}]}, "a feature with a limit or paths"),
        (HARD | {"limit": [1.0, 2.0]}, "only between"),
        (HARD | {"direction": "between"}, "only between"),
        (HARD | {"direction": "between", "limit": [2.0, 1.0]}, "low <= high"),
        (HARD | {"limit_by_session": {"premarket": [1.0, 2.0]}}, "only between"),
        (HARD | {"when_missing": "penalise"}, "rejects or passes"),
        (HARD | {"penalty_frac": -0.1}, "rejects or passes"),
        (SOFT | {"when_missing": "pass"}, "rejects or passes"),
        (SOFT | {"penalty_frac": 0.05}, "must be from -1"),
        (SOFT | {"penalty_per": 60.0}, "penalty_floor_frac"),
        (SOFT | {"penalty_per": 60.0, "direction": "between", "limit": [1.0, 2.0]}, "one limit"),
    ],
)
def test_wrong_gates_are_refused(gate, sentence):
    check_gate(msgspec.convert(HARD, Gate))
    check_gate(msgspec.convert(SOFT, Gate))
    with pytest.raises(ValueError, match=sentence):
        check_gate(msgspec.convert(gate, Gate))


def test_a_soft_gate_never_rejects():
    outcome = evaluate_gate(rows({"AAA": {"f": 0.0}}), msgspec.convert(SOFT, Gate), "regular")
    assert outcome.rejects.tolist() == [False]
    assert outcome.penalty_frac.tolist() == [-0.05]


@pytest.mark.parametrize("session", ["overnight", "closed", ""])
def test_other_sessions_are_refused(session):
    with pytest.raises(ValueError, match="overnight is suspended"):
        score_all(rows({"AAA": GOOD}), ["unified_detectors"], session)

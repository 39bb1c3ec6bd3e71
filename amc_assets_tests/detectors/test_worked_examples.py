"""Every detector on names worked by hand: a strong one, a weak one, one with missing inputs."""

import numpy as np
import pytest

from amc_assets.detectors.registry import DETECTORS
from amc_assets.reasons import Reason, code
from amc_assets.strategies.calibration import load_calibration
from amc_assets_tests.strategies.snapshots import rows

UNIFIED = load_calibration("unified_detectors")

# feature values, expected component scores (None = missing), expected score; arithmetic beside each
EXAMPLES = {
    "volume_momentum": [
        (
            # relvol 4 -> .8 + (4-3)/(5-3) * .2 = .9, trend 1.25 -> .05: .95; vwap 1.01 -> .7 + .005/.015 * .3 = .8
            # up 2 days -> .4, 5 days +2.5 % -> .15: .55; atr 4 % -> .4 + .01/.02 * .3 = .55
            # .4 * .95 + .3 * .8 + .2 * .55 + .1 * .55 = .38 + .24 + .11 + .055 = .785
            {"relvol_30": 4, "volume_trend": 1.25, "vwap_ratio": 1.01, "up_days": 2,
             "change_5d_frac": 0.025, "atr14_frac": 0.04},
            {"relvol": 0.95, "vwap_reclaim": 0.8, "uptrend": 0.55, "atr_expansion": 0.55},
            0.785,
        ),
        (
            # relvol .5 -> .1, trend .9 -> 0; vwap .98 -> .01/.025 * .4 = .16; up 0 -> 0, -10 % -> 0; atr 2 % -> .25
            # .4 * .1 + .3 * .16 + 0 + .1 * .25 = .04 + .048 + .025 = .113
            {"relvol_30": 0.5, "volume_trend": 0.9, "vwap_ratio": 0.98, "up_days": 0,
             "change_5d_frac": -0.1, "atr14_frac": 0.02},
            {"relvol": 0.1, "vwap_reclaim": 0.16, "uptrend": 0.0, "atr_expansion": 0.25},
            0.113,
        ),
        (
            # relvol missing: the component leaves although the bonus is there; uptrend by days alone: .2 / .6 = 1/3
            # (.3 * 1 + .2 / 3 + .1 * 1) / (.3 + .2 + .1) = .4666667 / .6 = .7777778
            {"volume_trend": 1.5, "vwap_ratio": 1.05, "up_days": 1, "atr14_frac": 0.12},
            {"relvol": None, "vwap_reclaim": 1.0, "uptrend": 1 / 3, "atr_expansion": 1.0},
            7 / 9,
        ),
    ],
    "squeeze": [
        (
            # float 25M -> .8, 55 % of outstanding -> .05: .85
            # SI 20 % -> .7 + .05/.1 * .3 = .85; 7.5 days -> .85; z 1.5 -> .65; stress 70 -> .7: mean 3.05 / 4 = .7625
            # iv .3 -> .65; call/put 2.25 -> .55: mean .6; relvol 3.5 -> .5 + 1.5/3 * .5 = .75
            # .3 * .85 + .4 * .7625 + .2 * .6 + .1 * .75 = .255 + .305 + .12 + .075 = .755
            {
                "float_shares": 25e6, "float_outstanding_frac": 0.55, "short_interest_float_frac": 0.2,
                "days_to_cover": 7.5,
                "short_volume_ratio_z": 1.5, "borrow_stress": 70, "iv_percentile_frac": 0.3,
                "call_put_volume_ratio": 2.25,
                "relvol_30": 3.5,
            },
            {"float_tightness": 0.85, "short_metrics": 0.7625, "options_gamma": 0.6, "volume_pressure": 0.75},
            0.755,
        ),
        (
            # float 2B -> .1, 90 % -> 0; SI 1 % -> .05; 1 day -> .14; z -1 -> .2; stress 10 -> .1: .49 / 4 = .1225
            # no options; relvol 1 -> 0: (.3 * .1 + .4 * .1225 + 0) / .8 = (.03 + .049) / .8 = .09875
            {
                "float_shares": 2e9, "float_outstanding_frac": 0.9, "short_interest_float_frac": 0.01,
                "days_to_cover": 1,
                "short_volume_ratio_z": -1, "borrow_stress": 10, "relvol_30": 1,
            },
            {"float_tightness": 0.1, "short_metrics": 0.1225, "options_gamma": None, "volume_pressure": 0.0},
            0.09875,
        ),
        (
            # only days to cover 2.5 -> .35 and relvol 2 -> .5: (.4 * .35 + .1 * .5) / .5 = .19 / .5 = .38
            {"days_to_cover": 2.5, "relvol_30": 2},
            {"float_tightness": None, "short_metrics": 0.35, "options_gamma": None, "volume_pressure": 0.5},
            0.38,
        ),
    ],
    "catalyst_news": [
        (
            # direction .2 -> .5; z 1.75 -> .3 + .65/1.3 * .3 = .45; event .7 -> .8, no dilution -> 1: .75 * .8 + .25
            # is .85; 3 publishers -> .85; .4 * .5 + .3 * .45 + .2 * .85 + .1 * .85 = .2 + .135 + .17 + .085 = .59
            {"news_direction": 0.2, "news_attention_z": 1.75, "event_proximity": 0.7, "dilution_proximity": 0,
             "news_sources_count": 3},
            {"news_sentiment": 0.5, "social_momentum": 0.45, "event_proximity": 0.85, "unusual_activity": 0.85},
            0.59,
        ),
        (
            # direction -.25 -> .15; z 0 -> 0; no event, a takedown of a shelf yesterday .9 -> .06: .25 * .06 = .015
            # one publisher -> .3; .4 * .15 + 0 + .2 * .015 + .1 * .3 = .06 + .003 + .03 = .093
            {"news_direction": -0.25, "news_attention_z": 0, "event_proximity": 0, "dilution_proximity": 0.9,
             "news_sources_count": 1},
            {"news_sentiment": 0.15, "social_momentum": 0.0, "event_proximity": 0.015, "unusual_activity": 0.3},
            0.093,
        ),
        (
            # halts only, neither headlines nor filings: event .25 -> .3 alone
            {"event_proximity": 0.25},
            {"news_sentiment": None, "social_momentum": None, "event_proximity": 0.3, "unusual_activity": None},
            0.3,
        ),
    ],
    "options_flow": [
        (
            # alone in its run: rank .5 -> .5, near .065 -> .3 + .035/.07 * .4 = .5: .5
            # ratio 2.5 -> .45, z 1.5 -> .65, volume/OI .2 -> .5: .3 * .45 + .5 * .65 + .2 * .5 = .56
            # percentile .4 -> .5 with a catalyst -> 1: .5; z .5 -> .35
            # .4 * .5 + .3 * .56 + .2 * .5 + .1 * .35 = .2 + .168 + .1 + .035 = .503
            {"call_gamma_pressure": 0.02, "near_call_open_interest_frac": 0.065, "call_put_volume_ratio": 2.5,
             "call_put_volume_log_z": 1.5, "volume_open_interest_ratio": 0.2, "iv_percentile_frac": 0.4,
             "has_news_catalyst": 1, "option_volume_z": 0.5},
            {"gamma_potential": 0.5, "call_put_flow": 0.56, "iv_expansion": 0.5, "unusual_activity": 0.35},
            0.503,
        ),
        (
            # nothing near the money -> 0: .6 * .5 = .3; ratio .75 -> .05, z -.5 -> .15, .05 -> .15: .015 + .075 + .03
            # percentile .75 -> .15 without a catalyst -> .5: .075; z -1 -> 0
            # .4 * .3 + .3 * .12 + .2 * .075 + 0 = .12 + .036 + .015 = .171
            {"call_gamma_pressure": 0.02, "near_call_open_interest_frac": 0, "call_put_volume_ratio": 0.75,
             "call_put_volume_log_z": -0.5, "volume_open_interest_ratio": 0.05, "iv_percentile_frac": 0.75,
             "has_news_catalyst": 0, "option_volume_z": -1},
            {"gamma_potential": 0.3, "call_put_flow": 0.12, "iv_expansion": 0.075, "unusual_activity": 0.0},
            0.171,
        ),
        (
            # first day of collecting: no own history, no percentile, no news; near .03 -> .3; ratio 4 -> .8, 1 -> 1
            # flow (.3 * .8 + .2 * 1) / .5 = .88; (.4 * .3 + .3 * .88) / .7 = .384 / .7
            {"near_call_open_interest_frac": 0.03, "call_put_volume_ratio": 4, "volume_open_interest_ratio": 1},
            {"gamma_potential": 0.3, "call_put_flow": 0.88, "iv_expansion": None, "unusual_activity": None},
            0.384 / 0.7,
        ),
    ],
    "technicals": [
        (
            # ema +3 % -> .6 + .02/.04 * .4 = .8; rsi 65 -> 1; vwap 1.0 -> .55; breakout 1.5 % -> .8 * 1.2/1.5 = .64
            # .4 * .8 + .3 + .2 * .55 + .1 * .64 = .32 + .3 + .11 + .064 = .794
            {
                "ema9_over_ema20_frac": 0.03, "rsi14": 65, "vwap_ratio": 1.0, "breakout_frac": 0.015, "relvol_30": 1.2,
                "bars_observed": 300,
            },
            {"ema_momentum": 0.8, "rsi_positioning": 1.0, "vwap_reclaim": 0.55, "breakout_quality": 0.64},
            0.794,
        ),
        (
            # ema -1 % -> .2; rsi 90 -> .3; vwap .9 -> 0; breakout -2.5 % -> .3, no relvol: the product is missing
            # (.4 * .2 + .3 * .3 + 0) / .9 = .17 / .9 = .1888889
            {"ema9_over_ema20_frac": -0.01, "rsi14": 90, "vwap_ratio": 0.9, "breakout_frac": -0.025,
             "bars_observed": 50},
            {"ema_momentum": 0.2, "rsi_positioning": 0.3, "vwap_reclaim": 0.0, "breakout_quality": None},
            0.17 / 0.9,
        ),
        (
            # 49 bars: nothing is scored, whatever is there
            {"ema9_over_ema20_frac": 0.05, "rsi14": 65, "vwap_ratio": 1.02, "bars_observed": 49},
            {"ema_momentum": None, "rsi_positioning": None, "vwap_reclaim": None, "breakout_quality": None},
            None,
        ),
    ],
    "vigl_pattern": [
        (
            # the template itself
            {"relvol_30": 20.9, "short_interest_float_frac": 0.18, "float_shares": 15.2e6, "close_usd": 2.94},
            {"similarity": 1.0},
            1.0,
        ),
        (
            # .4 * .5 + .3 * .5 + .2 * .5 + .1 * (1 - 5/10) = .2 + .15 + .1 + .05 = .5
            {"relvol_30": 10.45, "short_interest_float_frac": 0.09, "float_shares": 30.4e6, "close_usd": 7.94},
            {"similarity": 0.5},
            0.5,
        ),
        (
            # no short interest, price out of reach: (.4 * .5 + .2 * 1 + .1 * 0) / .7 = .4 / .7
            {"relvol_30": 10.45, "float_shares": 1e6, "close_usd": 52.94},
            {"similarity": 4 / 7},
            4 / 7,
        ),
    ],
}  # fmt: skip
CASES = [(d, i) for d, examples in EXAMPLES.items() for i in range(len(examples))]


@pytest.mark.parametrize(("detector", "index"), CASES)
def test_name_by_hand(detector, index):
    values, components, score = EXAMPLES[detector][index]
    result = DETECTORS[detector].score(rows({"AAA": values}), UNIFIED.detectors[detector])
    found = {c.name: c.scores[0] for c in result.components}
    assert found == pytest.approx(
        {k: np.nan if v is None else v for k, v in components.items()}, nan_ok=True, abs=1e-12
    )
    assert result.score[0] == pytest.approx(np.nan if score is None else score, nan_ok=True, abs=1e-12)


def test_reasons_of_missing_components():
    table = {
        "FEW": {"rsi14": 65, "breakout_frac": 0.01, "bars_observed": 49},
        "GAP": {"rsi14": 65, "breakout_frac": 0.01, "bars_observed": 80},
        "NEW": {"rsi14": 65},
    }
    scores = DETECTORS["technicals"].score(rows(table), UNIFIED.detectors["technicals"])
    reasons = {c.name: c.reasons.tolist() for c in scores.components}
    absent = code(Reason.SOURCE_NOT_BUILT)  # no such feature in the snapshot at all
    unpublished = code(Reason.NOT_PUBLISHED)
    assert reasons["rsi_positioning"] == [code(Reason.SHORT_HISTORY), 0, unpublished]
    assert reasons["breakout_quality"] == [code(Reason.SHORT_HISTORY), absent, unpublished]
    assert reasons["ema_momentum"] == [code(Reason.SHORT_HISTORY), absent, unpublished]


def test_a_float_of_zero_shares_is_invalid_not_tight():
    table = {"ZERO": {"float_shares": 0.0, "float_outstanding_frac": 0.5}, "TINY": {"float_shares": 1.0}}
    float_tightness = DETECTORS["squeeze"].score(rows(table), UNIFIED.detectors["squeeze"]).components[0]
    assert float_tightness.scores.tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    assert float_tightness.reasons.tolist() == [0, code(Reason.INVALID_VALUE)]


def test_confidence_is_the_quality_of_what_was_used():
    # relvol .4 * (.9 * .98 + .1 * 0) + vwap .3 * .98 = .3528 + .294 = .6468; the trend bonus and the rest are missing
    scores = DETECTORS["volume_momentum"].score(
        rows({"AAA": {"relvol_30": 3, "vwap_ratio": 1}}), UNIFIED.detectors["volume_momentum"]
    )
    assert scores.confidence[0] == pytest.approx(0.6468)


def test_a_bonus_without_its_base_counts_for_nothing():
    scores = DETECTORS["volume_momentum"].score(
        rows({"AAA": {"volume_trend": 1.5}}), UNIFIED.detectors["volume_momentum"]
    )
    assert np.isnan(scores.score[0])
    assert scores.confidence[0] == 0.0

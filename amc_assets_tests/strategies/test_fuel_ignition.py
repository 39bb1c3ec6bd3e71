"""fuel_ignition: names by hand, a slow second scorer, the shape of the product, what missing costs, the trial table."""

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.detectors import squeeze
from amc_assets.features.snapshot import Provenance, Snapshot
from amc_assets.reasons import Reason, code
from amc_assets.strategies.calibration import Calibration, load_calibration
from amc_assets.strategies.composite import Strategy, score_strategy, weighted_mean
from amc_assets.strategies.explain import explain
from amc_assets.strategies.fuel_ignition import CHANGE_1D_ATRS, STRATEGY, return_in_atrs, score_fuel_ignition
from amc_assets_tests.strategies.snapshots import RANGES, feature_of, rows, universe

CALIBRATION = load_calibration("fuel_ignition")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "strategies.md"
LISTED = {
    "is_common_or_adr": 1, "has_bar": 1, "close_usd": 5, "dollar_volume_usd": 3e6, "market_data_age_minutes": 0,
    "short_interest_shares": 1e6, "rsi14": 65, "ema9_over_ema20_frac": 0.01,
}  # fmt: skip
# Ranks among the names that have the value: short interest .1, .2, .4 -> 1/6, 3/6, 5/6; days to cover 2, 6 -> 1/4, 3/4;
# losses of one name alone -> 1/2.
# FULL has everything. fuel: .35 * 5/6 + .2 * .75 + .2 * .8 + .15 * .6 + .1 * .5 = 0.741667
# ignition: relvol 4 -> .7; .10 / .05 = 2 ATRs -> .7: .25 * .7 * 2 + .1 * (.5 + .7 + .6 + .6 + 1) = 0.69
FULL = LISTED | {
    "short_interest_float_frac": 0.4, "days_to_cover": 6, "float_shares": 25e6, "borrow_stress": 60,
    "short_loss_float_frac": 0.1, "relvol_30": 4, "change_1d_frac": 0.10, "atr14_frac": 0.05, "change_5d_frac": 0.05,
    "vwap_ratio": 1.005, "breakout_frac": 0.0, "news_attention_z": 2.4, "has_news_catalyst": 1,
}  # fmt: skip
# FREE has what free data gives. fuel: (.35 * .5 + .2 * .25 + .2 * .6) / .75 = .345 / .75 = 0.46
# ignition: one ATR -> .4: (.25 * 1 + .25 * .4 + .1 * (1 + .4 + 0)) / .8 = .49 / .8 = 0.6125
FREE = LISTED | {
    "short_interest_float_frac": 0.2, "days_to_cover": 2, "float_shares": 75e6, "relvol_30": 10,
    "change_1d_frac": 0.03, "atr14_frac": 0.03, "change_5d_frac": 0.10, "vwap_ratio": 0.995, "breakout_frac": -0.05,
}  # fmt: skip
# DONE has tripled in five sessions; without an ATR its one-day return has no unit.
# fuel 1; ignition (.25 * .8 + .1 * 1) / .35; half of it is over
DONE = LISTED | {"float_shares": 10e6, "relvol_30": 5, "change_1d_frac": 0.3, "change_5d_frac": 2.0}
NO_FUEL = {k: v for k, v in FULL.items() if k in {*LISTED, "relvol_30", "change_5d_frac", "vwap_ratio"}}
NO_IGNITION = LISTED | {"short_interest_float_frac": 0.1, "float_shares": 10e6}
RUN = {"DONE": DONE, "FREE": FREE, "FULL": FULL, "NOFU": NO_FUEL, "NOIG": NO_IGNITION}


def score(snapshot: Snapshot, strategy: Strategy = STRATEGY, calibration: Calibration = CALIBRATION):
    return score_strategy(snapshot, strategy, calibration)


def test_names_by_hand():
    result = score_fuel_ignition(rows(RUN), CALIBRATION)
    fuel, ignition, exhaustion = (d.score for d in result.detectors)
    assert fuel.tolist()[:3] == pytest.approx([1.0, 0.46, 0.741667], abs=1e-6)
    assert ignition.tolist()[:4] == pytest.approx([0.3 / 0.35, 0.6125, 0.69, (0.175 + 0.05 + 0.07) / 0.45], abs=1e-6)
    assert exhaustion.tolist()[:3] == [0.5, 0.0, 0.0]
    wanted = [0.5 * math.sqrt(0.3 / 0.35), math.sqrt(0.46 * 0.6125), math.sqrt(0.741666667 * 0.69), np.nan, np.nan]
    assert result.score.tolist() == pytest.approx(wanted, nan_ok=True)
    assert result.symbols[result.order].tolist() == ["FULL", "FREE", "DONE"]


def test_confidence_by_hand():
    result = score_fuel_ignition(rows(RUN), CALIBRATION)
    # FREE: fuel .75 * .95, ignition .8 * .98, exhaustion .98; ATR 3 % < 4 % costs .05; options cost nothing
    coverage = 0.45 * 0.7125 + 0.45 * 0.784 + 0.10 * 0.98
    assert result.confidence[1] == pytest.approx(coverage * 0.95)
    assert np.isnan(result.confidence[3:]).all()


@pytest.mark.parametrize(("symbol", "group"), [("NOFU", "fuel"), ("NOIG", "ignition")])
def test_a_missing_group_is_no_score_and_every_component_says_why(symbol, group):
    snapshot = rows(RUN)
    result = score_fuel_ignition(snapshot, CALIBRATION)
    name = explain(result, snapshot, symbol)
    assert (name["score"], name["confidence"], name["rank"], name["action"]) == (None, None, None, "none")
    found = {d["name"]: d for d in name["detectors"]}
    assert found[group]["score"] is None
    assert [c["reason"] for c in found[group]["components"] if c["reason"] is None] == []
    assert found[{"fuel": "ignition", "ignition": "fuel"}[group]]["score"] is not None


def test_unknown_exhaustion_takes_nothing_off_and_costs_confidence():
    known = score(rows({"AAA": FULL}))
    unknown = score(rows({"AAA": {k: v for k, v in FULL.items() if k != "change_5d_frac"}}))
    assert np.isnan(unknown.detectors[2].score[0])
    assert unknown.score[0] == pytest.approx(math.sqrt(unknown.detectors[0].score[0] * unknown.detectors[1].score[0]))
    assert unknown.confidence[0] < known.confidence[0] - 0.1


def test_return_in_atrs_is_derived_or_missing_with_its_reason():
    table = {
        "AAA": {"change_1d_frac": 0.12, "atr14_frac": 0.04},
        "BBB": {"change_1d_frac": 0.0, "atr14_frac": 0.0},
        "CCC": {"change_1d_frac": 0.1},
    }
    (found,) = return_in_atrs(rows(table), CALIBRATION)
    assert found.values.tolist() == pytest.approx([3.0, np.nan, np.nan], nan_ok=True)
    assert found.provenance.tolist() == [Provenance.DERIVED, Provenance.MISSING, Provenance.MISSING]
    assert found.reasons.tolist() == [0, code(Reason.ZERO_DENOMINATOR), code(Reason.NOT_PUBLISHED)]
    assert (found.name, found.source_confidence.tolist()) == (CHANGE_1D_ATRS, [0.98, 0.0, 0.0])


def test_exponents_are_the_weights_scaled_to_one():
    detectors = CALIBRATION.detectors
    heavy = {name: msgspec.structs.replace(detectors[name], weight=w) for name, w in
             {"fuel": 0.6, "ignition": 0.3, "exhaustion": 0.1}.items()}  # fmt: skip
    result = score(rows(RUN), calibration=msgspec.structs.replace(CALIBRATION, detectors=heavy))
    assert result.score[1] == pytest.approx(0.46 ** (2 / 3) * 0.6125 ** (1 / 3))


# A second copy of the published numbers, made by hand, and a scorer without arrays.
RANKED = (("short_interest_float_frac", 0.35), ("days_to_cover", 0.20), ("short_loss_float_frac", 0.10))
CURVES = (
    (0, "borrow_stress", 0.15, ((0, 0), (60, 0.6), (80, 0.8), (100, 1))),
    (1, "relvol_30", 0.25, ((1, 0), (2, 0.4), (3, 0.6), (5, 0.8), (10, 1))),
    (1, CHANGE_1D_ATRS, 0.25, ((0, 0), (1, 0.4), (2, 0.7), (3, 1))),
    (1, "change_5d_frac", 0.10, ((-0.05, 0), (0, 0.25), (0.05, 0.5), (0.10, 1))),
    (1, "vwap_ratio", 0.10, ((0.97, 0), (0.995, 0.4), (1.005, 0.7), (1.02, 1))),
    (1, "breakout_frac", 0.10, ((-0.05, 0), (0, 0.6), (0.03, 1))),
    (1, "news_attention_z", 0.10, ((0, 0), (1.1, 0.3), (2.4, 0.6), (4.5, 1))),
    (1, "has_news_catalyst", 0.10, ((0, 0), (1, 1))),
)
FLOAT = ((7, 1.0), (math.log10(25e6), 0.8), (math.log10(75e6), 0.6), (math.log10(150e6), 0.35), (9, 0.1))


def line(x: float, points) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def slow_score(name: dict[str, float], names: list[dict[str, float]]) -> float:
    """Score one name of a run, with plain dictionaries of what each has."""
    fuel, ignition = groups = [], []
    for feature, weight in RANKED:
        if feature in name:
            others = [n[feature] for n in names if feature in n]
            below, same = (sum(o < name[feature] for o in others), sum(o == name[feature] for o in others))
            fuel.append((weight, (below + same / 2) / len(others)))
    if "float_shares" in name:
        fuel.append((0.20, line(math.log10(name["float_shares"]), FLOAT)))
    derived = {}
    if "change_1d_frac" in name and name.get("atr14_frac", 0) > 0:
        derived = {CHANGE_1D_ATRS: name["change_1d_frac"] / name["atr14_frac"]}
    for group, feature, weight, points in CURVES:
        if feature in name | derived:
            groups[group].append((weight, line((name | derived)[feature], points)))
    if not fuel or not ignition:
        return math.nan
    means = [sum(w * y for w, y in group) / sum(w for w, _ in group) for group in groups]
    return math.sqrt(means[0] * means[1]) * (1 - line(name.get("change_5d_frac", 0.0), ((1, 0), (2, 0.5))))


@pytest.mark.parametrize(("seed", "missing_frac"), [(0, 0.1), (1, 0.5), (2, 0.85)])
def test_arrays_agree_with_the_slow_scorer(seed, missing_frac):
    snapshot = universe(250, seed, missing_frac=missing_frac)
    columns = {n: f.values for n, f in snapshot.features.items()}
    names = [{n: float(v[i]) for n, v in columns.items() if np.isfinite(v[i])} for i in range(250)]
    wanted = np.array([slow_score(name, names) for name in names])
    np.testing.assert_allclose(score(snapshot).score, wanted, atol=1e-11)
    assert np.isfinite(wanted).sum() > 50
    assert missing_frac < 0.8 or np.isnan(wanted).any()


NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)
READ = {t.feature for d in STRATEGY.declarations for t in d.inputs} - {CHANGE_1D_ATRS} | {
    "change_1d_frac",
    "atr14_frac",
}


@given(st.dictionaries(st.sampled_from(sorted(READ)), NUMBERS), st.dictionaries(st.sampled_from(sorted(READ)), NUMBERS))
@settings(max_examples=150)
def test_everything_stays_in_range_whatever_comes(first, second):
    result = score(rows({"AAA": first, "BBB": second, "CCC": {}}))
    for values in (result.score, result.confidence, result.ranking_score):
        there = values[np.isfinite(values)]
        assert ((there >= 0) & (there <= 1)).all()
    fuel, ignition, _ = (d.score for d in result.detectors)
    with np.errstate(invalid="ignore"):
        assert not (result.score > np.maximum(fuel, ignition) + 1e-9).any()


UP = sorted(READ - {"float_shares", "change_5d_frac", "atr14_frac", "has_news_catalyst"})


def falls(strategy: Strategy, seed: int, feature: str, low_frac: float, high_frac: float) -> float:
    """Return by how much the first name's score falls when ``feature`` goes from the lower to the higher value."""
    snapshot = universe(30, seed, missing_frac=0.2)
    low, high, _ = RANGES[feature]
    found = []
    for frac in sorted((low_frac, high_frac)):
        values = snapshot.feature(feature).values.copy()
        values[0] = low + frac * (high - low)
        found.append(score(snapshot.replacing(feature_of(feature, values)), strategy).score[0])
    return float(np.nan_to_num(found[0] - found[1]))


@given(st.integers(0, 1000), st.sampled_from(UP), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=200)
def test_more_fuel_or_ignition_never_lowers_the_score(seed, feature, one, other):
    assert falls(STRATEGY, seed, feature, one, other) <= 1e-11


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60)
def test_more_float_never_raises_the_score(seed, one, other):
    assert falls(STRATEGY, seed, "float_shares", one, other) >= -1e-11


def test_the_direction_guard_catches_a_reversed_group():
    """Planted fault: fuel entering upside down."""

    def upside_down(calibration, detectors):
        fuel, *others = detectors
        return STRATEGY.combine(calibration, (replace(fuel, score=1 - fuel.score), *others))

    wrong = replace(STRATEGY, combine=upside_down)
    assert max(falls(wrong, seed, "short_interest_float_frac", 0.1, 0.9) for seed in range(10)) > 0.01


def test_five_day_return_lifts_up_to_a_tenth_holds_to_a_double_and_falls_to_a_triple():
    changes = [-0.1, 0.0, 0.05, 0.10, 0.5, 1.0, 1.5, 2.0, 3.0]
    found = [score(rows({"AAA": FULL | {"change_5d_frac": c}})).score[0] for c in changes]
    steps = np.sign(np.diff(found)).astype(int).tolist()
    assert steps == [1, 1, 1, 0, 0, -1, -1, 0]
    assert found[-1] == pytest.approx(found[4] / 2)


@given(st.floats(0.1, 10), st.integers(0, 1000))
@settings(max_examples=30)
def test_being_volatile_earns_nothing(factor, seed):
    """A one-day return and a range that are both ``factor`` times as large leave the score where it was."""
    snapshot = universe(40, seed)
    change, atr = (snapshot.feature(n).values for n in ("change_1d_frac", "atr14_frac"))
    wilder = snapshot.replacing(
        feature_of("change_1d_frac", change * factor), feature_of("atr14_frac", atr * factor)
    )  # fmt: skip
    np.testing.assert_allclose(score(wilder).score, score(snapshot).score, atol=1e-11)


QUIET = FULL | {
    "relvol_30": 0.8, "change_1d_frac": -0.01, "change_5d_frac": -0.06, "vwap_ratio": 0.96, "breakout_frac": -0.2,
    "news_attention_z": 0, "has_news_catalyst": 0,
}  # fmt: skip


def test_a_quiet_heavily_shorted_name_scores_nothing_where_a_sum_would_rank_it():
    snapshot = rows({"AAA": QUIET, "BBB": FREE})
    assert score(snapshot).score[0] == 0.0
    summed = score(snapshot, replace(STRATEGY, combine=weighted_mean))
    assert summed.score[0] > 0.3


def test_rank_tells_130_percent_from_30_where_the_squeeze_knots_do_not():
    snapshot = rows({s: FULL | {"short_interest_float_frac": x} for s, x in {"AAA": 0.3, "BBB": 1.3}.items()})
    fuel = score(snapshot).detectors[0].score
    assert fuel[1] > fuel[0] + 0.1
    knotted = squeeze.score(snapshot, load_calibration("unified_detectors").detectors["squeeze"]).score
    assert knotted[0] == knotted[1]


def test_only_tradability_rejects():
    hard = [g.name for g in CALIBRATION.gates if g.kind == "hard"]
    assert hard == ["security_type", "not_halted", "bar_present", "price", "dollar_volume"]
    loud, still = (score(rows({"AAA": FULL | {"relvol_30": x}})) for x in (2.5, 2.49))
    assert loud.passed[0]
    assert still.passed[0]
    assert loud.confidence[0] - still.confidence[0] == pytest.approx(0.05 * loud.confidence[0], rel=1e-6)


def trials() -> list[str]:
    rows_of_table = re.compile(r"^\| \d+ \| \d{4}-\d\d-\d\d \| `([0-9a-f]{16})` \|", re.MULTILINE)
    return rows_of_table.findall(DOCUMENT.read_text(encoding="utf-8"))


def test_every_set_of_numbers_is_a_recorded_trial():
    assert trials()[-1] == CALIBRATION.numbers_hash[:16], "a changed number is a new trial: measure and record it"
    entry = msgspec.structs.replace(CALIBRATION.entry, watchlist_score=0.65)
    assert msgspec.structs.replace(CALIBRATION, entry=entry).numbers_hash[:16] not in trials()

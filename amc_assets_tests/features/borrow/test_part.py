"""The borrow part of a snapshot: five features with quality and reasons, two lines, the lake's rows, no future."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.ages import Absence, Staleness
from amc_assets.features.borrow.calibration import load_stress_calibration
from amc_assets.features.borrow.part import BorrowTables, borrow_part
from amc_assets.features.borrow.scarcity import borrow_rows, stress_feature
from amc_assets.features.feature_columns import make_feature
from amc_assets.features.registry import BORROW_SPECS
from amc_assets.features.short_part import RunFrame
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import Feature, Provenance, missing_feature
from amc_assets.features.splits import SplitHistory
from amc_assets.lake.tables import BORROW_STRESS
from amc_assets.market.publication import next_report_due_at, threshold_list_published_at
from amc_assets.reasons import CODES, Reason
from amc_assets_tests.features.borrow.test_delivery import DATES, fails_table, threshold_table
from amc_assets_tests.features.borrow.test_losses import SETTLED
from amc_assets_tests.features.panels import AS_OF, DAY, NAN, interest_table, panel_of, splits_table

CALIBRATION = load_stress_calibration()
NAMES = ("AMC", "GME", "KOSS")
PARTS = ("implied_borrow_frac", "short_volume_ratio_z", "days_to_cover", "short_interest_float_frac")
WHEN = np.datetime64("2021-01-27T21:15:00", "us")


def feature(name, values, *, confidence=0.95, freshness=1.0, provenance=Provenance.OBSERVED, known_at=WHEN) -> Feature:
    found = np.asarray(values, float)
    reasons = np.where(np.isfinite(found), 0, CODES.index(Reason.NOT_PUBLISHED)).astype(np.uint8)
    if name == "implied_borrow_frac":  # declared by the options room
        empty = missing_feature(name, "fraction", "options", len(found), Reason.NOT_PUBLISHED)
        here = np.isfinite(found)
        return replace(
            empty,
            values=found,
            reasons=reasons,
            known_at=np.where(here, known_at, np.datetime64("NaT", "us")),
            provenance=np.where(here, provenance, 0).astype(np.uint8),
            source_confidence=np.where(here, confidence, 0.0),
            freshness=np.where(here, freshness, 0.0),
        )
    return make_feature(
        name,
        Computed(found, reasons),
        np.full(len(found), known_at),
        confidence=confidence,
        freshness=freshness,
        provenance=provenance,
    )


def given_features(**changes: Feature) -> dict[str, Feature]:
    """AMC, GME and KOSS: GME has everything, AMC no chain and no float, KOSS nothing but a price."""
    found = {
        "close_usd": feature("close_usd", [5.0, 20.0, 3.0], confidence=0.98),
        "implied_borrow_frac": feature("implied_borrow_frac", [NAN, 0.2, NAN], confidence=0.6),
        "short_volume_ratio_z": feature("short_volume_ratio_z", [1.0, 2.0, NAN], confidence=0.9),
        "days_to_cover": feature("days_to_cover", [2.0, 7.0, NAN]),
        "short_interest_float_frac": feature("short_interest_float_frac", [NAN, 0.25, NAN]),
        "float_shares": feature("float_shares", [NAN, 5e7, NAN], confidence=0.98),
        "outstanding_shares": feature("outstanding_shares", [1e8, 7e7, NAN], confidence=0.98),
    }
    return {**found, **changes}


def tables(**changes: pa.Table) -> BorrowTables:
    rows = [{"symbol": n, "shares": 1_000_000, "settlement": d} for d in SETTLED for n in ("AMC", "GME")]
    found = {
        "short_interest_history": interest_table(*rows),
        "fails": fails_table([(day, "GME", 700_000) for day in DATES]),
        "threshold": threshold_table((date(2021, 1, 26), "GME", "nyse")),
    }
    return BorrowTables(**{**found, **changes})


def part(given_part=None, tables_part=None, *, panel="default", as_of=AS_OF, absence=Reason.NOT_FETCHED):
    frame = RunFrame(
        np.array(NAMES),
        DAY,
        as_of,
        SplitHistory.from_table(splits_table()),
        Staleness(),
        next_report_due_at(as_of),
    )
    bars = panel_of(np.tile([5.0, 10.0, 3.0], (60, 1)), symbols=list(NAMES)) if panel == "default" else panel
    return borrow_part(
        frame,
        tables_part or tables(),
        bars,
        given_part or given_features(),
        CALIBRATION,
        lambda dataset: Absence(absence, f"why {dataset}"),
    )


def seen(features, name, symbol):
    found, i = features[name], NAMES.index(symbol)
    return (None if np.isnan(found.values[i]) else float(found.values[i]), CODES[found.reasons[i]])


def test_every_declared_feature_for_every_symbol():
    features, lines = part()
    assert sorted(features) == sorted(spec.name for spec in BORROW_SPECS)
    assert {f.name: f.unit for f in features.values()} == {s.name: s.unit for s in BORROW_SPECS}
    assert [line.name for line in lines] == ["fails_to_deliver", "threshold_list"]
    for found in features.values():
        there = found.present
        assert (there == (found.reasons == 0)).all()
        assert (np.isnat(found.known_at) == ~there).all()
        assert ((found.provenance == Provenance.MISSING) == ~there).all()
        assert ((found.quality > 0) == there).all()


def test_worked_example():
    features, _ = part()
    # GME: .40 x 60 + .18 x 80 + .15 x 65 + .12 x 70 + .09 x 100 + .06 x 100 (700,000 of 70 million is twice the limit)
    assert seen(features, "borrow_stress", "GME")[0] == pytest.approx(71.55)
    assert seen(features, "fails_outstanding_frac", "GME") == (pytest.approx(0.01), Reason.PRESENT)
    assert seen(features, "is_on_threshold_list", "GME") == (1.0, Reason.PRESENT)
    assert seen(features, "short_loss_frac", "GME") == (pytest.approx(1.0), Reason.PRESENT)
    assert seen(features, "short_loss_float_frac", "GME") == (pytest.approx(0.25), Reason.PRESENT)
    # AMC: .18 x 50 + .15 x 10 over .48 (list and fails observed to be silent)
    assert seen(features, "borrow_stress", "AMC")[0] == pytest.approx((0.18 * 50 + 0.15 * 10) / 0.48)
    assert seen(features, "fails_outstanding_frac", "AMC") == (0.0, Reason.PRESENT)
    assert seen(features, "short_loss_float_frac", "AMC") == (None, Reason.NOT_PUBLISHED)
    assert seen(features, "borrow_stress", "KOSS") == (None, Reason.INPUT_MISSING)
    assert seen(features, "short_loss_frac", "KOSS") == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert seen(features, "fails_outstanding_frac", "KOSS") == (None, Reason.NOT_PUBLISHED)


def test_stress_is_derived_dated_by_its_newest_part_and_no_surer_than_that():
    features, _ = part()
    stress = features["borrow_stress"]
    assert stress.provenance.tolist() == [Provenance.DERIVED, Provenance.DERIVED, Provenance.MISSING]
    assert stress.known_at[1] == WHEN
    # .40 x .60 + .18 x .90 + (.15 + .12 + .09 + .06) x .95 = .801, held to what a derived value may have
    assert stress.source_confidence[1] == pytest.approx(0.60)
    assert stress.source_confidence[0] == pytest.approx(0.18 * 0.9 + 0.15 * 0.95 + 0.15 * 0.95)


def test_a_stale_part_makes_the_stress_less_fresh():
    stale = given_features(days_to_cover=feature("days_to_cover", [2.0, 7.0, NAN], freshness=0.5))
    before, after = part()[0]["borrow_stress"], part(stale)[0]["borrow_stress"]
    assert after.values[0] == before.values[0]
    assert after.source_confidence[0] == before.source_confidence[0]
    assert before.quality[0] - after.quality[0] == pytest.approx(0.15 * 0.95 * 0.5)


def test_without_shares_outstanding_the_float_stands_in_and_says_so():
    changed = given_features(outstanding_shares=feature("outstanding_shares", [1e8, NAN, NAN]))
    found = part(changed)[0]["fails_outstanding_frac"]
    assert found.values[1] == pytest.approx(700_000 / 5e7)
    assert found.provenance.tolist() == [Provenance.OBSERVED, Provenance.DERIVED, Provenance.MISSING]
    assert found.source_confidence[1] == pytest.approx(0.60)


def test_a_biased_float_marks_what_is_made_with_it():
    biased = feature("short_interest_float_frac", [NAN, 0.25, NAN], confidence=0.5, provenance=Provenance.BIASED)
    features, _ = part(given_features(short_interest_float_frac=biased))
    assert features["short_loss_float_frac"].provenance[1] == Provenance.BIASED
    assert features["short_loss_float_frac"].source_confidence[1] == pytest.approx(0.5)
    assert features["short_loss_frac"].provenance[1] == Provenance.DERIVED


def test_ten_thousand_shares_are_the_limit_of_a_small_name():
    few = given_features(
        outstanding_shares=feature("outstanding_shares", [1e8, 1e6, NAN]),
        implied_borrow_frac=feature("implied_borrow_frac", [NAN, NAN, NAN]),
    )
    small = tables(fails=fails_table([(day, "GME", 5_000) for day in DATES]))
    rows = borrow_rows(np.array(NAMES), {**few, **part(few, small)[0]}, CALIBRATION).to_pylist()
    # 5,000 of a million are half a percent, but only half of the 10,000 shares the rule asks for
    assert json.loads(rows[1]["parts"])["fails"]["score"] == pytest.approx(50)


@pytest.mark.parametrize("reason", [Reason.PLAN_LACKS_SOURCE, Reason.PROVIDER_UNAVAILABLE])
def test_each_input_absent_is_missing_with_its_reason(reason):
    empty = tables(fails=fails_table([]), threshold=threshold_table(), short_interest_history=interest_table())
    features, lines = part(None, empty, absence=reason)
    for name in ("is_on_threshold_list", "fails_outstanding_frac", "short_loss_frac", "short_loss_float_frac"):
        assert seen(features, name, "GME") == (None, reason), name
    assert [(line.reason, line.note, line.known_at) for line in lines] == [
        (reason, "why fails_to_deliver", None),
        (reason, "why threshold_list", None),
    ]
    # what is left still makes a stress, of less weight
    assert seen(features, "borrow_stress", "GME")[0] == pytest.approx(
        (0.40 * 60 + 0.18 * 80 + 0.15 * 65 + 0.12 * 70) / 0.85
    )


def test_without_a_panel_the_losses_are_missing():
    features, _ = part(panel=None)
    assert seen(features, "short_loss_frac", "GME") == (None, Reason.INPUT_MISSING)


def test_a_feature_no_room_built_is_a_missing_part():
    without = given_features()
    del without["implied_borrow_frac"]
    features, _ = part(without)
    stress = {**without, **features}
    rows = borrow_rows(np.array(NAMES), stress, CALIBRATION).to_pylist()
    assert json.loads(rows[1]["parts"])["implied_borrow"]["reason"] == "source_not_built"
    assert features["borrow_stress"].present[1]


@settings(max_examples=60)
@given(st.data())
def test_taking_an_input_away_never_raises_confidence(data):
    changes = {
        name: feature(
            name,
            [data.draw(st.one_of(st.just(NAN), st.floats(0, 3))) for _ in NAMES],
            confidence=data.draw(st.floats(0.1, 1)),
            freshness=data.draw(st.floats(0.1, 1)),
        )
        for name in PARTS
    }
    known = {**given_features(**changes)}
    known.update({n: f for n, f in part(known)[0].items() if n in {"is_on_threshold_list", "fails_outstanding_frac"}})
    before = stress_feature(known, CALIBRATION)
    gone = data.draw(st.sampled_from([*PARTS, "is_on_threshold_list", "fails_outstanding_frac"]))
    less = {**known, gone: known[gone].without(np.ones(len(NAMES), np.bool_), Reason.PROVIDER_UNAVAILABLE)}
    after = stress_feature(less, CALIBRATION)
    assert (after.quality <= before.quality + 1e-12).all()
    assert (after.source_confidence <= before.source_confidence + 1e-12).all()


def test_what_is_known_later_changes_nothing_but_the_count_of_dropped_rows():
    later = AS_OF + timedelta(seconds=1)
    extra = tables(
        short_interest_history=interest_table(
            *({"symbol": n, "shares": 1_000_000, "settlement": d} for d in SETTLED for n in ("AMC", "GME")),
            {"symbol": "GME", "shares": 9, "settlement": SETTLED[-1], "known_at": later},
        ),
        fails=fails_table(
            [*((day, "GME", 700_000) for day in DATES), *((day, "AMC", 9_000_000, later) for day in DATES)]
        ),
        threshold=threshold_table((date(2021, 1, 26), "GME", "nyse"), (DAY, "AMC", "nyse")),
    )
    before, (_, plain_list) = part()
    after, (fails_line, list_line) = part(None, extra)
    for name, found in before.items():
        np.testing.assert_array_equal(found.values, after[name].values, err_msg=name)
        np.testing.assert_array_equal(found.known_at, after[name].known_at, err_msg=name)
        np.testing.assert_array_equal(found.quality, after[name].quality, err_msg=name)
    assert "11 rows known after as_of were dropped" in fails_line.note
    assert "1 rows known after as_of were dropped" in list_line.note
    assert list_line.known_at == plain_list.known_at
    # planted: the same rows, known in time, do change it
    in_time = part(None, extra, as_of=max(later, threshold_list_published_at(DAY)))[0]
    assert seen(in_time, "is_on_threshold_list", "AMC")[0] == 1.0
    assert seen(in_time, "fails_outstanding_frac", "AMC")[0] == pytest.approx(0.09)


def test_rows_of_the_lake():
    given_part = given_features()
    features, _ = part(given_part)
    table = borrow_rows(np.array(NAMES), {**given_part, **features}, CALIBRATION)
    of_the_run = {"trade_date", "source", "known_at", "arrived_at", "is_simulated", "is_withdrawn"}
    assert table.schema.names == [name for name in BORROW_STRESS.arrow.names if name not in of_the_run]
    for field in table.schema:
        assert field == BORROW_STRESS.arrow.field(field.name)
    amc, gme, koss = table.to_pylist()
    assert (gme["symbol"], gme["level"], gme["stress_confidence"], gme["reason"]) == ("GME", "high", 0.8, "present")
    assert gme["borrow_stress"] == features["borrow_stress"].values[1]
    assert amc["stress_confidence"] == pytest.approx(0.48)
    assert (koss["borrow_stress"], koss["level"], koss["stress_confidence"], koss["reason"]) == (
        None,
        "unknown",
        None,
        "input_missing",
    )
    assert json.loads(gme["parts"])["short_volume"] == {
        "score": 80.0,
        "input": 2.0,
        "unit": "sigmas",
        "weight": 0.18,
        "known_at": "2021-01-27T21:15:00Z",
        "reason": "present",
    }
    assert json.loads(koss["parts"])["days_to_cover"] == {
        "score": None,
        "input": None,
        "unit": "days",
        "weight": 0.15,
        "known_at": None,
        "reason": "not_published",
    }


def test_no_symbols_is_no_rows():
    empty = {name: feature(name, []) for name in given_features()}
    assert borrow_rows(np.array([], np.str_), empty, CALIBRATION).num_rows == 0


def test_an_empty_run_is_empty():
    empty = {name: feature(name, []) for name in given_features()}
    frame = RunFrame(
        np.array([], np.str_),
        DAY,
        AS_OF,
        SplitHistory.from_table(splits_table()),
        Staleness(),
        next_report_due_at(AS_OF),
    )
    features, lines = borrow_part(
        frame, tables(), panel_of([5.0], symbols=["GME"]), empty, CALIBRATION, lambda _: Absence(Reason.NOT_FETCHED)
    )
    assert all(len(found.values) == 0 for found in features.values())
    assert len(lines) == 2

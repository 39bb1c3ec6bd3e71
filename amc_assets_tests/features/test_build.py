"""A snapshot from tables: who is in it, why values are missing, and that the future cannot get in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.build import SnapshotInputs, Staleness, build_snapshot
from amc_assets.features.errors import FeatureInputError, LookAheadError
from amc_assets.features.panel import BarHistory
from amc_assets.features.registry import SPECS, UNBUILT_SPECS
from amc_assets.features.snapshot import Provenance, Snapshot
from amc_assets.market.calendar import close_at, session_offset
from amc_assets.market.publication import daily_bar_published_at, next_report_due_at
from amc_assets.reasons import CODES, Reason
from amc_assets_tests.features.panels import (
    AS_OF,
    DAY,
    bars_table,
    interest_table,
    sessions_to,
    shares_table,
    splits_table,
    universe_table,
    volume_table,
)

SESSIONS = sessions_to(DAY, 40)
SYMBOLS = ["AMC", "GME", "HALT", "KOSS"]


def history(until=DAY, *, known_at=None) -> BarHistory:
    """AMC, GME and KOSS trade every day, HALT not on the last one; ``known_at`` is that of the bars of the last day."""
    tables = {}
    for i, day in enumerate(s for s in SESSIONS if s <= until):
        rows = [("AMC", 5 + 0.1 * (i % 4)), ("GME", 20 + i), ("KOSS", 3 + i / 10)]
        rows += [("HALT", 8 + i / 10)] if day < DAY else []
        tables[day] = bars_table(day, rows, known_at=known_at if day == DAY else None)
    return BarHistory.from_tables(SESSIONS, tables, splits_table())


def inputs(**changes: object) -> SnapshotInputs:
    given = {
        "trade_date": DAY,
        "session": "regular",
        "as_of": AS_OF,
        "is_simulated": False,
        "universe": universe_table(SYMBOLS),
        "panel": history().panel(DAY, AS_OF),
        "absence": {},
        "short_interest": interest_table(
            {"symbol": "GME", "shares": 12_000, "previous": 10_000.0}, {"symbol": "AMC", "shares": 3_000}
        ),
        "short_volume": {
            day: volume_table(day, ("GME", 400 + 10 * (i % 5), 1000), ("AMC", 300, 1000))
            for i, day in enumerate(SESSIONS)
        },
        "share_counts": shares_table({"symbol": "GME", "float": 8_000.0, "outstanding": 10_000.0}),
        "splits": splits_table(),
        "allow_biased_float": False,
        "staleness": Staleness(),
        "next_report_due_at": next_report_due_at(AS_OF),
    }
    return SnapshotInputs(**{**given, **changes})


def seen(snapshot: Snapshot, name: str, symbol: str):
    feature, i = snapshot.feature(name), snapshot.symbols.tolist().index(symbol)
    return (float(feature.values[i]) if feature.reasons[i] == 0 else None, CODES[feature.reasons[i]])


def line(snapshot: Snapshot, name: str):
    return next(one for one in snapshot.inputs if one.name == name)


def check_consistent(snapshot: Snapshot) -> None:
    limit = np.datetime64(snapshot.as_of.replace(tzinfo=None), "us")
    for feature in snapshot.features.values():
        present = feature.present
        assert np.array_equal(present, feature.reasons == 0), feature.name
        assert np.array_equal(present, ~np.isnat(feature.known_at)), feature.name
        assert np.array_equal(present, feature.provenance != Provenance.MISSING), feature.name
        assert (feature.source_confidence[~present] == 0).all(), feature.name
        assert (feature.freshness[present] > 0).all(), feature.name
        honest = present & (feature.provenance != Provenance.BIASED)
        assert (feature.known_at[honest] <= limit).all(), feature.name


def test_a_snapshot_has_every_declared_feature_for_every_eligible_symbol():
    snapshot = build_snapshot(inputs())
    assert snapshot.symbols.tolist() == SYMBOLS
    assert snapshot.universe_count == 4
    assert set(snapshot.features) == set(SPECS)
    assert {f.name: f.unit for f in snapshot.features.values()} == {s.name: s.unit for s in SPECS.values()}
    check_consistent(snapshot)
    assert seen(snapshot, "close_usd", "GME") == (59.0, Reason.PRESENT)
    assert seen(snapshot, "short_interest_float_frac", "GME") == (1.5, Reason.PRESENT)
    assert seen(snapshot, "days_to_cover", "GME") == (12.0, Reason.PRESENT)
    assert seen(snapshot, "is_common_or_adr", "GME") == (1.0, Reason.PRESENT)


def test_a_name_without_a_bar_of_the_day_stays_in():
    snapshot = build_snapshot(inputs())
    assert seen(snapshot, "has_bar", "HALT") == (0.0, Reason.PRESENT)
    assert seen(snapshot, "bars_observed", "HALT") == (39.0, Reason.PRESENT)
    for name in ("close_usd", "relvol_30", "rsi14", "market_data_age_minutes", "mean_volume_30_shares"):
        assert seen(snapshot, name, "HALT") == (None, Reason.NO_BAR), name


def test_a_name_the_bars_never_had_is_no_bar_with_none_observed():
    snapshot = build_snapshot(inputs(universe=universe_table([*SYMBOLS, "NEVER"])))
    assert seen(snapshot, "close_usd", "NEVER") == (None, Reason.NO_BAR)
    assert seen(snapshot, "bars_observed", "NEVER") == (0.0, Reason.PRESENT)


def test_only_eligible_names_are_in_and_types_are_flagged():
    table = universe_table(
        SYMBOLS, eligible=[True, True, False, True], types=["adr", "common_stock", "warrant", "preferred"]
    )
    snapshot = build_snapshot(inputs(universe=table))
    assert snapshot.symbols.tolist() == ["AMC", "GME", "KOSS"]
    assert snapshot.feature("is_common_or_adr").values.tolist() == [1.0, 1.0, 0.0]


def test_names_missing_from_a_source_say_so():
    snapshot = build_snapshot(inputs())
    assert seen(snapshot, "short_interest_shares", "KOSS") == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert seen(snapshot, "short_volume_ratio", "KOSS") == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert seen(snapshot, "float_shares", "AMC") == (None, Reason.NOT_LISTED_IN_SOURCE)
    assert seen(snapshot, "short_volume_ratio_z", "AMC") == (None, Reason.ZERO_DENOMINATOR)


NOTHING = {
    "panel": None,
    "short_interest": interest_table(),
    "short_volume": {},
    "share_counts": shares_table(),
}
PROBES = {
    "daily_bars": "close_usd",
    "short_interest": "short_interest_shares",
    "short_volume": "short_volume_ratio_z",
    "share_counts": "float_shares",
    "options": "call_put_volume_ratio",
    "news": "has_news_catalyst",
}


@pytest.mark.parametrize("reason", [Reason.PROVIDER_UNAVAILABLE, Reason.NOT_PUBLISHED, Reason.PROVIDER_REFUSED])
def test_a_dataset_that_gave_nothing_passes_its_reason_to_every_value_and_to_its_line(reason):
    absence = dict.fromkeys(PROBES, (reason, "why"))
    snapshot = build_snapshot(inputs(**NOTHING, absence=absence))
    check_consistent(snapshot)
    for dataset, name in PROBES.items():
        assert seen(snapshot, name, "GME") == (None, reason), name
        assert (line(snapshot, dataset).reason, line(snapshot, dataset).note) == (reason, "why")
        assert line(snapshot, dataset).known_at is None
    assert seen(snapshot, "days_to_cover", "GME") == (None, reason)


def test_without_a_reason_it_was_not_fetched_and_what_no_plan_has_says_so():
    snapshot = build_snapshot(inputs(**NOTHING))
    assert seen(snapshot, "close_usd", "GME") == (None, Reason.NOT_FETCHED)
    assert seen(snapshot, "float_shares", "GME") == (None, Reason.NOT_FETCHED)
    for spec in UNBUILT_SPECS:
        assert seen(snapshot, spec.name, "GME") == (None, Reason.SOURCE_NOT_BUILT), spec.name


def test_an_empty_universe_is_an_empty_snapshot_with_the_reason():
    snapshot = build_snapshot(
        inputs(universe=universe_table([]), absence={"universe": (Reason.PROVIDER_UNAVAILABLE, "directory down")})
    )
    assert (len(snapshot.symbols), snapshot.universe_count) == (0, 0)
    assert line(snapshot, "universe").reason is Reason.PROVIDER_UNAVAILABLE
    assert set(snapshot.features) == set(SPECS)


def test_every_input_has_a_line_with_its_age():
    snapshot = build_snapshot(inputs())
    names = ["universe", "daily_bars", "short_volume", "short_interest", "share_counts", "splits", "options", "news"]
    names += ["trade_halts", "fails_to_deliver", "threshold_list"]
    assert [one.name for one in snapshot.inputs] == names
    assert line(snapshot, "daily_bars").age_hours == 2.5  # 16:15 to 18:45
    assert line(snapshot, "short_volume").age_hours == 0.75
    assert line(snapshot, "short_volume").note == f"newest file of {DAY}"
    assert line(snapshot, "splits").note == "no split known"


def quality(snapshot: Snapshot, name: str, symbol: str = "GME"):
    feature, i = snapshot.feature(name), snapshot.symbols.tolist().index(symbol)
    return float(feature.source_confidence[i]), float(feature.freshness[i]), Provenance(feature.provenance[i])


def test_confidence_of_each_source_and_the_lower_of_two():
    snapshot = build_snapshot(inputs())
    observed = Provenance.OBSERVED
    assert quality(snapshot, "relvol_30") == (0.98, 1.0, observed)
    assert quality(snapshot, "short_interest_shares") == (0.95, 1.0, observed)
    assert quality(snapshot, "days_to_cover") == (0.95, 1.0, observed)
    assert quality(snapshot, "short_interest_float_frac") == (0.95, 1.0, observed)
    assert quality(snapshot, "short_volume_ratio") == (0.90, 1.0, observed)
    assert quality(snapshot, "float_shares") == (0.98, 1.0, observed)
    assert quality(snapshot, "vwap_ratio") == (0.60, 1.0, Provenance.DERIVED)
    with_vwap = inputs().panel
    snapshot = build_snapshot(inputs(panel=replace(with_vwap, vwap_usd=with_vwap.close_usd)))
    assert quality(snapshot, "vwap_ratio") == (0.98, 1.0, observed)


def test_a_value_is_known_when_the_last_of_its_inputs_is():
    early, late = AS_OF - timedelta(days=3), AS_OF - timedelta(minutes=1)
    interest = interest_table({"symbol": "GME", "shares": 12_000, "known_at": early})
    shares = shares_table({"symbol": "GME", "float": 8_000.0, "known_at": late})
    snapshot = build_snapshot(inputs(short_interest=interest, share_counts=shares))

    def known(name):
        return snapshot.feature(name).known_at[1].item().replace(tzinfo=UTC)

    assert known("short_interest_shares") == early
    assert known("short_interest_float_frac") == late
    assert known("days_to_cover") == known("close_usd") == daily_bar_published_at(DAY)


def test_a_biased_float_is_marked_in_everything_made_of_it():
    later = shares_table(
        {"symbol": "GME", "float": 8_000.0, "effective": DAY + timedelta(days=1), "point_in_time": "biased",
         "known_at": AS_OF + timedelta(days=1)}
    )  # fmt: skip
    refused = build_snapshot(inputs(share_counts=later))
    assert seen(refused, "short_interest_float_frac", "GME") == (None, Reason.BIASED_NOT_ASKED)
    assert line(refused, "share_counts").reason is Reason.BIASED_NOT_ASKED
    asked = build_snapshot(inputs(share_counts=later, allow_biased_float=True))
    check_consistent(asked)
    for name in ("float_shares", "short_interest_float_frac"):
        assert quality(asked, name) == (0.50, 1.0, Provenance.BIASED), name
    assert quality(asked, "borrow_stress")[2] is Provenance.BIASED
    assert quality(asked, "days_to_cover") == (0.95, 1.0, Provenance.OBSERVED)
    assert line(asked, "share_counts").note == "1 biased: of a later date than the run"


def test_a_report_that_was_due_and_did_not_come_loses_freshness():
    due = AS_OF - timedelta(hours=96)
    snapshot = build_snapshot(inputs(next_report_due_at=due))
    assert quality(snapshot, "short_interest_shares")[1] == pytest.approx(0.6065307)
    assert quality(snapshot, "days_to_cover")[1] == pytest.approx(0.6065307)
    assert quality(snapshot, "float_shares")[1] == 1.0
    files = {day: table for day, table in inputs().short_volume.items() if day < DAY}
    assert quality(build_snapshot(inputs(short_volume=files)), "short_volume_ratio")[1] == pytest.approx(0.6065307)


NOON = close_at(DAY) - timedelta(hours=4)


def test_inside_a_session_the_bar_is_partial():
    panel = history(known_at=NOON - timedelta(minutes=15)).panel(DAY, NOON)
    snapshot = build_snapshot(inputs(panel=panel, as_of=NOON))
    check_consistent(snapshot)
    assert seen(snapshot, "close_usd", "GME") == (59.0, Reason.PRESENT)
    assert seen(snapshot, "market_data_age_minutes", "GME") == (15.0, Reason.PRESENT)
    for name in ("relvol_30", "volume_trend", "volume_spike_max"):
        assert seen(snapshot, name, "GME") == (None, Reason.SHORT_HISTORY), name
    assert seen(snapshot, "short_volume_ratio", "GME")[1] is Reason.PRESENT  # yesterday's file
    assert line(snapshot, "short_volume").note.startswith(f"newest file of {session_offset(DAY, -1)}")
    with_curve = build_snapshot(inputs(panel=panel, as_of=NOON, mean_cumulative_volume_shares={"GME": 250.0}))
    assert seen(with_curve, "relvol_30", "GME") == (4.0, Reason.PRESENT)
    assert seen(with_curve, "relvol_30", "AMC") == (None, Reason.SHORT_HISTORY)


def test_a_whole_bar_of_the_day_is_not_old_in_the_evening():
    assert seen(build_snapshot(inputs()), "market_data_age_minutes", "GME") == (0.0, Reason.PRESENT)


# --- the future ---------------------------------------------------------------------------------------------------

AFTER = AS_OF + timedelta(microseconds=1)


def test_bars_known_later_are_dropped_and_counted():
    panel = history().panel(DAY, AS_OF)
    late = np.where(panel.symbols == "GME", np.datetime64(AFTER.replace(tzinfo=None), "us"), panel.known_at)
    snapshot = build_snapshot(inputs(panel=replace(panel, known_at=late)))
    check_consistent(snapshot)
    assert seen(snapshot, "close_usd", "GME") == (None, Reason.NO_BAR)
    assert seen(snapshot, "has_bar", "GME") == (0.0, Reason.PRESENT)
    assert seen(snapshot, "bars_observed", "GME") == (39.0, Reason.PRESENT)
    assert seen(snapshot, "close_usd", "KOSS")[1] is Reason.PRESENT
    assert line(snapshot, "daily_bars").note == "1 rows known after as_of were dropped"


def test_a_panel_read_with_a_later_limit_or_of_another_day_is_refused():
    with pytest.raises(LookAheadError, match="as of the run"):
        build_snapshot(inputs(panel=history().panel(DAY, AS_OF + timedelta(hours=1))))
    yesterday = session_offset(DAY, -1)
    with pytest.raises(FeatureInputError, match="pass its panel"):
        build_snapshot(inputs(panel=history().panel(yesterday, AS_OF)))


def test_universe_rows_known_later_are_dropped_and_counted():
    later = universe_table(["IPO", "GME"], known_at=AFTER, eligible=[True, False])
    table = pa.concat_tables([universe_table(SYMBOLS), later])
    snapshot = build_snapshot(inputs(universe=table))
    assert snapshot.symbols.tolist() == SYMBOLS
    assert line(snapshot, "universe").note == "2 rows known after as_of were dropped"
    # once known, the newest row decides
    known = pa.concat_tables([universe_table(["GME"], known_at=AS_OF, eligible=[False]), universe_table(SYMBOLS)])
    assert build_snapshot(inputs(universe=known)).symbols.tolist() == ["AMC", "HALT", "KOSS"]


def test_short_rows_known_later_are_dropped_and_counted():
    interest = pa.concat_tables(
        [inputs().short_interest, interest_table({"symbol": "KOSS", "shares": 1, "known_at": AFTER})]
    )
    volume = {**inputs().short_volume, DAY: volume_table(DAY, ("GME", 999, 1000), known_at=AFTER)}
    counts = pa.concat_tables([inputs().share_counts, shares_table({"symbol": "AMC", "float": 1.0, "known_at": AFTER})])
    split = splits_table(("GME", date(2021, 1, 20), 2.0, AFTER))
    for biased in (False, True):
        snapshot = build_snapshot(
            inputs(short_interest=interest, short_volume=volume, share_counts=counts, splits=split,
                   allow_biased_float=biased)
        )  # fmt: skip
        check_consistent(snapshot)
        assert seen(snapshot, "short_interest_shares", "KOSS") == (None, Reason.NOT_LISTED_IN_SOURCE)
        assert seen(snapshot, "short_interest_shares", "GME") == (12_000, Reason.PRESENT)
        assert seen(snapshot, "short_volume_ratio", "GME")[0] < 0.5
        assert seen(snapshot, "float_shares", "AMC") == (None, Reason.NOT_LISTED_IN_SOURCE)
        for name in ("short_interest", "short_volume", "share_counts", "splits"):
            assert "1 rows known after as_of were dropped" in line(snapshot, name).note, name


@settings(max_examples=25)
@given(st.integers(0, 2**20), st.sampled_from(SYMBOLS), st.floats(0.01, 1e9))
def test_whatever_is_known_later_changes_no_value(seconds, symbol, number):
    """The same run with junk from the future in every table has the same content hash."""
    after = AFTER + timedelta(seconds=seconds)
    junk = inputs(
        universe=pa.concat_tables([universe_table(SYMBOLS), universe_table([symbol, "JUNK"], known_at=after)]),
        short_interest=pa.concat_tables(
            [inputs().short_interest, interest_table({"symbol": symbol, "shares": number, "known_at": after})]
        ),
        short_volume={
            **inputs().short_volume,
            DAY: pa.concat_tables([inputs().short_volume[DAY], volume_table(DAY, (symbol, 1, number), known_at=after)]),
        },
        share_counts=pa.concat_tables(
            [inputs().share_counts, shares_table({"symbol": symbol, "float": number, "known_at": after})]
        ),
        splits=splits_table((symbol, date(2021, 1, 20), number, after)),
    )
    assert build_snapshot(junk).content_hash == build_snapshot(inputs()).content_hash


def test_the_order_of_rows_changes_nothing():
    given = inputs()
    turned = replace(
        given,
        universe=given.universe.take(list(range(given.universe.num_rows))[::-1]),
        short_interest=given.short_interest.take([1, 0]),
    )
    assert build_snapshot(turned).content_hash == build_snapshot(given).content_hash


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(FeatureInputError, match="no time zone"):
        build_snapshot(inputs(as_of=datetime(2021, 1, 27, 23, 45)))  # noqa: DTZ001 - what is refused
    assert build_snapshot(inputs(as_of=datetime(2021, 1, 27, 23, 45, tzinfo=UTC))).as_of == AS_OF
    assert daily_bar_published_at(DAY) < AS_OF

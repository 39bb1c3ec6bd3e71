"""A snapshot stored as rows and read back is the same snapshot."""

import numpy as np
import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.features.errors import FeatureInputError
from amc_assets.features.table import from_table, head_of, to_table
from amc_assets.lake.tables import FEATURE_SNAPSHOT
from amc_assets_tests.features.panels import universe_table
from amc_assets_tests.features.test_build import inputs


@pytest.fixture
def snapshot():
    return build_snapshot(inputs())


def test_rows_fit_the_declared_table(snapshot):
    table = FEATURE_SNAPSHOT.conform(to_table(snapshot, "run-1"))
    assert table.num_rows == len(snapshot.symbols) * len(snapshot.features)
    row = next(r for r in table.to_pylist() if (r["symbol"], r["feature"]) == ("GME", "days_to_cover"))
    assert (row["value"], row["reason"], row["provenance"]) == (12.0, "present", "observed")
    assert (row["as_of"], row["discovery_run_id"]) == (snapshot.as_of, "run-1")
    absent = next(r for r in table.to_pylist() if (r["symbol"], r["feature"]) == ("HALT", "close_usd"))
    assert (absent["value"], absent["known_at"], absent["reason"]) == (None, None, "no_bar")


def test_round_trip_keeps_the_content_hash_whatever_the_order_of_rows(snapshot):
    table = FEATURE_SNAPSHOT.conform(to_table(snapshot, "run-1"))
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    for rows in (to_table(snapshot, "run-1"), table, shuffled):
        back = from_table(rows, head_of(snapshot))
        assert back.content_hash == snapshot.content_hash
        assert back.inputs == snapshot.inputs
        for name, feature in snapshot.features.items():
            assert back.features[name].unit == feature.unit
            assert back.features[name].source == feature.source
            assert np.array_equal(back.features[name].source_confidence, feature.source_confidence)
            assert np.array_equal(back.features[name].freshness, feature.freshness)


def test_a_missing_or_repeated_row_is_refused(snapshot):
    table = to_table(snapshot, "run-1")
    with pytest.raises(FeatureInputError, match="once each"):
        from_table(table.slice(1), head_of(snapshot))
    repeated = table.take([1, *range(1, table.num_rows)])
    with pytest.raises(FeatureInputError, match="once each"):
        from_table(repeated, head_of(snapshot))


def test_a_changed_value_changes_the_hash(snapshot):
    back = from_table(to_table(snapshot, "run-1"), head_of(snapshot))
    back.features["close_usd"].values[0] += 1e-9
    assert back.content_hash != snapshot.content_hash


def test_an_empty_snapshot_survives():
    empty = build_snapshot(inputs(universe=universe_table([])))
    table = FEATURE_SNAPSHOT.conform(to_table(empty, "run-1"))
    assert (table.num_rows, len(from_table(table, head_of(empty)).symbols)) == (0, 0)

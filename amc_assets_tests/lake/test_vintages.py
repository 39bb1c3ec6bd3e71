"""Versions of rows: written twice is once, a revision is known when observed, the past stays what it was."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.lake import vintages
from amc_assets.lake.store import Lake
from amc_assets_tests.lake.rows import DAY, NOTES, START, content, hour, notes, values

Row = tuple[str, float | None, str | None, date | None]

a_row = st.tuples(
    st.sampled_from("ABCDEF"),
    st.none() | st.sampled_from([0.0, -0.5, 1.0, 1e300, -1.7e300]),
    st.none() | st.sampled_from(["", "x", "\x00", "é"]),
    st.none() | st.dates(date(2023, 1, 1), date(2023, 1, 4)),
)
a_fetch = st.lists(a_row, max_size=6, unique_by=lambda row: row[0])
fetches = st.lists(a_fetch, min_size=1, max_size=5)


@contextmanager
def fresh_lake() -> Iterator[Lake]:
    with tempfile.TemporaryDirectory() as folder:
        yield Lake(Path(folder))


def put(lake: Lake, rows: list[Row], observed: int) -> int:
    """Write one fetch: published at hour 0, observed at ``observed``."""
    return lake.write(NOTES, DAY, notes(rows, START), hour(observed)).rows_new


@given(a_fetch)
@settings(max_examples=40)
def test_written_twice_is_written_once(rows: list[Row]):
    with fresh_lake() as lake:
        assert put(lake, rows, 5) == len(rows)
        before = lake.vintages(NOTES, DAY)
        assert put(lake, rows, 9) == 0
        assert lake.vintages(NOTES, DAY).equals(before)


@given(a_fetch, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_rows_does_not_matter(rows: list[Row], shuffled: random.Random):
    turned = list(rows)
    shuffled.shuffle(turned)
    with fresh_lake() as one, fresh_lake() as other:
        put(one, rows, 5)
        put(other, turned, 5)
        assert put(other, rows, 6) == 0
        as_of = hour(9)
        assert content(one.read(NOTES, DAY, as_of)) == content(other.read(NOTES, DAY, as_of))


@given(fetches)
@settings(max_examples=40)
def test_a_later_fetch_never_changes_what_an_earlier_as_of_sees(history: list[list[Row]]):
    with fresh_lake() as lake:
        seen: list[tuple[datetime, list[tuple[object, ...]]]] = []
        for number, rows in enumerate(history):
            put(lake, rows, 10 * (number + 1))
            if lake.vintages(NOTES, DAY).num_rows:
                seen += [(at, content(lake.read(NOTES, DAY, at))) for at in (hour(10 * number + 10), START)]
            for at, was in seen:
                assert content(lake.read(NOTES, DAY, at)) == was


@given(fetches)
@settings(max_examples=40)
def test_a_read_gives_the_last_version_of_each_name(history: list[list[Row]]):
    with fresh_lake() as lake:
        model: dict[str, Row] = {}
        for number, rows in enumerate(history):
            put(lake, rows, number + 1)
            model.update({row[0]: row for row in rows})
            found = lake.read(NOTES, DAY, hour(number + 1))
            assert {row[0]: row[:4] for row in content(found)} == model
            assert found.num_rows == len(model)
        everything = lake.vintages(NOTES, DAY)
        keys = list(zip(everything["symbol"].to_pylist(), everything["known_at"].to_pylist(), strict=True))
        assert len(set(keys)) == len(keys)


def test_a_revision_is_known_from_its_observation(tmp_path: Path):
    lake = Lake(tmp_path)
    put(lake, [("A", 1.0, None, None), ("B", 2.0, None, None)], 5)
    assert put(lake, [("A", 7.0, None, None), ("B", 2.0, None, None)], 50) == 1
    assert values(lake.read(NOTES, DAY, hour(49))) == {"A": 1.0, "B": 2.0}
    assert values(lake.read(NOTES, DAY, hour(50))) == {"A": 7.0, "B": 2.0}
    assert lake.vintages(NOTES, DAY).num_rows == 3


def test_a_value_may_come_back_and_go(tmp_path: Path):
    lake = Lake(tmp_path)
    for number, value in enumerate((1.0, None, 1.0)):
        assert put(lake, [("A", value, None, None)], 10 * number + 1) == 1
    assert [values(lake.read(NOTES, DAY, hour(at)))["A"] for at in (1, 11, 21)] == [1.0, None, 1.0]


def test_a_late_row_is_known_from_its_observation(tmp_path: Path):
    lake = Lake(tmp_path)
    put(lake, [("A", 1.0, None, None)], 5)
    put(lake, [("A", 1.0, None, None), ("LATE", 9.0, None, None)], 50)
    assert values(lake.read(NOTES, DAY, hour(49))) == {"A": 1.0}
    assert values(lake.read(NOTES, DAY, hour(50))) == {"A": 1.0, "LATE": 9.0}


def test_nothing_is_known_before_it_was_known(tmp_path: Path):
    lake = Lake(tmp_path)
    put(lake, [("A", 1.0, None, None)], 5)
    assert lake.read(NOTES, DAY, hour(-1)).num_rows == 0
    with pytest.raises(ValueError, match="no time zone"):
        lake.read(NOTES, DAY, datetime(2024, 5, 1))  # noqa: DTZ001 - the mistake that is refused


def test_a_merge_that_trusts_the_published_time_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The fault the properties above are for: a revision of today stamped with the first publication."""
    monkeypatch.setattr(vintages, "_known_when_observed", lambda _schema, _stored, fresh, _observed_at: fresh)
    with pytest.raises(AssertionError):
        test_a_later_fetch_never_changes_what_an_earlier_as_of_sees.hypothesis.inner_test(
            [[("A", 1.0, None, None)], [("A", 2.0, None, None)]]
        )
    with pytest.raises(AssertionError):
        test_a_late_row_is_known_from_its_observation(tmp_path)


def test_a_merge_that_appends_is_caught(monkeypatch: pytest.MonkeyPatch):
    def appended(_schema: object, stored: pa.Table, arriving: pa.Table, *_rest: object) -> vintages.Merged:
        return vintages.Merged(pa.concat_tables([stored, arriving]), arriving.num_rows)

    monkeypatch.setattr("amc_assets.lake.store.merge", appended)
    with pytest.raises(AssertionError):
        test_written_twice_is_written_once.hypothesis.inner_test([("A", 1.0, None, None)])

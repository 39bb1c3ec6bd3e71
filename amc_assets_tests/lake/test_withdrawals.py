"""What a complete answer no longer holds is withdrawn from then on, and never further back."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.lake import vintages, withdrawals
from amc_assets.lake.store import Complete, Lake
from amc_assets.lake.withdrawals import MOST_WITHDRAWN_ROWS
from amc_assets_tests.lake.rows import DAY, NOTES, START, hour, notes, values

FINRA = frozenset({"finra"})
WHOLE = Complete(FINRA)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def put(lake: Lake, names: str, observed: int, whole: Complete | None = WHOLE) -> vintages.Merged | object:
    return lake.write(NOTES, DAY, notes([(name, 1.0) for name in names], START), hour(observed), whole=whole)


def names_at(lake: Lake, at: int) -> str:
    return "".join(sorted(values(lake.read(NOTES, DAY, hour(at)))))


def test_a_row_that_is_gone_is_gone_from_the_answer_on(lake: Lake):
    put(lake, "ABC", 5)
    assert put(lake, "AC", 50).rows_withdrawn == 1
    assert (names_at(lake, 49), names_at(lake, 50), names_at(lake, 99)) == ("ABC", "AC", "AC")
    assert put(lake, "AC", 60).rows_withdrawn == 0, "the same answer again says nothing new"
    assert "B" in lake.vintages(NOTES, DAY)["symbol"].to_pylist(), "the version of then stays"


def test_a_withdrawn_row_may_come_back(lake: Lake):
    for observed, held in ((5, "AB"), (50, "A"), (70, "AB")):
        put(lake, held, observed)
    assert [names_at(lake, at) for at in (5, 50, 70)] == ["AB", "A", "AB"]


def test_an_answer_that_is_not_whole_takes_nothing_back(lake: Lake):
    put(lake, "AB", 5)
    assert put(lake, "A", 50, None).rows_withdrawn == 0
    assert names_at(lake, 50) == "AB"


def test_rows_of_another_provider_and_spared_ones_stay(lake: Lake):
    put(lake, "AB", 5)
    put(lake, "A", 50, Complete(frozenset({"polygon"})))
    put(lake, "A", 51, Complete(FINRA, spared_symbols=frozenset({"B"})))
    assert names_at(lake, 99) == "AB"


def test_an_answer_cut_short_takes_nothing_back_and_says_so(lake: Lake):
    many = [f"S{number}" for number in range(5 * MOST_WITHDRAWN_ROWS)]
    lake.write(NOTES, DAY, notes([(name, 1.0) for name in many]), hour(1), whole=WHOLE)
    some = lake.write(NOTES, DAY, notes([(name, 1.0) for name in many[MOST_WITHDRAWN_ROWS:]]), hour(2), whole=WHOLE)
    assert (some.rows_withdrawn, some.rows_kept_back) == (MOST_WITHDRAWN_ROWS, 0)
    half = lake.write(NOTES, DAY, notes([(name, 1.0) for name in many[60:]]), hour(3), whole=WHOLE)
    assert (half.rows_withdrawn, half.rows_kept_back) == (0, 40)
    assert lake.read(NOTES, DAY, hour(9)).num_rows == 80


@given(st.lists(st.sets(st.sampled_from("ABCDEF")), min_size=1, max_size=6))
@settings(max_examples=60)
def test_a_read_is_the_last_whole_answer_of_its_time(answers: list[set[str]]):
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        for number, held in enumerate(answers):
            put(lake, "".join(sorted(held)), 10 * number + 1)
        for number, held in enumerate(answers):
            assert names_at(lake, 10 * number + 1) == "".join(sorted(held))


def test_a_merge_that_forgets_withdrawals_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vintages, "missing_rows", lambda _schema, current, _arriving, _whole: current.slice(0, 0))
    with pytest.raises(AssertionError):
        test_a_read_is_the_last_whole_answer_of_its_time.hypothesis.inner_test([{"A", "B"}, {"A"}])


def test_providers_of_a_joint_source_are_all_of_them():
    joint = withdrawals.providers_of("polygon.tickers+nasdaq.symbol_directory")
    assert joint == {"polygon", "nasdaq"}
    assert not joint <= FINRA

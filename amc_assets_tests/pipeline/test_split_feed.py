"""Splits over time: rows that could not be used, splits called off late, and a source that gives no answer."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.features.snapshot import Provenance
from amc_assets.lake.arrivals import LakeAt
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import SPLITS
from amc_assets.market.calendar import end_of_day_as_of, open_at, previous_session, session_offset
from amc_assets.pipeline import gather, lookahead
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.ingest import SPLIT_LOOKBACK_SESSIONS, ingest_splits, splits_since
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason
from amc_assets_tests.features.panels import splits_table
from amc_assets_tests.features.test_build import line, seen
from amc_assets_tests.features.test_stopped_feeds import on
from amc_assets_tests.pipeline.test_public_facts import (
    DAY,
    Answers,
    a_plain_name,
    answers,
    ask_at,
    change_of,
    workspace,
)

__all__ = ["workspace"]  # the fixture, by name

MONDAY, TUESDAY = date(2024, 5, 20), date(2024, 5, 21)
AFTER_MEMORIAL_DAY = date(2024, 5, 28)
WHOLE_WINDOW_FROM = date(2023, 2, 1)


def test_a_split_that_was_moved_applies_once_though_another_row_of_the_name_was_refused(workspace: Workspace):
    name, before = a_plain_name(workspace.lake), previous_session(DAY)
    plain = change_of(workspace, name)
    ask_at(workspace, open_at(before))
    answers(workspace).splits = [(before, name, 10.0)]
    ingest_splits(workspace, before, DAY, DAY)
    ask_at(workspace, open_at(DAY))
    answers(workspace).splits = [(DAY, name, 10.0)]
    answers(workspace).parsed = {"refused_days": frozenset({(name, date(2024, 5, 2))})}
    ingest_splits(workspace, before, DAY, DAY)
    assert change_of(workspace, name) == pytest.approx(10 * (1 + plain) - 1)


@pytest.mark.parametrize("is_day_known", [True, False])
def test_a_split_whose_own_row_was_refused_stays(workspace: Workspace, is_day_known: bool):
    name = a_plain_name(workspace.lake)
    plain = change_of(workspace, name)
    ask_at(workspace, open_at(DAY))
    answers(workspace).splits = [(DAY, name, 10.0)]
    ingest_splits(workspace, DAY, DAY, DAY)
    ask_at(workspace, open_at(DAY) + timedelta(hours=1))
    answers(workspace).splits = []
    refused = {"refused_days": frozenset({(name, DAY)})} if is_day_known else {"refused_symbols": frozenset({name})}
    answers(workspace).parsed = refused
    done = ingest_splits(workspace, DAY, DAY, DAY)
    assert change_of(workspace, name) == pytest.approx(10 * (1 + plain) - 1)
    assert any(item.notes.get("names_spared", "").startswith("1:") for item in done)


def test_the_whole_window_is_asked_for_on_the_first_session_of_a_week_and_where_its_far_end_is_not_there(
    workspace: Workspace,
):
    lake = workspace.lake
    for first in (MONDAY, AFTER_MEMORIAL_DAY):
        assert splits_since(lake, [first]) == WHOLE_WINDOW_FROM <= session_offset(first, -300)
    assert splits_since(lake, [date(2018, 1, 10)]) == date(2017, 1, 1), "the calendar begins there"
    assert splits_since(lake, [TUESDAY]) == session_offset(TUESDAY, -SPLIT_LOOKBACK_SESSIONS)
    shutil.rmtree(lake.root / SPLITS.name)
    assert splits_since(lake, [TUESDAY]) == WHOLE_WINDOW_FROM, "its Monday was killed before the splits"
    ingest_splits(workspace, WHOLE_WINDOW_FROM, TUESDAY, TUESDAY)
    assert splits_since(lake, [TUESDAY]) == session_offset(TUESDAY, -SPLIT_LOOKBACK_SESSIONS)
    assert splits_since(lake, [MONDAY, TUESDAY]) == WHOLE_WINDOW_FROM


def test_a_split_called_off_sixty_sessions_late_goes_within_a_week(workspace: Workspace):
    """The usual question goes back twenty sessions: the split would have divided prices for the rest of its year."""
    name, executed = a_plain_name(workspace.lake), session_offset(MONDAY, -60)
    key = executed.replace(day=1).isoformat()
    ask_at(workspace, open_at(executed))
    answers(workspace).splits = [(executed, name, 10.0)]
    ingest_splits(workspace, executed, executed, executed)
    assert workspace.lake.current(SPLITS, key).num_rows == 1
    answers(workspace).splits = []
    for day, left in ((TUESDAY, 1), (MONDAY, 0)):
        ask_at(workspace, end_of_day_as_of(day))
        ingest_splits(workspace, splits_since(workspace.lake, [day]), day, day)
        assert workspace.lake.current(SPLITS, key).num_rows == left, day


class _Down(Answers):
    def _answer(self, _table: object, source: str):
        return super()._answer(None, source)


@pytest.mark.parametrize(("missed", "is_stale"), [(1, False), (4, False), (5, True), (12, True)])
def test_a_split_source_that_gives_no_answer_is_stale_after_five_sessions(
    workspace: Workspace, missed: int, is_stale: bool
):
    """The month's file was there, so nothing said that its splits had stopped; over the month's end too."""
    ingest_splits(workspace, DAY, DAY, DAY)
    vars(workspace)["sources"] = _Down(answers(workspace).clock)
    for count in range(missed + 1):
        day = session_offset(DAY, 1 + count)
        ask_at(workspace, end_of_day_as_of(day))
        ingest_splits(workspace, day, day, day)
    found = _absence(workspace.lake, day)
    assert (found is not None) is is_stale, found
    if found is not None:
        assert found == (Reason.STALE, f"no source answered for splits since 2024-05-20, {missed} sessions")


def test_one_answer_ends_the_wait(workspace: Workspace):
    up, down = answers(workspace), _Down(answers(workspace).clock)
    for count, sources in enumerate([down] * 7 + [up] + [down] * 3):
        day = session_offset(DAY, 1 + count)
        vars(workspace)["sources"] = sources
        ask_at(workspace, end_of_day_as_of(day))
        ingest_splits(workspace, session_offset(day, -SPLIT_LOOKBACK_SESSIONS), day, day)
        assert (_absence(workspace.lake, day) is not None) is (count in (5, 6)), count


def test_a_repeat_says_what_was_and_the_guard_sees_no_difference(workspace: Workspace):
    """The wait is over when the run is repeated: the lake of its time still says that nothing had come."""
    up, down = answers(workspace), _Down(answers(workspace).clock)
    shutil.rmtree(workspace.lake.root / SPLITS.name)  # what the replay fetched arrived after the instants below
    ask_at(workspace, end_of_day_as_of(session_offset(DAY, -7)))
    ingest_splits(workspace, session_offset(DAY, -SPLIT_LOOKBACK_SESSIONS), DAY, DAY)
    ask_at(workspace, end_of_day_as_of(session_offset(DAY, -6)))
    vars(workspace)["sources"] = down
    ingest_splits(workspace, DAY, DAY, DAY)
    assert lookahead.examine(workspace.settings, workspace.lake, DAY, "unified_detectors").differences == []
    stopped = _absence(workspace.lake, DAY)
    assert stopped == (Reason.STALE, "no source answered for splits since 2024-05-09, 6 sessions")
    vars(workspace)["sources"] = up
    ask_at(workspace, end_of_day_as_of(DAY) + timedelta(hours=2))
    ingest_splits(workspace, session_offset(DAY, -SPLIT_LOOKBACK_SESSIONS), DAY, DAY)
    assert _absence(workspace.lake, DAY) is None
    assert _absence(LakeAt(workspace.lake, end_of_day_as_of(DAY)), DAY) == stopped


def _absence(lake: Lake, day: date) -> tuple[Reason, str] | None:
    return gather._absences(lake, Moment(day, "regular", end_of_day_as_of(day))).get(SPLITS.name)


@pytest.mark.parametrize("rows", [(), (("KOSS", date(2024, 3, 4), 2.0, open_at(date(2024, 3, 4))),)])
def test_values_over_sessions_are_derived_while_splits_are_stale(rows: tuple):
    given, why = on(DAY, {"splits": splits_table(*rows)}), "no source answered for splits since 2024-05-09, 5 sessions"
    fresh = build_snapshot(given)
    stopped = build_snapshot(replace(given, absence={**given.absence, SPLITS.name: (Reason.STALE, why)}))
    assert line(fresh, "splits").reason is Reason.PRESENT
    assert (line(stopped, "splits").reason, line(stopped, "splits").note) == (Reason.STALE, why)
    for feature, provenance in (("change_1d_frac", Provenance.DERIVED), ("close_usd", Provenance.OBSERVED)):
        assert seen(stopped, feature, "GME") == seen(fresh, feature, "GME")
        assert set(fresh.feature(feature).provenance.tolist()) == {Provenance.OBSERVED}
        assert set(stopped.feature(feature).provenance.tolist()) == {provenance}, feature

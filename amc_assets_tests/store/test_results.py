"""Candidates and detector rows: replaced as a whole, once, whoever writes and however often."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select

from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.errors import BadValueError, StoreError
from amc_assets.store.models import candidates, detector_performance
from amc_assets.store.results import (
    DetectorRow,
    _lock_run,
    candidates_of,
    candidates_of_run,
    detector_performance_of,
    replace_candidates,
    replace_detector_performance,
)
from amc_assets.store.runs import DiscoveryRun, close_run, start_run
from amc_assets.store.transactions import reading, writing
from amc_assets_tests.store.conftest import (
    AS_OF,
    RUN_ID,
    Spawn,
    candidate_rows,
    detector_rows,
    make_run,
    release,
)

DAY = date(2021, 1, 27)


def test_candidates_come_back_best_first_with_their_run(engine: Engine, run: DiscoveryRun) -> None:
    rows = candidate_rows(12)
    replace_candidates(engine, RUN_ID, rows[::-1], created_at=AS_OF)
    back = candidates_of_run(engine, RUN_ID)
    assert [stored.row for stored in back] == rows
    first = back[0]
    assert (first.discovery_run_id, first.trade_date, first.session, first.as_of) == (RUN_ID, DAY, "regular", AS_OF)
    assert (first.strategy, first.is_simulated, first.created_at) == (run.strategy_used, False, AS_OF)


def test_detector_rows_come_back(engine: Engine, run: DiscoveryRun) -> None:
    full = DetectorRow(
        symbol="AMC",
        detector_name="squeeze",
        raw_score=0.512345,
        confidence_score=0.9,
        execution_time_ms=7,
        data_sources_used=("finra", 'it\'s "quoted", {braced}'),
        hard_gate_passed=True,
        soft_gate_penalties={"atr": -0.05},
    )
    missing = DetectorRow(symbol="AMC", detector_name="options_flow", raw_score=None, confidence_score=None)
    replace_detector_performance(engine, run.discovery_run_id, [full, missing])
    back = detector_performance_of(engine, RUN_ID)
    assert back[0] == missing
    assert back[1].raw_score == 0.5123
    assert back[1].data_sources_used == full.data_sources_used
    assert (back[1].hard_gate_passed, back[1].soft_gate_penalties) == (True, {"atr": -0.05})


def test_a_repeat_leaves_only_its_own_rows(engine: Engine, run: DiscoveryRun) -> None:
    other = make_run(uuid4())
    start_run(engine, other)
    for run_id in (RUN_ID, other.discovery_run_id):
        replace_candidates(engine, run_id, candidate_rows(9, action="old"))
        replace_detector_performance(engine, run_id, detector_rows(9))
    replace_candidates(engine, RUN_ID, candidate_rows(4, action="new"))
    replace_detector_performance(engine, RUN_ID, detector_rows(2))
    assert [stored.row for stored in candidates_of_run(engine, RUN_ID)] == candidate_rows(4, action="new")
    assert detector_performance_of(engine, RUN_ID) == detector_rows(2)
    assert len(candidates_of_run(engine, other.discovery_run_id)) == 9
    replace_candidates(engine, RUN_ID, [])
    replace_detector_performance(engine, RUN_ID, [])
    assert candidates_of_run(engine, RUN_ID) == []
    assert detector_performance_of(engine, RUN_ID) == []


def test_one_wrong_row_changes_nothing(engine: Engine, run: DiscoveryRun) -> None:
    replace_candidates(engine, RUN_ID, candidate_rows(3, action="old"))
    wrong = replace(candidate_rows(1)[0], symbol="BAD", score=70.0)
    with pytest.raises(BadValueError, match="fraction"):
        replace_candidates(engine, RUN_ID, [*candidate_rows(3, action="new"), wrong])
    assert {stored.row.action for stored in candidates_of_run(engine, RUN_ID)} == {"old"}


def test_a_symbol_given_twice_is_named(engine: Engine, run: DiscoveryRun) -> None:
    with pytest.raises(BadValueError, match="S2 given more than once"):
        replace_candidates(engine, RUN_ID, [*candidate_rows(3), candidate_rows(2)[1]])
    with pytest.raises(BadValueError, match="S1 / detector_0 given more than once"):
        replace_detector_performance(engine, RUN_ID, [*detector_rows(1), detector_rows(1)[0]])


def test_results_of_a_run_that_never_started_are_refused(engine: Engine) -> None:
    with pytest.raises(StoreError, match="call start_run"):
        replace_candidates(engine, RUN_ID, candidate_rows(1))
    with pytest.raises(StoreError, match="call start_run"):
        replace_detector_performance(engine, RUN_ID, detector_rows(1))


def test_a_hostile_symbol_is_only_text(engine: Engine, run: DiscoveryRun) -> None:
    hostile = replace(candidate_rows(1)[0], symbol="';DROP--%s", explanation={"%(a)s": ":b"})
    replace_candidates(engine, RUN_ID, [hostile])
    assert [stored.row for stored in candidates_of_run(engine, RUN_ID)] == [hostile]


def test_a_day_shows_its_newest_closed_run(engine: Engine, run: DiscoveryRun) -> None:
    later = make_run(uuid4(), as_of=AS_OF + timedelta(minutes=15))
    start_run(engine, later)
    replace_candidates(engine, RUN_ID, candidate_rows(3, action="early"))
    replace_candidates(engine, later.discovery_run_id, candidate_rows(2, action="later"))
    assert candidates_of(engine, DAY, run.strategy_used) == []
    for shown, run_id in (("early", RUN_ID), ("later", later.discovery_run_id)):
        close_run(
            engine,
            run_id,
            "succeeded",
            None,
            universe_size=1,
            candidates_found=3,
            total_execution_time_ms=1,
            finished_at=AS_OF,
        )
        assert {stored.row.action for stored in candidates_of(engine, DAY, run.strategy_used)} == {shown}
    assert candidates_of(engine, DAY, "hybrid_v1") == []
    assert candidates_of(engine, DAY, run.strategy_used, session="premarket") == []


def test_a_writer_waits_while_another_holds_the_run(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    start_run(engine, make_run())
    thread = threading.Thread(target=replace_candidates, args=(engine, RUN_ID, candidate_rows(2)))
    with writing(engine) as connection:
        _lock_run(connection, engine, RUN_ID)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "the second writer did not wait: the run was not locked"
    thread.join(30)
    assert len(candidates_of_run(engine, RUN_ID)) == 2
    engine.dispose()


def test_eight_processes_writing_one_run_leave_each_row_once(engine: Engine, run: DiscoveryRun, spawn: Spawn) -> None:
    url = engine.url.render_as_string(hide_password=False)
    workers = [spawn("write", url, run.discovery_run_id) for _ in range(8)]
    release(workers)
    outputs = [worker.communicate(timeout=120)[0].strip() for worker in workers]
    assert outputs == ["done"] * 8
    back = candidates_of_run(engine, RUN_ID)
    writers = {stored.row.action for stored in back}
    assert len(writers) == 1, "rows of several writers are mixed"
    assert writers <= {f"w{worker.pid}" for worker in workers}
    assert [stored.row.symbol for stored in back] == [f"S{rank}" for rank in range(1, 51)]
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(candidates)).scalar_one() == 50
        assert connection.execute(select(func.count()).select_from(detector_performance)).scalar_one() == 300

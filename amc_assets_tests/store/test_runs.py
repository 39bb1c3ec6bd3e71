"""The audit log: started, closed, repeated, died."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, insert, select

from amc_assets.store.errors import BadValueError, MixedDataError, StoreError
from amc_assets.store.installation import claim_kind, kind
from amc_assets.store.models import discovery_audit_log
from amc_assets.store.runs import DiscoveryRun, close_run, newest_result, recent_runs, start_run, unclosed_runs
from amc_assets.store.transactions import reading, writing
from amc_assets_tests.store.conftest import AS_OF, RUN_ID, make_run

LATER = AS_OF + timedelta(seconds=12)
STRATEGY = "unified_detectors"


def _close(engine: Engine, run: DiscoveryRun, status: str = "succeeded", reason: str | None = None) -> None:
    close_run(
        engine,
        run.discovery_run_id,
        status,  # type: ignore[arg-type]
        reason,
        universe_size=8_000,
        candidates_found=112,
        total_execution_time_ms=12_000,
        finished_at=LATER,
    )


def test_a_run_is_written_at_its_start_and_closed_with_everything(engine: Engine) -> None:
    start_run(engine, make_run())
    assert recent_runs(engine, STRATEGY, 10) == [make_run()]
    details = {
        "provider_success_rates": {"polygon": 0.98},
        "gate_failure_stats": {"hard": {"relvol_30": 7_800}},
        "confidence_distribution": {"0.4-0.5": 3},
        "metadata": {"detectors": {"squeeze": {"median": 0.31}}},
    }
    close_run(
        engine,
        RUN_ID,
        "degraded",
        "options missing: no plan delivers them",
        universe_size=8_000,
        candidates_found=112,
        total_execution_time_ms=12_000,
        finished_at=LATER,
        snapshot_hash="f" * 64,
        **details,
    )
    assert recent_runs(engine, STRATEGY, 10) == [
        make_run(
            status="degraded",
            reason="options missing: no plan delivers them",
            universe_size=8_000,
            candidates_found=112,
            total_execution_time_ms=12_000,
            finished_at=LATER,
            snapshot_hash="f" * 64,
            **details,
        )
    ]


def test_a_repeat_is_the_same_run_and_running_again(engine: Engine, run: DiscoveryRun) -> None:
    _close(engine, run, "failed", "killed")
    again = make_run(started_at=LATER)
    start_run(engine, again)
    assert recent_runs(engine, STRATEGY, 10) == [again]
    with reading(engine) as connection:
        created = connection.execute(select(discovery_audit_log.c.created_at)).scalars().all()
    assert created == [run.started_at]


def test_a_failed_run_may_not_know_its_counts(engine: Engine, run: DiscoveryRun) -> None:
    close_run(engine, RUN_ID, "failed", "no bars", total_execution_time_ms=5, finished_at=LATER)
    (back,) = recent_runs(engine, STRATEGY, 1)
    assert (back.status, back.universe_size, back.candidates_found) == ("failed", None, None)
    assert back.calibration_hash == run.calibration_hash


@pytest.mark.parametrize("status", ["empty", "degraded", "failed"])
def test_only_success_needs_no_reason(engine: Engine, run: DiscoveryRun, status: str) -> None:
    with pytest.raises(BadValueError, match="say why"):
        _close(engine, run, status)
    assert unclosed_runs(engine, LATER) == [run]


def test_only_failure_needs_no_counts(engine: Engine, run: DiscoveryRun) -> None:
    with pytest.raises(BadValueError, match="universe_size or candidates_found"):
        close_run(engine, RUN_ID, "succeeded", None, total_execution_time_ms=5, finished_at=LATER)
    assert unclosed_runs(engine, LATER) == [run]


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "succeeded"},
        {"status": "empty", "finished_at": LATER, "total_execution_time_ms": 1, "reason": "x"},
        {"status": "failed", "finished_at": LATER, "total_execution_time_ms": 1},
        {"status": "paused"},
        {"session_type": "overnight"},
    ],
)
def test_the_database_itself_refuses_a_half_closed_run(engine: Engine, wrong: dict[str, object]) -> None:
    row = {
        "discovery_run_id": RUN_ID, "strategy_used": STRATEGY, "session_type": "regular", "status": "running",
        "trade_date": date(2021, 1, 27), "as_of": AS_OF, "calibration_hash": "c", "is_simulated": False,
        "started_at": AS_OF,
    }  # fmt: skip
    with pytest.raises(StoreError), writing(engine) as connection:
        connection.execute(insert(discovery_audit_log), row | wrong)
    with writing(engine) as connection:
        connection.execute(insert(discovery_audit_log), row)


def test_closing_what_never_started_is_refused(engine: Engine, run: DiscoveryRun) -> None:
    with pytest.raises(StoreError, match="call start_run"):
        _close(engine, make_run(uuid4()))
    assert recent_runs(engine, STRATEGY, 10) == [run]


def test_starting_a_closed_run_is_refused(engine: Engine) -> None:
    with pytest.raises(BadValueError, match="not closed"):
        start_run(engine, make_run(status="failed"))


def test_runs_that_died_are_found(engine: Engine) -> None:
    dead, slow, done = (make_run(uuid4(), started_at=AS_OF + timedelta(minutes=m)) for m in (0, 20, 5))
    for run in (slow, dead, done):
        start_run(engine, run)
    _close(engine, done)
    assert unclosed_runs(engine, AS_OF + timedelta(minutes=10)) == [dead]
    assert unclosed_runs(engine, AS_OF + timedelta(minutes=30)) == [dead, slow]


def test_the_last_runs_of_a_strategy_newest_first(engine: Engine) -> None:
    runs = [make_run(uuid4(), started_at=AS_OF + timedelta(minutes=minutes)) for minutes in range(12)]
    for run in runs:
        start_run(engine, run)
    start_run(engine, make_run(uuid4(), strategy_used="hybrid_v1", started_at=AS_OF + timedelta(hours=1)))
    assert recent_runs(engine, STRATEGY, 10) == runs[:1:-1]


def test_the_newest_result_of_a_day_is_by_as_of_and_closed(engine: Engine) -> None:
    def at(minutes: int, **changes: object) -> DiscoveryRun:
        return make_run(uuid4(), as_of=AS_OF + timedelta(minutes=minutes), **changes)

    early, empty, failed, running = at(0), at(15), at(30), at(45)
    after = at(60, session_type="afterhours")
    for run in (empty, early, failed, running, after):
        start_run(engine, run)
    assert newest_result(engine, date(2021, 1, 27), STRATEGY) is None
    _close(engine, early)
    _close(engine, empty, "empty", "no name passed the gates")
    _close(engine, failed, "failed", "no bars")
    _close(engine, after)
    newest = newest_result(engine, date(2021, 1, 27), STRATEGY, session="regular")
    assert newest is not None
    assert (newest.discovery_run_id, newest.reason) == (empty.discovery_run_id, "no name passed the gates")
    newest = newest_result(engine, date(2021, 1, 27), STRATEGY)
    assert newest is not None
    assert newest.discovery_run_id == after.discovery_run_id
    assert newest_result(engine, date(2021, 1, 28), STRATEGY) is None


def test_the_first_write_decides_the_kind_for_good(engine: Engine) -> None:
    assert kind(engine) is None
    claim_kind(engine, is_simulated=True)
    claim_kind(engine, is_simulated=True)
    assert kind(engine) is True
    with pytest.raises(MixedDataError, match=r"holds simulated data and was asked to take real data; give the real"):
        claim_kind(engine, is_simulated=False)


def test_a_run_of_the_other_kind_is_refused_and_leaves_no_row(engine: Engine, run: DiscoveryRun) -> None:
    assert kind(engine) is False
    with pytest.raises(MixedDataError, match="holds real data"):
        start_run(engine, make_run(uuid4(), is_simulated=True))
    assert recent_runs(engine, STRATEGY, 10) == [run]

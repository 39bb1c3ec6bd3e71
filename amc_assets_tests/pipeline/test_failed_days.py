"""No day fails without a closed audit row, and what a person reads of an error is our own first sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine

from amc_assets.clock import FixedClock
from amc_assets.defs.failed_days import audit_failed_days, discovery_moments
from amc_assets.defs.jobs import DISCOVERY_JOB
from amc_assets.defs.running import sentence_in
from amc_assets.lake.files import LakeError
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.failed_days import FailedRun, record_failed_days
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.sentences import sentence_of
from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.runs import recent_runs
from amc_assets.strategies.registry import STRATEGIES

DAY, NEXT = date(2024, 5, 14), date(2024, 5, 15)
NOW = datetime(2024, 5, 15, 23, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'amc.db'}")
    upgrade(opened)
    yield opened
    opened.dispose()


def failed(step: str = "bars") -> FailedRun:
    moments = [Moment(day, "regular", end_of_day_as_of(day)) for day in (DAY, NEXT)]
    return FailedRun(moments, NOW, step, "cannot write /x: full. Next: free space")


def test_each_day_of_a_run_that_died_has_a_closed_row(engine: Engine):
    assert record_failed_days(engine, FixedClock(NOW), failed(), is_simulated=True) == [DAY, NEXT]
    for strategy in STRATEGIES:
        rows = recent_runs(engine, strategy, 9)
        assert {(row.trade_date, row.status) for row in rows} == {(DAY, "failed"), (NEXT, "failed")}
        assert {row.reason for row in rows} == {"step bars: cannot write /x: full. Next: free space"}
        assert all(row.finished_at == NOW for row in rows)


def test_a_day_that_has_its_row_gets_no_second_one(engine: Engine):
    record_failed_days(engine, FixedClock(NOW), failed(), is_simulated=True)
    assert record_failed_days(engine, FixedClock(NOW), failed("report"), is_simulated=True) == []
    assert len(recent_runs(engine, next(iter(STRATEGIES)), 9)) == 2


@dataclass
class Held:
    """What the hook asks of a workspace."""

    engine: Engine
    clock: FixedClock
    is_simulated: bool = True

    def get(self) -> "Held":
        return self


@pytest.mark.parametrize("job", [DISCOVERY_JOB, "bars_job"])
def test_a_step_that_dies_leaves_a_row_with_the_first_sentence_of_ours(engine: Engine, job: str):
    days = dg.DailyPartitionsDefinition("2024-05-13")

    @dg.asset(name="bars", partitions_def=days, backfill_policy=dg.BackfillPolicy.single_run())
    def broken(context: dg.AssetExecutionContext) -> None:
        raise LakeError("cannot write /x: full. Next: free space") from OSError(28, "No space left on device")

    definitions = dg.Definitions(
        assets=[broken.with_hooks({audit_failed_days})],
        jobs=[dg.define_asset_job(job, "bars")],
        resources={"workspace": Held(engine, FixedClock(datetime.now(UTC)))},
        executor=dg.in_process_executor,
    )
    with dg.DagsterInstance.ephemeral() as instance:
        ended = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={"dagster/asset_partition_range_start": str(DAY), "dagster/asset_partition_range_end": str(NEXT)},
            raise_on_error=False,
        )
    error = next(event for event in ended.all_events if event.is_step_failure).step_failure_data.error
    assert error is not None
    assert sentence_in(error) == "cannot write /x: full. Next: free space"
    rows = recent_runs(engine, next(iter(STRATEGIES)), 9)
    expected = {(DAY, "failed"), (NEXT, "failed")} if job == DISCOVERY_JOB else set()
    assert {(row.trade_date, row.status) for row in rows} == expected
    assert all(row.reason == "step bars: cannot write /x: full. Next: free space" for row in rows)


def test_a_run_of_one_partition_is_read_with_its_config():
    config = {"ops": {"discovery": {"config": {"as_of": "2024-05-14T20:30:00+00:00", "session": "afterhours"}}}}
    run = dg.DagsterRun(job_name=DISCOVERY_JOB, run_config=config, tags={"dagster/partition": str(DAY)})
    assert discovery_moments(run) == [Moment(DAY, "afterhours", datetime(2024, 5, 14, 20, 30, tzinfo=UTC))]


def test_an_error_that_is_none_of_ours_is_told_by_its_innermost_cause():
    error = RuntimeError("around it")
    error.__cause__ = KeyError("close_usd")
    assert sentence_of(error) == "unexpected KeyError: 'close_usd'"

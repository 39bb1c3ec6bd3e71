"""Retries obey the error tree: planted faults on a real instance, attempts counted, in steps and in runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.events import RunFailureReason
from dagster._core.execution.api import execute_run
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.tags import ROOT_RUN_ID_TAG, WILL_RETRY_TAG
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.defs import retries
from amc_assets.defs.retries import MOST_RETRIES, RUN_TAG, obeying_error_tree, wait_seconds
from amc_assets.providers import errors
from amc_assets.providers.errors import PermanentError, ProviderError, RateLimited, TransientError
from amc_assets_tests.defs.graph import default_definitions

ROOT = Path(__file__).resolve().parents[2]
WHERE = ("finra", "daily_short_volume", "GET x was answered 503", "it is asked again")


def classes(base: type[ProviderError]) -> list[type[ProviderError]]:
    """Return every class of the tree below ``base``."""
    return [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, base)]


def settings_of_dagster_yaml(**run_retries: object) -> dict[str, Any]:
    """Return what the project's own dagster.yaml says of run retries, changed by the arguments."""
    written: dict[str, Any] = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    return {"run_retries": {**written["run_retries"], **run_retries}, "telemetry": {"enabled": False}}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Yield an instance on disk with the run retries of dagster.yaml."""
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path), overrides=settings_of_dagster_yaml())) as made:
        yield made


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Yield an instance whose owner let runs be repeated for failed steps, as Dagster does by default."""
    told = settings_of_dagster_yaml(retry_on_asset_or_op_failure=True, max_retries=3)
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path), overrides=told)) as made:
        yield made


def repetition_of(run: dg.DagsterRun) -> dict[str, Any]:
    """Return what ties a new run to the one it repeats: Dagster counts a group of runs by the tag."""
    root = run.root_run_id or run.run_id
    return {"root_run_id": root, "parent_run_id": run.run_id, "tags": {ROOT_RUN_ID_TAG: root}}


class Planted:
    """An asset that raises the errors given, one per attempt, and counts its attempts; then it succeeds."""

    def __init__(self, *faults: Exception, guarded: bool = True, policy: dg.RetryPolicy | None = None) -> None:
        self.attempts = 0
        self.faults = list(faults)

        @dg.asset(retry_policy=policy)
        def planted(context: dg.AssetExecutionContext) -> None:
            self.attempts += 1
            if not guarded:
                self._raise()
            with obeying_error_tree(context):
                self._raise()

        job = dg.define_asset_job("job", [planted], executor_def=dg.in_process_executor)
        self.job = dg.Definitions(assets=[planted], jobs=[job]).resolve_job_def("job")

    def _raise(self) -> None:
        if self.faults:
            raise self.faults.pop(0)

    def run(self, instance: dg.DagsterInstance, after: dg.DagsterRun | None = None) -> dg.DagsterRun:
        """Execute once, as a repetition of ``after`` when there is one, and return the run."""
        made = instance.create_run_for_job(
            self.job,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            **(repetition_of(after) if after else {}),
        )
        execute_run(InMemoryJob(self.job), made, instance)
        run = instance.get_run_by_id(made.run_id)
        assert run is not None
        return run


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.01)


@pytest.mark.parametrize("kind", classes(PermanentError))
def test_permanent_error_is_one_attempt(instance: dg.DagsterInstance, kind: type[ProviderError]) -> None:
    planted = Planted(*[kind(*WHERE) for _ in range(9)])
    run = planted.run(instance)
    assert (planted.attempts, run.status) == (1, dg.DagsterRunStatus.FAILURE)
    assert run.tags[RUN_TAG] == "false"


def test_retry_policy_does_not_repeat_a_permanent_error(instance: dg.DagsterInstance) -> None:
    policy = dg.RetryPolicy(max_retries=5)
    planted = Planted(*[errors.NotFound(*WHERE) for _ in range(9)], policy=policy)
    planted.run(instance)
    assert planted.attempts == 1


def test_that_policy_would_repeat_it_without_the_guard(instance: dg.DagsterInstance) -> None:
    planted = Planted(*[errors.NotFound(*WHERE) for _ in range(9)], policy=dg.RetryPolicy(max_retries=5), guarded=False)
    planted.run(instance)
    assert planted.attempts == 6


def test_transient_error_heals(instance: dg.DagsterInstance) -> None:
    planted = Planted(errors.ServerFault(*WHERE), errors.Unreachable(*WHERE))
    run = planted.run(instance)
    assert (planted.attempts, run.status) == (3, dg.DagsterRunStatus.SUCCESS)
    assert RUN_TAG not in run.tags


def test_transient_error_that_stays_is_bounded(instance: dg.DagsterInstance) -> None:
    planted = Planted(*[errors.ServerFault(*WHERE) for _ in range(9)])
    run = planted.run(instance)
    assert (planted.attempts, run.status) == (1 + MOST_RETRIES, dg.DagsterRunStatus.FAILURE)
    assert run.tags[RUN_TAG] == "false"


@pytest.mark.parametrize("kind", [errors.QuotaSpent, errors.BreakerOpen, errors.NotYetPublished])
def test_what_passes_later_only_is_left_to_the_next_run(
    instance: dg.DagsterInstance, kind: type[ProviderError]
) -> None:
    planted = Planted(*[kind(*WHERE) for _ in range(9)])
    planted.run(instance)
    assert planted.attempts == 1


def test_failure_says_what_and_counts(instance: dg.DagsterInstance) -> None:
    planted = Planted(*[errors.ServerFault(*WHERE) for _ in range(9)])
    run = planted.run(instance)
    (failed,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    told = failed.get_dagster_event().step_failure_data.user_failure_data
    assert told.description == str(errors.ServerFault(*WHERE))
    assert told.metadata["attempts"].value == 3
    assert told.metadata["kind"].value == "transient"


def test_other_exceptions_pass_unchanged(instance: dg.DagsterInstance) -> None:
    planted = Planted(ZeroDivisionError("planted"))
    run = planted.run(instance)
    assert planted.attempts == 1
    assert RUN_TAG not in run.tags


def group_of_runs(planted: Planted, instance: dg.DagsterInstance) -> int:
    """Do what the daemon does: repeat the run for as long as Dagster's own rule says so; return how many runs."""
    run, count = planted.run(instance), 1
    while auto_reexecution_should_retry_run(instance, run, RunFailureReason.STEP_FAILURE) and count < 20:
        run, count = planted.run(instance, after=run), count + 1
    return count


def test_run_is_never_repeated_for_what_a_step_said(instance: dg.DagsterInstance) -> None:
    for fault in (errors.BadRequest(*WHERE), errors.ServerFault(*WHERE), ZeroDivisionError("planted")):
        assert group_of_runs(Planted(*[fault] * 9), instance) == 1


def test_run_retries_switched_on_still_obey(careless: dg.DagsterInstance) -> None:
    assert group_of_runs(Planted(*[errors.BadRequest(*WHERE)] * 99), careless) == 1
    assert group_of_runs(Planted(*[errors.ServerFault(*WHERE)] * 99), careless) == 1


def test_that_they_would_storm_without_the_tag(careless: dg.DagsterInstance) -> None:
    assert group_of_runs(Planted(*[errors.BadRequest(*WHERE)] * 99, guarded=False), careless) == 4


def test_crashed_run_is_repeated_once(instance: dg.DagsterInstance) -> None:
    planted = Planted()
    run = instance.create_run_for_job(planted.job)
    instance.report_run_failed(run, "the process died")
    crashed = instance.get_run_by_id(run.run_id)
    assert crashed is not None
    assert crashed.tags[WILL_RETRY_TAG] == "true"
    again = instance.create_run_for_job(planted.job, **repetition_of(crashed))
    instance.report_run_failed(again, "the process died")
    second = instance.get_run_by_id(again.run_id)
    assert second is not None
    assert second.tags[WILL_RETRY_TAG] == "false"


def test_no_asset_asks_again_by_an_automation_condition() -> None:
    """The third mechanism: ``execution_failed`` is level-triggered, and made 368,000 runs in two weeks elsewhere."""
    graph = default_definitions().resolve_asset_graph()
    automated = [key for key in graph.get_all_asset_keys() if graph.get(key).automation_condition is not None]
    assert automated == []


@pytest.mark.parametrize("kind", classes(TransientError))
def test_wait_of_a_class_is_decided_once(kind: type[ProviderError]) -> None:
    soon = wait_seconds(kind(*WHERE), 0)
    assert (soon is None) == (kind in {errors.QuotaSpent, errors.BreakerOpen, errors.NotYetPublished})


@given(after=st.floats(0, 1e6), retries_so_far=st.integers(0, 20))
def test_wait_is_never_shorter_than_asked_and_never_longer_than_the_cap(after: float, retries_so_far: int) -> None:
    seconds = wait_seconds(RateLimited(*WHERE, retry_after_seconds=after), retries_so_far)
    assert seconds is None or after <= seconds <= retries.LONGEST_WAIT_SECONDS
    assert seconds is not None or after > retries.LONGEST_WAIT_SECONDS or retries_so_far > 3

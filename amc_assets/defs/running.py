"""Run the project's jobs inside this process: what `amc demo` and `amc replay` do, on the same assets as the UI."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Protocol

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from amc_assets.clock import SystemClock
from amc_assets.definitions import build_definitions
from amc_assets.defs import jobs
from amc_assets.defs.instance_folders import SelectedArtifacts, SelectedComputeLogs
from amc_assets.defs.instance_storage import SelectedStorage
from amc_assets.defs.partitions import FIRST_SESSION
from amc_assets.defs.resources import HeldWorkspace
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST, SHORT_VOLUME, TABLES, UNIVERSE
from amc_assets.market.calendar import end_of_day_as_of, exchange_date, session_offset, sessions_between
from amc_assets.market.publication import published_at, settlement_dates
from amc_assets.pipeline.hindsight import reports_around
from amc_assets.pipeline.history import PANEL_SESSIONS, SHORT_VOLUME_SESSIONS
from amc_assets.pipeline.ingest import ingest_daily_bars, ingest_short_interest
from amc_assets.pipeline.measure import FORWARD_SESSIONS
from amc_assets.pipeline.past_listings import ingest_past_listings
from amc_assets.pipeline.progress import Phase, each
from amc_assets.pipeline.sentences import OURS, keep_trace
from amc_assets.pipeline.stopping import Stopped
from amc_assets.pipeline.vaulted import vaulted_settings
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason
from amc_assets.settings.dagster_home import dagster_home

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""A failure is said once, by the command; Dagster would print it before, with its trace."""
_FAILURE = "dagster._core.definitions.events.Failure"
"""Dagster's own class that steps of this project raise with sentences of their own."""


class RunFailedError(RuntimeError):
    """A job did not end well; the message names the job, the days and the first failed step."""


@contextmanager
def instance_of(home: Path) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's own storage for the state folder ``home``, the one `dagster dev` opens with AMC_HOME at ``home``.

    DAGSTER_HOME goes first, then the dagster.yaml of the working folder. Without either, or when ``home`` is not an
    existing folder, history is kept in memory only. Raises DagsterHomeError.
    """
    if dagster_home(os.environ) is not None:
        opened = dg.DagsterInstance.get()
    elif Path("dagster.yaml").is_file() and home.is_dir():
        opened = dg.DagsterInstance.from_ref(_reference(home))
    else:
        opened = dg.DagsterInstance.ephemeral()
    with opened as instance:
        yield instance


def _reference(home: Path) -> InstanceRef:
    """Return the instance that dagster.yaml describes; a home that is not the environment's keeps its own history."""
    if home.resolve() == vaulted_settings(os.environ).home.resolve():
        return InstanceRef.from_dir(str(Path.cwd()))
    folder = {"base_dir": str(home.resolve() / "dagster")}
    return InstanceRef.from_dir(
        str(Path.cwd()),
        overrides={
            "storage": {"custom": _selected(SelectedStorage, folder)},
            "compute_logs": _selected(SelectedComputeLogs, folder),
            "local_artifact_storage": _selected(SelectedArtifacts, folder),
        },
    )


def _selected(kind: type, config: dict[str, str]) -> dict[str, object]:
    return {"module": kind.__module__, "class": kind.__name__, "config": config}


def run_days(workspace: Workspace, days: Sequence[date], instance: dg.DagsterInstance) -> None:
    """Materialise everything for ``days`` (sessions, ascending): history, short interest, then discovery as one run.

    Partitions of the trailing window that the lake already holds are not fetched again. Raises RunFailedError, and
    Stopped when the process is told to stop.
    """
    definitions = build_definitions(
        workspace.settings,
        today=exchange_date(workspace.clock.now()),
        resources={"workspace": HeldWorkspace(workspace)},
    )
    home = workspace.settings.home
    first, last = days[0], days[-1]
    windows = _windows(workspace, first)
    reports = [key for key in _reports(first, last) if not workspace.lake.holds(SHORT_INTEREST, key)]
    workspace.progress.plan(_planned(windows, len(reports), len(days)))
    ingest_past_listings(workspace, first, PANEL_SESSIONS)
    if not workspace.lake.holds(UNIVERSE, first.isoformat()):
        _run(definitions, instance, jobs.LISTING_JOB, [first.isoformat()], home)
    for job, keys in windows.items():
        if keys:
            _run(definitions, instance, job, keys, home)
    # the jobs above ask again for reports that are owed
    reports = [key for key in reports if not workspace.lake.holds(SHORT_INTEREST, key)]
    if reports:
        _run(definitions, instance, jobs.SHORT_INTEREST_JOB, reports, home)
    _run(definitions, instance, jobs.DISCOVERY_JOB, [day.isoformat() for day in days], home)


def _windows(workspace: Workspace, first: date) -> dict[str, list[str]]:
    """Return by job the sessions before ``first`` that the trailing windows read and the lake does not know yet."""
    wanted: dict[str, list[str]] = {}
    for job, schema, sessions in (
        (jobs.BARS_JOB, DAILY_BARS, PANEL_SESSIONS),
        (jobs.SHORT_VOLUME_JOB, SHORT_VOLUME, SHORT_VOLUME_SESSIONS),
    ):
        window = _before(first, sessions, workspace.sources.first_day)
        wanted[job] = [day.isoformat() for day in window if not _known(workspace, schema.name, day)]
    return wanted


def _planned(windows: dict[str, list[str]], reports: int, days: int) -> dict[Phase, int]:
    """Return how many days each phase of ``run_days`` will have."""
    by_day = (Phase.LISTINGS, Phase.EVENTS, Phase.SECOND_STAGE, Phase.PANEL, Phase.DISCOVERY)
    return dict.fromkeys(by_day, days) | {
        Phase.BARS: len(windows[jobs.BARS_JOB]) + days,
        Phase.SHORT_VOLUME: len(windows[jobs.SHORT_VOLUME_JOB]) + days,
        Phase.SHORT_INTEREST: reports,
    }


def fetch_forward(workspace: Workspace, days: Sequence[date]) -> None:
    """Fetch what outcomes of ``days`` need and no score can see: bars of eleven sessions, and every report around.

    A report that settled before the last day and was published after it is among them: without it covering is counted
    over four weeks (129 false hits in the recorded winter).
    """
    last = days[-1]
    after = sessions_between(last, session_offset(last, FORWARD_SESSIONS))[1:]
    for day in each(workspace.progress, Phase.OUTCOMES, after):
        if not _known(workspace, DAILY_BARS.name, day):
            ingest_daily_bars(workspace, day)
    later = settlement_dates(last, date.fromordinal(last.toordinal() + 30))
    for settlement in sorted({*reports_around(days), *later}):
        if not workspace.lake.holds(SHORT_INTEREST, settlement.isoformat()):
            ingest_short_interest(workspace, settlement)


def _known(workspace: Workspace, table: str, day: date) -> bool:
    """Say whether a day needs no fetch: its rows are there, or its source said for good that there are none."""
    key, schema = day.isoformat(), TABLES[table]
    if workspace.lake.holds(schema, key):
        return True
    absence = workspace.lake.absence(schema, key)
    return absence is not None and absence.reason in {Reason.NOT_PUBLISHED, Reason.NOT_RECORDED}


def _before(first: date, sessions: int, market_starts: date | None) -> list[date]:
    earliest = max(FIRST_SESSION, market_starts or FIRST_SESSION)
    held = sessions_between(earliest, first)
    start = earliest if len(held) <= sessions else session_offset(first, -sessions)
    return [day for day in sessions_between(start, first) if day != first]


def _reports(first: date, last: date) -> list[str]:
    """Return the settlement dates whose reports a run of these days may read."""
    start = date.fromordinal(first.toordinal() - 75)
    return [day.isoformat() for day in settlement_dates(start, last) if published_at(day) <= end_of_day_as_of(last)]


def _run(definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, keys: Sequence[str], home: Path) -> None:
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        run_config=QUIET,
        tags={"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]},
        raise_on_error=False,
    )
    if any(tells_of_stop(event) for event in result.all_events):
        raise Stopped
    if not result.success:
        traces = [_text(event) for event in result.all_events if event.is_failure]
        kept = keep_trace(home, f"{job} {keys[0]} .. {keys[-1]}\n\n" + "\n\n".join(traces), SystemClock().now())
        where = f" The trace is in {kept}." if kept else ""
        raise RunFailedError(f"{job} for {keys[0]} .. {keys[-1]} failed: {_detail(result)}{where}")


def _text(event: dg.DagsterEvent) -> str:
    data = event.event_specific_data
    error = getattr(data, "error", None)
    return f"{event.event_type_value} {event.step_key or ''}: {event.message}\n{error.to_string() if error else ''}"


def tells_of_stop(event: dg.DagsterEvent) -> bool:
    """Say whether a failure is the process being told to stop; Dagster keeps that error and raises it no further."""
    error = getattr(event.event_specific_data, "error", None) if event.is_failure else None
    return error is not None and error.cls_name in {"DagsterExecutionInterruptedError", Stopped.__name__}


def _detail(result: dg.ExecuteInProcessResult) -> str:
    """Return the step that failed first and the sentence of the first error of ours, else of the innermost one."""
    failed = next((event for event in result.all_events if event.is_step_failure), None)
    if failed is None:
        return "no step says why; the run's log in the Dagster UI may"
    error = failed.step_failure_data.error
    return f"step {failed.step_key}: {sentence_in(error) if error else 'no message'}"


class KeptError(Protocol):
    """An error as Dagster keeps it: class and text in one line or more, and what caused it."""

    @property
    def message(self) -> str:
        """Return module, class and text."""
        ...

    @property
    def cause(self) -> "KeptError | None":
        """Return the error below it."""
        ...


def sentence_in(error: KeptError) -> str:
    """Return what a person sees of an error that Dagster has kept: the sentence of the first one of ours in the chain.

    Of such errors only text is left: the module and class before the first colon say whose they are.
    """
    errors = [error]
    while (below := errors[-1].cause) is not None:
        errors.append(below)
    told = next((item for item in errors if item.message.startswith((OURS, _FAILURE))), None)
    if told is not None:
        return told.message.partition(": ")[2].strip()
    return f"unexpected {errors[-1].message.strip()}"

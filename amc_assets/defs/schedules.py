"""Schedules, written by hand: Dagster's partition schedules ignore the exchange's closures (three ticks for one key).

Every tick works out its session from the exchange calendar and skips with a reason when there is nothing to do.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.jobs import DISCOVERY_JOB, IV_JOB, OPTIONS_JOB, SHORT_INTEREST_JOB, SHORT_VOLUME_JOB
from amc_assets.lake.tables import DISCOVERY_RUNS
from amc_assets.market.calendar import (
    MarketSession,
    end_of_day_as_of,
    exchange_date,
    is_session,
    previous_session,
    session_of,
    session_offset,
    session_on_or_before,
    sessions_between,
)
from amc_assets.market.publication import daily_bar_published_at, newest_published, published_at
from amc_assets.pipeline.identity import Moment
from amc_assets.settings import Settings

if TYPE_CHECKING:
    from amc_assets.lake.store import Lake

ZONE = "America/New_York"
AFTERHOURS_MINUTES = 30
OWED_SESSIONS = 5
MOST_TRIES = 3
END_OF_DAY_TAG = "amc/end_of_day"
SHORT_INTEREST_HOUR = 18
Tick = dg.RunRequest | dg.SkipReason | list[dg.RunRequest]


def build(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return every schedule, RUNNING by default; ``settings`` decides cadence and sessions of discovery."""
    running = dg.DefaultScheduleStatus.RUNNING
    minutes = settings.discovery_frequency_minutes

    @dg.schedule(
        name="discovery_refresh", job_name=DISCOVERY_JOB, cron_schedule=discovery_cron(minutes),
        execution_timezone=ZONE, default_status=running,
        description="Discovery in enabled sessions; the end-of-day run follows at the first tick from 18:45.",
    )  # fmt: skip
    def discovery_refresh(context: dg.ScheduleEvaluationContext) -> Tick:
        lake = _lake(settings)
        return discovery_tick(
            context.scheduled_execution_time.astimezone(UTC),
            settings,
            lambda day: end_of_day_is_stored(lake, day) or end_of_day_was_asked(context.instance, day),
        )

    @dg.schedule(
        name="finra_daily_short_volume", job_name=SHORT_VOLUME_JOB, cron_schedule="30 18 * * 1-5",
        execution_timezone=ZONE, default_status=running, description="FINRA's file of the day, posted by 18:00.",
    )  # fmt: skip
    def finra_daily_short_volume(context: dg.ScheduleEvaluationContext) -> Tick:
        return short_volume_tick(context.scheduled_execution_time.astimezone(UTC))

    @dg.schedule(
        name="finra_weekly_short_interest", job_name=SHORT_INTEREST_JOB, cron_schedule=f"0 {SHORT_INTEREST_HOUR} * * 1",
        execution_timezone=ZONE, default_status=running,
        description="Short-interest reports that are public and not in the lake; does nothing when none is owed.",
    )  # fmt: skip
    def finra_weekly_short_interest(context: dg.ScheduleEvaluationContext) -> Tick:
        return short_interest_tick(context.scheduled_execution_time.astimezone(UTC), _lake(settings))

    @dg.schedule(
        name="alpha_vantage_options_daily", job_name=OPTIONS_JOB, cron_schedule="0 19 * * 1-5",
        execution_timezone=ZONE, default_status=running,
        description="Chains, floats and headlines of the day's shortlist, from whichever source the plan has.",
    )  # fmt: skip
    def alpha_vantage_options_daily(context: dg.ScheduleEvaluationContext) -> Tick:
        return evening_tick(context.scheduled_execution_time.astimezone(UTC), "options")

    @dg.schedule(
        name="iv_percentile_calculation", job_name=IV_JOB, cron_schedule="30 19 * * 1-5",
        execution_timezone=ZONE, default_status=running,
        description="Percentiles of the evening's 30-day volatilities.",
    )  # fmt: skip
    def iv_percentile_calculation(context: dg.ScheduleEvaluationContext) -> Tick:
        return evening_tick(context.scheduled_execution_time.astimezone(UTC), "iv_percentiles")

    return [
        discovery_refresh,
        finra_daily_short_volume,
        finra_weekly_short_interest,
        alpha_vantage_options_daily,
        iv_percentile_calculation,
    ]


def discovery_cron(minutes: int) -> str:
    """Return the cron of a cadence that divides the hour; ticks outside the sessions skip."""
    return f"*/{minutes} 4-20 * * 1-5" if minutes < 60 else "0 4-20 * * 1-5"


def discovery_tick(at: datetime, settings: Settings, is_stored: Callable[[date], bool] = lambda _day: True) -> Tick:
    """Decide one tick of ``discovery_refresh``.

    The first tick from 18:45 New York is the end-of-day run, half days included (their after-hours trading ends at
    17:00). A later tick, also of the next session, asks for an end-of-day run that ``is_stored`` does not find: the
    machine was off at 18:45. The sources of this version deliver end-of-day bars, so a tick before the close plus 15
    minutes has nothing to score and says so instead of running empty.
    """
    if not settings.discovery_pipeline_enabled:
        return dg.SkipReason("DISCOVERY_PIPELINE_ENABLED is false")
    day = exchange_date(at)
    if not is_session(day):
        return _missed(session_on_or_before(day), is_stored) or dg.SkipReason(f"the exchange is closed on {day}")
    as_of = end_of_day_as_of(day)
    if as_of <= at < as_of + timedelta(minutes=settings.discovery_frequency_minutes):
        return _request(as_of, day, MarketSession.REGULAR)
    missed = _missed(day if at >= as_of else previous_session(day), is_stored)
    reason = _reason_to_skip(at, day, settings)
    if reason:
        return missed or dg.SkipReason(reason)
    now = _request(at, day, MarketSession.AFTERHOURS)
    return [*missed, now] if missed else now


def _missed(last: date, is_stored: Callable[[date], bool]) -> list[dg.RunRequest]:
    """Return the end-of-day runs of the sessions up to ``last`` that are owed, oldest first."""
    ended = sessions_between(session_offset(last, -OWED_SESSIONS), last)
    return [_request(end_of_day_as_of(owed), owed, MarketSession.REGULAR) for owed in ended if not is_stored(owed)]


def end_of_day_is_stored(lake: "Lake", day: date) -> bool:
    """Return whether the end-of-day run of ``day`` is in the lake; days before its first run are not owed."""
    label = Moment(day, "regular", end_of_day_as_of(day)).label
    parts, days = lake.parts(DISCOVERY_RUNS, day.isoformat()), lake.partitions(DISCOVERY_RUNS)
    return any(part.startswith(label) for part in parts) or not days or day.isoformat() < days[0]


def end_of_day_was_asked(instance: dg.DagsterInstance, day: date) -> bool:
    """Return whether the end-of-day run of ``day`` is on its way, or was tried so often that a person has to look."""
    runs = instance.get_runs(dg.RunsFilter(tags={END_OF_DAY_TAG: day.isoformat()}), limit=MOST_TRIES)
    return len(runs) >= MOST_TRIES or any(not run.is_finished for run in runs)


def _lake(settings: Settings) -> "Lake":
    from amc_assets.lake.store import Lake  # noqa: PLC0415 - Arrow costs 0.15 s, only a tick needs it

    return Lake.at(settings.lake_url)


def _reason_to_skip(at: datetime, day: date, settings: Settings) -> str:
    session = session_of(at).session
    if session is MarketSession.PREMARKET and not settings.premarket_discovery_enabled:
        return "PREMARKET_DISCOVERY_ENABLED is false"
    if at < daily_bar_published_at(day):
        return f"plan {settings.plan} delivers end-of-day bars: first run after the close of {day}"
    if session is not MarketSession.AFTERHOURS:
        return f"after-hours trading of {day} has ended"
    if not settings.afterhours_discovery_enabled:
        return "AFTERHOURS_DISCOVERY_ENABLED is false"
    return "afterhours runs every 30 minutes" if at.minute % AFTERHOURS_MINUTES else ""


def _request(as_of: datetime, day: date, session: MarketSession) -> dg.RunRequest:
    instant = as_of.astimezone(UTC).isoformat()
    return dg.RunRequest(
        run_key=f"discovery:{day}:{session}:{instant}",
        partition_key=day.isoformat(),
        run_config={"ops": {"discovery": {"config": {"as_of": instant, "session": str(session)}}}},
        tags={
            "amc/session": str(session),
            "amc/as_of": instant,
            "dagster/priority": "10",
            **({END_OF_DAY_TAG: day.isoformat()} if session is MarketSession.REGULAR else {}),
        },
    )


def short_volume_tick(at: datetime) -> Tick:
    """Decide one tick of ``finra_daily_short_volume``."""
    day = exchange_date(at)
    if not is_session(day):
        return dg.SkipReason(f"the exchange is closed on {day}: FINRA publishes no file")
    return dg.RunRequest(run_key=f"short_volume:{day}", partition_key=day.isoformat())


def evening_tick(at: datetime, what: str) -> Tick:
    """Decide one tick of the evening's options schedules: sessions only."""
    day = exchange_date(at)
    if not is_session(day):
        return dg.SkipReason(f"the exchange is closed on {day}: there are no chains of it")
    return dg.RunRequest(run_key=f"{what}:{day}", partition_key=day.isoformat())


def short_interest_tick(at: datetime, lake: "Lake") -> Tick:
    """Decide one tick of ``finra_weekly_short_interest``: every report that is public and that the lake lacks.

    The lake says what is owed, not the calendar alone: a report that FINRA did not give on its Monday is asked for
    again. The key of a request holds the day of the tick, because Dagster never repeats a key, whatever came of it.
    """
    from amc_assets.pipeline.healing import owed_reports  # noqa: PLC0415 - as in _lake

    owed = owed_reports(lake, at)
    if not owed:
        settlement = newest_published(at)
        newest = "none" if settlement is None else f"{settlement}, public since {published_at(settlement).date()}"
        return dg.SkipReason(f"no report is owed (newest: {newest})")
    day = exchange_date(at)
    return [dg.RunRequest(run_key=f"short_interest:{key}:{day}", partition_key=key.isoformat()) for key in owed]

"""Schedules, written by hand: Dagster's partition schedules ignore the exchange's closures (three ticks for one key).

Every tick works out its session from the exchange calendar and skips with a reason when there is nothing to do.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from amc_assets.defs.jobs import DISCOVERY_JOB, SHORT_INTEREST_JOB, SHORT_VOLUME_JOB
from amc_assets.market.calendar import MarketSession, close_at, end_of_day_as_of, is_session, new_york, session_of
from amc_assets.market.publication import newest_published, published_at
from amc_assets.settings import Settings

ZONE = "America/New_York"
AFTERHOURS_MINUTES = 30
Tick = dg.RunRequest | dg.SkipReason


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
        return discovery_tick(context.scheduled_execution_time.astimezone(UTC), settings)

    @dg.schedule(
        name="finra_daily_short_volume", job_name=SHORT_VOLUME_JOB, cron_schedule="30 18 * * 1-5",
        execution_timezone=ZONE, default_status=running, description="FINRA's file of the day, posted by 18:00.",
    )  # fmt: skip
    def finra_daily_short_volume(context: dg.ScheduleEvaluationContext) -> Tick:
        return short_volume_tick(context.scheduled_execution_time.astimezone(UTC))

    @dg.schedule(
        name="finra_weekly_short_interest", job_name=SHORT_INTEREST_JOB, cron_schedule="0 18 * * 1",
        execution_timezone=ZONE, default_status=running,
        description="Newest short-interest report; does nothing when no new settlement was published since last week.",
    )  # fmt: skip
    def finra_weekly_short_interest(context: dg.ScheduleEvaluationContext) -> Tick:
        return short_interest_tick(context.scheduled_execution_time.astimezone(UTC))

    return [discovery_refresh, finra_daily_short_volume, finra_weekly_short_interest]


def discovery_cron(minutes: int) -> str:
    """Return the cron of a cadence in minutes; ticks outside the sessions skip."""
    if minutes < 60:
        return f"*/{minutes} 4-20 * * 1-5"
    return f"0 4-20/{max(minutes // 60, 1)} * * 1-5"


def discovery_tick(at: datetime, settings: Settings) -> Tick:
    """Decide one tick of ``discovery_refresh``.

    The sources of this version deliver end-of-day bars, so a tick before the close plus 15 minutes has nothing to
    score and says so instead of running empty.
    """
    if not settings.discovery_pipeline_enabled:
        return dg.SkipReason("DISCOVERY_PIPELINE_ENABLED is false")
    moment = session_of(at)
    if moment.trade_date is None:
        return dg.SkipReason("the exchange is closed: no session today or overnight")
    day = moment.trade_date
    local = at.astimezone(new_york(day, 12).tzinfo)
    if at >= end_of_day_as_of(day):
        return _end_of_day(at, day.isoformat(), end_of_day_as_of(day))
    if moment.session is MarketSession.PREMARKET and not settings.premarket_discovery_enabled:
        return dg.SkipReason("PREMARKET_DISCOVERY_ENABLED is false")
    if at < close_at(day) + timedelta(minutes=15):
        return dg.SkipReason(f"plan {settings.plan} delivers end-of-day bars: first run after the close of {day}")
    if not settings.afterhours_discovery_enabled:
        return dg.SkipReason("AFTERHOURS_DISCOVERY_ENABLED is false")
    if local.minute % AFTERHOURS_MINUTES:
        return dg.SkipReason("afterhours runs every 30 minutes")
    return _request(at, day.isoformat(), "afterhours")


def _end_of_day(at: datetime, key: str, as_of: datetime) -> Tick:
    if at - as_of >= timedelta(minutes=AFTERHOURS_MINUTES):
        return (
            _request(at, key, "afterhours")
            if at.minute % AFTERHOURS_MINUTES == 0
            else dg.SkipReason("every 30 minutes")
        )
    return _request(as_of, key, "regular")


def _request(as_of: datetime, key: str, session: str) -> dg.RunRequest:
    instant = as_of.astimezone(UTC).isoformat()
    return dg.RunRequest(
        run_key=f"discovery:{key}:{session}:{instant}",
        partition_key=key,
        run_config={"ops": {"discovery": {"config": {"as_of": instant, "session": session}}}},
        tags={"amc/session": session, "amc/as_of": instant, "dagster/priority": "10"},
    )


def short_volume_tick(at: datetime) -> Tick:
    """Decide one tick of ``finra_daily_short_volume``."""
    day = at.astimezone(UTC).date() if at.hour >= 12 else (at - timedelta(days=1)).date()
    if not is_session(day):
        return dg.SkipReason(f"{day} is not a session")
    return dg.RunRequest(run_key=f"short_volume:{day}", partition_key=day.isoformat())


def short_interest_tick(at: datetime) -> Tick:
    """Decide one tick of ``finra_weekly_short_interest``: the report published since the tick of a week ago."""
    settlement = newest_published(at)
    if settlement is None or published_at(settlement) <= at - timedelta(days=7):
        newest = "none" if settlement is None else f"{settlement}, public since {published_at(settlement).date()}"
        return dg.SkipReason(f"no new settlement since last week (newest: {newest})")
    return dg.RunRequest(run_key=f"short_interest:{settlement}", partition_key=settlement.isoformat())

"""Schedules, at the level of evaluate_tick: which New York minute asks for which session, and why the others skip."""

import json
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pyarrow as pa
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.definitions import build_definitions
from amc_assets.defs.schedules import (
    END_OF_DAY_TAG,
    MOST_TRIES,
    ZONE,
    discovery_cron,
    discovery_tick,
    end_of_day_is_stored,
    end_of_day_was_asked,
    short_interest_tick,
    short_volume_tick,
)
from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.tables import SHORT_INTEREST
from amc_assets.market.calendar import close_at, end_of_day_as_of, is_session, sessions_between
from amc_assets.market.publication import published_at, settlement_dates
from amc_assets.reasons import Reason
from amc_assets.settings import load_settings
from amc_assets_tests.lake.rows import stored

NEW_YORK = ZoneInfo("America/New_York")
DIVISORS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60]

WEDNESDAY = date(2026, 7, 1)
HOLIDAY_FRIDAY = date(2026, 7, 3)  # Independence Day observed
SATURDAY, SUNDAY, MONDAY = date(2026, 7, 4), date(2026, 7, 5), date(2026, 7, 6)
HALF_DAY = date(2025, 11, 28)  # the Friday after Thanksgiving: closes 13:00, after-hours until 17:00


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK)


def tick(name: str, moment: datetime, **variables: str) -> tuple[list[dg.RunRequest], str]:
    """Evaluate a schedule of the real definitions at a wall time; return its requests and its reason to skip.

    The lake is an empty folder unless ``AMC_LAKE_URL`` names one.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _tick(name, moment, {"AMC_PLAN": "simulated", "AMC_LAKE_URL": folder, **variables})


def _tick(name: str, moment: datetime, variables: dict[str, str]) -> tuple[list[dg.RunRequest], str]:
    settings = load_settings(variables)
    definitions = build_definitions(settings, today=moment.date())
    repository = definitions.get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment, repository_def=repository
        )
        data = repository.get_schedule_def(name).evaluate_tick(context)
    return list(data.run_requests or []), data.skip_message or ""


def discovery_at(moment: datetime, **variables: str) -> dg.RunRequest | dg.SkipReason:
    return discovery_tick(moment.astimezone(UTC), load_settings({"AMC_PLAN": "simulated", **variables}))


def reason(found: dg.RunRequest | dg.SkipReason) -> str:
    assert isinstance(found, dg.SkipReason), found
    return found.skip_message or ""


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        (at(HOLIDAY_FRIDAY, 18, 45), "closed on 2026-07-03"),
        (at(SATURDAY, 18, 45), "closed on 2026-07-04"),
        (at(SUNDAY, 18, 45), "closed on 2026-07-05"),
        (at(WEDNESDAY, 0), "first run after the close of 2026-07-01"),
        (at(WEDNESDAY, 4), "first run after the close of 2026-07-01"),
        (at(WEDNESDAY, 12), "first run after the close of 2026-07-01"),
        (at(WEDNESDAY, 16, 0), "first run after the close of 2026-07-01"),
        (at(WEDNESDAY, 16, 15), "every 30 minutes"),
        (at(WEDNESDAY, 20), "has ended"),
        (at(WEDNESDAY, 23, 45), "has ended"),
        (at(HALF_DAY, 13, 0), "first run after the close of 2025-11-28"),
        (at(HALF_DAY, 17, 0), "has ended"),
        (at(HALF_DAY, 19, 0), "has ended"),
    ],
)
def test_discovery_skips_with_a_reason(moment: datetime, sentence: str) -> None:
    """Between the sessions and before there is a bar to score, the tick says which of the two it is."""
    requests, said = tick("discovery_refresh", moment)
    assert requests == []
    assert sentence in said


@pytest.mark.parametrize(
    ("moment", "session", "as_of"),
    [
        (at(WEDNESDAY, 16, 30), "afterhours", at(WEDNESDAY, 16, 30)),
        (at(WEDNESDAY, 18, 45), "regular", at(WEDNESDAY, 18, 45)),
        (at(WEDNESDAY, 19, 0), "afterhours", at(WEDNESDAY, 19)),
        (at(WEDNESDAY, 19, 30), "afterhours", at(WEDNESDAY, 19, 30)),
        (at(HALF_DAY, 13, 30), "afterhours", at(HALF_DAY, 13, 30)),
        (at(HALF_DAY, 18, 45), "regular", at(HALF_DAY, 18, 45)),
        (at(date(2026, 3, 9), 18, 45), "regular", at(date(2026, 3, 9), 18, 45)),  # the day after clocks went forward
        (at(date(2026, 11, 2), 18, 45), "regular", at(date(2026, 11, 2), 18, 45)),  # the day after they went back
    ],
)
def test_discovery_asks_for_the_session(moment: datetime, session: str, as_of: datetime) -> None:
    """The run gets the New York date as partition, and session and instant as config of the discovery op."""
    requests, _ = tick("discovery_refresh", moment)
    (request,) = requests
    assert request.partition_key == moment.date().isoformat()
    config = request.run_config["ops"]["discovery"]["config"]
    assert config["session"] == session
    assert datetime.fromisoformat(config["as_of"]) == as_of
    assert config["as_of"].endswith("+00:00")
    assert request.tags["amc/as_of"] == config["as_of"]
    assert json.loads(json.dumps(request.run_config)) == request.run_config


def test_run_config_is_accepted_by_the_job() -> None:
    """A misspelt op or field would fail every scheduled run; validating the config against the job shows it."""
    definitions = build_definitions(load_settings({}), today=WEDNESDAY)
    (request,), _ = tick("discovery_refresh", at(WEDNESDAY, 18, 45))
    job = definitions.resolve_job_def("discovery_refresh_job")
    assert dg.validate_run_config(job, request.run_config)["ops"]["discovery"]["config"]["session"] == "regular"
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"ops": {"discovery": {"config": {"asof": "2026-07-01"}}}})


def test_switches_skip_with_their_name() -> None:
    """Who switched something off finds the variable's name in the tick."""
    off = {"DISCOVERY_PIPELINE_ENABLED": "false"}
    assert tick("discovery_refresh", at(WEDNESDAY, 18, 45), **off) == ([], "DISCOVERY_PIPELINE_ENABLED is false")
    late = discovery_at(at(WEDNESDAY, 16, 30), AFTERHOURS_DISCOVERY_ENABLED="false")
    assert reason(late) == "AFTERHOURS_DISCOVERY_ENABLED is false"
    early = discovery_at(at(WEDNESDAY, 8), PREMARKET_DISCOVERY_ENABLED="false")
    assert reason(early) == "PREMARKET_DISCOVERY_ENABLED is false"


@pytest.mark.parametrize("minutes", DIVISORS)
@pytest.mark.parametrize("day", [WEDNESDAY, HALF_DAY, date(2026, 3, 9), date(2026, 11, 2)])
def test_each_cadence_ends_the_day_once(minutes: int, day: date) -> None:
    """For every allowed DISCOVERY_FREQUENCY_MINUTES the cron has exactly one end-of-day tick; run keys never repeat."""
    cron = discovery_cron(minutes)
    asked: list[dg.RunRequest] = []
    for moment in schedule_execution_time_iterator(at(day, 0).timestamp(), cron, ZONE, True):
        if moment.date() > day:
            break
        found = discovery_at(moment, DISCOVERY_FREQUENCY_MINUTES=str(minutes))
        if isinstance(found, dg.RunRequest):
            asked.append(found)
    sessions = Counter(request.tags["amc/session"] for request in asked)
    assert sessions["regular"] == 1
    assert len({request.run_key for request in asked}) == len(asked)
    assert {request.partition_key for request in asked} == {day.isoformat()}


def test_cadence_of_the_variable_reaches_the_schedule() -> None:
    """The cron of the definitions is the one of the settings."""
    definitions = build_definitions(load_settings({"DISCOVERY_FREQUENCY_MINUTES": "5"}), today=WEDNESDAY)
    assert definitions.resolve_schedule_def("discovery_refresh").cron_schedule == "*/5 4-20 * * 1-5"


@given(st.datetimes(datetime(2021, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC)), st.sampled_from(DIVISORS))  # noqa: DTZ001
def test_a_request_is_for_an_open_session_and_never_for_the_future(moment: datetime, minutes: int) -> None:
    """At any instant of nine years: same tick, same answer; a requested session trades, and its as_of has passed."""
    found = discovery_at(moment, DISCOVERY_FREQUENCY_MINUTES=str(minutes))
    assert found == discovery_at(moment, DISCOVERY_FREQUENCY_MINUTES=str(minutes))
    if isinstance(found, dg.RunRequest):
        day = date.fromisoformat(str(found.partition_key))
        assert is_session(day)
        as_of = datetime.fromisoformat(found.tags["amc/as_of"])
        assert close_at(day) < as_of <= moment
        assert as_of.astimezone(NEW_YORK).date() == day
        assert (found.tags["amc/session"] == "regular") == (as_of == end_of_day_as_of(day))


def test_short_volume_asks_for_the_new_york_day() -> None:
    """At 18:30 New York the UTC date may be another one; the file is of the exchange's day."""
    (request,), _ = tick("finra_daily_short_volume", at(WEDNESDAY, 18, 30))
    assert request.partition_key == "2026-07-01"
    late = short_volume_tick(at(WEDNESDAY, 23, 0).astimezone(UTC))  # already 2 July in UTC
    assert isinstance(late, dg.RunRequest)
    assert late.partition_key == "2026-07-01"
    for closed in (HOLIDAY_FRIDAY, SATURDAY, SUNDAY):
        requests, said = tick("finra_daily_short_volume", at(closed, 18, 30))
        assert requests == []
        assert f"closed on {closed}" in said


def interest_rows(settlement: date) -> pa.Table:
    """One row of a report, as an ingest step gives it to the lake."""
    given = {
        "settlement_date": [settlement], "symbol": ["GME"], "short_interest_shares": [1.0],
        "previous_short_interest_shares": [None], "reported_average_volume_shares": [None],
        "days_to_cover_reported": [None], "is_split_flagged": [False], "is_revision_flagged": [False],
        "market_class": ["NYSE"], "source": ["finra.short_interest"], "known_at": [published_at(settlement)],
        "is_simulated": [False],
    }  # fmt: skip
    return stored(given, SHORT_INTEREST).select(list(SHORT_INTEREST.given_names))


def keep(lake: Lake, *settlements: date) -> None:
    for settlement in settlements:
        lake.write(SHORT_INTEREST, settlement.isoformat(), interest_rows(settlement), published_at(settlement))


def test_short_interest_asks_for_what_the_lake_lacks(tmp_path: Path) -> None:
    """A Monday asks for every report that is public and not stored; once they are there it says what the newest is."""
    monday, lake = date(2026, 6, 15), Lake(tmp_path)
    public = [day for day in settlement_dates(date(2026, 4, 10), monday) if published_at(day) <= at(monday, 18)]
    requests, _ = tick("finra_weekly_short_interest", at(monday, 18), AMC_LAKE_URL=str(tmp_path))
    assert [request.partition_key for request in requests] == [day.isoformat() for day in public]
    assert public[-1] == date(2026, 5, 29)
    keep(lake, *public)
    requests, said = tick("finra_weekly_short_interest", at(monday, 18), AMC_LAKE_URL=str(tmp_path))
    assert requests == []
    assert "newest: 2026-05-29" in said


def test_a_report_that_did_not_come_is_asked_for_again(tmp_path: Path) -> None:
    """FINRA down on its Monday: the next tick asks again, under a key that Dagster has not seen."""
    lake, settlement = Lake(tmp_path), date(2026, 5, 29)
    keep(lake, *settlement_dates(date(2026, 3, 1), date(2026, 5, 15)))
    first, second = (
        tick("finra_weekly_short_interest", at(day, 18), AMC_LAKE_URL=str(tmp_path))[0]
        for day in (date(2026, 6, 15), date(2026, 6, 22))
    )
    assert [request.partition_key for request in (*first, *second)] == [settlement.isoformat()] * 2
    assert first[0].run_key != second[0].run_key
    lake.mark_absent(
        SHORT_INTEREST, settlement.isoformat(), Absence(Reason.PROVIDER_UNAVAILABLE, "503", at(date(2026, 6, 15), 18))
    )
    assert tick("finra_weekly_short_interest", at(date(2026, 6, 22), 18), AMC_LAKE_URL=str(tmp_path))[0]
    lake.mark_absent(
        SHORT_INTEREST, settlement.isoformat(), Absence(Reason.PROVIDER_REFUSED, "401", at(date(2026, 6, 16), 18))
    )
    requests, said = tick("finra_weekly_short_interest", at(date(2026, 6, 22), 18), AMC_LAKE_URL=str(tmp_path))
    assert requests == []
    assert "no report is owed" in said


def test_every_report_is_asked_for_exactly_once_in_nine_years(tmp_path: Path) -> None:
    """None is left out and none repeated when each comes, the weeks with a clock change included."""
    moment, asked, lake = at(date(2021, 1, 4), 18), Counter[str](), Lake(tmp_path)
    while moment.date() < date(2029, 12, 24):
        found = short_interest_tick(moment.astimezone(UTC), lake)
        for request in found if isinstance(found, list) else []:
            asked[str(request.partition_key)] += 1
            folder = tmp_path / SHORT_INTEREST.name / str(request.partition_key)
            folder.mkdir(parents=True)
            (folder / "data.parquet").touch()
        moment += timedelta(days=7)  # wall clock: the zone is New York's
    expected = settlement_dates(date(2021, 1, 4), date(2029, 11, 30))
    assert {day.isoformat() for day in expected} <= set(asked)
    assert set(asked.values()) == {1}


def test_an_end_of_day_run_that_was_missed_is_asked_for_later() -> None:
    """The machine was off at 18:45: any later tick asks for it, and for each of the sessions before."""
    settings = load_settings({"AMC_PLAN": "simulated"})

    def asked(moment: datetime, *missing: date) -> list[str]:
        found = discovery_tick(moment.astimezone(UTC), settings, lambda day: day not in missing)
        requests = found if isinstance(found, list) else [found]
        return [item.run_key or "" for item in requests if isinstance(item, dg.RunRequest)]

    def key(day: date) -> str:
        return f"discovery:{day}:regular:{end_of_day_as_of(day).astimezone(UTC).isoformat()}"

    tuesday, thursday = date(2026, 6, 30), date(2026, 7, 2)
    assert asked(at(WEDNESDAY, 19), WEDNESDAY)[0] == key(WEDNESDAY)
    assert len(asked(at(WEDNESDAY, 19), WEDNESDAY)) == 2, "and the after-hours run of its own"
    assert asked(at(WEDNESDAY, 20), WEDNESDAY) == [key(WEDNESDAY)]
    assert asked(at(thursday, 4), WEDNESDAY, tuesday) == [key(tuesday), key(WEDNESDAY)]
    assert asked(at(thursday, 4)) == []
    assert asked(at(thursday, 4), thursday) == [], "it has not ended"
    assert asked(at(HOLIDAY_FRIDAY, 9), thursday, WEDNESDAY) == [key(WEDNESDAY), key(thursday)]
    assert asked(at(HOLIDAY_FRIDAY, 9)) == []


def test_a_lake_owes_nothing_before_its_first_run(tmp_path: Path) -> None:
    """A new installation does not begin with a day it never saw."""
    lake = Lake(tmp_path)
    assert end_of_day_is_stored(lake, WEDNESDAY)
    folder = tmp_path / "discovery_runs" / "2026-06-30"
    folder.mkdir(parents=True)
    (folder / "regular-20260630T224500Z-abcdef01.parquet").touch()
    assert not end_of_day_is_stored(lake, WEDNESDAY)
    assert end_of_day_is_stored(lake, date(2026, 6, 30))
    assert end_of_day_is_stored(lake, date(2026, 6, 29))


def test_a_missed_run_is_not_asked_for_while_it_runs_nor_for_ever() -> None:
    """Dagster tells requests of one schedule apart by their tick: the schedule itself looks at what it asked for."""
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {END_OF_DAY_TAG: WEDNESDAY.isoformat()}

        def add(status: dg.DagsterRunStatus) -> str:
            return instance.add_run(dg.DagsterRun(job_name="discovery_refresh_job", tags=tags, status=status)).run_id

        assert not end_of_day_was_asked(instance, WEDNESDAY)
        running = add(dg.DagsterRunStatus.STARTED)
        assert end_of_day_was_asked(instance, WEDNESDAY)
        assert not end_of_day_was_asked(instance, date(2026, 6, 30))
        instance.delete_run(running)
        for _ in range(MOST_TRIES - 1):
            add(dg.DagsterRunStatus.FAILURE)
        assert not end_of_day_was_asked(instance, WEDNESDAY)
        add(dg.DagsterRunStatus.FAILURE)
        assert end_of_day_was_asked(instance, WEDNESDAY)


def test_a_saturday_key_never_comes_from_a_tick() -> None:
    """Dagster's own partition schedule asks for the coming session on closed days; ours asks for none, all of 2026."""
    asked = set()
    for offset in range(365):
        day = date(2026, 1, 1) + timedelta(days=offset)
        found = discovery_at(at(day, 18, 45))
        if isinstance(found, dg.RunRequest):
            asked.add(date.fromisoformat(str(found.partition_key)))
    assert sorted(asked) == sessions_between(date(2026, 1, 1), date(2026, 12, 31))

"""How old each table of the lake is, judged by what the plan can deliver by now and not by the clock alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import pyarrow.compute as pc

from amc_assets.lake import tables
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.market.calendar import exchange_date, open_at, previous_session, session_on_or_before
from amc_assets.market.publication import (
    daily_bar_published_at,
    fails_published_at,
    newest_published,
    short_volume_published_at,
    threshold_list_published_at,
)
from amc_assets.pipeline.sources import Sources
from amc_assets.settings import Plan, Settings

GRACE = timedelta(minutes=60)
"""From publication to alarm: the schedules need a turn, and the brief's staleness alert is at 60 minutes."""
_LOOK_BACK_SESSIONS = 10

State = Literal["fresh", "stale", "never", "not_in_plan"]


@dataclass(frozen=True)
class TableAge:
    """One table: its newest date in the lake, the newest the plan can have delivered by now, and the verdict."""

    table: str
    providers: tuple[str, ...]
    state: State
    newest: date | None
    due: date | None
    why: str

    @property
    def is_stale(self) -> bool:
        """Return whether a date that should be there is not."""
        return self.state in {"stale", "never"}


@dataclass(frozen=True)
class _Rule:
    """Where a table comes from and which date of it is due at an instant."""

    schema: TableSchema
    providers: tuple[str, ...]
    due: Callable[[datetime], date | None]


def table_ages(lake: Lake, sources: Sources, now: datetime) -> list[TableAge]:
    """Return the age of every table that providers fill, in a fixed order."""
    return [_age(lake, sources, rule, now) for rule in _rules(sources.settings)]


def _age(lake: Lake, sources: Sources, rule: _Rule, now: datetime) -> TableAge:
    asked = tuple(name for name in rule.providers if sources.uses(name))
    newest, due = _newest(lake, rule.schema), rule.due(now)
    if not asked:
        return TableAge(rule.schema.name, (), "not_in_plan", newest, None, "no source of this plan delivers it")
    if due is None or (newest is not None and newest >= due):
        return TableAge(rule.schema.name, asked, "fresh", newest, due, "")
    key = due.replace(month=1, day=1) if rule.schema is tables.BILL_RATES else due
    absence = lake.absence(rule.schema, key.isoformat())
    why = f"{absence.reason}: {absence.detail}" if absence else "it was not fetched: is the schedule running?"
    return TableAge(rule.schema.name, asked, "stale" if newest else "never", newest, due, why)


def _newest(lake: Lake, schema: TableSchema) -> date | None:
    keys = lake.partitions(schema)
    if not keys:
        return None
    if schema is tables.BILL_RATES:  # its partitions are years
        found: date | None = pc.max(lake.vintages(schema, keys[-1]).column("quote_date")).as_py()
        return found
    return date.fromisoformat(keys[-1])


def _rules(settings: Settings) -> Iterator[_Rule]:
    options = timedelta(hours=settings.options_data_staleness_hours)
    interest = timedelta(hours=settings.short_interest_staleness_hours)
    yield _Rule(tables.UNIVERSE, ("polygon", "nasdaq"), _session(open_at))
    yield _Rule(tables.DAILY_BARS, ("polygon", "nasdaq"), _session(daily_bar_published_at))
    yield _Rule(tables.SHORT_VOLUME, ("finra",), _session(short_volume_published_at))
    yield _Rule(tables.SHORT_INTEREST, ("finra",), lambda now: newest_published(now - interest))
    yield _Rule(tables.SHARE_COUNTS, ("polygon", "alpha_vantage", "sec"), _session(daily_bar_published_at))
    yield _Rule(tables.TRADE_HALTS, ("nasdaq",), _session(open_at))
    yield _Rule(tables.THRESHOLD_LIST, ("nasdaq", "nyse", "finra"), _before(_session(threshold_list_published_at)))
    yield _Rule(tables.FAILS_TO_DELIVER, ("sec",), _half_month)
    yield _Rule(tables.BILL_RATES, ("treasury",), _before(_session(open_at)))
    yield _Rule(tables.NEWS, ("news", "sec", "polygon", "alpha_vantage"), _session(open_at))
    yield _Rule(tables.OPTION_CHAINS, _chain_providers(settings), _session(daily_bar_published_at, options))


def _chain_providers(settings: Settings) -> tuple[str, ...]:
    # the free plans of both have no options (providers.md), so they owe none
    return ("yahoo",) if settings.plan is Plan.FREE else ("yahoo", "alpha_vantage", "polygon")


def _session(published: Callable[[date], datetime], grace: timedelta = GRACE) -> Callable[[datetime], date | None]:
    def due(now: datetime) -> date | None:
        day = session_on_or_before(exchange_date(now))
        for _ in range(_LOOK_BACK_SESSIONS):
            if published(day) + grace <= now:
                return day
            day = previous_session(day)
        return None

    return due


def _before(rule: Callable[[datetime], date | None]) -> Callable[[datetime], date | None]:
    """One session earlier: the threshold lists and the bill rates of a day are asked for by the next day's runs."""

    def due(now: datetime) -> date | None:
        day = rule(now)
        return previous_session(day) if day is not None else None

    return due


def _half_month(now: datetime) -> date | None:
    day = exchange_date(now)
    half = day.replace(day=16 if day.day >= 16 else 1)
    for _ in range(6):
        if fails_published_at(half) + GRACE <= now:
            return half
        half = half.replace(day=1) if half.day != 1 else (half - timedelta(days=1)).replace(day=16)
    return None

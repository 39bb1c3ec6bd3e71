"""What is news on a day: who, when, of which tone. A planted event makes itself heard from the day it happens.

Most stories come in trading hours, a cluster before the open and a few in the evening; a weekend has few.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np

from amc_assets.market.calendar import new_york
from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import uniform
from amc_assets.replay.simulation.events import Event, EventKind
from amc_assets.replay.simulation.population import Population

FULL_SIZE = 1600
_STREAM, _LEAD_STREAM = 41, 42
_A_SESSION, _A_CLOSED_DAY, _MARKET_STORIES = 165, 8, 6
_PREMARKET, _OPEN, _CLOSE, _EVENING = 360, 570, 960, 1200  # minutes of New York's day
_HOURS_SHARE, _PREMARKET_SHARE = 0.62, 0.26
_TONES = (-1, 0, 1)
_USUAL_TONES = (0.22, 0.5, 0.28)


class Topic(StrEnum):
    """Which templates a story's headline is drawn from."""

    ROUTINE = "routine"
    RESULTS = "results"
    MOVE = "move"
    MARKET = "market"


@dataclass(frozen=True)
class Story:
    """One story; ``position`` None is about the whole market, ``tone`` is -1, 0 or 1."""

    at: datetime
    position: int | None
    tone: int
    topic: Topic


@dataclass(frozen=True)
class _Loudness:
    """Stories expected per session in a phase of an event, and the shares of bad, neutral and good ones."""

    mean: float
    tones: tuple[float, float, float]


_QUIET = _Loudness(0.12, (0.3, 0.5, 0.2))
_LOUDNESS = {
    EventKind.SQUEEZE: (_QUIET, _Loudness(3.5, (0.1, 0.3, 0.6)), _Loudness(1.3, (0.5, 0.4, 0.1))),
    EventKind.FIZZLE: (_QUIET, _Loudness(2.0, (0.1, 0.4, 0.5)), _Loudness(0.4, (0.4, 0.5, 0.1))),
    EventKind.PUMP: (_QUIET, _Loudness(2.2, (0.0, 0.15, 0.85)), _Loudness(0.7, (0.4, 0.5, 0.1))),
    EventKind.NEWS: (_QUIET, _Loudness(1.0, (0.1, 0.4, 0.5)), _Loudness(0.3, (0.3, 0.5, 0.2))),
}


class Storyteller:
    """Tells the stories of a day; a pure function of the seed and the day."""

    def __init__(self, days: Days) -> None:
        self._days = days
        population = days.simulation.population
        dollars = population.base_price_usd * population.base_volume_shares
        self._weight: FloatArray = np.where(population.is_company, dollars**0.35, 0.0)
        self._from, self._until = (
            np.array([day.toordinal() for day in column])
            for column in (population.listed_from, population.listed_until)
        )

    def stories(self, day: date) -> list[Story]:
        """Return the stories of ``day`` by time; of a day without a session only the usual few."""
        rng = np.random.default_rng([self._days.seed, _STREAM, day.toordinal()])
        is_session = self._days.holds(day)
        told = self._usual(rng, day, _A_SESSION if is_session else _A_CLOSED_DAY)
        if is_session:
            for event, number in self._days.events_on(day):
                told += self._of_event(rng, day, event, number)
        return sorted(told, key=lambda story: story.at)

    def _usual(self, rng: np.random.Generator, day: date, mean: float) -> list[Story]:
        population = self._days.simulation.population
        weight = np.where((self._from <= day.toordinal()) & (self._until >= day.toordinal()), self._weight, 0.0)
        count = int(rng.poisson(mean * population.size / FULL_SIZE))
        positions = rng.choice(population.size, size=count, p=weight / weight.sum())
        tones = rng.choice(_TONES, size=count, p=_USUAL_TONES)
        topics = rng.random(count) < 0.25
        told = [
            Story(_moment(rng, day), int(position), int(tone), Topic.RESULTS if is_results else Topic.ROUTINE)
            for position, tone, is_results in zip(positions, tones, topics, strict=True)
        ]
        market = int(rng.poisson(_MARKET_STORIES if mean == _A_SESSION else 1))
        return told + [Story(_moment(rng, day), None, int(rng.choice(_TONES)), Topic.MARKET) for _ in range(market)]

    def _of_event(self, rng: np.random.Generator, day: date, event: Event, number: int) -> list[Story]:
        index = event.first_index + number
        phase = 0 if index < event.ignition_index else 1 if index <= event.peak_index else 2
        if index > event.end_index:
            return []
        loudness = _LOUDNESS[event.kind][phase]
        tones = rng.choice(_TONES, size=int(rng.poisson(loudness.mean)), p=loudness.tones)
        sign = -1 if event.kind is EventKind.NEWS and event.peak_frac < 0 else 1
        topic = Topic.MOVE if phase else Topic.ROUTINE
        told = [Story(_moment(rng, day), event.position, sign * int(tone), topic) for tone in tones]
        if index == event.ignition_index:
            told.append(lead_story(self._days.seed, day, event))
        return told


def lead_story(seed: int, day: date, event: Event) -> Story:
    """Return the story that an event begins with: before the open or in the morning, of the tone of its move."""
    minute = _PREMARKET + 60 + uniform(seed, _LEAD_STREAM, event.position, event.ignition_index) * 330
    tone = 1 if event.kind is not EventKind.NEWS or event.peak_frac >= 0 else -1
    return Story(_at_minute(day, minute), event.position, tone, Topic.MOVE)


def company_name(population: Population, position: int) -> str:
    """Return the company behind a line: its name without the kind of its shares."""
    name = str(population.names.names[position])
    for ending in (" Class B Common Stock", " Common Stock", " American Depositary Shares"):
        name = name.removesuffix(ending)
    return name


def _moment(rng: np.random.Generator, day: date) -> datetime:
    draw, place = rng.random(2)
    if draw < _HOURS_SHARE:
        return _at_minute(day, _OPEN + place * (_CLOSE - _OPEN))
    if draw < _HOURS_SHARE + _PREMARKET_SHARE:
        return _at_minute(day, _PREMARKET + place * (_OPEN - _PREMARKET))
    return _at_minute(day, _CLOSE + place * (_EVENING - _CLOSE))


def _at_minute(day: date, minute: float) -> datetime:
    return new_york(day, 0) + timedelta(seconds=round(60 * minute))

"""Trading halts: volatility pauses on violent days, and halts for news where an event's first story comes in hours."""

from datetime import date, datetime, timedelta

import numpy as np

from amc_assets.market.calendar import close_at, next_session, open_at
from amc_assets.replay.market import HaltRow
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import uniform
from amc_assets.replay.simulation.events import EventKind
from amc_assets.replay.simulation.stories import lead_story

_STREAM = 45
_PAUSE_RANGE_FRAC, _PAUSE_STEP_FRAC, _MOST_PAUSES, _PAUSE_SHARE = 0.30, 0.25, 6, 0.75
_PAUSE, _LONG_PAUSE = timedelta(minutes=5), timedelta(minutes=10)
_APART_SECONDS, _FROM_OPEN = 900, timedelta(minutes=3)
_NEWS_MOVE_FRAC, _NEWS_SHARE = 0.15, 0.45


def halts_of(days: Days, day: date) -> list[HaltRow]:
    """Return the halts that began on ``day``, by time; none without a session."""
    if not days.holds(day):
        return []
    for_news = _news_halts(days, day)
    stopped = {halt.symbol: halt for halt in for_news}
    pauses = [
        pause
        for pause in _pauses(days, day)
        if pause.symbol not in stopped or pause.halted_at < stopped[pause.symbol].halted_at - _LONG_PAUSE
    ]
    return sorted(for_news + pauses, key=lambda halt: (halt.halted_at, halt.symbol))


def _news_halts(days: Days, day: date) -> list[HaltRow]:
    found = []
    for event, number in days.events_on(day):
        is_first = event.first_index + number == event.ignition_index
        is_big = event.kind is EventKind.SQUEEZE or abs(event.peak_frac) >= _NEWS_MOVE_FRAC
        draw = uniform(days.seed, _STREAM, event.position, event.ignition_index)
        story = lead_story(days.seed, day, event)
        halted_at = story.at - timedelta(seconds=45)
        if not (is_first and is_big and draw < _NEWS_SHARE) or not open_at(day) <= halted_at < close_at(day):
            continue
        resumed_at = story.at + timedelta(minutes=20 + round(draw / _NEWS_SHARE * 60))
        if resumed_at >= close_at(day):
            resumed_at = open_at(next_session(day))
        found.append(_halt(days, event.position, "T1", halted_at, resumed_at))
    return found


def _pauses(days: Days, day: date) -> list[HaltRow]:
    """Return the limit-up and limit-down pauses: more of them the wider the day's range."""
    block, row = days.at(day)
    paths = block.paths
    range_frac = np.where(paths.has_bar[row], paths.high_usd[row] / paths.low_usd[row] - 1, 0.0)
    rng = np.random.default_rng([days.seed, _STREAM, day.toordinal()])
    is_paused = rng.random(len(range_frac)) < _PAUSE_SHARE
    first, last = open_at(day) + _FROM_OPEN, close_at(day) - 2 * _LONG_PAUSE
    seconds = int((last - first).total_seconds())
    found: list[HaltRow] = []
    for position in np.flatnonzero((range_frac >= _PAUSE_RANGE_FRAC) & is_paused).tolist():
        wanted = min(1 + int((range_frac[position] - _PAUSE_RANGE_FRAC) / _PAUSE_STEP_FRAC), _MOST_PAUSES)
        starts = np.sort(rng.integers(0, seconds, wanted))
        apart = np.r_[True, np.diff(starts) > _APART_SECONDS]
        for start in starts[apart].tolist():
            halted_at = first + timedelta(seconds=start)
            pause = _LONG_PAUSE if rng.random() < 0.25 else _PAUSE
            found.append(_halt(days, position, "LUDP", halted_at, halted_at + pause))
    return found


def _halt(days: Days, position: int, code: str, halted_at: datetime, resumed_at: datetime) -> HaltRow:
    names = days.simulation.population.names
    return HaltRow(
        symbol=str(names.symbols[position]),
        name=str(names.names[position]),
        exchange=str(names.exchanges[position]),
        reason_code=code,
        halted_at=halted_at,
        resumed_at=resumed_at,
    )

"""The stories as rows of the wires: who carries them, twice at times, tagged or not, with the wire's own sentiment."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from threading import Lock

import numpy as np

from amc_assets.market.calendar import exchange_date
from amc_assets.replay.market import NewsRow
from amc_assets.replay.simulation import headlines
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.stories import Story, Storyteller, company_name

WIRES = ("globenewswire", "prnewswire", "yahoo", "polygon", "alpha_vantage")
KEPT_DAYS = 40
_STREAM = 43
_SHARE_OF_WIRE = (0.26, 0.22, 0.22, 0.18, 0.12)
_PRESS_WIRES, _SCORED_WIRES = frozenset({"globenewswire", "prnewswire"}), frozenset({"polygon", "alpha_vantage"})
_SECOND_WIRE_SHARE, _UNTAGGED_SHARE, _HOSTILE_SHARE = 0.22, 0.06, 0.008
_SECOND_WIRE_SECONDS = 1500
_MARKET_PUBLISHER = "Harbor Markets Report"


class Newsroom:
    """Gives headlines by time; the newest days asked for are kept, safe for several threads."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._storyteller = Storyteller(days)
        self._lock = Lock()
        self._kept: OrderedDict[date, list[NewsRow]] = OrderedDict()

    def news(self, first: datetime, last: datetime) -> Sequence[NewsRow]:
        """Return the headlines from ``first`` to ``last``, both included, by time."""
        day = max(exchange_date(first), self._days.first_day)  # no story is told, or told again, past midnight
        end = min(exchange_date(last), self._days.last_day)
        rows: list[NewsRow] = []
        while day <= end:
            rows += [row for row in self._of_day(day) if first <= row.published_at <= last]
            day += timedelta(days=1)
        return sorted(rows, key=lambda row: (row.published_at, row.item_id))

    def _of_day(self, day: date) -> list[NewsRow]:
        with self._lock:
            known = self._kept.get(day)
            if known is not None:
                self._kept.move_to_end(day)
                return known
        rows = self._rows(day)
        with self._lock:
            self._kept[day] = rows
            while len(self._kept) > KEPT_DAYS:
                self._kept.popitem(last=False)
        return rows

    def _rows(self, day: date) -> list[NewsRow]:
        rng = np.random.default_rng([self._days.seed, _STREAM, day.toordinal()])
        rows: list[NewsRow] = []
        for number, story in enumerate(self._storyteller.stories(day)):
            rows += self._carried(rng, f"{day:%Y%m%d}{number:04d}", story)
        return rows

    def _carried(self, rng: np.random.Generator, stem: str, story: Story) -> list[NewsRow]:
        population = self._days.simulation.population
        company = "" if story.position is None else company_name(population, story.position)
        title = headlines.title_of(rng, story.topic, story.tone, company)
        if rng.random() < _HOSTILE_SHARE:
            title = headlines.hostile(rng, title)
        summary = headlines.summary_of(rng, title, company or "The exchange")
        is_tagged = story.position is not None and rng.random() >= _UNTAGGED_SHARE
        symbols = (str(population.names.symbols[story.position]),) if is_tagged else ()
        first = int(rng.choice(len(WIRES), p=_SHARE_OF_WIRE))
        wires = [WIRES[first]]
        if rng.random() < _SECOND_WIRE_SHARE:
            wires.append(WIRES[(first + int(rng.integers(1, len(WIRES)))) % len(WIRES)])
        rows = []
        for place, wire in enumerate(wires):
            delay = timedelta(seconds=int(rng.integers(30, _SECOND_WIRE_SECONDS)) if place else 0)
            tone = float(np.clip(0.45 * story.tone + 0.18 * rng.standard_normal(), -1.0, 1.0))
            outlet = headlines.OUTLETS[rng.integers(len(headlines.OUTLETS))]
            rows.append(
                NewsRow(
                    item_id=f"{stem}{WIRES.index(wire)}",
                    published_at=story.at + delay,
                    title=title,
                    summary=summary,
                    url=f"https://news.example.com/{wire}/{stem}{WIRES.index(wire)}",
                    wire=wire,
                    publisher=(company or _MARKET_PUBLISHER) if wire in _PRESS_WIRES else outlet,
                    symbols=symbols,
                    vendor_sentiment=round(tone, 4) if wire in _SCORED_WIRES else None,
                )
            )
        return rows

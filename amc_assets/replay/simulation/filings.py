"""Filings with the SEC: periodic reports, their results by 8-K, other events, and offerings after a run.

Offerings leave the shares outstanding as they are: the simulation has no dilution, only its announcement.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from threading import Lock

import numpy as np

from amc_assets.market.calendar import exchange_date, new_york
from amc_assets.replay.market import FilingRow
from amc_assets.replay.simulation.companies import Report, cik_of, filers, reports_in
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import uniform
from amc_assets.replay.simulation.events import Event, EventKind
from amc_assets.replay.simulation.stories import FULL_SIZE, company_name
from amc_assets.replay.simulation.timeline import quarter_number

_STREAM = 44
_OFFERING_SHARE, _SHELF_SHARE, _EVENT_SHARE = 0.5, 0.3, 0.6
_USUAL = (
    ("8-K", ("5.02",), 5.0), ("8-K", ("7.01", "9.01"), 5.0), ("8-K", ("8.01", "9.01"), 5.0),
    ("8-K", ("1.01", "9.01"), 3.0), ("8-K", ("5.02", "9.01"), 2.0), ("8-K", ("3.02",), 0.6), ("8-K", ("2.01",), 0.5),
    ("8-K", ("1.03",), 0.05), ("8-K", ("5.01",), 0.1), ("8-K/A", ("9.01",), 0.8), ("S-3", (), 1.5), ("424B5", (), 1.2),
    ("SC 13D", (), 0.8), ("SC 13D/A", (), 1.0),
)  # fmt: skip
_NOTICE_SHARE, _NOTICE_PRICE_USD = 0.01, 1.0
_FIRST_MINUTE, _OPEN_MINUTE, _CLOSE_MINUTE, _LAST_MINUTE = 370, 570, 961, 1049
_AGENT = 2_800_001

Wanted = tuple[int, str, tuple[str, ...]]


class Filings:
    """Gives filings by time of acceptance; safe for several threads."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._lock = Lock()
        self._reports: dict[int, list[Report]] = {}
        self._filers = filers(days.simulation.population)

    def filings(self, first: datetime, last: datetime) -> Sequence[FilingRow]:
        """Return the filings accepted from ``first`` to ``last``, both included, oldest first."""
        day = max(exchange_date(first), self._days.first_day)
        end = min(exchange_date(last), self._days.last_day)
        rows: list[FilingRow] = []
        while day <= end:
            rows += [row for row in self._of_day(day) if first <= row.accepted_at <= last]
            day += timedelta(days=1)
        return rows

    def _of_day(self, day: date) -> list[FilingRow]:
        if not self._days.holds(day):
            return []
        rng = np.random.default_rng([self._days.seed, _STREAM, day.toordinal()])
        wanted = self._periodic(day) + self._usual(rng) + self._notices(rng, day)
        wanted += [filing for event, number in self._days.events_on(day) for filing in self._of_event(event, number)]
        population = self._days.simulation.population
        listed = [
            filing
            for filing in wanted
            if population.listed_from[filing[0]] <= day <= population.listed_until[filing[0]]
        ]
        accepted = sorted((_minute(rng), filing) for filing in listed)
        midnight, symbols = new_york(day, 0), population.names.symbols
        return [
            FilingRow(
                accession=f"{_AGENT:010d}-{day:%y}-{day.timetuple().tm_yday * 1000 + number:06d}",
                form=form,
                company=company_name(population, position),
                cik=cik_of(position),
                symbol=str(symbols[position]),
                items=items,
                accepted_at=midnight + timedelta(seconds=round(60 * minute)),
            )
            for number, (minute, (position, form, items)) in enumerate(accepted)
        ]

    def _periodic(self, day: date) -> list[Wanted]:
        found: list[Wanted] = []
        for report in self._reports_of(quarter_number(day)):
            if report.results_date == day:
                is_foreign = report.form == "20-F"
                found.append((report.position, "6-K", ()) if is_foreign else (report.position, "8-K", ("2.02", "9.01")))
            if report.filed_date == day:
                found.append((report.position, report.form, ()))
        return found

    def _reports_of(self, number: int) -> list[Report]:
        with self._lock:
            if number not in self._reports:
                self._reports[number] = reports_in(self._days.simulation.population, self._days.seed, number)
            return self._reports[number]

    def _usual(self, rng: np.random.Generator) -> list[Wanted]:
        scale = self._days.simulation.population.size / FULL_SIZE
        return [
            (self._filers[rng.integers(len(self._filers))], form, items)
            for form, items, mean in _USUAL
            for _ in range(int(rng.poisson(mean * scale)))
        ]

    def _notices(self, rng: np.random.Generator, day: date) -> list[Wanted]:
        """Return the exchanges' notices to companies under the least price (8-K item 3.01)."""
        block, row = self._days.at(day)
        cheap = block.paths.close_usd[row, self._filers] < _NOTICE_PRICE_USD
        warned = cheap & (rng.random(len(self._filers)) < _NOTICE_SHARE)
        return [(self._filers[place], "8-K", ("3.01",)) for place in np.flatnonzero(warned).tolist()]

    def _of_event(self, event: Event, number: int) -> list[Wanted]:
        index, position = event.first_index + number, event.position

        def draw(purpose: int) -> float:
            return uniform(self._days.seed, _STREAM, position, event.ignition_index, purpose)

        if event.kind is EventKind.SQUEEZE:
            found: list[Wanted] = []
            if index == event.peak_index + 1 and draw(1) < _SHELF_SHARE:
                found.append((position, "S-3", ()))
            if index == event.peak_index + 1 + int(draw(2) * 3) and draw(3) < _OFFERING_SHARE:
                found += [(position, "424B5", ()), (position, "8-K", ("1.01", "9.01"))]
            return found
        if event.kind is EventKind.NEWS and index == event.ignition_index and draw(4) < _EVENT_SHARE:
            return [(position, "8-K", ("8.01", "9.01"))]
        return []


def _minute(rng: np.random.Generator) -> float:
    """Return a minute of acceptance: one in four before the open, the rest after the close."""
    first, last = (_FIRST_MINUTE, _OPEN_MINUTE) if rng.random() < 0.25 else (_CLOSE_MINUTE, _LAST_MINUTE)
    return float(rng.uniform(first, last))

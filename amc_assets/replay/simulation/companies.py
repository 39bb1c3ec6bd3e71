"""What a company has at the SEC: its CIK, CUSIP, the days of its reports and its counts of shares outstanding.

All follow from the symbol's place in the population. A second class of shares has no filings of its own; an ADR reports
once a year on form 20-F.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from amc_assets.market.calendar import session_on_or_before
from amc_assets.replay.market import ShareCountRow
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import uniform, word
from amc_assets.replay.simulation.population import Population
from amc_assets.replay.simulation.timeline import quarter_number, quarter_start

FIRST_CIK, CIK_STEP = 2_900_017, 7
_STREAM = 32
_DAYS_TO_REPORT = (16, 45)  # after the quarter's end: most companies report in weeks three to seven
_COVER_DAYS = 4
_FRIDAY = 4
_FIGI_CHARACTERS = "0123456789BCDFGHJKLMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Report:
    """One periodic report: the results come by 8-K in the evening, the form two days later at the latest."""

    position: int
    results_date: date
    filed_date: date
    form: str


def cik_of(position: int) -> int:
    """Return the CIK of a company; the numbers lie beyond those the SEC had given out when this was written."""
    return FIRST_CIK + CIK_STEP * position


def cusip_of(seed: int, position: int) -> str:
    """Return nine characters with a true check digit (modulus 10, double-add-double)."""
    stem = f"{word(seed, _STREAM, position, 1) % 10**8:08d}"
    total = 0
    for number, digit in enumerate(int(letter) for letter in stem):
        value = digit * (1 + number % 2)
        total += value // 10 + value % 10
    return f"{stem}{(10 - total % 10) % 10}"


def figi_of(seed: int, position: int) -> str:
    """Return a composite FIGI: ``BBG`` and nine characters, made up."""
    number = word(seed, _STREAM, position, 4)
    base = len(_FIGI_CHARACTERS)
    return "BBG" + "".join(_FIGI_CHARACTERS[number // base**place % base] for place in range(9))


def filers(population: Population) -> list[int]:
    """Return the positions of companies of their own: common stock or ADR, and not the second class of another."""
    positions: list[int] = np.flatnonzero(population.is_company & (population.names.parents < 0)).tolist()
    return positions


def reports_in(population: Population, seed: int, number: int) -> list[Report]:
    """Return the reports published in quarter ``number``, by position; ADRs report in the second quarter only.

    What would fall on a weekend comes on the Thursday or Wednesday before, or Fridays would have three times the usual.
    """
    start, is_second = quarter_start(number), number % 4 == 1
    reports: list[Report] = []
    for position in filers(population):
        is_foreign = population.names.polygon_types[position] == "ADRC"
        if is_foreign and not is_second:
            continue
        first, last = _DAYS_TO_REPORT
        wait = first + int(uniform(seed, _STREAM, position, number, 2) * (last - first))
        planned = start + timedelta(days=wait)
        results = session_on_or_before(planned - timedelta(days=2 * max(planned.weekday() - _FRIDAY, 0)))
        filed = session_on_or_before(results + timedelta(days=int(uniform(seed, _STREAM, position, number, 3) * 3)))
        if population.listed_from[position] <= results and filed <= population.listed_until[position]:
            form = "20-F" if is_foreign else "10-K" if number % 4 == 0 else "10-Q"
            reports.append(Report(position, results, filed, form))
    return reports


def share_counts(days: Days) -> list[ShareCountRow]:
    """Return the counts on the covers of the reports filed by the last day, by filing date and symbol.

    The cover's date lies some days before the filing; the count is the one of that date's share basis.
    """
    population = days.simulation.population
    rows: list[ShareCountRow] = []
    for number in range(quarter_number(days.last_day) + 1):
        for report in reports_in(population, days.seed, number):
            if report.filed_date > days.last_day:
                continue
            end = session_on_or_before(report.filed_date - timedelta(days=_COVER_DAYS))
            block, row = days.at(end)
            shares = population.base_outstanding_shares[report.position]
            multiple = block.paths.share_multiple[row, report.position]
            symbol = str(population.names.symbols[report.position])
            count = float(round(shares * multiple))
            rows.append(ShareCountRow(symbol, cik_of(report.position), end, report.filed_date, count, report.form))
    return sorted(rows, key=lambda row: (row.filed_date, row.symbol))

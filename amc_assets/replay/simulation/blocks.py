"""The running simulation: one block per quarter, each made from the state the block before it left behind."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from amc_assets.replay.market import FloatArray, ShortInterestReport, SplitRow
from amc_assets.replay.simulation.events import Event
from amc_assets.replay.simulation.paths import PricePaths, Split, State, choose_splits, make_paths, overlay_of
from amc_assets.replay.simulation.planting import Standing, plan_quarter
from amc_assets.replay.simulation.population import Population, make_population
from amc_assets.replay.simulation.shorts import ReportLabels, ShortVolumes, make_report, short_fracs, short_volumes
from amc_assets.replay.simulation.timeline import Quarter, quarters

_MOST_QUARTERS = 27
_REVISED_SHARE = 0.002


@dataclass(frozen=True)
class Block:
    """Everything simulated for one quarter."""

    quarter: Quarter
    paths: PricePaths
    short_volumes: ShortVolumes
    short_frac: FloatArray
    splits: list[SplitRow]
    reports: dict[date, ShortInterestReport]


class Simulation:
    """Makes blocks in order; ``blocks`` grows, and what it holds never depends on how far it will grow."""

    def __init__(self, seed: int, symbol_count: int) -> None:
        self.seed = seed
        self.population: Population = make_population(seed, symbol_count)
        self.quarters = quarters(_MOST_QUARTERS)
        self.blocks: list[Block] = []
        self.events: list[Event] = []
        self._labels = ReportLabels.of(self.population)
        self._state = State.of(self.population)
        self._busy_until = np.full(self.population.size, -(10**6), dtype=np.int64)
        self._planned_quarters = 0
        self._last_report: ShortInterestReport | None = None
        self._volumes_since_report: list[FloatArray] = []

    def extend(self) -> Block:
        """Make and return the next block."""
        quarter = self.quarters[len(self.blocks)]
        self._plan_to(quarter.number + 1)
        events = [event for event in self.events if _touches(event, quarter)]
        is_busy = np.zeros(self.population.size, dtype=np.bool_)
        is_busy[[event.position for event in events]] = True
        splits = choose_splits(self.seed, quarter, self.population, self._state, is_busy)
        overlay = overlay_of(events, quarter, self.population.size)
        paths = make_paths(self.seed, quarter, self.population, self._state, overlay=overlay, splits=splits)
        fracs = short_fracs(self.seed, quarter, self.population, self._state, events)
        volumes = short_volumes(self.seed, quarter, self.population, overlay, paths)
        reports = self._reports(quarter, paths, fracs, splits)
        block = Block(quarter, paths, volumes, fracs, self._split_rows(quarter, splits, paths), reports)
        self.blocks.append(block)
        return block

    def _plan_to(self, number: int) -> None:
        multiple = self._state.share_multiple
        standing = Standing(
            np.exp(self._state.log_price),
            self.population.base_volume_shares * multiple,
            self.population.base_float_shares * multiple,
        )
        while self._planned_quarters <= number:
            quarter = self.quarters[self._planned_quarters]
            self.events += plan_quarter(self.seed, quarter, self.population, standing, self._busy_until)
            self._planned_quarters += 1

    def _split_rows(self, quarter: Quarter, splits: list[Split], paths: PricePaths) -> list[SplitRow]:
        symbols = self.population.names.symbols
        rows = [
            SplitRow(symbols[split.position], quarter.sessions[split.session], split.split_from, split.split_to)
            for split in splits
            if paths.has_bar[split.session, split.position]
        ]
        return sorted(rows, key=lambda row: (row.execution_date, row.symbol))

    def _reports(
        self, quarter: Quarter, paths: PricePaths, fracs: FloatArray, splits: list[Split]
    ) -> dict[date, ShortInterestReport]:
        rng = np.random.default_rng([self.seed, 7, quarter.number])
        reports: dict[date, ShortInterestReport] = {}
        start = 0
        for settlement in quarter.settlements:
            day = quarter.sessions.index(settlement)
            since = np.where(paths.has_bar, paths.volume_shares, 0.0)[start : day + 1]
            average = np.round(np.vstack([*self._volumes_since_report, since]).mean(axis=0))
            is_split = np.zeros(self.population.size, dtype=np.bool_)
            is_split[[split.position for split in splits if start <= split.session <= day]] = True
            is_revised = rng.random(self.population.size) < _REVISED_SHARE
            revised = np.where(is_revised, rng.uniform(0.9, 1.1, self.population.size), 1.0)
            shares = np.round(self.population.base_float_shares * paths.share_multiple[day] * fracs[day])
            listed = [
                first <= settlement <= last
                for first, last in zip(self.population.listed_from, self.population.listed_until, strict=True)
            ]
            report = make_report(
                settlement,
                self._labels,
                short_shares=shares,
                previous=self._last_report,
                average_volume=average,
                is_listed=np.array(listed),
                is_split=is_split,
                revised_factor=revised,
            )
            reports[settlement] = self._last_report = report
            self._volumes_since_report = []
            start = day + 1
        self._volumes_since_report.append(np.where(paths.has_bar, paths.volume_shares, 0.0)[start:])
        return reports


def _touches(event: Event, quarter: Quarter) -> bool:
    return event.first_index < quarter.first_index + len(quarter.sessions) and event.last_index >= quarter.first_index

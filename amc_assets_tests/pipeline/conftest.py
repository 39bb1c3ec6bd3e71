"""One small simulated replay, run once through the project's own jobs and shared by every test that only reads it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from amc_assets.clock import MarketClock
from amc_assets.defs.running import run_days
from amc_assets.lake.store import Lake
from amc_assets.market.calendar import end_of_day_as_of, sessions_between
from amc_assets.pipeline.identity import Moment, part_name
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import Settings, load_settings
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.registry import STRATEGIES

DAYS = sessions_between(date(2024, 5, 13), date(2024, 5, 17))


@dataclass(frozen=True)
class Replayed:
    """The workspace of the replay, still open, and its days."""

    workspace: Workspace
    days: list[date]

    @property
    def lake(self) -> Lake:
        return self.workspace.lake

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    def moment(self, day: date) -> Moment:
        return Moment(day, "regular", end_of_day_as_of(day))

    def part(self, day: date) -> str:
        hashes = [load_calibration(name).calibration_hash for name in STRATEGIES]
        return part_name(self.moment(day), hashes, self.workspace.data_source)

    def copy(self, folder: Path) -> Lake:
        """Return a lake of its own with the same files: they are only ever replaced, never written into."""
        shutil.copytree(self.lake.root, folder, copy_function=os.link)
        return Lake(folder)


def settings_in(home: Path) -> Settings:
    return load_settings({"AMC_PLAN": "simulated"}, home=home)


@pytest.fixture(scope="session")
def market() -> SimulatedMarket:
    """Return 150 symbols with 34 sessions of past before the first day: enough for every 30-day mean."""
    return SimulatedMarket(symbol_count=150, first_day=date(2024, 3, 25), last_day=date(2024, 6, 28))


@pytest.fixture(scope="session")
def replayed(market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """Replay five sessions; the workspace stays open."""
    home = tmp_path_factory.mktemp("replayed")
    with open_workspace(settings_in(home), market=market) as workspace:
        with dg.DagsterInstance.ephemeral() as instance:
            run_days(workspace, DAYS, instance)
        yield Replayed(workspace, DAYS)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let retries of a replay not wait; return the seconds they asked for."""
    slept: list[float] = []
    monkeypatch.setattr(MarketClock, "sleep", lambda _clock, seconds: slept.append(seconds))
    return slept

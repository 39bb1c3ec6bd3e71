"""`amc` run through its entry point in this process, and one small replayed home shared by all tests of commands."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from amc_assets import cli
from amc_assets.replay import simulated

IGNITION, PEAK = date(2026, 8, 24), date(2026, 8, 25)
"""A squeeze of symbol GU that the small market plants; seen with 120 sessions of history."""
PLANTED = "GU"
OURS = ("AMC_", "DAGSTER_", "MOCK_", "DEV_", "POLYGON_", "FINRA_", "ALPHA_VANTAGE_", "SLACK_")
ALSO = ("DATABASE_URL", "REDIS_URL", "SCORING_STRATEGY", "NO_COLOR", "FORCE_COLOR", "CIRCUIT_BREAKER_GLOBAL_ENABLED")


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, stdout (results), stderr (talk)."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The whole of stdout as JSON: one line of talk in it is an error here."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def talk(self) -> str:
        """Stderr on one line, so that a wrapped sentence can be searched."""
        return " ".join(self.err.split())


def amc(*arguments: str | Path) -> Outcome:
    """Run `amc` as its console script does and return what it left."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["amc", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        sys.argv = before
    assert isinstance(ended.value.code, int)
    return Outcome(int(ended.value.code), out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def bare_environment() -> Iterator[None]:
    """Take every variable of the project out of the environment, so that a developer's own settings change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(OURS) or name in ALSO]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def small_market(bare_environment: None) -> Iterator[None]:
    """Make the simulated market of `amc demo` and `amc replay` one of 200 symbols and 125 sessions."""
    small = partial(simulated.SimulatedMarket, symbol_count=200, first_day=date(2026, 3, 2), last_day=date(2026, 9, 18))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "SimulatedMarket", small)
        yield


@pytest.fixture(autouse=True)
def _bare(bare_environment: None) -> None:
    """Give every test of commands the bare environment."""


@dataclass(frozen=True)
class Replayed:
    """A home in which two sessions were replayed, and what `amc replay --json --full` printed."""

    home: Path
    printed: Outcome


@pytest.fixture(scope="session")
def replayed(small_market: None, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Replay ignition and peak of the planted squeeze into a fresh home."""
    home = tmp_path_factory.mktemp("replayed") / "home"
    days = ("--from", IGNITION.isoformat(), "--to", PEAK.isoformat())
    return Replayed(home, amc("replay", *days, "--home", home, "--json", "--full"))

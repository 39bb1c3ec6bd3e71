"""The nine sessions before the peak of January 2021, replayed over HTTP through the real assets.

What is asserted was measured first and is reported in docs/measurements.md; the ranks are of the lists as the product
makes them, nothing in them was tuned on these days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from amc_assets.defs.running import run_days
from amc_assets.market.calendar import sessions_between
from amc_assets.pipeline.screen import Json, stored_explained, stored_screen
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.replay.recorded import RecordedMarket
from amc_assets.settings import load_settings
from amc_assets.store.runs import recent_runs
from amc_assets.strategies.registry import STRATEGIES

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

DAYS = sessions_between(date(2021, 1, 13), date(2021, 1, 26))
FIRST_TEN, SHORTEST_LIST = 10, 50


@dataclass(frozen=True)
class Replayed:
    """The workspace after the replay and every ranked list by (strategy, day)."""

    workspace: Workspace
    screens: dict[tuple[str, date], Json]

    def rank(self, symbol: str, strategy: str, day: date) -> int | None:
        """Return the place of a symbol among all scored names."""
        return next((row["rank"] for row in self.screens[strategy, day]["ranked"] if row["symbol"] == symbol), None)


@pytest.fixture(scope="module")
def replayed(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """Run the nine sessions once."""
    home = tmp_path_factory.mktemp("january")
    settings = load_settings({"AMC_PLAN": "free", "AMC_ALLOW_BIASED_FLOAT": "true"}, home=home)
    with open_workspace(settings, market=RecordedMarket(shared_data)) as workspace:
        with dg.DagsterInstance.ephemeral() as instance:
            run_days(workspace, DAYS, instance)
        lists = {
            (name, day): stored_screen(workspace.lake, day, name, full=True) for name in STRATEGIES for day in DAYS
        }
        yield Replayed(workspace, lists)


def test_every_session_and_strategy_has_a_list_of_thousands(replayed: Replayed) -> None:
    assert len(replayed.screens) == len(DAYS) * len(STRATEGIES)
    assert min(len(screen["ranked"]) for screen in replayed.screens.values()) > 4_000
    assert not any(screen["is_simulated"] for screen in replayed.screens.values())


def test_gme_stands_where_the_measurements_say(replayed: Replayed) -> None:
    """The target of 5 of 9 sessions was missed: 4, all by hybrid_v1; docs/measurements.md explains the other five."""
    first_ten = {}
    for name in STRATEGIES:
        assert all(len(replayed.screens[name, day]["ranked"]) >= SHORTEST_LIST for day in DAYS)
        first_ten[name] = [day for day in DAYS if (replayed.rank("GME", name, day) or 9_999) <= FIRST_TEN]
    assert [day.day for day in first_ten["hybrid_v1"]] == [13, 14, 22, 25]
    assert [day.day for day in first_ten["unified_detectors"]] == [13, 14, 22]
    assert replayed.rank("GME", "hybrid_v1", date(2021, 1, 26)) == FIRST_TEN + 1


def test_options_and_news_are_missing_and_say_so(replayed: Replayed) -> None:
    screen = replayed.screens["unified_detectors", DAYS[0]]
    inputs = {item["name"]: item for item in screen["inputs"]}
    for name in ("options", "news"):
        assert inputs[name]["known_at"] is None
        assert inputs[name]["reason"] == "not_recorded"
    explained = stored_explained(replayed.workspace.lake, DAYS[0], "unified_detectors", "GME").name
    missing = {detector["name"] for detector in explained["detectors"] if detector["score"] is None}
    assert missing == {"catalyst_news", "options_flow"}


def test_the_float_of_a_later_date_is_marked_wherever_it_is_used(replayed: Replayed) -> None:
    explained = stored_explained(replayed.workspace.lake, DAYS[0], "unified_detectors", "GME").name
    squeeze = next(detector for detector in explained["detectors"] if detector["name"] == "squeeze")
    assert "biased" in str(squeeze)


def test_short_interest_is_the_report_that_was_public(replayed: Replayed) -> None:
    # settlement 2020-12-31 was published on 2021-01-12; that of 2021-01-15 only on 2021-01-27
    lake = replayed.workspace.lake
    for day in DAYS:
        inputs = {item["name"]: item for item in replayed.screens["unified_detectors", day]["inputs"]}
        assert inputs["short_interest"]["known_at"].startswith("2021-01-12"), day
    explained = stored_explained(lake, date(2021, 1, 26), "unified_detectors", "GME").name
    assert "71196207" in str(explained).replace(".0", "") or "1.38" in str(explained)


def test_each_run_is_one_closed_audit_row(replayed: Replayed) -> None:
    for name in STRATEGIES:
        runs = recent_runs(replayed.workspace.engine, name, 100)
        assert sorted(run.trade_date for run in runs) == DAYS
        assert {run.status for run in runs} <= {"succeeded", "empty"}

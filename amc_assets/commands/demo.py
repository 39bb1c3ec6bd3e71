"""`amc demo`: the main job on the simulated market, for someone who has just cloned the project."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from amc_assets.clock import SystemClock
from amc_assets.commands.newest_home import remember
from amc_assets.commands.output import CommandError, print_json, print_table, result, say
from amc_assets.commands.published import published_screen
from amc_assets.commands.running_home import home_option, kept_sentence, noted, print_next
from amc_assets.commands.screen import print_screen
from amc_assets.commands.session import check_dagster_home, complete_sessions, day_of, settings_of
from amc_assets.commands.signals import kept_when_stopped
from amc_assets.commands.waiting import told
from amc_assets.defs.running import RunFailedError, instance_of, run_days
from amc_assets.market.calendar import last_complete_session, session_offset
from amc_assets.pipeline.first_session import keep_first_session
from amc_assets.pipeline.reporting import write_report
from amc_assets.pipeline.screen import stored_screen
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.replay.scorecard import Scorecard, score_lists
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import Plan, Settings
from amc_assets.strategies.registry import STRATEGIES

Json = dict[str, Any]


def demo(*, home: Path | None, days: int, last: str | None, as_json: bool) -> None:
    """Run ``days`` sessions up to ``last``; print candidates, precision against what was planted, and what to open."""
    check_dagster_home()
    settings = _settings(home)
    newest = day_of(last) if last else last_complete_session(SystemClock().now())
    market = SimulatedMarket(seed=settings.simulation_seed)
    sessions = complete_sessions(session_offset(newest, 1 - days), newest, market)
    say(f"Simulated market, seed {settings.simulation_seed}: {sessions[0]} .. {sessions[-1]}. Nothing of it is real.")
    started = SystemClock().monotonic()
    note = noted(settings.home, "amc demo", market)
    kept = partial(kept_sentence, settings, sessions, again(settings.home, days, newest))
    with (
        kept_when_stopped(kept),
        told() as progress,
        open_workspace(settings, market=market, progress=progress) as workspace,
        instance_of(settings.home) as instance,
    ):
        remember(note)
        keep_first_session(settings.home, sessions[0])
        try:
            run_days(workspace, sessions, instance)
        except RunFailedError as error:
            raise CommandError(str(error)) from error
        lake = workspace.lake
    seconds = SystemClock().monotonic() - started
    screens = {name: [stored_screen(lake, day, name) for day in sessions] for name in STRATEGIES}
    served = str(settings.scoring_strategy)
    cards = [score_lists(market, name, _lists(found)) for name, found in screens.items()]
    path = write_report(settings, lake, newest)
    if as_json:
        shown = [published_screen(screen) for screen in screens[served]]
        print_json({"screens": shown, "precision": [card.as_json() for card in cards], "report": str(path)})
        return
    _print(screens[served][-1], cards, len(sessions), seconds)
    print_next(settings.home, screens[served][-1], path)
    result("      `make ui` opens Dagster on the same data; README.md says how to use real data")


def again(home: Path, days: int, newest: date) -> str:
    """Return the command that goes on with a demo that was stopped."""
    return f"amc demo --days {days} --to {newest}{home_option(home)}"


def _settings(home: Path | None) -> Settings:
    settings = settings_of(home, {"AMC_PLAN": str(Plan.SIMULATED)})
    if home is None and settings_of().plan is not Plan.SIMULATED:
        # keys are set: the real lake stays untouched
        return settings_of(settings.home / "demo", {"AMC_PLAN": str(Plan.SIMULATED)})
    return settings


def _lists(found: list[Json]) -> dict[date, list[str]]:
    return {
        date.fromisoformat(screen["trade_date"]): [row["symbol"] for row in screen["candidates"]] for screen in found
    }


def _print(newest: Json, cards: list[Scorecard], days: int, seconds: float) -> None:
    print_screen(newest)
    rows = [card.as_json() for card in cards]
    print_table("candidates against what the simulator planted (simulated numbers)", rows, list(rows[0]))
    result(f"{days} sessions in {seconds:.1f} s")

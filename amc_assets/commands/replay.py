"""`amc replay`: run the assets for past sessions over HTTP, then measure the lists beside simple sorts."""

import shlex
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amc_assets.commands.newest_home import remember
from amc_assets.commands.output import CommandError, Exit, print_json, print_table, result, say
from amc_assets.commands.published import published_screen
from amc_assets.commands.running_home import home_option, kept_sentence, noted, print_next
from amc_assets.commands.screen import print_screen
from amc_assets.commands.session import check_dagster_home, complete_sessions, date_of, settings_of, strategy_of
from amc_assets.commands.signals import kept_when_stopped
from amc_assets.commands.waiting import told
from amc_assets.defs.running import RunFailedError, fetch_forward, instance_of, run_days
from amc_assets.evaluation.watch import WatchRow
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.identity import Moment, part_name
from amc_assets.pipeline.measure import LABELS, Measurement, measure
from amc_assets.pipeline.reporting import write_report
from amc_assets.pipeline.screen import stored_screen
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.replay.market import Market
from amc_assets.settings import Settings
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.registry import STRATEGIES

if TYPE_CHECKING:
    from amc_assets.replay.faults import FaultPlan

Json = dict[str, Any]
WITHOUT_FLOAT = "without float"


def replay(
    data: Path | None,
    first: str,
    last: str,
    *,
    strategy: str | None,
    float_use: str,
    full: bool,
    home: Path | None,
    as_json: bool,
    fault_rules: Sequence[str] = (),
) -> None:
    """Replay ``first`` to ``last``; print the runs as JSON, or what became of the lists as tables.

    ``fault_rules`` break the server's answers on purpose; what was injected is printed.
    """
    check_dagster_home()
    market, faults = market_of(data), faults_of(fault_rules)
    days = complete_sessions(date_of(first), date_of(last), market)
    settings = _settings(market, home)
    names = [strategy_of(strategy, settings)] if strategy else list(STRATEGIES)
    parts: dict[str, dict[date, str]] = {}
    again = _again(data, days, float_use, settings.home)
    note = noted(settings.home, "amc replay", market)
    for use in ("biased", "none") if float_use == "both" else (float_use,):
        chosen = settings.model_copy(update={"allow_biased_float": use == "biased"})
        say(f"replaying {len(days)} sessions of the {market.name} market, float {use} ...")
        with (
            kept_when_stopped(partial(kept_sentence, settings, days, again)),
            told() as progress,
            open_workspace(chosen, market=market, faults=faults, progress=progress) as workspace,
            instance_of(Path("-")) as instance,
        ):
            remember(note)
            try:
                run_days(workspace, days, instance)
            except RunFailedError as error:
                raise CommandError(str(error)) from error
            fetch_forward(workspace, days)
            parts["" if use in {float_use, "biased"} else WITHOUT_FLOAT] = _parts(workspace, days)
    if fault_rules:
        counts = ", ".join(f"{dataset} {kind} {count}" for (dataset, kind), count in faults.injected_by_dataset.items())
        say(f"faults injected: {counts or 'none struck'}")
    with open_workspace(settings, market=market) as workspace:
        found = measure(workspace.lake, days, parts, workspace.clock.now(), market.watched)
        if as_json:
            print_json([_screen(workspace, day, name, parts[""][day], full=full) for day in days for name in names])
            say(f"stored in {settings.home}")
            return
        newest = stored_screen(workspace.lake, days[-1], _shown(names, settings), part=parts[""][days[-1]])
        page = write_report(settings, workspace.lake, days[-1])
    print_screen(newest)
    _print(found, names)
    print_next(settings.home, newest, page)


def _shown(names: Sequence[str], settings: Settings) -> str:
    """Return the strategy whose list is printed: the one asked for, else the served one."""
    return names[0] if len(names) == 1 else str(settings.scoring_strategy)


def _again(data: Path | None, days: Sequence[date], float_use: str, home: Path) -> str:
    """Return the command that goes on with a replay that was stopped."""
    where = "" if data is None else f" --data {shlex.quote(str(data))}"
    return f"amc replay{where} --from {days[0]} --to {days[-1]} --float {float_use}{home_option(home)}"


def faults_of(rules: Sequence[str]) -> "FaultPlan":
    """Return the plan of faults that the rules write. Raises CommandError (usage) for a rule that cannot be read."""
    from amc_assets.replay.faults import FaultPlan, FaultRule

    try:
        return FaultPlan([FaultRule.parse(rule) for rule in rules])
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from error


def market_of(data: Path | None) -> Market:
    """Return the recorded market of a folder, or the simulated one. Raises CommandError (usage)."""
    if data is None:
        from amc_assets.replay.simulated import SimulatedMarket

        return SimulatedMarket(seed=settings_of().simulation_seed)
    from amc_assets.replay.recorded import RecordedDataError, RecordedMarket

    try:
        market = RecordedMarket(data)
        market.prepare()
    except RecordedDataError as error:
        raise CommandError(str(error), Exit.USAGE) from error
    return market


def _settings(market: Market, home: Path | None) -> Settings:
    """Replays keep their own lake and database: recorded days of the past never mix with a live installation."""
    plan = "simulated" if market.is_simulated else "free"
    base = settings_of(None)
    folder = home or base.home / "replay" / market.name
    return settings_of(folder, {"AMC_PLAN": plan})


def _parts(workspace: Workspace, days: Sequence[date]) -> dict[date, str]:
    hashes = [load_calibration(name).calibration_hash for name in STRATEGIES]
    return {
        day: part_name(Moment(day, "regular", end_of_day_as_of(day)), hashes, workspace.data_source) for day in days
    }


def _screen(workspace: Workspace, day: date, name: str, part: str, *, full: bool) -> Json:
    return published_screen(stored_screen(workspace.lake, day, name, part=part, full=full))


def _print(found: Measurement, names: Sequence[str]) -> None:
    for name in names:
        rows = [_watch_row(row) for row in found.watch if row.strategy == name]
        if rows:
            print_table(f"{name}: place among all scored / among gated", rows, list(rows[0]))
    for label in LABELS:
        print_table(f"precision@{found.study.k}, label {label}", _study_rows(found, label), _STUDY_COLUMNS)
    result(
        "same universe, days, entry (next open) and publication lag for every list; empty slots of short lists are "
        "misses; sorts use the recorded float"
    )


_STUDY_COLUMNS = ("list", "variant", "precision", "low", "high", "base_rate", "lift", "days", "empty_slots", "unknown")


def _study_rows(found: Measurement, label: str) -> list[Json]:
    rows = [row for row in found.study.rows if row.label == label]
    rows.sort(key=lambda row: -(row.summary.precision or 0.0))
    return [
        {
            "list": row.strategy,
            "variant": row.variant,
            "precision": row.summary.precision,
            "low": row.precision_interval.low,
            "high": row.precision_interval.high,
            "base_rate": row.summary.base_rate,
            "lift": row.summary.lift,
            "days": row.summary.days,
            "empty_slots": row.summary.empty,
            "unknown": row.summary.unknown,
        }
        for row in rows
    ]


def _watch_row(row: WatchRow) -> Json:
    return {
        "date": row.trade_date.isoformat(),
        "symbol": row.symbol,
        "rank_scored": row.rank_scored,
        "scored": row.scored,
        "rank_gated": row.rank_gated,
        "gated": row.gated,
        "reason": row.reason,
    }

"""The JSON of a run (detectors.md): built once when the run ends, read back by ``amc``, the report and the UI."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow.compute as pc

from amc_assets.features.snapshot import InputAge, Snapshot
from amc_assets.features.table import SnapshotHead, from_table
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import CANDIDATES, DISCOVERY_RUNS, FEATURE_SNAPSHOT
from amc_assets.market.lookup import nearest_symbols, symbols_meant
from amc_assets.pipeline.identity import Moment
from amc_assets.reasons import Reason
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.contributions import Contribution, contributions, yardstick
from amc_assets.strategies.explain import UnknownSymbol, explain, ranked
from amc_assets.strategies.opening import opening
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.result import StrategyResult
from amc_assets.strategies.score import score_all

Json = dict[str, Any]
COMPARED_NAMES = 50
LIVE = "live"
"""The data source of a run that asked the real hosts."""


def utc(at: datetime | None) -> str | None:
    """Return an instant as UTC ISO 8601, or None."""
    return None if at is None else at.astimezone(UTC).isoformat()


def head(
    moment: Moment,
    identifier: str,
    snapshot: Snapshot,
    result: StrategyResult,
    reason: str,
    *,
    session_overrides: bool,
) -> Json:
    """Return the screen object without ``candidates`` and ``ranked``, and what it takes to score the run again."""
    return {
        "trade_date": moment.trade_date.isoformat(),
        "session": moment.session,
        "as_of": utc(moment.as_of),
        "strategy": result.strategy,
        "session_overrides": session_overrides,
        "discovery_run_id": identifier,
        "snapshot_hash": snapshot.content_hash,
        "calibration_hash": result.calibration_hash,
        "is_simulated": snapshot.is_simulated,
        "universe_count": snapshot.universe_count,
        "scored_count": len(result.order),
        "candidates_found": result.candidates_found,
        "median_score": None if np.isnan(result.median_score) else result.median_score,
        "inputs": [_input(age) for age in snapshot.inputs],
        "funnel": [{"gate": step.gate, "in": step.entered, "out": step.passed} for step in result.funnel],
        "reason": reason or None,
        "feature_sources": {name: feature.source for name, feature in sorted(snapshot.features.items())},
    }


def _snapshot_head(day: date, stored: Json) -> SnapshotHead:
    return SnapshotHead(
        trade_date=day,
        session=stored["session"],
        as_of=datetime.fromisoformat(stored["as_of"]),
        is_simulated=stored["is_simulated"],
        inputs=tuple(_input_age(item) for item in stored["inputs"]),
        universe_count=stored["universe_count"],
        sources=stored["feature_sources"],
    )


def _input_age(item: Json) -> InputAge:
    known_at = None if item["known_at"] is None else datetime.fromisoformat(item["known_at"])
    reason = Reason.PRESENT if item["reason"] is None else Reason(item["reason"])
    day = item.get("observed_on")  # runs of earlier versions do not say it
    observed_on = None if day is None else date.fromisoformat(day)
    return InputAge(item["name"], item["source"], known_at, item["age_hours"], reason, item["note"] or "", observed_on)


def _input(age: InputAge) -> Json:
    return {
        "name": age.name,
        "source": age.source,
        "known_at": utc(age.known_at),
        "age_hours": age.age_hours,
        "reason": None if age.reason is Reason.PRESENT else str(age.reason),
        "note": age.note or None,
        "observed_on": None if age.observed_on is None else age.observed_on.isoformat(),
    }


def market_words(stored: Json) -> str:
    """Return in words what data a stored run read: the simulated market, replayed recordings, or the real sources."""
    return data_words(stored.get("data_source", LIVE), is_simulated=stored["is_simulated"])


def data_words(data_source: str, *, is_simulated: bool) -> str:
    """Return in words what ``Workspace.data_source`` is."""
    if is_simulated:
        return "SIMULATED market"
    source = data_source.partition("+")[0]
    return "real data" if source == LIVE else f"real data, replayed from the recorded days of {source}"


class NoSuchRunError(LookupError):
    """No stored run answers the question; the message says what to run."""


def stored_screen(
    lake: Lake, day: date, strategy: str, *, full: bool = False, session: str | None = None, part: str | None = None
) -> Json:
    """Return the screen object of the newest stored run of ``day``, or of ``part``.

    ``full`` adds ``ranked``: every scored name with its gates, best first, from the stored snapshot scored again under
    the calibration of the run. Raises NoSuchRunError.
    """
    part = part or newest_part(lake, day, strategy, session)
    found = _stored_head(lake, day, strategy, part)
    found["candidates"] = _candidates(lake, day.isoformat(), part, strategy)
    if full:
        _, result = _scored_again(lake, day, part, found)
        found["ranked"] = ranked(result)
    return found


def _stored_head(lake: Lake, day: date, strategy: str, part: str) -> Json:
    runs = lake.read_part(DISCOVERY_RUNS, day.isoformat(), part)
    if runs is None:
        raise NoSuchRunError(
            f"run {part} of {day} is not in {lake.root}. Next: `amc screen --date {day}` without a run"
        )
    rows = runs.filter(pc.equal(runs.column("strategy").cast("string"), strategy))
    if not rows.num_rows:
        raise NoSuchRunError(f"run {part} of {day} was not scored by {strategy!r}. Next: `amc list strategies`")
    found: Json = json.loads(rows.column("head")[0].as_py())
    found["status"] = rows.column("status")[0].as_py()
    lacking = sorted({"session_overrides", "feature_sources"} - found.keys())
    if lacking:
        raise NoSuchRunError(
            f"run {part} of {day} was stored by an earlier version ({', '.join(lacking)} missing). "
            f"Next: materialise `candidates` for {day} again"
        )
    return found


def newest_part(lake: Lake, day: date, strategy: str, session: str | None = None) -> str:
    """Return the name of the stored run of ``day`` with the latest as_of (then the latest write) for ``strategy``."""
    wanted = [part for part in lake.parts(DISCOVERY_RUNS, day.isoformat()) if session in {None, part.split("-")[0]}]
    for part in sorted(wanted, key=lambda name: (name.split("-")[1], wanted.index(name)), reverse=True):
        runs = lake.read_part(DISCOVERY_RUNS, day.isoformat(), part)
        if runs is not None and strategy in runs.column("strategy").to_pylist():
            return part
    raise NoSuchRunError(
        f"no discovery run of {day} is stored under {lake.root}. Next: materialise `candidates` for {day} "
        f"(amc replay, or the Dagster UI); `amc doctor` says which days are there"
    )


def _candidates(lake: Lake, key: str, part: str, strategy: str) -> list[Json]:
    table = lake.read_part(CANDIDATES, key, part)
    if table is None:
        return []
    rows = table.filter(pc.equal(table.column("strategy").cast("string"), strategy)).sort_by("rank")
    return [json.loads(text) for text in rows.column("explanation").to_pylist()]


@dataclass(frozen=True)
class Explained:
    """One name of a stored run: the run's head, the name object, its opening sentence, what each component adds."""

    head: Json
    name: Json
    opening: str
    contributions: tuple[Contribution, ...]
    is_additive: bool


def stored_explained(lake: Lake, day: date, strategy: str, symbol: str) -> Explained:
    """Return any symbol of the newest stored run, candidate or not, explained in full.

    The stored snapshot is scored again under the calibration of the run, so every name has its explanation without
    every explanation being stored. ``symbol`` may be written as any source writes it, in any case. Raises
    NoSuchRunError; UnknownSymbol, which names the nearest symbols of the run.
    """
    head, snapshot, result = rescored(lake, day, strategy, newest_part(lake, day, strategy))
    name = explain(result, snapshot, _meant(symbol, result.symbols.tolist(), day))
    against = yardstick(STRATEGIES[strategy], load_calibration(strategy))
    return Explained(
        head, name, opening(name, against), tuple(contributions(name, against)), against.weights is not None
    )


def _meant(text: str, symbols: list[str], day: date) -> str:
    """Return the one symbol of a run that a text can mean. Raises UnknownSymbol."""
    found = symbols_meant(text, symbols)
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownSymbol(f"{text} may be {' or '.join(found)} on {day}. Next: write it as one of these")
    near = ", ".join(nearest_symbols(text, symbols))
    step = f"one of the nearest names: {near}" if near else "`amc screen --full`, which lists every name"
    raise UnknownSymbol(f"{text} is not among the {len(symbols)} names of the run of {day}. Next: try {step}")


@dataclass(frozen=True)
class StoredRun:
    """One stored run read back whole: its screens with ``ranked``, in the order of the strategies, and its snapshot."""

    snapshot: Snapshot
    screens: tuple[Json, ...]


def stored_run(lake: Lake, day: date, part: str, served: str) -> StoredRun:
    """Return every strategy a run was scored by; the snapshot is read once.

    ``ranked`` is whole for the served strategy and holds the first fifty names of the others, which are only compared:
    gates of every name of four strategies took a quarter of a second. Raises NoSuchRunError.
    """
    runs = lake.read_part(DISCOVERY_RUNS, day.isoformat(), part)
    names = [] if runs is None else runs.column("strategy").to_pylist()
    if not names:
        raise NoSuchRunError(f"run {part} of {day} is not in {lake.root}. Next: materialise `candidates` for {day}")
    heads = {name: stored_screen(lake, day, name, part=part) for name in names}
    snapshot = _snapshot(lake, day, part, heads[names[0]])
    screens = tuple(
        head | {"ranked": ranked(_scored(snapshot, day, part, head), None if name == served else COMPARED_NAMES)}
        for name, head in heads.items()
    )
    return StoredRun(snapshot, screens)


def rescored(lake: Lake, day: date, strategy: str, part: str) -> tuple[Json, Snapshot, StrategyResult]:
    """Return head, snapshot and scores of a stored run, scored again. Raises NoSuchRunError when that cannot be."""
    stored = stored_screen(lake, day, strategy, part=part)
    return stored, *_scored_again(lake, day, part, stored)


def _scored_again(lake: Lake, day: date, part: str, stored: Json) -> tuple[Snapshot, StrategyResult]:
    snapshot = _snapshot(lake, day, part, stored)
    return snapshot, _scored(snapshot, day, part, stored)


def _snapshot(lake: Lake, day: date, part: str, stored: Json) -> Snapshot:
    table = lake.read_part(FEATURE_SNAPSHOT, day.isoformat(), part)
    if table is None:
        raise NoSuchRunError(
            f"run {part} of {day} has lost its feature_snapshot. Next: materialise `candidates` for {day} again"
        )
    return from_table(table, _snapshot_head(day, stored))


def _scored(snapshot: Snapshot, day: date, part: str, stored: Json) -> StrategyResult:
    strategy = stored["strategy"]
    calibration = load_calibration(strategy)
    if calibration.calibration_hash != stored["calibration_hash"]:
        raise NoSuchRunError(
            f"run {part} of {day} was scored under another calibration of {strategy} than the one installed. "
            f"Next: materialise `candidates` for {day} again"
        )
    moment = Moment(day, stored["session"], datetime.fromisoformat(stored["as_of"]))
    results = score_all(
        snapshot,
        [strategy],
        moment.typed_session,
        calibrations={strategy: calibration},
        session_overrides=stored["session_overrides"],
    )
    return results[strategy]

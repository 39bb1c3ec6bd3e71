"""The HTML page of a stored run: read everything back, pick the chart series, render, write atomically."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import amc_assets
from amc_assets.clock import Clock, SystemClock
from amc_assets.features.snapshot import InputAge, Snapshot
from amc_assets.features.splits import SplitHistory
from amc_assets.lake.files import replace_file
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import SHORT_INTEREST, SPLITS
from amc_assets.lake.vintages import known_at_or_before, newest
from amc_assets.market.calendar import exchange_date
from amc_assets.market.publication import published_at, settlement_dates
from amc_assets.pipeline.history import History
from amc_assets.pipeline.positions import read_positions
from amc_assets.pipeline.report_evidence import evidence_of
from amc_assets.pipeline.screen import Json, market_words, newest_part, stored_run
from amc_assets.reasons import Reason
from amc_assets.report.data import ChartSeries, EvaluationRow, Notice, ReportData
from amc_assets.report.facts import facts_of_snapshot, missing_counts
from amc_assets.report.page import MAX_SECTIONS, render
from amc_assets.report.series import CHART_SESSIONS, chart_series
from amc_assets.settings import Settings
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.contributions import yardstick
from amc_assets.strategies.opening import opening
from amc_assets.strategies.registry import STRATEGIES

REPORT_DAYS = 130
"""Settlements of about eight cycles back: what a chart of ninety sessions can show."""


def write_report(
    settings: Settings, lake: Lake, day: date, evaluation: tuple[EvaluationRow, ...] = (), clock: Clock | None = None
) -> Path:
    """Render the newest run of ``day`` and return the path of the page. Raises NoSuchRunError, LakeError."""
    data = report_data(settings, lake, day, evaluation, clock or SystemClock())
    path = settings.home / "reports" / f"discovery-{day}.html"
    page = render(data)
    replace_file(path, lambda temporary: _write(temporary, page))
    return path


def report_data(
    settings: Settings, lake: Lake, day: date, evaluation: tuple[EvaluationRow, ...], clock: Clock
) -> ReportData:
    """Collect everything on the page of the newest run of ``day``."""
    served = str(settings.scoring_strategy)
    part = newest_part(lake, day, served)
    run = stored_run(lake, day, part, served)
    shown = [row["symbol"] for row in next(s for s in run.screens if s["strategy"] == served)["candidates"]]
    as_of = datetime.fromisoformat(run.screens[0]["as_of"])
    return ReportData(
        screens=run.screens,
        served_strategy=served,
        created_at=clock.now(),
        code_version=amc_assets.__version__,
        facts=facts_of_snapshot(run.snapshot, shown),
        series=_series(lake, day, as_of, shown),
        evidence=evidence_of(lake, run.snapshot, shown[:MAX_SECTIONS]),
        openings=_openings(run.screens, served),
        notices=(*_replayed(run.screens[0]), *_notices(run.snapshot)),
        missing=missing_counts(run.snapshot),
        evaluation=evaluation,
        watchlist_limit=load_calibration(served).entry.watchlist_score,
    )


def _write(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")


def _series(lake: Lake, day: date, as_of: datetime, symbols: list[str]) -> Mapping[str, ChartSeries]:
    history = History(lake, day, day, CHART_SESSIONS)
    panel = history.panel(day, as_of)
    held = [key for key in settlement_dates(day - timedelta(days=REPORT_DAYS), day) if published_at(key) <= as_of]
    reports = ((key, lake.read(SHORT_INTEREST, key.isoformat(), as_of)) for key in held)
    tables = [(key, history.identities.of(SHORT_INTEREST, report, as_of)) for key, report in reports]
    known = newest(SPLITS, known_at_or_before(history.splits(), as_of))
    splits = SplitHistory.from_table(history.identities.of(SPLITS, known, as_of))
    positions = read_positions(tables, panel.symbols, splits, day, as_of)
    return chart_series(
        symbols,
        symbols=panel.symbols,
        trade_dates=panel.sessions,
        close_usd=panel.close_usd,
        volume_shares=panel.volume_shares,
        trade_date=day,
        settlement_dates=held,
        visible_from=[exchange_date(published_at(key)) for key in held],
        short_interest_shares=positions.of_known_basis() if held else None,
    )


def _openings(screens: Sequence[Json], served: str) -> Mapping[str, str]:
    """Return the opening sentence of every candidate of the served strategy."""
    against = yardstick(STRATEGIES[served], load_calibration(served))
    shown = next(screen for screen in screens if screen["strategy"] == served)["candidates"]
    return {name["symbol"]: opening(name, against) for name in shown}


def _replayed(screen: Json) -> tuple[Notice, ...]:
    words = market_words(screen)
    if screen["is_simulated"] or words == "real data":
        return ()
    return (Notice("info", "Replay", f"This run read {words}. No source was asked on the day itself."),)


def _notices(snapshot: Snapshot) -> tuple[Notice, ...]:
    """Return what the page does not say by itself (simulated and biased data it does): the inputs that are missing."""
    absent = [age for age in snapshot.inputs if age.reason is not Reason.PRESENT]
    if not absent:
        return ()
    text = "; ".join(f"{age.name}: {age.reason.value.replace('_', ' ')}{_how_old(age)}" for age in absent)
    return (Notice("info", "Inputs that are missing", f"{text}. Scores count only what is there."),)


def _how_old(age: InputAge) -> str:
    return f" ({age.note})" if age.reason is Reason.STALE and age.note else ""

"""The HTML page of a stored run: read everything back, pick the chart series, render, write atomically."""

from datetime import date, datetime, timedelta
from pathlib import Path

import amc_assets
from amc_assets.clock import Clock, SystemClock
from amc_assets.features.snapshot import Provenance, Snapshot
from amc_assets.lake.files import replace_file
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import SHORT_INTEREST
from amc_assets.market.publication import published_at, settlement_dates
from amc_assets.pipeline.history import History
from amc_assets.pipeline.screen import newest_part, rescored, stored_screen
from amc_assets.reasons import CODES, Reason
from amc_assets.report.data import (
    ChartSeries,
    EvaluationRow,
    Fact,
    MissingCount,
    Notice,
    ReportData,
    ShortInterestPoint,
)
from amc_assets.report.page import render
from amc_assets.settings import Settings
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.registry import STRATEGIES

SHOWN_FACTS = ("close_usd", "relvol_30", "short_interest_float_frac", "days_to_cover", "float_shares")
CHART_SESSIONS = 90
REPORTS_ON_CHART = 6


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
    screens = tuple(stored_screen(lake, day, name, part=part, full=True) for name in STRATEGIES)
    _, snapshot, _ = rescored(lake, day, served, part)
    shown = [row["symbol"] for row in next(s for s in screens if s["strategy"] == served)["candidates"]]
    as_of = datetime.fromisoformat(screens[0]["as_of"])
    return ReportData(
        screens=screens,
        served_strategy=served,
        created_at=clock.now(),
        code_version=amc_assets.__version__,
        facts={symbol: _facts(snapshot, symbol) for symbol in shown},
        series=_series(lake, day, as_of, shown),
        notices=_notices(snapshot),
        missing=_missing(snapshot),
        evaluation=evaluation,
        watchlist_limit=load_calibration(served).entry.watchlist_score,
    )


def _write(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")


def _facts(snapshot: Snapshot, symbol: str) -> dict[str, Fact]:
    row = snapshot.symbols.tolist().index(symbol)
    found = {}
    for name in SHOWN_FACTS:
        feature = snapshot.feature(name)
        is_present = bool(feature.present[row])
        found[name] = Fact(
            value=float(feature.values[row]) if is_present else None,
            reason=CODES[int(feature.reasons[row])],
            is_biased=int(feature.provenance[row]) == Provenance.BIASED,
        )
    return found


def _series(lake: Lake, day: date, as_of: datetime, symbols: list[str]) -> dict[str, ChartSeries]:
    panel = History(lake, day, day).panel(day, as_of).window(CHART_SESSIONS)
    reports = _reports(lake, day, as_of)
    columns = {symbol: index for index, symbol in enumerate(panel.symbols.tolist())}
    series = {}
    for symbol in symbols:
        column = columns.get(symbol)
        if column is None:
            continue
        series[symbol] = ChartSeries(
            trade_dates=panel.sessions,
            close_usd=_plain(panel.close_usd[:, column].tolist()),
            volume_shares=_plain(panel.volume_shares[:, column].tolist()),
            short_interest=tuple(point for point in (report.get(symbol) for report in reports) if point is not None),
        )
    return series


def _plain(values: list[float]) -> tuple[float | None, ...]:
    return tuple(None if value != value else value for value in values)  # noqa: PLR0124 - NaN is not itself


def _reports(lake: Lake, day: date, as_of: datetime) -> list[dict[str, ShortInterestPoint]]:
    found = []
    for settlement in settlement_dates(day - timedelta(days=130), day)[-REPORTS_ON_CHART - 2 :]:
        table = lake.read(SHORT_INTEREST, settlement.isoformat(), as_of)
        visible_from = published_at(settlement).date()
        rows = zip(table.column("symbol").to_pylist(), table.column("short_interest_shares").to_pylist(), strict=True)
        found.append({symbol: ShortInterestPoint(settlement, visible_from, shares) for symbol, shares in rows})
    return found


def _notices(snapshot: Snapshot) -> tuple[Notice, ...]:
    notices = []
    if snapshot.is_simulated:
        text = "Every price, volume and position on this page comes from the simulated market. None of it is real."
        notices.append(Notice("alarm", "Simulated market", text))
    biased = int((snapshot.feature("float_shares").provenance == Provenance.BIASED).sum())
    if biased:
        text = (
            f"The float of {biased} names is of a later date than this day. Scores that use it could not have been "
            "computed then; its source confidence is .50 and every such value is marked."
        )
        notices.append(Notice("warning", "Float from a later date", text))
    absent = [age for age in snapshot.inputs if age.known_at is None]
    if absent:
        text = "; ".join(f"{age.name}: {age.reason.value.replace('_', ' ')}" for age in absent)
        notices.append(Notice("info", "Inputs that are missing", f"{text}. Scores count only what is there."))
    return tuple(notices)


def _missing(snapshot: Snapshot) -> tuple[MissingCount, ...]:
    found: list[MissingCount] = []
    for name in SHOWN_FACTS:
        reasons: dict[Reason, int] = {}
        for number in snapshot.feature(name).reasons.tolist():
            reason = CODES[number]
            if reason is not Reason.PRESENT:
                reasons[reason] = reasons.get(reason, 0) + 1
        found += [MissingCount(name, reason, count) for reason, count in sorted(reasons.items())]
    return tuple(found)

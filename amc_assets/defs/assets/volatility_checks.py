"""Checks and plots of options and news: volatility in range, calendar arbitrage, chains for names asked, feeds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.metadata import Metadata
from amc_assets.lake.tables import IV_30D, NEWS, OPTION_CHAINS

if TYPE_CHECKING:
    from amc_assets.pipeline.outcome import Ingested
    from amc_assets.pipeline.workspace import Workspace

RANGE_CHECK = "volatility_in_range"
CALENDAR_CHECK = "no_calendar_arbitrage"
COVERAGE_CHECK = "chains_of_the_shortlist"
FRESH_CHECK = "feeds_are_fresh"
LOWEST_IV_FRAC, HIGHEST_IV_FRAC = 0.01, 10.0
MOST_ARBITRAGE_FRAC = 0.2
LEAST_COVERED_FRAC = 0.5


def specs() -> list[dg.AssetCheckSpec]:
    """Return the declarations."""
    return [
        dg.AssetCheckSpec(
            RANGE_CHECK, asset=IV_30D.name, blocking=True,
            description="Every 30-day volatility lies between 1 % and 1,000 %; one outside is a fault, not a signal.",
        ),
        dg.AssetCheckSpec(
            CALENDAR_CHECK, asset=IV_30D.name,
            description="Total variance rises with time to expiry for at least 80 % of the names.",
        ),
        dg.AssetCheckSpec(
            COVERAGE_CHECK, asset=OPTION_CHAINS.name,
            description="At least half of the names asked for have a chain.",
        ),
        dg.AssetCheckSpec(
            FRESH_CHECK, asset=NEWS.name, description="The newest item is not older than NEWS_DATA_STALENESS_HOURS.",
        ),
    ]  # fmt: skip


def results(workspace: "Workspace", name: str, done: "Sequence[Ingested]") -> list[dg.AssetCheckResult]:
    """Judge what one table of the second stage holds for the run's days; nothing to judge is never a pass."""
    if name == IV_30D.name:
        return [_range(workspace, done), _calendar(workspace, done)]
    if name == OPTION_CHAINS.name:
        return [_coverage(done)]
    return [_freshness(workspace, done)] if name == NEWS.name else []


def _volatilities(workspace: "Workspace", done: "Sequence[Ingested]") -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for item in done:
        rows += workspace.lake.current(IV_30D, item.partition).to_pylist()
    return [row for row in rows if row["iv_30d_frac"] is not None]


def _range(workspace: "Workspace", done: "Sequence[Ingested]") -> dg.AssetCheckResult:
    found = _volatilities(workspace, done)
    outside = [row for row in found if not LOWEST_IV_FRAC <= _number(row, "iv_30d_frac") <= HIGHEST_IV_FRAC]
    return dg.AssetCheckResult(
        check_name=RANGE_CHECK,
        asset_key=IV_30D.name,
        passed=bool(found) and not outside,
        severity=dg.AssetCheckSeverity.ERROR if outside else dg.AssetCheckSeverity.WARN,
        metadata={
            "volatilities": len(found),
            "outside": ", ".join(str(row["symbol"]) for row in outside[:5]) or "none",
        },
    )


def _calendar(workspace: "Workspace", done: "Sequence[Ingested]") -> dg.AssetCheckResult:
    found = _volatilities(workspace, done)
    bad = [str(row["symbol"]) for row in found if row["is_calendar_arbitrage"]]
    return dg.AssetCheckResult(
        check_name=CALENDAR_CHECK,
        asset_key=IV_30D.name,
        passed=bool(found) and len(bad) <= MOST_ARBITRAGE_FRAC * len(found),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"volatilities": len(found), "with_arbitrage": len(bad), "names": ", ".join(bad[:10]) or "none"},
    )


def _coverage(done: "Sequence[Ingested]") -> dg.AssetCheckResult:
    present = [item for item in done if item.absence is None]
    covered = sum(int(item.notes.get("names_with_chain", "0")) for item in present)
    without = sum(_count(item.notes.get("names_without", "none")) for item in present)
    return dg.AssetCheckResult(
        check_name=COVERAGE_CHECK,
        asset_key=OPTION_CHAINS.name,
        passed=covered > 0 and covered >= LEAST_COVERED_FRAC * (covered + without),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"names_with_chain": covered, "names_without": without, "partitions_absent": len(done) - len(present)},
    )


def _count(text: str) -> int:
    return 0 if text == "none" else text.count(";") + 1


def _freshness(workspace: "Workspace", done: "Sequence[Ingested]") -> dg.AssetCheckResult:
    from datetime import date  # noqa: PLC0415 - only a run needs it

    last = done[-1]
    rows = workspace.lake.current(NEWS, last.partition)
    now = workspace.clock_for(date.fromisoformat(last.partition)).now()
    newest = max(rows.column("published_at").to_pylist(), default=None)
    age_hours = None if newest is None else (now - newest).total_seconds() / 3600
    limit_hours = workspace.settings.news_data_staleness_hours
    return dg.AssetCheckResult(
        check_name=FRESH_CHECK,
        asset_key=NEWS.name,
        passed=age_hours is not None and age_hours <= limit_hours,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "items": rows.num_rows,
            "age_hours": -1.0 if age_hours is None else age_hours,
            "limit_hours": limit_hours,
            "failed_feeds": last.notes.get("failed_feeds", "none")[:1000],
        },
    )


def _number(row: dict[str, object], name: str) -> float:
    value = row[name]
    return float(value) if isinstance(value, float | int) else float("nan")


def plots(workspace: "Workspace", name: str, last: "Ingested") -> Metadata:
    """Return the plot of the newest day: term structures beside ``iv_30d``, histories beside ``iv_percentiles``."""
    if last.absence is not None or name not in {IV_30D.name, "iv_percentiles"}:
        return {}
    from amc_assets.pipeline.volatility_plots import history_plot, term_plot  # noqa: PLC0415 - only a run needs it

    picture = term_plot(workspace, last) if name == IV_30D.name else history_plot(workspace, last)
    return {"plot": dg.MetadataValue.md(picture)} if picture else {}

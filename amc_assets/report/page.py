"""Render the page: one HTML text that loads nothing, runs nothing and says where every number came from."""

from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from amc_assets.report import figures
from amc_assets.report.borrowing import BorrowBlock, borrow_block
from amc_assets.report.candidates import (
    action_cell,
    candidate_table,
    comparison_table,
    headline,
    near_miss_table,
    not_shown_table,
)
from amc_assets.report.chart import chart
from amc_assets.report.data import Notice, ReportData
from amc_assets.report.explanation import detector_table, gate_table
from amc_assets.report.headlines import NewsBlock, news_block
from amc_assets.report.options import OptionsBlock, options_block
from amc_assets.report.screen import Name, ReportInputError, Screen, read_screen
from amc_assets.report.sections import (
    evaluation_table,
    funnel_table,
    inputs_table,
    missing_table,
    reliability_table,
)
from amc_assets.report.tables import Cell, Table
from amc_assets.report.text import clean

MAX_SECTIONS = 25
"""Candidates with a section of their own; all are in the table. A section takes at most 55 kB, a page under 2 MB."""


@dataclass(frozen=True)
class EvidenceBlocks:
    """Options, news and borrowing of one candidate."""

    options: OptionsBlock
    news: NewsBlock
    borrow: BorrowBlock


@dataclass(frozen=True)
class CandidateSection:
    """What the page shows of one candidate; opening is empty and evidence None where none was passed."""

    anchor: str
    name: Name
    opening: tuple[str, ...]
    action: Cell
    facts: tuple[tuple[str, Cell], ...]
    chart: Markup
    detectors: Table
    gates: Table
    evidence: EvidenceBlocks | None


def render(report: ReportData) -> str:
    """Return the report as one HTML document, under 2 MB, without scripts or anything loaded from elsewhere.

    Raises ReportInputError when a screen lacks a field, the screens are not of one run, or the served strategy has
    no screen.
    """
    screens = _screens(report)
    served = next(screen for screen in screens if screen.strategy == report.served_strategy)
    anchors = {name.symbol: f"#c{place}" for place, name in enumerate(served.candidates[:MAX_SECTIONS], start=1)}
    return _render_template(
        report=report,
        screen=served,
        notices=_notices(report, served),
        head=_head(report, served),
        candidates=candidate_table(served.candidates, report.facts, anchors),
        sections=[_section(name, anchors[name.symbol], report, served) for name in served.candidates[:MAX_SECTIONS]],
        max_sections=MAX_SECTIONS,
        inputs=inputs_table(served),
        funnel=funnel_table(served),
        reliability=reliability_table(report.reliability),
        evaluation=evaluation_table(report.evaluation),
        not_shown=not_shown_table(served, report.watchlist_limit),
        near_misses=near_miss_table(served),
        missing=missing_table(report.missing),
        comparison=comparison_table(screens, report.served_strategy),
        largest_drop=_largest_drop(served),
    )


def _screens(report: ReportData) -> tuple[Screen, ...]:
    screens = tuple(read_screen(screen) for screen in report.screens)
    names = [screen.strategy for screen in screens]
    if report.served_strategy not in names:
        raise ReportInputError(
            f"no screen of the served strategy {report.served_strategy!r} among {names}: pass it in ReportData.screens"
        )
    runs = {(screen.trade_date, screen.session, screen.as_of, screen.snapshot_hash) for screen in screens}
    if len(runs) > 1 or len(set(names)) < len(names):
        raise ReportInputError(
            f"the screens {names} are not of one run and snapshot, each strategy once: report one run at a time"
        )
    if report.created_at.tzinfo is None:
        raise ReportInputError("created_at has no time zone: pass a UTC instant")
    return screens


def _notices(report: ReportData, served: Screen) -> list[Notice]:
    notices: list[Notice] = []
    if served.is_simulated:
        text = "Every number on this page comes from the simulated market. No symbol, price or result here is real."
        notices.append(Notice("alarm", "SIMULATED", text))
    shown = [report.facts.get(name.symbol, {}) for name in served.candidates]
    biased = [facts for facts in shown if any(one.is_biased for one in facts.values())]
    if biased:
        text = (
            f"{len(biased)} names use share counts that were known only with a later date than this run's as-of "
            "(asked for by AMC_ALLOW_BIASED_FLOAT). Marked values look slightly ahead of time."
        )
        notices.append(Notice("warning", "BIASED FLOAT", text))
    return [*notices, *report.notices]


def _head(report: ReportData, served: Screen) -> list[Cell]:
    scored = f"{len(served.ranked):,}" if served.ranked else figures.DASH
    return [
        Cell(
            "Candidates", f"{len(served.candidates):,}", f"found {served.candidates_found or len(served.candidates):,}"
        ),
        Cell(
            "Scored", scored, "names with at least one detector" if served.ranked else "the ranked list was not passed"
        ),
        Cell("Universe", f"{served.universe_count:,}", "names of the day"),
        Cell("As of", figures.new_york(served.as_of), figures.utc(served.as_of)),
        Cell("Session", served.session, str(served.trade_date)),
        Cell("Strategy served", served.strategy, f"{len(report.screens)} scored on this snapshot"),
    ]


def _section(name: Name, anchor: str, report: ReportData, served: Screen) -> CandidateSection:
    series = report.series.get(name.symbol)
    return CandidateSection(
        anchor=anchor.removeprefix("#"),
        name=name,
        opening=tuple(report.openings.get(name.symbol, "").split("; ")) if name.symbol in report.openings else (),
        action=action_cell(name.action),
        facts=headline(name, report.facts.get(name.symbol, {})),
        chart=chart(name.symbol, series) if series is not None else Markup(),
        detectors=detector_table(name, served),
        gates=gate_table(name),
        evidence=_evidence(name.symbol, report),
    )


def _evidence(symbol: str, report: ReportData) -> EvidenceBlocks | None:
    found = report.evidence.get(symbol)
    if found is None:
        return None
    return EvidenceBlocks(options_block(symbol, found), news_block(symbol, found), borrow_block(symbol, found))


def _largest_drop(served: Screen) -> str:
    drops = [(step.entered - step.passed, step.gate) for step in served.funnel if step.entered > step.passed]
    if not drops:
        return ""
    count, gate = max(drops)
    return f"The gate that turned most names away was {gate}: {count:,} of {served.universe_count:,}."


def _render_template(**context: object) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - 40 ms that other commands save

    environment = Environment(
        loader=PackageLoader("amc_assets.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        score=figures.score, new_york=figures.new_york, utc=figures.utc, long_date=figures.long_date
    )
    css = files("amc_assets.report").joinpath("templates", "report.css").read_text("utf-8")
    return environment.get_template("page.html.j2").render(css=Markup(css), **context)  # noqa: S704 - our own file


def _finalize(value: object) -> object:
    # Every printed expression passes here: what is not our own markup is cleaned, then escaped by jinja.
    if value is None:
        raise ReportInputError("a value without a reason reached the page; missing values are cells with a reason")
    return value if isinstance(value, Markup) else clean(str(value))

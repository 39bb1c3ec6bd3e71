"""Why a name scored as it did: its detectors part by part, and every gate with value and limit."""

import math
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from amc_assets.report import figures
from amc_assets.report.screen import Component, Detector, Gate, Name, ReportInputError, Term, Value
from amc_assets.report.tables import Cell, Row, Table, columns, missing

_DIRECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "at_least": "at least",
        "at_most": "at most",
        "equals": "is",
        "between": "between",
        "above": "above",
        "below": "below",
        "abs_below": "within ±",
        "any_path": "any of",
    }
)


def value_cell(value: Value, unit: str, reason: str | None) -> Cell:
    """Return a value in its unit, or an em dash whose title is the reason."""
    if value is None:
        return missing(reason)
    return Cell(written(value, unit))


def written(value: Value, unit: str) -> str:
    """Return a value or a limit as people write its unit; several are a list. NaN raises ReportInputError."""
    if isinstance(value, list):
        return " and ".join(written(one, unit) for one in value) if unit != "path" else ", ".join(map(str, value))
    if isinstance(value, str):
        return value
    if value is None:
        return figures.DASH
    if not math.isfinite(value):
        raise ReportInputError(f"a value in {unit or 'no unit'} is {value}: a missing value is null with a reason")
    return figures.flag(value) if isinstance(value, bool) else figures.quantity(value, unit)


def detector_table(name: Name, as_of: datetime) -> Table:
    """Return one group of rows per detector: value, unit, score, weight, source, age and reason of each component."""
    found: list[Row] = []
    for detector in name.detectors:
        found.append(_detector_row(detector))
        for component in detector.components:
            found.append(_component_row(component, as_of))
            found += [_term_row(term, as_of) for term in component.terms]
    heads = columns(
        "Detector and component", ("Value", "own unit"), ("Score", "0-1"), ("Weight", "in its group"), "Source",
        ("Known before as-of", "age"), "Why missing",
    )  # fmt: skip
    return Table(f"What made the score of {name.symbol}", heads, tuple(found))


def gate_table(name: Name) -> Table:
    """Return every gate with value, limit and verdict; one that could not be evaluated says so and why."""
    found = [
        (
            Cell(gate.name),
            Cell(gate.kind),
            _verdict(gate),
            value_cell(gate.value, gate.unit, gate.reason),
            Cell(f"{_DIRECTIONS.get(gate.direction, gate.direction)} {written(gate.limit, gate.unit)}"),
        )
        for gate in name.gates
    ]
    heads = columns("Gate", "Kind", "Verdict", ("Value", "own unit"), "Limit")
    return Table(f"Gates of {name.symbol}", heads, tuple(Row(cells) for cells in found))


def _verdict(gate: Gate) -> Cell:
    if gate.passed is None:
        return Cell("not evaluated", gate.reason or "", tone="warn", is_badge=True)
    if gate.passed:
        return Cell("pass", tone="good", is_badge=True)
    return Cell("fail", tone="bad" if gate.kind == "hard" else "warn", is_badge=True)


def _detector_row(detector: Detector) -> Row:
    if detector.score is None:
        reasons = [component.reason for component in detector.components if component.reason]
        score, why = missing(reasons[0] if reasons else None), Cell("no component has a value", tone="warn")
    else:
        score, why = Cell(figures.score(detector.score), bar_frac=detector.score), Cell("")
    label = detector.name.replace("_", " ")
    return Row(
        (Cell(label), Cell(""), score, Cell(""), Cell(f"confidence {detector.confidence:.2f}"), Cell(""), why),
        is_group=True,
    )


def _component_row(component: Component, as_of: datetime) -> Row:
    # With several terms the component has no value of its own: each term's row below has one.
    value = Cell("") if component.terms else value_cell(component.value, component.unit, component.reason)
    source = Cell("") if component.terms else _source(component.source, component.reason)
    known = Cell("") if component.terms else _age(component.known_at, component.reason, as_of)
    return Row(
        (
            Cell(component.name),
            value,
            _score(component.score, component.reason),
            Cell(f"{component.weight:.2f}"),
            source,
            known,
            Cell(component.reason or "", tone="warn" if component.reason else ""),
        )
    )


def _term_row(term: Term, as_of: datetime) -> Row:
    return Row(
        (
            Cell(f"- {term.feature}"),
            value_cell(term.value, term.unit, term.reason),
            _score(term.score, term.reason),
            Cell(f"{term.share:.2f}", tone="muted"),
            _source(term.source, term.reason),
            _age(term.known_at, term.reason, as_of),
            Cell(term.reason or "", tone="warn" if term.reason else ""),
        )
    )


def _score(score: float | None, reason: str | None) -> Cell:
    return missing(reason) if score is None else Cell(figures.score(score), bar_frac=score)


def _source(source: str | None, reason: str | None) -> Cell:
    return Cell(source) if source else missing(reason)


def _age(known_at: datetime | None, reason: str | None, as_of: datetime) -> Cell:
    if known_at is None:
        return missing(reason)
    age_hours = (as_of - known_at).total_seconds() / 3600
    return Cell(figures.hours(age_hours), title=f"known at {figures.utc(known_at)}")

"""Why a name scored as it did: its detectors part by part, and every gate with value and limit."""

import math
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from amc_assets.report import figures
from amc_assets.report.screen import Component, Detector, Gate, Name, ReportInputError, Screen, Term, Value
from amc_assets.report.tables import Cell, Row, Table, columns, missing

Days = Mapping[str, date | None]
"""Source as its rows name it -> the day its newest rows are of."""
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


def detector_table(name: Name, screen: Screen) -> Table:
    """Return a group of rows per detector: value, score, weight, source, days and reason of components and terms."""
    days = {one.source: one.observed_on for one in screen.inputs}
    found: list[Row] = []
    for detector in name.detectors:
        found.append(_detector_row(detector))
        amounts = _amounts(detector)
        for component in detector.components:
            found.append(_component_row(component, amounts.get(component.name), days))
            found += [_term_row(term, component.combine, days) for term in component.terms]
    heads = columns(
        "Detector and component", ("Value", "own unit"), ("Score", "0-1"), ("Weight", "in its group"),
        ("Adds", "to the line it belongs to"), "Source", "Rows of, public since", "Why missing",
    )  # fmt: skip
    return Table(f"What made the score of {name.symbol}", heads, tuple(found))


def gate_table(name: Name) -> Table:
    """Return every gate with value, limit and verdict; one that could not be evaluated says so and why."""
    found = [
        (
            Cell(gate.name),
            Cell(gate.kind),
            _verdict(gate),
            *_value_and_limit(gate),
        )
        for gate in name.gates
    ]
    heads = columns("Gate", "Kind", "Verdict", ("Value", "own unit"), "Limit")
    return Table(f"Gates of {name.symbol}", heads, tuple(Row(cells) for cells in found))


def _value_and_limit(gate: Gate) -> tuple[Cell, Cell]:
    """Return value and limit with the digits that decide: 3.96 % fails at least 4.00 %."""
    direction = _DIRECTIONS.get(gate.direction, gate.direction)
    value, limits = gate.value, gate.limit if isinstance(gate.limit, list) else [gate.limit]
    numbers = [limit for limit in limits if isinstance(limit, int | float)]
    if not isinstance(value, int | float) or not math.isfinite(value) or len(numbers) != len(limits):
        return value_cell(value, gate.unit, gate.reason), Cell(f"{direction} {written(gate.limit, gate.unit)}")
    shown, bounds = figures.beside(value, numbers, gate.unit)
    return Cell(shown), Cell(f"{direction} {' and '.join(bounds)}")


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
        (
            Cell(label),
            Cell(""),
            score,
            Cell(""),
            Cell(""),
            Cell(f"confidence {detector.confidence:.2f}"),
            Cell(""),
            why,
        ),
        is_group=True,
    )


def _component_row(component: Component, adds: float | None, days: Days) -> Row:
    # With several terms the component has no value of its own: each term's row below has one.
    value = Cell("") if component.terms else value_cell(component.value, component.unit, component.reason)
    source = Cell("") if component.terms else _source(component.source, component.reason)
    dates = Cell("") if component.terms else _dates(component, days)
    return Row(
        (
            Cell(component.name),
            value,
            _score(component.score, component.reason),
            Cell(f"{component.weight:.2f}"),
            missing(component.reason) if adds is None else Cell(figures.score(adds)),
            source,
            dates,
            Cell(component.reason or "", tone="warn" if component.reason else ""),
        )
    )


def _term_row(term: Term, combine: str, days: Days) -> Row:
    return Row(
        (
            Cell(f"- {term.feature}"),
            value_cell(term.value, term.unit, term.reason),
            _score(term.score, term.reason),
            Cell(f"{term.share:.2f}", tone="muted"),
            _adds(term, combine),
            _source(term.source, term.reason),
            _dates(term, days),
            Cell(term.reason or "", tone="warn" if term.reason else ""),
        )
    )


def _adds(term: Term, combine: str) -> Cell:
    """Return what a term adds to the score of its component; a term of a product multiplies it."""
    if term.contribution is None:
        return missing(term.reason or "did not count")
    return Cell(f"{'x ' if combine == 'product' else ''}{figures.score(term.contribution)}", tone="muted")


def _amounts(detector: Detector) -> dict[str, float]:
    """Return what each scored component adds to the score of its detector."""
    used = [one for one in detector.components if one.score is not None]
    weights = sum(one.weight for one in used)
    return {one.name: one.weight * one.score / weights for one in used if one.score is not None and weights > 0}


def _score(score: float | None, reason: str | None) -> Cell:
    return missing(reason) if score is None else Cell(figures.score(score), bar_frac=score)


def _source(source: str | None, reason: str | None) -> Cell:
    return Cell(source) if source else missing(reason)


def _dates(part: Component | Term, days: Days) -> Cell:
    """Return the days that the rows behind a value are of, and since when the newest of them is public."""
    if part.known_at is None:
        return missing(part.reason)
    of = dict.fromkeys(str(day) for source in (part.source or "").split(" + ") if (day := days.get(source)))
    public = f"public {figures.new_york(part.known_at)}"
    return Cell(", ".join(of), public) if of else Cell(public)

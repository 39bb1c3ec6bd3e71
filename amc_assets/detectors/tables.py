"""Markdown tables of detectors for the documents, made from declarations and calibration: nothing typed twice."""

from collections.abc import Iterable, Mapping

from amc_assets.detectors.curves import Form, Points
from amc_assets.detectors.declaration import Combine, DetectorDeclaration
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.reasons import MEANING

FORM_WORDS: Mapping[Form, str] = {
    "knots": "linear",
    "log_knots": "linear in log10",
    "rank_knots": "linear in rank among names",
    "inverse": "y · min(x / input, 1)",
    "steps": "steps, from x on",
    "bands": "bands, first that holds, else 0",
    "above": "y when above x, else 0",
}
COMBINE_WORDS: Mapping[Combine, str] = {
    "mean": "mean of present",
    "sum": "sum over present shares",
    "bonus": "first term + bonuses present",
    "product": "product, all needed",
}


def markdown_table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    cells = list(heading)
    lines = [cells, ["---"] * len(cells), *[list(row) for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Return a number as people write it in a table: 150M, 0.995, 5."""
    for size, letter in ((1e9, "B"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:.10g}{letter}"
    return f"{value:.10g}"


def points_text(points: Points) -> str:
    """Return points as ``x: y, x: y`` and bands as ``low-high: y``."""
    return ", ".join(f"{' to '.join(number(x) for x in point[:-1])}: {number(point[-1])}" for point in points)


def overview_table(declarations: Iterable[DetectorDeclaration], parameters: Mapping[str, DetectorParameters]) -> str:
    """Return one row per detector: weight, minimum bars, window, meaning."""
    return markdown_table(
        ("detector", "weight", "bars needed", "looks back (sessions)", "what it says"),
        (
            (
                f"`{d.name}`",
                number(parameters[d.name].weight),
                number(parameters[d.name].minimum_bars),
                number(d.window_sessions),
                d.doc,
            )
            for d in declarations
        ),
    )


def components_table(declarations: Iterable[DetectorDeclaration], parameters: Mapping[str, DetectorParameters]) -> str:
    """Return one row per term: component and weight, input and unit, direction, share, curve and points."""
    rows: list[tuple[str, ...]] = []
    for declaration in declarations:
        numbers = parameters[declaration.name]
        for component in declaration.components:
            given = numbers.components[component.name]
            first = (f"`{declaration.name}`", f"`{component.name}`", number(given.weight))
            for term in component.terms:
                combine = COMBINE_WORDS[component.combine] if len(component.terms) > 1 else ""
                share, points = number(round(given.share(term.feature), 4)), given.terms[term.feature].points
                curve = (FORM_WORDS[term.form], points_text(points))
                rows.append((*first, combine, f"`{term.feature}` ({term.unit})", term.direction, share, *curve))
    heading = ("detector", "component", "weight", "terms", "input (unit)", "runs", "share", "curve", "input: score")
    return markdown_table(heading, rows)


def reasons_table() -> str:
    """Return every reason code with its meaning."""
    return markdown_table(("reason", "meaning"), ((f"`{reason}`", text) for reason, text in MEANING.items()))

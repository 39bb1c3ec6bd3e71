"""The run's own tables: age of every input, gate funnel, missing values, reliability of past alerts, evaluation."""

from collections.abc import Sequence

from amc_assets.reasons import MEANING
from amc_assets.report import figures
from amc_assets.report.data import EvaluationRow, MissingCount, ReliabilityRow
from amc_assets.report.screen import Input, Screen
from amc_assets.report.tables import Cell, Row, Table, columns, missing, rows

_MOST_MISSING_ROWS = 40


def inputs_table(screen: Screen) -> Table:
    """Return source, day of the newest rows, when they became public, how long ago, and the note of every input."""
    found = [
        (
            Cell(one.name),
            _source(one),
            _observed(one, screen),
            Cell(figures.new_york(one.known_at), figures.utc(one.known_at)) if one.known_at else missing(one.reason),
            missing(one.reason) if one.age_hours is None else Cell(figures.hours(one.age_hours)),
            _reason(one.reason),
        )
        for one in screen.inputs
    ]
    heads = columns(
        "Input",
        "Source",
        ("Rows of", "days before the run"),
        "Public since (New York)",
        ("Public for", "hours"),
        "Why missing",
    )
    return Table(
        "Every input at the run's as-of: the day its newest rows are of, and since when they are public",
        heads,
        rows(found),
    )


def _observed(one: Input, screen: Screen) -> Cell:
    """Return the day the newest rows are of, with its age: that of the observation, not of its publication."""
    if one.observed_on is None:
        return missing(one.reason or "rows of many days")
    days = (screen.trade_date - one.observed_on).days
    return Cell(f"{one.observed_on}", "the run's day" if days == 0 else f"{days} day{'s' if days > 1 else ''} before")


def _source(one: Input) -> Cell:
    """Return where the rows come from, with what the run noted of them."""
    if not one.source or (one.reason and not one.known_at):
        return missing(one.reason)
    return Cell(one.source, one.note or "")


def _reason(reason: str | None) -> Cell:
    if reason in (None, "", "present"):
        return Cell("")
    meanings = {str(code): meaning for code, meaning in MEANING.items()}
    return Cell(str(reason), meanings.get(str(reason), ""), tone="warn")


def funnel_table(screen: Screen) -> Table:
    """Return the gates in order with names entered, passed, dropped, and a bar of how much of the universe is left."""
    universe = max(screen.universe_count, 1)
    found = [_funnel_row("universe", None, screen.universe_count, universe)]
    found += [_funnel_row(step.gate, step.entered, step.passed, universe) for step in screen.funnel]
    shown = len(screen.candidates)
    last = screen.funnel[-1].passed if screen.funnel else screen.universe_count
    found.append(_funnel_row("shown as candidate", last, shown, universe))
    heads = columns(
        "Hard gate, in order",
        ("Entered", "names"),
        ("Passed", "names"),
        ("Dropped", "names"),
        ("Passed", "% of universe"),
    )
    return Table("How the universe became the list", heads, rows(found))


def _funnel_row(label: str, entered: int | None, passed: int, universe: int) -> tuple[Cell, ...]:
    entering = Cell("") if entered is None else Cell(f"{entered:,}")
    dropped = Cell("") if entered is None else Cell(f"{entered - passed:,}", tone="muted" if entered == passed else "")
    share = passed / universe
    return (Cell(label), entering, Cell(f"{passed:,}"), dropped, Cell(figures.pct(share), bar_frac=share))


def missing_table(counts: Sequence[MissingCount]) -> Table:
    """Return the features that names lack, with the reason and what would change it, most first."""
    found = [
        (Cell(one.feature), Cell(f"{one.count:,}"), Cell(str(one.reason)), Cell(MEANING[one.reason]))
        for one in counts[:_MOST_MISSING_ROWS]
    ]
    heads = columns("Feature", ("Without it", "names"), "Reason", "What it means")
    return Table("Values that are missing", heads, rows(found))


def reliability_table(found: Sequence[ReliabilityRow]) -> Table:
    """Return how past alerts came out; a rate without resolved alerts is missing, not zero."""
    made = [
        (
            Cell(one.strategy),
            Cell(one.action.replace("_", " ")),
            Cell(one.label),
            Cell(f"{one.alerts:,}"),
            Cell(f"{one.resolved:,}"),
            Cell(f"{one.hits:,}"),
            _rate(one.hit_frac),
            _range(one.low_frac, one.high_frac),
            _rate(one.base_rate_frac),
        )
        for one in found
    ]
    heads = columns(
        "Strategy", "Alert", "Outcome", ("Alerts", "count"), ("Resolved", "count"), ("Came true", "count"),
        ("Share", "%"), ("95 % interval", "%"), ("Random name", "%"),
    )  # fmt: skip
    return Table("Reliability of past alerts", heads, rows(made))


def evaluation_table(found: Sequence[EvaluationRow]) -> Table:
    """Return precision of the first names of each list over past days, beside the sorts it has to beat."""
    made = [
        Row(
            (
                Cell(one.name, "simple sort" if one.is_baseline else "strategy"),
                Cell(one.label),
                Cell(f"{one.days:,}"),
                _rate(one.precision_frac),
                _range(one.low_frac, one.high_frac),
                _rate(one.base_rate_frac),
                _lift(one),
            )
        )
        for one in found
    ]
    heads = columns(
        "List", "Outcome", ("Days", "count"), ("Precision", "%"), ("95 % interval", "%"), ("Base rate", "%"),
        ("Lift", "x"),
    )  # fmt: skip
    return Table("Precision of the first names over past days, against simple sorts", heads, tuple(made))


def _lift(one: EvaluationRow) -> Cell:
    if one.precision_frac is None or not one.base_rate_frac:
        return missing("no resolved outcome")
    return Cell(figures.times(one.precision_frac / one.base_rate_frac))


def _rate(value: float | None) -> Cell:
    return missing("no resolved outcome") if value is None else Cell(figures.pct(value))


def _range(low: float | None, high: float | None) -> Cell:
    if low is None or high is None:
        return missing("too few days or alerts for an interval")
    return Cell(f"{100 * low:.1f}-{100 * high:.1f} %")

"""The list itself: candidate table, near misses, and the strategies' first ten side by side."""

import math
from collections.abc import Callable, Mapping, Sequence

from amc_assets.reasons import Reason
from amc_assets.report import figures
from amc_assets.report.data import Fact
from amc_assets.report.facts import fact
from amc_assets.report.screen import Name, ReportInputError, Screen
from amc_assets.report.tables import Cell, Table, Tone, columns, missing, rows

_COMPARED = 10
SCORE_STEP = "watchlist_score"
"""Last step of a stored funnel: not a gate, but the score that a name on the list must have."""
_NEAR_MISSES = 10
_HEADLINE: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("Close", "close_usd", figures.usd),
    ("Rel. volume", "relvol_30", figures.times),
    ("Short, % of float", "short_interest_float_frac", figures.pct),
    ("Days to cover", "days_to_cover", figures.days),
    ("Float, shares", "float_shares", figures.shares),
)
_ACTION_TONES: Mapping[str, Tone] = {"trade_ready": "good", "watchlist": "warn"}


def candidate_table(
    candidates: Sequence[Name], facts: Mapping[str, Mapping[str, Fact]], anchors: Mapping[str, str]
) -> Table:
    """Return the candidates with the numbers a trader asks for first; anchors lead to a name's own section."""
    made = [_candidate(name, facts.get(name.symbol, {}), anchors.get(name.symbol, "")) for name in candidates]
    heads = columns(
        "Symbol", ("Rank", "of all scored"), ("Score", "0-1"), ("Confidence", "0-1"), ("Ranking score", "0-1"),
        ("Close", "USD"), ("Rel. volume", "x 30 days"), ("Short interest", "% of float"), ("Days to cover", "days"),
        ("Float", "shares"), "Action",
    )  # fmt: skip
    return Table("Candidates, best first", heads, rows(made))


def _candidate(name: Name, facts: Mapping[str, Fact], anchor: str) -> tuple[Cell, ...]:
    return (
        Cell(name.symbol, href=anchor),
        Cell(f"{name.rank}") if name.rank is not None else missing("not ranked"),
        _score(name.score),
        _score(name.confidence),
        _score(name.ranking_score),
        *(cell for _, cell in headline(name, facts)),
        action_cell(name.action),
    )


def headline(name: Name, facts: Mapping[str, Fact]) -> tuple[tuple[str, Cell], ...]:
    """Return label and cell of the five numbers a trader asks for first, in the order of the candidate table."""
    return tuple((label, fact_cell(fact(name, feature, facts), write)) for label, feature, write in _HEADLINE)


def fact_cell(found: Fact, write: Callable[[float], str]) -> Cell:
    """Return a fact as people write it; a biased one is marked, a missing one says why."""
    if found.value is None:
        return missing(found.reason, note=str(found.reason))
    if not math.isfinite(found.value):
        raise ReportInputError(f"a fact is {found.value}: pass None with its reason for a missing value")
    if found.is_biased:
        return Cell(write(found.value), "biased", "known only with a later date than the run's as-of", tone="warn")
    return Cell(write(found.value))


def action_cell(action: str) -> Cell:
    """Return the action as a badge."""
    return Cell(action.replace("_", " "), tone=_ACTION_TONES.get(action, "muted"), is_badge=True)


def not_shown_table(screen: Screen, watchlist_limit: float) -> Table:
    """Return where every name of the universe that is not shown was lost, by the first gate it failed."""
    gates = [step for step in screen.funnel if step.gate != SCORE_STEP]
    lost = [(step.gate, step.entered - step.passed, _examples(screen, step.gate)) for step in gates]
    last = gates[-1].passed if gates else screen.universe_count
    outside = screen.universe_count - (screen.funnel[0].entered if screen.funnel else screen.universe_count)
    cut = max((screen.candidates_found or 0) - len(screen.candidates), 0)
    below = last - len(screen.candidates) - cut
    found = [(f"failed gate {gate} first", count, names) for gate, count, names in lost]
    found.append(("no bar or features: never reached the gates", outside, ""))
    found.append((f"passed every hard gate, scored below {watchlist_limit:.2f}", below, _below(screen)))
    found.append(("candidate, cut by the maximum per run", cut, ""))
    made = [
        (Cell(why), Cell(f"{count:,}"), Cell(figures.pct(count / max(screen.universe_count, 1))), Cell(names))
        for why, count, names in found
        if count
    ]
    heads = columns("Why not shown", ("Names", "count"), ("Share", "% of universe"), "Best-scored among them")
    return Table("Names that are not shown, by the first reason", heads, rows(made))


def _examples(screen: Screen, gate: str, most: int = 6) -> str:
    order = [step.gate for step in screen.funnel]
    first = [
        name.symbol
        for name in screen.ranked
        if min((one for one in name.failed_gates if one in order), key=order.index, default="") == gate
    ]
    return ", ".join(first[:most])


def _below(screen: Screen, most: int = 6) -> str:
    return ", ".join([name.symbol for name in screen.ranked if name.passed and name.action == "none"][:most])


def near_miss_table(screen: Screen) -> Table:
    """Return the best-ranked names that are not shown, with what kept each out."""
    shown = {name.symbol for name in screen.candidates}
    missed = [name for name in screen.ranked if name.symbol not in shown][:_NEAR_MISSES]
    made = [
        (
            Cell(name.symbol),
            Cell(f"{name.rank}") if name.rank is not None else missing("not ranked"),
            _score(name.score),
            _score(name.confidence),
            _score(name.ranking_score),
            Cell(", ".join(name.failed_gates) or "score below the watchlist limit"),
        )
        for name in missed
    ]
    heads = columns(
        "Symbol",
        ("Rank", "of all scored"),
        ("Score", "0-1"),
        ("Confidence", "0-1"),
        ("Ranking score", "0-1"),
        "Kept out by",
    )
    return Table("Best-ranked names that are not shown", heads, rows(made))


def comparison_table(screens: Sequence[Screen], served: str) -> Table:
    """Return the first ten names of each strategy side by side, by ranking score, with gates passed or not."""
    shown = {name.symbol for screen in screens if screen.strategy == served for name in screen.candidates}
    lists = [(screen.ranked or screen.candidates)[:_COMPARED] for screen in screens]
    made = [
        (Cell(f"{place + 1}"), *(_compared(names, place, shown) for names in lists))
        for place in range(max((len(names) for names in lists), default=0))
    ]
    labels = [f"{screen.strategy} (served)" if screen.strategy == served else screen.strategy for screen in screens]
    return Table(
        "First ten of each strategy on the same snapshot", columns(("Rank", "of all scored"), *labels), rows(made)
    )


def _compared(names: Sequence[Name], place: int, shown: set[str]) -> Cell:
    if place >= len(names):
        return Cell("")
    name = names[place]
    ranking = figures.DASH if name.ranking_score is None else figures.score(name.ranking_score)
    gates = "passed gates" if name.passed else f"failed {', '.join(name.failed_gates[:2])}"
    return Cell(name.symbol, f"{ranking} · {gates}", tone="good" if name.symbol in shown else "")


def _score(value: float | None) -> Cell:
    return missing(Reason.INPUT_MISSING) if value is None else Cell(figures.score(value))

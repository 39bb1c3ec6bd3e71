"""Markdown tables of strategies for the documents: gates, limits per session, confidence rules, warning flags."""

from collections.abc import Mapping

from amc_assets.detectors.tables import markdown_table, number
from amc_assets.strategies.calibration_content import Calibration
from amc_assets.strategies.composite import Strategy
from amc_assets.strategies.conditions import Condition, Limit
from amc_assets.strategies.gates import SESSIONS, Gate, GatePath, Session

WORDS: Mapping[str, str] = {
    "at_least": ">=",
    "at_most": "<=",
    "between": "in",
    "equals": "=",
    "above": ">",
    "below": "<",
    "abs_below": "absolute <",
}
"""Comparisons as the documents write them."""


def strategies_table(strategies: Mapping[str, Strategy]) -> str:
    """Return one row per strategy: role, detectors, meaning."""
    return markdown_table(
        ("strategy", "role", "detectors", "what it is"),
        ((f"`{s.name}`", s.role, ", ".join(f"`{d.name}`" for d in s.declarations), s.doc) for s in strategies.values()),
    )


def gates_table(calibration: Calibration) -> str:
    """Return one row per gate in funnel order: kind, what it compares, limit per session, cost."""
    rows = [
        (f"`{gate.name}`", gate.kind, _subject(gate), *(_limit_in(gate, s) for s in SESSIONS), _cost(gate))
        for gate in calibration.gates
    ]
    return markdown_table(("gate", "kind", "input (unit)", *SESSIONS, "failed / cannot be evaluated"), rows)


def paths_table(calibration: Calibration) -> str:
    """Return one row per path of every gate that has paths."""
    rows = [
        (f"`{gate.name}`", f"`{path.name}`", "yes" if path.enabled else "no", _clauses(path))
        for gate in calibration.gates
        for path in gate.paths
    ]
    return markdown_table(("gate", "path", "enabled", "all of"), rows)


def rules_table(calibrations: Mapping[str, Calibration]) -> str:
    """Return one row per number of entry and confidence, one column per strategy."""
    every = list(calibrations.values())
    rows = [
        (f"{table}.{name}", *(number(getattr(getattr(c, table), name)) for c in every))
        for table, names in (
            ("entry", every[0].entry.__struct_fields__),
            ("confidence", ("floor", "penalty_factor_floor")),
        )
        for name in names
    ]
    rows += [
        (
            f"confidence.session_adjustment.{session}",
            *(number(c.confidence.session_adjustment[session]) for c in every),
        )
        for session in SESSIONS
    ]
    rows.append(("sources", *("; ".join(f"{s}: {', '.join(f)}" for s, f in c.sources.items()) for c in every)))
    return markdown_table(("number", *(f"`{name}`" for name in calibrations)), rows)


def risk_table(calibration: Calibration) -> str:
    """Return one row per warning flag; raises ValueError for a calibration without any."""
    if calibration.risk is None:
        raise ValueError(f"calibration {calibration.strategy} has no [risk] table to print")
    rows = [
        (f"`{name}`", number(flag.risk), " and ".join(map(_condition, flag.conditions)))
        for name, flag in calibration.risk.flags.items()
    ]
    return markdown_table(("flag", "risk", "raised when"), [*rows, ("none", number(calibration.risk.baseline), "")])


def _subject(gate: Gate) -> str:
    return f"`{gate.feature}` ({gate.unit})" if gate.feature else "paths below"


def _limit_in(gate: Gate, session: Session) -> str:
    if session in gate.not_in_sessions:
        return "not asked"
    return "any path" if gate.paths else f"{WORDS[gate.direction]} {_limit(gate.limit_in(session, overrides=True))}"


def _limit(limit: Limit) -> str:
    return " to ".join(number(x) for x in limit) if isinstance(limit, tuple) else number(limit)


def _cost(gate: Gate) -> str:
    if gate.kind == "hard":
        return "rejects / rejects" if gate.when_missing == "reject" else "rejects / passes, said so"
    if gate.penalty_per:
        each = f"{number(gate.penalty_frac)} per {number(gate.penalty_per)} beyond"
        return f"{each} / {number(gate.penalty_floor_frac)}"
    return f"{number(gate.penalty_frac)} / {number(gate.penalty_frac)}"


def _clauses(path: GatePath) -> str:
    return "; ".join(" or ".join(map(_condition, clause)) for clause in path.clauses)


def _condition(condition: Condition) -> str:
    return f"`{condition.feature}` {WORDS[condition.direction]} {_limit(condition.limit)}"

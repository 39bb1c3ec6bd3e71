"""Gates: limits a name must meet (hard) or pays confidence for (soft), as data, decided for all symbols at once.

A gate is either one condition or a choice of paths; a path is a list of clauses that must all hold, a clause a list of
conditions of which one must. What is unknown is neither passed nor failed: ``when_missing`` says what it costs.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from amc_assets.features.snapshot import BOOL, F64, U8, Snapshot
from amc_assets.reasons import Reason, code
from amc_assets.strategies.conditions import (
    Comparison,
    Condition,
    Limit,
    Verdict,
    all_of,
    any_of,
    check_limit,
    compare,
    decide,
)

Session = Literal["premarket", "regular", "afterhours"]
SESSIONS: tuple[Session, ...] = ("premarket", "regular", "afterhours")


def as_session(name: str) -> Session:
    """Return ``name`` as a session; raises ValueError for any other word."""
    for session in SESSIONS:
        if name == session:
            return session
    raise ValueError(f"session {name!r} is not scored; sessions are {', '.join(SESSIONS)} (overnight is suspended)")


class GatePath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way through a gate: every clause must hold, of each clause one condition; a disabled path lets nobody in."""

    name: str
    clauses: tuple[tuple[Condition, ...], ...]
    enabled: bool = True


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One gate of a calibration.

    kind hard rejects, soft adds ``penalty_frac`` (at or below 0) to the confidence factor. With ``penalty_per`` the
    penalty grows with each such step beyond the limit, down to ``penalty_floor_frac``; that is the cost of missing.
    ``limit_by_session`` replaces ``limit`` and ``not_in_sessions`` drops the gate while session overrides are in use.
    """

    name: str
    kind: Literal["hard", "soft"]
    unit: str
    feature: str = ""
    direction: Comparison = "at_least"
    limit: Limit = 0.0
    limit_by_session: dict[Session, Limit] = {}
    not_in_sessions: tuple[Session, ...] = ()
    paths: tuple[GatePath, ...] = ()
    when_missing: Literal["reject", "pass", "penalise"] = "reject"
    penalty_frac: float = 0.0
    penalty_per: float = 0.0
    penalty_floor_frac: float = 0.0

    def limit_in(self, session: Session, *, overrides: bool) -> Limit:
        """Return the limit that holds in ``session``."""
        return self.limit_by_session.get(session, self.limit) if overrides else self.limit

    def holds_in(self, session: Session, *, overrides: bool) -> bool:
        """Say whether the gate is asked at all in ``session``."""
        return not (overrides and session in self.not_in_sessions)


@dataclass(frozen=True)
class GateOutcome:
    """What one gate said: values F64 (N,), passed BOOL (N,), evaluated BOOL (N,), rejects BOOL (N,), reasons U8 (N,).

    penalty_frac F64 (N,) is what a soft gate adds to the confidence factor; for a gate of paths, values hold the number
    of the path taken (1..), 0 for none, NaN for unknown.
    """

    gate: Gate
    limit: Limit
    values: F64
    passed: BOOL
    evaluated: BOOL
    rejects: BOOL
    penalty_frac: F64
    reasons: U8


@dataclass(frozen=True)
class FunnelStep:
    """How many names entered a gate and how many passed it."""

    gate: str
    entered: int
    passed: int


def check_gate(gate: Gate) -> None:
    """Refuse a gate that says two things or nothing; raises ValueError naming it."""
    where = f"gate {gate.name}"
    if bool(gate.feature) == bool(gate.paths):
        raise ValueError(f"{where}: give either a feature with a limit or paths, not both and not neither")
    for limit in (gate.limit, *gate.limit_by_session.values()):
        if gate.feature:
            check_limit(where, gate.direction, limit)
    for path in gate.paths:
        for condition in (c for clause in path.clauses for c in clause):
            check_limit(f"{where}, path {path.name}", condition.direction, condition.limit)
    if (gate.kind == "soft") != (gate.when_missing == "penalise") or (gate.kind == "hard" and gate.penalty_frac):
        raise ValueError(f"{where}: a soft gate penalises, a hard gate rejects or passes what it cannot evaluate")
    if gate.kind == "soft" and not -1 <= gate.penalty_frac < 0:
        raise ValueError(f"{where}: penalty_frac is {gate.penalty_frac}, must be from -1 to below 0")
    if gate.penalty_per and isinstance(gate.limit, tuple):
        raise ValueError(f"{where}: a growing penalty needs one limit to grow from, got {gate.limit}")
    if gate.penalty_per < 0 or (gate.penalty_per and not -1 <= gate.penalty_floor_frac <= gate.penalty_frac):
        raise ValueError(
            f"{where}: a growing penalty needs penalty_per > 0 and penalty_floor_frac from -1 to penalty_frac"
        )


def evaluate_gate(snapshot: Snapshot, gate: Gate, session: Session, *, overrides: bool = True) -> GateOutcome:
    """Decide one gate for all symbols of the snapshot."""
    limit = gate.limit_in(session, overrides=overrides)
    if gate.paths:
        verdict, values, reasons = _paths(snapshot, gate)
    else:
        feature = snapshot.feature(gate.feature)
        values, reasons = feature.values, feature.reasons
        verdict = Verdict(compare(values, gate.direction, limit), feature.present)
    rejects = ~verdict.yes & (verdict.known | (gate.when_missing != "pass"))
    if gate.kind == "soft":
        rejects = np.zeros_like(rejects)
    return GateOutcome(
        gate, limit, values, verdict.yes, verdict.known, rejects, _penalty(gate, limit, values, verdict), reasons
    )


def evaluate_gates(
    snapshot: Snapshot, gates: tuple[Gate, ...], session: Session, *, overrides: bool = True
) -> tuple[GateOutcome, ...]:
    """Decide all gates that hold in the session, in calibration order."""
    return tuple(
        evaluate_gate(snapshot, gate, session, overrides=overrides)
        for gate in gates
        if gate.holds_in(session, overrides=overrides)
    )


def funnel(outcomes: tuple[GateOutcome, ...], count: int) -> tuple[tuple[FunnelStep, ...], BOOL]:
    """Return the steps through the hard gates in order, and BOOL (N,) of who passed them all."""
    passed = np.ones(count, np.bool_)
    steps: list[FunnelStep] = []
    for outcome in outcomes:
        if outcome.gate.kind == "hard":
            entered = int(passed.sum())
            passed &= ~outcome.rejects
            steps.append(FunnelStep(outcome.gate.name, entered, int(passed.sum())))
    return tuple(steps), passed


def _penalty(gate: Gate, limit: Limit, values: F64, verdict: Verdict) -> F64:
    """Return what a soft gate costs: nothing when met, its penalty when failed, the most it can cost when unknown."""
    if gate.kind == "hard":
        return np.zeros(values.shape)
    if not gate.penalty_per or isinstance(limit, tuple):
        return np.where(verdict.yes, 0.0, gate.penalty_frac)
    over = np.abs(np.where(verdict.known, values, limit) - limit) / gate.penalty_per
    growing = np.maximum(gate.penalty_frac * over, gate.penalty_floor_frac)
    return np.where(verdict.yes, 0.0, np.where(verdict.known, growing, gate.penalty_floor_frac))


def _paths(snapshot: Snapshot, gate: Gate) -> tuple[Verdict, F64, U8]:
    count = len(snapshot.symbols)
    taken = np.zeros(count)
    verdicts = [Verdict(np.zeros(count, np.bool_), np.ones(count, np.bool_))]
    for number, path in enumerate(gate.paths, start=1):
        if not path.enabled:
            continue
        verdict = all_of([any_of([decide(snapshot, c) for c in clause]) for clause in path.clauses])
        taken = np.where((taken == 0) & verdict.yes, number, taken)
        verdicts.append(verdict)
    whole = any_of(verdicts)
    values = np.where(whole.known, taken, np.nan)
    reasons = np.where(whole.known, code(Reason.PRESENT), code(Reason.INPUT_MISSING)).astype(np.uint8)
    return whole, values, reasons

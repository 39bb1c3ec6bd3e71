"""The screen object of a run as the page reads it: required fields checked once, with the path of what is wrong.

Fields this page does not print are ignored; a field it needs and does not find is an error, never a blank.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

Value = float | bool | str | list[float | str] | None


class ReportInputError(ValueError):
    """A report cannot be made of what it was given; the sentence says what is wrong, where, and what to do."""


class Input(msgspec.Struct, frozen=True):
    """One dataset of the run: the day its newest rows are of, since when they are public, or why there is none."""

    name: str
    source: str
    known_at: datetime | None
    age_hours: float | None
    reason: str | None
    note: str | None = None
    observed_on: date | None = None


class FunnelStep(msgspec.Struct, frozen=True):
    """Names that entered a gate and names that passed it."""

    gate: str
    entered: int = msgspec.field(name="in")
    passed: int = msgspec.field(name="out")


class Term(msgspec.Struct, frozen=True):
    """One input of a component: value in its unit, score 0-1, share of the component."""

    feature: str
    value: Value
    unit: str
    score: float | None
    share: float
    source: str | None
    known_at: datetime | None
    reason: str | None
    contribution: float | None = None


class Component(msgspec.Struct, frozen=True):
    """One part of a detector: value in its unit, score 0-1, weight, where it came from or why it is missing."""

    name: str
    value: Value
    unit: str
    score: float | None
    weight: float
    source: str | None
    known_at: datetime | None
    reason: str | None
    terms: tuple[Term, ...] = ()
    combine: str = "mean"


class Detector(msgspec.Struct, frozen=True):
    """One detector's score and confidence (0-1) with its components."""

    name: str
    score: float | None
    confidence: float
    components: tuple[Component, ...]


class Gate(msgspec.Struct, frozen=True):
    """One gate: value against limit in its unit; passed is None where it could not be evaluated."""

    name: str
    kind: str
    value: Value
    limit: Value
    unit: str
    direction: str
    passed: bool | None
    reason: str | None = None


class Name(msgspec.Struct, frozen=True):
    """One scored symbol; ``detectors`` is empty in ranked lists."""

    symbol: str
    rank: int | None
    score: float | None
    confidence: float
    ranking_score: float | None
    action: str
    passed: bool
    failed_gates: tuple[str, ...]
    detectors: tuple[Detector, ...] = ()
    gates: tuple[Gate, ...] = ()


class Screen(msgspec.Struct, frozen=True):
    """One strategy's view of a run (detectors.md, JSON). ``candidates_found`` counts before the cut to the maximum."""

    trade_date: date
    session: str
    as_of: datetime
    strategy: str
    discovery_run_id: str
    snapshot_hash: str
    calibration_hash: str
    is_simulated: bool
    universe_count: int
    inputs: tuple[Input, ...]
    funnel: tuple[FunnelStep, ...]
    candidates: tuple[Name, ...]
    reason: str | None
    ranked: tuple[Name, ...] = ()
    candidates_found: int | None = None


def read_screen(screen: Mapping[str, Any]) -> Screen:
    """Return the typed screen; raises ReportInputError naming the field for one that is absent or of a wrong type."""
    try:
        typed = msgspec.convert(dict(screen), Screen)
    except msgspec.ValidationError as error:
        who = screen.get("strategy", "unnamed")
        raise ReportInputError(
            f"the screen object of strategy {who!r} cannot be reported: {error}; "
            "make it again with `amc screen --json` of this version"
        ) from error
    instants = [typed.as_of, *(one.known_at for one in typed.inputs)]
    if any(instant is not None and instant.tzinfo is None for instant in instants):
        raise ReportInputError(f"the screen of {typed.strategy} has a time without zone; times must be UTC ISO 8601")
    return typed

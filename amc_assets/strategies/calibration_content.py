"""Strategies as data: the typed form of a calibration file, its checks and its hash."""

import hashlib
from collections.abc import Mapping
from functools import cached_property

import msgspec

from amc_assets.detectors.declaration import DetectorDeclaration
from amc_assets.detectors.parameters import DetectorParameters, check_parameters, check_weights
from amc_assets.features.evidence_hash import evidence_hash
from amc_assets.strategies.conditions import Condition, check_limit
from amc_assets.strategies.gates import SESSIONS, Gate, Session, check_gate


class CalibrationRefused(ValueError):
    """A calibration file that cannot be used; the sentence names the file, the place and what to change."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of score (0-1) and confidence (0-1) for entering the lists."""

    watchlist_score: float
    trade_ready_score: float
    trade_ready_confidence: float


class ConfidenceRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """floor of confidence, floor of the penalty factor, and the factor per session (all 0-1)."""

    floor: float
    penalty_factor_floor: float
    session_adjustment: dict[Session, float]


class RiskFlag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One warning sign: risk (0-1) when all conditions hold."""

    risk: float
    conditions: tuple[Condition, ...]


class RiskRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Risk with no flag raised, and the flags by name; the risk of a symbol is the largest raised one."""

    baseline: float
    flags: dict[str, RiskFlag]


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything a calibration file may hold; detectors by name, gates in funnel order, features per source."""

    strategy: str
    entry: Entry
    confidence: ConfidenceRules
    sources: dict[str, tuple[str, ...]]
    detectors: dict[str, DetectorParameters]
    gates: tuple[Gate, ...]
    risk: RiskRules | None = None

    @cached_property
    def numbers_hash(self) -> str:
        """SHA-256 of the file's canonical content: comments and layout do not count, every number does."""
        content = msgspec.to_builtins(self)
        return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()

    @cached_property
    def calibration_hash(self) -> str:
        """SHA-256 of these numbers and of the data files behind features: what names a run besides its moment."""
        return hashlib.sha256(f"{self.numbers_hash}|{evidence_hash()}".encode()).hexdigest()


def parse_calibration(
    raw: Mapping[str, object], declarations: tuple[DetectorDeclaration, ...], where: str, *, strategy: str
) -> Calibration:
    """Turn decoded TOML into a checked Calibration; raises CalibrationRefused beginning with ``where``."""
    try:
        calibration = msgspec.convert(raw, Calibration)
        check_calibration(calibration, declarations)
    except (msgspec.ValidationError, ValueError) as refused:
        raise CalibrationRefused(f"{where}: {refused}") from refused
    if calibration.strategy != strategy:
        raise CalibrationRefused(f"{where}: is the calibration of {calibration.strategy}, {strategy} was asked for")
    return calibration


def check_calibration(calibration: Calibration, declarations: tuple[DetectorDeclaration, ...]) -> None:
    """Refuse a calibration that does not fit the strategy's detectors or breaks a bound; raises ValueError."""
    names = [declaration.name for declaration in declarations]
    if set(names) != set(calibration.detectors):
        raise ValueError(f"detectors are {sorted(calibration.detectors)}, the strategy has {sorted(names)}")
    check_weights("detectors", {name: d.weight for name, d in calibration.detectors.items()})
    for declaration in declarations:
        check_parameters(declaration, calibration.detectors[declaration.name])
    if not calibration.sources or not all(calibration.sources.values()):
        raise ValueError("sources: name at least one source, each with the features that show it is there")
    gate_names = [gate.name for gate in calibration.gates]
    if len(set(gate_names)) != len(gate_names):
        raise ValueError(f"gate names repeat: {sorted(gate_names)}")
    for gate in calibration.gates:
        check_gate(gate)
    _check_fractions(calibration)


def _check_fractions(calibration: Calibration) -> None:
    rules, entry = calibration.confidence, calibration.entry
    fractions = {
        "confidence.floor": rules.floor,
        "confidence.penalty_factor_floor": rules.penalty_factor_floor,
        "entry.watchlist_score": entry.watchlist_score,
        "entry.trade_ready_score": entry.trade_ready_score,
        "entry.trade_ready_confidence": entry.trade_ready_confidence,
        **{f"confidence.session_adjustment.{s}": a for s, a in rules.session_adjustment.items()},
    }
    if calibration.risk is not None:
        fractions["risk.baseline"] = calibration.risk.baseline
        fractions |= {f"risk flag {name}": flag.risk for name, flag in calibration.risk.flags.items()}
        for name, flag in calibration.risk.flags.items():
            for condition in flag.conditions:
                check_limit(f"risk flag {name}", condition.direction, condition.limit)
    for name, fraction in fractions.items():
        if not 0 <= fraction <= 1:
            raise ValueError(f"{name} is {fraction}, must lie in 0..1")
    if set(rules.session_adjustment) != set(SESSIONS):
        raise ValueError(f"confidence.session_adjustment names {sorted(rules.session_adjustment)}, needs {SESSIONS}")
    if entry.watchlist_score > entry.trade_ready_score:
        raise ValueError("entry: trade_ready_score lies below watchlist_score; a trade-ready name is on the watchlist")

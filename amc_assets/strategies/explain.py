"""Results as people and programs read them: the name object of the screen JSON, ranked lists, the funnel.

Missing is None with a reason code; numbers are plain floats; times are UTC ISO 8601. All rows asked for are read from
the arrays together: a hundred explanations cost a few milliseconds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from amc_assets.detectors.declaration import Combine
from amc_assets.detectors.result import ComponentScores, DetectorScores, TermScores
from amc_assets.features.snapshot import F64, U8, Provenance, Snapshot
from amc_assets.reasons import CODES
from amc_assets.strategies.gates import GateOutcome
from amc_assets.strategies.result import ACTIONS, I64, StrategyResult

Json = dict[str, Any]


class UnknownSymbol(LookupError):
    """A symbol that was not in the run; the sentence says how large the run was."""


def explain(result: StrategyResult, snapshot: Snapshot, symbol: str) -> Json:
    """Return everything the strategy knows about one symbol of the run, candidate or not.

    Raises UnknownSymbol when the run did not hold it, ValueError when the snapshot is of another run.
    """
    return explain_many(result, snapshot, [symbol])[0]


def explain_many(result: StrategyResult, snapshot: Snapshot, symbols: Sequence[str]) -> list[Json]:
    """Return explanations of several symbols in the order given; raises UnknownSymbol for one not in the run."""
    _same_run(result, snapshot)
    rows = _rows(result, symbols)
    names = _names(result, rows)
    detectors = [_detector(detector, rows) for detector in result.detectors]
    gates = _gates(result.gates, rows)
    for index, name in enumerate(names):
        name["detectors"] = [column[index] for column in detectors]
        name["gates"] = gates[index]
    return names


def ranked(result: StrategyResult, limit: int | None = None) -> list[Json]:
    """Return all scored names, best first, with gates and without detectors; ``limit`` cuts the list."""
    rows = result.order[:limit]
    names = _names(result, rows)
    for name, gates in zip(names, _gates(result.gates, rows), strict=True):
        name["gates"] = gates
    return names


def head(result: StrategyResult) -> Json:
    """Return the pieces of the screen object that a strategy knows: its name, hash, funnel and number of candidates."""
    return {
        "strategy": result.strategy,
        "calibration_hash": result.calibration_hash,
        "candidates_found": result.candidates_found,
        "median_score": None if np.isnan(result.median_score) else result.median_score,
        "funnel": [{"gate": step.gate, "in": step.entered, "out": step.passed} for step in result.funnel],
    }


def _same_run(result: StrategyResult, snapshot: Snapshot) -> None:
    if not np.array_equal(result.symbols, snapshot.symbols):
        raise ValueError(
            "result and snapshot hold different symbols: explain a result with the snapshot it was made from"
        )


def _rows(result: StrategyResult, symbols: Sequence[str]) -> I64:
    place = {symbol: row for row, symbol in enumerate(result.symbols.tolist())}
    if absent := [symbol for symbol in symbols if symbol not in place]:
        raise UnknownSymbol(
            f"{', '.join(absent)} not among the {len(place)} symbols of this run; "
            "check the spelling or the universe of that day"
        )
    return np.array([place[symbol] for symbol in symbols], dtype=np.int64)


def _names(result: StrategyResult, rows: I64) -> list[Json]:
    failed: list[list[str]] = [[] for _ in rows]
    for outcome in result.gates:
        for index in np.flatnonzero(outcome.rejects[rows]).tolist():
            failed[index].append(outcome.gate.name)
    actions = [str(action) for action in ACTIONS]
    columns = zip(
        result.symbols[rows].tolist(),
        result.rank[rows].tolist(),
        _plain(result.score[rows]),
        _plain(result.confidence[rows]),
        _plain(result.ranking_score[rows]),
        result.action_codes[rows].tolist(),
        result.passed[rows].tolist(),
        failed,
        strict=True,
    )
    return [
        {
            "symbol": symbol,
            "rank": rank or None,
            "score": score,
            "confidence": confidence,
            "ranking_score": ranking,
            "action": actions[action],
            "passed": passed,
            "failed_gates": gates,
        }
        for symbol, rank, score, confidence, ranking, action, passed, gates in columns
    ]


def _gates(outcomes: tuple[GateOutcome, ...], rows: I64) -> list[list[Json]]:
    columns = [_gate(outcome, rows) for outcome in outcomes]
    return [list(gates) for gates in zip(*columns, strict=True)]


def _gate(outcome: GateOutcome, rows: I64) -> list[Json]:
    gate = outcome.gate
    values: list[Any] = _plain(outcome.values[rows])
    limit: Any = list(outcome.limit) if isinstance(outcome.limit, tuple) else outcome.limit
    direction = str(gate.direction)
    if gate.paths:
        taken = [path.name for path in gate.paths]
        values = [taken[int(value) - 1] if value else None for value in values]
        limit, direction = [path.name for path in gate.paths if path.enabled], "any_path"
    return [
        {
            "name": gate.name,
            "kind": gate.kind,
            "value": value,
            "limit": limit,
            "unit": gate.unit,
            "direction": direction,
            "passed": passed if known else None,
            "reason": None if known else reason,
        }
        for value, passed, known, reason in zip(
            values,
            outcome.passed[rows].tolist(),
            outcome.evaluated[rows].tolist(),
            _reasons(outcome.reasons[rows]),
            strict=True,
        )
    ]


def _detector(detector: DetectorScores, rows: I64) -> list[Json]:
    columns = [_component(component, rows) for component in detector.components]
    scores, sure = _plain(detector.score[rows]), _plain(detector.confidence[rows])
    return [
        {"name": detector.name, "score": scores[i], "confidence": sure[i], "components": [c[i] for c in columns]}
        for i in range(len(rows))
    ]


def _component(component: ComponentScores, rows: I64) -> list[Json]:
    """Return one object per row; several terms are listed under ``terms``, with ``combine``: how they made the score.

    ``value``, ``source`` and ``known_at`` are those of the first term that counted, of the first one where none did.
    """
    scores, reasons = _plain(component.scores[rows]), _reasons(component.reasons[rows])
    terms = [_term(term, rows) for term in component.terms]
    found: list[Json] = []
    for i, (score, reason) in enumerate(zip(scores, reasons, strict=True)):
        of_row = [term[i] for term in terms]
        add_contributions(component.combine, of_row, is_scored=score is not None)
        leading = next((term for term in of_row if term["contribution"] is not None), of_row[0])
        name: Json = {
            "name": component.name,
            "value": leading["value"],
            "unit": leading["unit"],
            "score": score,
            "weight": component.weight,
            "source": leading["source"],
            "known_at": leading["known_at"],
            "provenance": leading["provenance"],
            "reason": reason,
        }
        if len(of_row) > 1:
            name["terms"], name["combine"] = of_row, component.combine
        found.append(name)
    return found


def add_contributions(combine: Combine, terms: list[Json], *, is_scored: bool) -> None:
    """Write into each term what it adds to the component's score 0-1; None for one that did not count.

    Terms of a product are factors: each carries the whole score. A sum over 1 is cut to 1 afterwards.
    """
    used = [term for term in terms if term["score"] is not None] if is_scored else []
    shares = sum(term["share"] for term in used)
    for term in terms:
        term["contribution"] = None
    for term in used:
        weighted = term["share"] * term["score"] if combine == "mean" else term["score"]
        term["contribution"] = weighted / shares if combine in {"mean", "sum"} and shares > 0 else weighted


def _term(term: TermScores, rows: I64) -> list[Json]:
    return [
        {
            "feature": term.feature,
            "value": value,
            "unit": term.unit,
            "score": score,
            "share": term.share,
            "source": term.source if value is not None else None,
            "known_at": known_at,
            "provenance": provenance,
            "reason": reason,
        }
        for value, score, known_at, provenance, reason in zip(
            _plain(term.values[rows]),
            _plain(term.scores[rows]),
            _times(term.known_at[rows]),
            _provenances(term.provenance[rows]),
            _reasons(term.reasons[rows]),
            strict=True,
        )
    ]


def _plain(values: F64) -> list[float | None]:
    return [value if value == value else None for value in values.tolist()]  # noqa: PLR0124 - NaN is not itself


def _times(instants: np.ndarray[Any, np.dtype[np.datetime64]]) -> list[str | None]:
    texts = np.datetime_as_string(instants, unit="s").tolist()
    return [None if text == "NaT" else f"{text}Z" for text in texts]


def _provenances(codes: U8) -> list[str | None]:
    return [None if number == Provenance.MISSING else Provenance(number).name.lower() for number in codes.tolist()]


def _reasons(codes: U8) -> list[str | None]:
    return [None if number == 0 else str(CODES[number]) for number in codes.tolist()]

"""The public JSON of `amc screen`, `amc explain` and `amc replay`: the keys of docs/cli.md in their order, no others.

Stored runs keep more than they publish (sources by feature, notes on inputs): those are for the report and the UI.
"""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

SCREEN_KEYS = (
    "trade_date", "session", "as_of", "strategy", "discovery_run_id", "snapshot_hash", "calibration_hash",
    "is_simulated", "universe_count", "arrived_by", "recomputes", "came_late", "inputs", "funnel", "candidates",
    "ranked", "reason",
)  # fmt: skip
INPUT_KEYS = ("name", "source", "known_at", "age_hours", "reason")
FUNNEL_KEYS = ("gate", "in", "out")
NAME_KEYS = (
    "symbol", "rank", "score", "confidence", "ranking_score", "action", "passed", "failed_gates", "detectors", "gates",
)  # fmt: skip
DETECTOR_KEYS = ("name", "score", "confidence", "components")
COMPONENT_KEYS = ("name", "value", "unit", "score", "weight", "source", "known_at", "provenance", "reason")
"""``provenance`` is there because a float of a later date must be marked as biased in every output."""
GATE_KEYS = ("name", "kind", "value", "limit", "unit", "direction", "passed")


def published_screen(stored: Json) -> Json:
    """Return a stored screen object with its public keys only; ``ranked`` is there when it was asked for."""
    found = _only(stored, SCREEN_KEYS)
    found["inputs"] = [_only(item, INPUT_KEYS) for item in stored["inputs"]]
    found["funnel"] = [_only(step, FUNNEL_KEYS) for step in stored["funnel"]]
    for part in ("candidates", "ranked"):
        if part in stored:
            found[part] = [published_name(name) for name in stored[part]]
    return found


def published_name(stored: Json, *, explained: bool = False) -> Json:
    """Return a name with its public keys only.

    ``explained`` keeps more: ``terms`` of a component made of several inputs and how they ``combine``, ``reason`` of a
    gate (None when it could be evaluated).
    """
    found = _only(stored, NAME_KEYS)
    if "detectors" in stored:
        found["detectors"] = [_detector(item, explained=explained) for item in stored["detectors"]]
    gate_keys = (*GATE_KEYS, "reason") if explained else GATE_KEYS
    found["gates"] = [_only(gate, gate_keys) for gate in stored["gates"]]
    return found


def _detector(stored: Json, *, explained: bool) -> Json:
    keys = (*COMPONENT_KEYS, "terms", "combine") if explained else COMPONENT_KEYS
    return _only(stored, DETECTOR_KEYS) | {"components": [_only(item, keys) for item in stored["components"]]}


def _only(stored: Json, keys: Sequence[str]) -> Json:
    return {key: stored[key] for key in keys if key in stored}

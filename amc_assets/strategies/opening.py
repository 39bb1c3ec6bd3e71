"""The sentence that opens an explanation: why a name is in or out, what weighs most, what is missing, what would help.

A pure function of the name object (``explain``): every number in it is one of the object's, or a limit it was held to.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from amc_assets.quantities import as_written, beside, score
from amc_assets.strategies.contributions import Contribution, Yardstick, contributions

Json = dict[str, Any]
_MOST_NAMED = 3
_MUST_BE = {
    "at_least": "at least {}", "at_most": "at most {}", "above": "above {}", "below": "below {}", "equals": "{}",
    "between": "between {} and {}", "abs_below": "within ±{}", "any_path": "one of {}",
}  # fmt: skip
_LOST_WITH = {
    "at_least": "below {}", "at_most": "above {}", "above": "at or below {}", "below": "at or above {}",
    "between": "outside {} to {}", "abs_below": "at or beyond ±{}",
}  # fmt: skip


def opening(name: Json, against: Yardstick) -> str:
    """Return the opening sentence of a name object with detectors and gates."""
    parts = [_standing(name, against), _weighs_most(name, against), _missing(name), _would_change(name, against)]
    return "; ".join(part for part in parts if part) + "."


def _standing(name: Json, against: Yardstick) -> str:
    symbol, limit = name["symbol"], against.entry.watchlist_score
    if failed := _failed(name):
        more = "" if name["score"] is not None else ", and it has no score"
        return f"{symbol} is out because it failed {_listed([_as_failed(gate) for gate in failed])}{more}"
    if name["score"] is None:
        return f"{symbol} is out because no detector has a value for it, so it has no score"
    shown, (bound,) = beside(name["score"], [limit], "0-1")
    if name["action"] == "none":
        return f"{symbol} passed every hard gate and is out because its score {shown} is below the limit {bound}"
    if name["action"] == "watchlist":
        return f"{symbol} is on the watchlist because it passed every hard gate and its score {shown} meets {bound}"
    met = " and ".join(f"its {label} {number} meets {least}" for label, number, least in _of_trade_ready(name, against))
    return f"{symbol} is trade ready because it passed every hard gate, {met}"


def _of_trade_ready(name: Json, against: Yardstick) -> list[tuple[str, str, str]]:
    """Return score and confidence as written beside the limits of trade ready: label, number, limit."""
    entry = against.entry
    pairs = (("score", entry.trade_ready_score), ("confidence", entry.trade_ready_confidence))
    written = [(label, beside(name[label], [limit], "0-1")) for label, limit in pairs]
    return [(label, shown, limit) for label, (shown, (limit,)) in written]


def _failed(name: Json) -> list[Json]:
    """Return the hard gates that keep the name out, nearest to its limit first, those without a value last."""
    names = set(name["failed_gates"])
    return sorted((gate for gate in name["gates"] if gate["name"] in names), key=_distance)


def _distance(gate: Json) -> float:
    """Return how far a value is from its limit over the larger of the two; infinite where that says nothing."""
    value, limits = gate["value"], _limits(gate)
    if not isinstance(value, float) or gate["unit"] == "flag" or not limits:
        return float("inf")
    size = abs(value) if gate["direction"] == "abs_below" else value
    return min(abs(size - limit) / (max(abs(size), abs(limit)) or 1.0) for limit in limits)


def _limits(gate: Json) -> list[float]:
    limit = gate["limit"]
    if gate["direction"] == "any_path":
        return []
    return list(map(float, limit)) if isinstance(limit, list | tuple) else [float(limit)]


def _as_failed(gate: Json) -> str:
    if gate["value"] is None and gate["reason"]:
        return f"{gate['name']} (no value: {gate['reason']})"
    value, bound = _beside(gate)
    return f"{gate['name']} ({value}, must be {_MUST_BE[gate['direction']].format(*bound)})"


def _beside(gate: Json) -> tuple[str, tuple[str, ...]]:
    if gate["direction"] == "any_path":
        return gate["value"] or "none", (", ".join(gate["limit"]),)
    return beside(gate["value"], _limits(gate), gate["unit"])


def _weighs_most(name: Json, against: Yardstick) -> str:
    found = contributions(name, against)
    if not found:
        return ""
    if against.weights is not None:
        most = max(found, key=lambda one: one.amount)
        said = f"{most.component} of {most.detector} weighs most"
        shown, _ = beside(name["score"], [against.entry.watchlist_score], "0-1")  # the digits of the sentence before
        return f"{said}, {score(most.amount)} of the score {shown}"
    groups = [(group["name"], group["score"]) for group in name["detectors"] if group["score"] is not None]
    return f"what weighs most is {_listed([_in_group(found, *group) for group in groups], most=len(groups))}"


def _in_group(found: list[Contribution], group: str, whole: float) -> str:
    most = max((one for one in found if one.detector == group), key=lambda one: one.amount)
    return f"{most.component} in {group} ({score(most.amount)} of {score(whole)})"


def _missing(name: Json) -> str:
    """Say what has no value: whole detectors by name, else components, and the most frequent reason."""
    gone = [(detector, part) for detector in name["detectors"] for part in detector["components"] if not _scored(part)]
    unchecked = [
        f"{gate['name']} was not checked ({gate['reason']})"
        for gate in name["gates"]
        if gate["kind"] == "hard" and gate["passed"] is None and gate["name"] not in name["failed_gates"]
    ]
    if not gone:
        return "; ".join(["no component is missing", *unchecked])
    total = sum(len(detector["components"]) for detector in name["detectors"])
    (reason, _), *_ = Counter(part["reason"] for _, part in gone).most_common(1)
    verb, often = ("has", "") if len(gone) == 1 else ("have", "most often ")
    said = f"{len(gone)} of {total} components {verb} no value ({often}{reason}): {_listed(list(_named(name)))}"
    return "; ".join([said, *unchecked])


def _scored(component: Json) -> bool:
    return component["score"] is not None


def _named(name: Json) -> Iterator[str]:
    for detector in name["detectors"]:
        gone = [part["name"] for part in detector["components"] if not _scored(part)]
        if len(gone) == len(detector["components"]):
            yield f"all of {detector['name']}"
        else:
            yield from (f"{part} of {detector['name']}" for part in gone)


def _would_change(name: Json, against: Yardstick) -> str:
    wanted = [_as_needed(gate) for gate in _failed(name)]
    if name["action"] != "none":
        return _would_lose(name, against)
    shown, (bound,) = beside(name["score"] or 0.0, [against.entry.watchlist_score], "0-1")
    if name["score"] is None:
        wanted.append(f"a score of at least {bound}")
    elif name["score"] < against.entry.watchlist_score:
        wanted.append(f"a score of at least {bound} (now {shown})")
    return f"to come in it needs {_listed(wanted, most=len(wanted))}"


def _as_needed(gate: Json) -> str:
    if gate["value"] is None and gate["reason"]:
        return f"a value for {gate['name']}"
    _, bound = _beside(gate)
    return f"{gate['name']} {_MUST_BE[gate['direction']].format(*bound)}"


def _would_lose(name: Json, against: Yardstick) -> str:
    """Say which limit stands nearest, and what a watchlist name lacks to be trade ready."""
    entry, is_ready = against.entry, name["action"] == "trade_ready"
    of_action = [_own("score", name["score"], entry.trade_ready_score if is_ready else entry.watchlist_score)]
    if is_ready:
        of_action.append(_own("confidence", name["confidence"], entry.trade_ready_confidence))
    gates = [gate for gate in name["gates"] if gate["kind"] == "hard" and gate["passed"]]
    nearest = min([*of_action, *gates], key=_distance)
    value, bound = _beside(nearest)
    lost = "fall back to the watchlist" if is_ready and nearest in of_action else "drop out"
    said = f"it would {lost} with {nearest['name']} {_LOST_WITH[nearest['direction']].format(*bound)} (now {value})"
    lacks = [
        f"a {label} of at least {limit} (now {shown})"
        for label, shown, limit in _of_trade_ready(name, against)
        if as_written(shown) < as_written(limit)
    ]
    return f"{said}; trade ready needs {_listed(lacks)}" if lacks and not is_ready else said


def _own(label: str, value: float, limit: float) -> Json:
    return {"name": f"its {label}", "value": value, "limit": limit, "unit": "0-1", "direction": "at_least"}


def _listed(items: list[str], most: int = _MOST_NAMED) -> str:
    """Return up to ``most`` items as words, and how many more there are."""
    shown, more = items[:most], len(items) - most
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)

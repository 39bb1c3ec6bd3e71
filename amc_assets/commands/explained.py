"""One name of a stored run for people: why in or out, every term of its score with what it adds, every gate."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from amc_assets.commands.output import print_table, result
from amc_assets.pipeline.screen import Explained
from amc_assets.quantities import beside, quantity, score

Json = dict[str, Any]
PART_COLUMNS = ("part", "value", "score", "weight", "adds", "source", "rows of", "public at", "missing because")
GATE_COLUMNS = ("gate", "kind", "verdict", "value", "limit")
MUST = {
    "at_least": "at least", "at_most": "at most", "equals": "is", "between": "between", "above": "above",
    "below": "below", "abs_below": "within ±", "any_path": "any of",
}  # fmt: skip


def print_explained(found: Explained) -> None:
    """Print the opening sentence, the numbers, what made the score and the gates."""
    name, head = found.name, found.head
    result(found.opening)
    if name["score"] is not None:
        result(
            f"score {score(name['score'])} · confidence {score(name['confidence'])} · ranking score "
            f"{score(name['ranking_score'])} · rank {name['rank']} of {head['scored_count']} scored names"
        )
    whole = "the score" if found.is_additive else "the score of its detector"
    print_table(
        f"what made the score; a component adds to {whole}, a term to its component", _parts(found), PART_COLUMNS
    )
    print_table("gates", [gate_row(gate) for gate in name["gates"]], GATE_COLUMNS)


def _parts(found: Explained) -> list[Json]:
    adds = {(one.detector, one.component): one.amount for one in found.contributions}
    days = {item["source"]: item.get("observed_on") for item in found.head["inputs"]}
    rows = [row for detector in found.name["detectors"] for row in _detector_rows(detector, adds)]
    return [row | {"rows of": _days_of(row["source"], days)} for row in rows]


def _days_of(source: str, days: dict[str, str | None]) -> str:
    """Return the days that the rows behind a value are of: a position is as old as its settlement date."""
    return ", ".join(dict.fromkeys(day for part in source.split(" + ") if (day := days.get(part))))


def _detector_rows(detector: Json, adds: dict[tuple[str, str], float]) -> Iterator[Json]:
    amounts = [adds[key] for key in adds if key[0] == detector["name"]]
    yield {
        "part": detector["name"].upper(),
        "score": _score(detector["score"]),
        "adds": score(sum(amounts)) if amounts else "-",
        "source": f"confidence {score(detector['confidence'])}",
        "missing because": "" if amounts else "no component has a value",
    }
    for component in detector["components"]:
        terms = component.get("terms", ())
        row = _row(component["name"], component if not terms else {**component, "value": None, "source": None})
        amount = adds.get((detector["name"], component["name"]))
        yield {**row, "weight": f"{component['weight']:.2f}", "adds": "-" if amount is None else score(amount)}
        for term in terms:
            yield _term_row(term, component["combine"])


def _term_row(term: Json, combine: str) -> Json:
    adds = "-" if term["contribution"] is None else score(term["contribution"])
    adds = f"x {adds}" if combine == "product" and term["contribution"] is not None else adds
    return {**_row(f"- {term['feature']}", term), "weight": f"{term['share']:.2f}", "adds": adds}


def _row(label: str, part: Json) -> Json:
    has_terms = part.get("terms") is not None
    known_at = None if has_terms else part["known_at"]
    return {
        "part": label,
        "value": "" if has_terms else _value(part),
        "score": _score(part["score"]),
        "source": part["source"] or "",
        "public at": known_at or "",
        "missing because": part["reason"] or "",
    }


def _value(part: Json) -> str:
    """Return a value in its unit, marked where it is not observed: a float of a later date must show everywhere."""
    if part["value"] is None:
        return "-"
    mark = "" if part["provenance"] in {None, "observed"} else f" ({part['provenance']})"
    return f"{quantity(part['value'], part['unit'])}{mark}"


def _score(value: float | None) -> str:
    return "-" if value is None else score(value)


def gate_row(gate: Json) -> Json:
    """Return a gate as people read it: value and limit with the digits that decide, or why it was not checked."""
    value, limit = _value_and_limit(gate)
    verdict = {None: f"not checked: {gate['reason']}", True: "pass", False: "FAIL"}[gate["passed"]]
    return {"gate": gate["name"], "kind": gate["kind"], "verdict": verdict, "value": value, "limit": limit}


def _value_and_limit(gate: Json) -> tuple[str, str]:
    value, limit, must = gate["value"], gate["limit"], MUST[gate["direction"]]
    if gate["direction"] == "any_path":
        return value or "none", f"{must} {', '.join(limit)}"
    limits = list(map(float, limit)) if isinstance(limit, list | tuple) else [float(limit)]
    if value is None:
        return "-", f"{must} {' and '.join(quantity(one, gate['unit']) for one in limits)}"
    written, bounds = beside(value, limits, gate["unit"])
    return written, f"{must} {' and '.join(bounds)}"


def input_row(item: Json, trade_date: str) -> Json:
    """Return one input as people read it: what day its rows are of, how many days ago, since when they are public."""
    of_day = item.get("observed_on")
    days = None if of_day is None else (date.fromisoformat(trade_date) - date.fromisoformat(of_day)).days
    hours = item["age_hours"]
    return {
        "input": item["name"],
        "source": item["source"] if item["known_at"] or item["reason"] is None else "",
        "rows of": of_day or "",
        "days old": "" if days is None else f"{days}",
        "public since": item["known_at"] or "",
        "hours public": "" if hours is None else f"{hours:.1f}",
        "note": " ".join(part for part in (item["reason"], _first_sentence(item.get("note"))) if part),
    }


def _first_sentence(note: str | None) -> str:
    """Return a note without what follows its first next step: six feeds of one dataset say the same."""
    return (note or "").partition(". Next: ")[0]

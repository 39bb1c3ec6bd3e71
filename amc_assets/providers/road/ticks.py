"""Documents of the shared state and clocks: stamps, moves from one clock to another, clocks that went back."""

import json
from collections.abc import Callable

from amc_assets.providers.road.state import TICK_SUFFIX, WRITTEN, Document, StateError


def number(document: Document | None, name: str) -> float | None:
    """Return a field as a float; None when it is absent or null. Raises StateError when it is something else."""
    value = None if document is None else document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StateError(_broken(f"its {name} is {value!r}, not a number"))
    return float(value)


def text(document: Document | None, name: str) -> str:
    """Return a field as text; empty when it is absent or null."""
    value = None if document is None else document.get(name)
    return "" if value is None else str(value)


def stamped(document: Document, now: float) -> Document:
    """Return the document with the instant of its writing."""
    return {**document, WRITTEN: now}


def shifted(document: Document, seconds: float) -> Document:
    """Return the document with every tick moved, as another clock would have shown it."""
    return _each_tick(document, lambda tick: tick + seconds)


def kept_ahead(document: Document, now: float) -> Document:
    """Return a document as it is at ``now`` on a server's clock, which may have been set back.

    Then nothing is known to have passed since it was written: every distance stays as it was, so that no call comes
    too early, and no wait is longer than it was when it was written.
    """
    written = number(document, WRITTEN)
    return document if written is None or written <= now else shifted(document, now - written)


def forgotten_after_boot(document: Document, now: float) -> Document:
    """Return a document as it is at ``now`` on a machine's steady clock, which starts again with the machine.

    A start takes longer than a slot, so ticks of before are not known and block nothing.
    """
    written = number(document, WRITTEN)
    return document if written is None or written <= now else _each_tick(document, lambda _: None)


def encoded(document: Document) -> str:
    """Return the document as JSON text."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def decoded(raw: str | bytes) -> Document:
    """Return the document of a JSON text; raise StateError when it is none."""
    try:
        document = json.loads(raw)
    except ValueError as error:
        raise StateError(_broken(f"it is no JSON ({error})")) from error
    if not isinstance(document, dict):
        raise StateError(_broken("it is no JSON object"))
    return document


def _each_tick(document: Document, move: Callable[[float], float | None]) -> Document:
    ticks = {name: number(document, name) for name in document if name.endswith(TICK_SUFFIX)}
    return {**document, **{name: None if tick is None else move(tick) for name, tick in ticks.items()}}


def _broken(why: str) -> str:
    return (
        f"a document of the shared state of rate limits and breakers cannot be read: {why}. "
        "Another program wrote it: give the state a database or key prefix of its own, or delete the document"
    )

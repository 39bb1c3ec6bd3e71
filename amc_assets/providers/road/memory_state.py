"""Shared state of one process: for a replay server of its own, whose breakers nobody else can be waiting for."""

from threading import Lock

from amc_assets.clock import Clock
from amc_assets.providers.road.state import Change, Document, Result
from amc_assets.providers.road.ticks import stamped


class MemoryState:
    """Documents in memory under one lock, on the given steady clock; threads share them, processes do not."""

    def __init__(self, clock: Clock) -> None:
        """Start with nothing."""
        self._clock = clock
        self._lock = Lock()
        self._documents: dict[str, Document] = {}

    def update(self, key: str, change: Change[Result]) -> Result:
        """Apply ``change`` to the document at ``key``, alone; it runs once."""
        with self._lock:
            now = self._clock.monotonic()
            changed, result = change(self._documents.get(key), now)
            if changed is not None:
                self._documents[key] = stamped(changed, now)
        return result

    def read(self, key: str) -> tuple[Document | None, float]:
        """Return the document at ``key`` and the clock's now."""
        with self._lock:
            return self._documents.get(key), self._clock.monotonic()

"""What the processes of the road share: small documents under a key, changed one process at a time.

The backends (SQLite, PostgreSQL, Redis) know nothing of limits or breakers; limits and breakers know nothing of them.
Fields whose name ends in ``_tick`` are instants on the backend's clock, in seconds; None is "not known". The backends
write ``written_tick`` themselves. That is all they know of a document: enough to carry it from one clock to another.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

Document = Mapping[str, object]
"""JSON values only: what any backend can keep."""

Result = TypeVar("Result")
Change = Callable[[Document | None, float], tuple[Document | None, Result]]
"""Takes the document (None: there is none) and the backend's now; returns the new one (None: leave it) and a result.

It may run more than once for one update, so it has no effect but its return value; what it raises ends the update and
leaves the document as it was. ``now`` is in seconds on a clock that all processes of the backend share: the machine's
steady clock for SQLite, the server's for PostgreSQL and Redis.
"""

TICK_SUFFIX = "_tick"
WRITTEN = "written_tick"


class SharedState(Protocol):
    """Documents shared by processes. No lock is held outside ``update``, and never during a call to a provider."""

    def update(self, key: str, change: Change[Result]) -> Result:
        """Apply ``change`` to the document at ``key``, alone; raise StateError when the state cannot be used."""
        ...

    def read(self, key: str) -> tuple[Document | None, float]:
        """Return the document at ``key`` and the backend's now; raise StateError when the state cannot be used."""
        ...


class StateError(RuntimeError):
    """The shared state cannot be used; the message names it, the reason and what to do."""

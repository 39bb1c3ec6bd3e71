"""How often the server said no, by provider and reason: what a test of limits, plans and keys looks at."""

from collections import Counter
from threading import Lock


class Refusals:
    """Counts refusals by (provider, reason); threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, provider: str, reason: str) -> None:
        """Count one refusal."""
        with self._lock:
            self._counts[provider, reason] += 1

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """Refusals so far, by (provider, reason)."""
        with self._lock:
            return Counter(self._counts)

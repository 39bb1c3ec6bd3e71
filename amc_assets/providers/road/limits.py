"""What the road out is told about a provider: pace, quota, breaker, retries, time budget."""

from dataclasses import dataclass

MARGIN_FRAC = 0.02
LEAST_MARGIN_SECONDS = 0.5
LONGEST_HOLD_SECONDS = 3600.0
"""A provider's Retry-After beyond it is a mistake, not a wish: nobody waits longer."""


@dataclass(frozen=True)
class RoadLimits:
    """Limits of one provider.

    ``calls`` in any window of ``per_seconds`` (of which ``burst`` may come at once), ``per_day`` on one New York date
    (None: no quota). The breaker opens after ``breaker_failures`` in a row, or when ``breaker_window_failure_frac`` of
    the last ``breaker_window_calls`` failed (there being ``breaker_window_min_calls``), stays open for
    ``breaker_seconds`` and closes after ``breaker_successes`` probes. ``retry_attempts`` counts the first one; waits
    grow by ``retry_growth`` from the minimum to the maximum, +- ``retry_jitter_frac``. One fetch never takes longer
    than ``total_seconds``.
    """

    calls: int
    per_seconds: float
    per_day: int | None = None
    burst: int = 1
    breaker_failures: int = 5
    breaker_seconds: float = 120.0
    breaker_successes: int = 1
    breaker_window_calls: int = 20
    breaker_window_min_calls: int = 10
    breaker_window_failure_frac: float = 0.5
    retry_attempts: int = 3
    retry_wait_min_seconds: float = 2.0
    retry_wait_max_seconds: float = 60.0
    retry_jitter_frac: float = 0.25
    retry_growth: float = 2.0
    total_seconds: float = 180.0

    def __post_init__(self) -> None:
        """Refuse limits that would mean "never" or nothing."""
        if self.calls < 1 or self.per_seconds <= 0 or self.total_seconds <= 0:
            raise ValueError(f"a road needs at least one call per positive time and a positive budget: {self}")
        if not 1 <= self.burst <= self.calls:
            raise ValueError(f"burst must be from 1 to calls ({self.calls}), was {self.burst}")
        if self.retry_attempts < 1 or self.breaker_failures < 1 or self.breaker_successes < 1:
            raise ValueError(f"attempts, failures and successes are counted from 1: {self}")
        if not 1 <= self.breaker_window_min_calls <= self.breaker_window_calls:
            raise ValueError(f"a breaker's window needs at least one call and not more than it holds: {self}")
        if not 0 < self.breaker_window_failure_frac <= 1:
            raise ValueError(f"the share of failures that opens a breaker lies above 0 and up to 1: {self}")
        if not 0 <= self.retry_jitter_frac < 1 or self.retry_growth < 1:
            raise ValueError(f"jitter is a fraction below 1 and growth at least 1: {self}")

    @property
    def interval_seconds(self) -> float:
        """Return the spacing that keeps every window within ``calls``, a burst and ``margin_seconds`` included."""
        return (self.per_seconds + self.margin_seconds) / (self.calls - self.burst + 1)

    @property
    def margin_seconds(self) -> float:
        """Return by how much the first call of a window may reach the far end later after its slot than the last one.

        A call waits for its turn on the machine, connects and travels, and the far end counts by its own clock. 2 % of
        the window, which is 20 ms of a second, was not enough: two calls of "one a second" arrived within one.
        """
        return max(MARGIN_FRAC * self.per_seconds, LEAST_MARGIN_SECONDS)

    @property
    def punctuality_seconds(self) -> float:
        """Return how late a call may be for its slot, and how long from there until it is sent.

        A quarter of the margin each; the other half is for the way to the far end.
        """
        return self.margin_seconds / 4

"""When a failed call is made again: growing waits with jitter, Retry-After, three bounds (attempts, time, budget)."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import tenacity

from amc_assets.clock import Clock, Randomness
from amc_assets.providers.errors import ProviderError, RateLimited
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.road.answers import worth_retrying
from amc_assets.providers.road.limits import LONGEST_HOLD_SECONDS, RoadLimits
from amc_assets.providers.road.scrub import scrub

_LOG = logging.getLogger(__name__)


class RetryBudgetLike(Protocol):
    """What all processes together may still spend on retries at a provider: a sick provider is not asked in chorus."""

    def withdraw(self, provider: str, fault: ProviderError) -> bool:
        """Return whether one more retry after ``fault`` is paid for."""
        ...

    def deposit(self, provider: str) -> None:
        """Count a success."""
        ...


@dataclass(frozen=True)
class Retries:
    """The retries of one fetch; ``deadline`` is an instant of the clock's steady seconds."""

    provider: str
    secrets: Collection[str]
    road: RoadLimits
    deadline: float
    clock: Clock
    randomness: Randomness
    budget: RetryBudgetLike | None = None

    def run(self, attempt: Callable[[], Fetched]) -> Fetched:
        """Return what ``attempt`` returns, made again while its error is one that seconds can heal."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(worth_retrying),
            wait=self._wait_seconds,
            stop=self._stop,
            before_sleep=self._log,
            sleep=self.clock.sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        backoff = self.road.retry_wait_min_seconds * self.road.retry_growth ** (state.attempt_number - 1)
        jitter = 1 + self.road.retry_jitter_frac * (2 * self.randomness() - 1)
        wait_seconds = min(backoff, self.road.retry_wait_max_seconds) * jitter
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.retry_after_seconds if isinstance(fault, RateLimited) else None
        return max(wait_seconds, min(asked or 0.0, LONGEST_HOLD_SECONDS))  # the limiter holds no longer either

    def _stop(self, state: tenacity.RetryCallState) -> bool:
        fault = state.outcome.exception() if state.outcome else None
        if not isinstance(fault, ProviderError):
            return True
        if state.attempt_number >= self.road.retry_attempts:
            if self.road.retry_attempts > 1:
                fault.add(f"attempt {state.attempt_number} of {self.road.retry_attempts}")
            return True
        left = self.deadline - self.clock.monotonic()
        if state.upcoming_sleep >= left:
            due = f"the next try is due in {state.upcoming_sleep:.0f} s"
            fault.add(f"gave up: {due}, the time budget has {max(left, 0):.0f} s left")
            return True
        if self.budget is not None and not self.budget.withdraw(self.provider, fault):  # last: a refusal costs nothing
            fault.add(f"not tried again: the retry budget of {self.provider} is used up until calls succeed")
            return True
        return False

    def _log(self, state: tenacity.RetryCallState) -> None:
        fault = state.outcome.exception() if state.outcome else None
        _LOG.warning("%s; trying again in %.1f s", scrub(str(fault), self.secrets), state.upcoming_sleep)

"""The error tree of the road out: every failure is one of these, permanent or transient, told apart once.

    ProviderError
    ├── PermanentError            asking again cannot help
    │   ├── BadRequest            400, 404 for an unknown dataset, 405, 415: our request is wrong
    │   ├── Unauthorized          401, a bad or missing key
    │   ├── NotEntitled           403 or a refusal in a 200: the plan does not include it
    │   ├── NotFound              404 or 403 for something that will never exist
    │   ├── NotRecorded           a replay of recorded days that lack it; nobody was asked, or nobody could answer
    │   └── MalformedBody         the body is not what the provider documents: HTML, truncated, wrong columns
    └── TransientError            asking later can help
        ├── Unreachable           connection refused, reset, DNS, timeout
        ├── ServerFault           5xx
        ├── RateLimited           429 or the provider's own wording; carries retry_after_seconds
        ├── QuotaSpent            a daily quota; next try is tomorrow
        ├── NotYetPublished       the file of today is not out yet
        ├── TooLarge              over the size or time cap
        └── BreakerOpen           we did not ask: the breaker is open until a named instant

Only classification belongs here. ``docs/errors.md`` repeats the tree; a test compares.
"""

from collections.abc import Callable

from amc_assets.reasons import Reason


class ProviderError(Exception):
    """A failed call: says which provider and dataset, what was tried, and what to do next."""

    reason = Reason.PROVIDER_UNAVAILABLE

    def __init__(self, provider: str, dataset: str, attempted: str, next_step: str) -> None:
        super().__init__(provider, dataset, attempted, next_step)
        self.provider = provider
        self.dataset = dataset
        self.attempted = attempted
        self.next_step = next_step

    def __str__(self) -> str:
        """Return one sentence for people: what, why, what next."""
        return f"{self.provider}.{self.dataset}: {self.attempted}. Next: {self.next_step}"

    def add(self, detail: str) -> None:
        """Append what else is known about the attempt (how often, how long) to the sentence."""
        self.attempted = f"{self.attempted} ({detail})"
        self._remember()

    def reword(self, change: Callable[[str], str]) -> None:
        """Pass both halves of the sentence through ``change`` (it masks keys that a body repeated)."""
        self.attempted, self.next_step = change(self.attempted), change(self.next_step)
        self._remember()

    def _remember(self) -> None:
        self.args = (self.provider, self.dataset, self.attempted, self.next_step)  # what pickling rebuilds from


class PermanentError(ProviderError):
    """Asking again cannot help."""

    reason = Reason.PROVIDER_REFUSED


class BadRequest(PermanentError):
    """The request itself is wrong."""


class Unauthorized(PermanentError):
    """The key is missing or not accepted."""


class NotEntitled(PermanentError):
    """The plan does not include it."""

    reason = Reason.PLAN_LACKS_SOURCE


class NotFound(PermanentError):
    """It does not exist and will not."""

    reason = Reason.NOT_PUBLISHED


class NotRecorded(PermanentError):
    """The replayed folder of recorded days does not hold it."""

    reason = Reason.NOT_RECORDED


class MalformedBody(PermanentError):
    """The body is not what the provider documents; nothing of it was used."""


class TransientError(ProviderError):
    """Asking later can help."""


class Unreachable(TransientError):
    """No answer: refused, reset, timed out or unresolved."""


class ServerFault(TransientError):
    """The provider answered 5xx."""


class RateLimited(TransientError):
    """The provider asked us to slow down."""

    def __init__(
        self, provider: str, dataset: str, attempted: str, next_step: str, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(provider, dataset, attempted, next_step)
        self.retry_after_seconds = retry_after_seconds


class QuotaSpent(TransientError):
    """The day's calls are used up."""


class NotYetPublished(TransientError):
    """The source will have it, but not yet."""

    reason = Reason.NOT_PUBLISHED


class TooLarge(TransientError):
    """The body passed the size or time cap; nothing of it was used."""


class BreakerOpen(TransientError):
    """The call was not made: the provider's breaker is open."""

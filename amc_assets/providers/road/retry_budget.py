"""A budget of retries per provider, shared by all processes: a provider that is down is not hammered by each of them.

The numbers are those of the AWS SDKs: a full bucket holds 500 tokens, a retry takes 5, one after a timeout 10, a
success gives 1 back. An empty bucket refuses retries, never first attempts.
"""

from amc_assets.providers.errors import ProviderError, Unreachable
from amc_assets.providers.road.state import Document, SharedState
from amc_assets.providers.road.ticks import number

FULL_TOKENS = 500.0
RETRY_TOKENS = 5.0
UNREACHABLE_RETRY_TOKENS = 10.0
SUCCESS_TOKENS = 1.0


class RetryBudget:
    """The buckets of all providers in one shared state."""

    def __init__(self, state: SharedState) -> None:
        self._state = state

    def withdraw(self, provider: str, fault: ProviderError) -> bool:
        """Pay for a retry after ``fault``; return False, and take nothing, when the bucket holds too little.

        A timeout costs twice; errors of the tree do not tell it from other ways of getting no answer, so all
        ``Unreachable`` do.
        """
        cost = UNREACHABLE_RETRY_TOKENS if isinstance(fault, Unreachable) else RETRY_TOKENS

        def pay(document: Document | None, _now: float) -> tuple[Document | None, bool]:
            left = _tokens(document) - cost
            return (None, False) if left < 0 else ({"tokens": left}, True)

        return self._state.update(key_of(provider), pay)

    def deposit(self, provider: str) -> None:
        """Give a token back after a success; with a full bucket nothing is locked or written."""
        document, _ = self._state.read(key_of(provider))
        if _tokens(document) >= FULL_TOKENS:
            return

        def add(document: Document | None, _now: float) -> tuple[Document | None, None]:
            before = _tokens(document)
            return (None if before >= FULL_TOKENS else {"tokens": min(before + SUCCESS_TOKENS, FULL_TOKENS)}), None

        self._state.update(key_of(provider), add)

    def tokens(self, provider: str) -> float:
        """Return what the bucket of ``provider`` holds."""
        return _tokens(self._state.read(key_of(provider))[0])


def key_of(provider: str) -> str:
    """Return the name of the budget's document of a provider."""
    return f"retries:{provider}"


def _tokens(document: Document | None) -> float:
    tokens = number(document, "tokens")
    return FULL_TOKENS if tokens is None else tokens

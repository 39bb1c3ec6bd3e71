"""The budget of retries: spent by failures, filled by successes, shared, and quiet while it is full."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import ProviderError, ServerFault, Unreachable
from amc_assets.providers.road.retry_budget import FULL_TOKENS, RetryBudget
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets.providers.road.state import Change, Result
from amc_assets_tests.providers.roads import EVENING

FAULT = ServerFault("finra", "d", "GET x was answered 500", "wait")
SILENCE = Unreachable("finra", "d", "GET x timed out", "wait")


class CountingState(SqliteState):
    """Counts how often a lock was asked for."""

    updates = 0

    def update(self, key: str, change: Change[Result]) -> Result:
        """Count and pass on."""
        self.updates += 1
        return super().update(key, change)


def state_in(folder: Path) -> CountingState:
    """Return a state as another process would open it."""
    return CountingState(folder / "state.db", FixedClock(EVENING))


@pytest.mark.parametrize(("fault", "retries"), [(FAULT, 100), (SILENCE, 50)])
def test_a_full_bucket_pays_for_so_many_retries_and_no_more(tmp_path, fault: ProviderError, retries: int) -> None:
    mine, theirs = RetryBudget(state_in(tmp_path)), RetryBudget(state_in(tmp_path))
    allowed = [budget.withdraw("finra", fault) for budget in (mine, theirs) * retries]
    assert allowed == [True] * retries + [False] * retries
    assert mine.tokens("finra") == 0
    assert mine.withdraw("polygon", fault)


def test_successes_give_retries_back_one_by_one(tmp_path) -> None:
    budget = RetryBudget(state_in(tmp_path))
    for _ in range(100):
        budget.withdraw("finra", FAULT)
    for _ in range(4):
        budget.deposit("finra")
    assert not budget.withdraw("finra", FAULT)
    budget.deposit("finra")
    assert not budget.withdraw("finra", SILENCE)
    assert budget.withdraw("finra", FAULT)


def test_a_success_with_a_full_bucket_asks_for_no_lock(tmp_path) -> None:
    state = state_in(tmp_path)
    budget = RetryBudget(state)
    for _ in range(5):
        budget.deposit("finra")
    assert state.updates == 0
    budget.withdraw("finra", FAULT)
    for _ in range(10):
        budget.deposit("finra")
    assert state.updates == 1 + 5
    assert budget.tokens("finra") == FULL_TOKENS


@given(st.lists(st.sampled_from([FAULT, SILENCE, None]), max_size=120))
@settings(max_examples=20)
def test_the_bucket_is_never_below_empty_nor_above_full(tmp_path_factory, story) -> None:
    budget = RetryBudget(state_in(tmp_path_factory.mktemp("budget")))
    paid = 0.0
    for step in story:
        if step is None:
            budget.deposit("finra")
        elif budget.withdraw("finra", step):
            paid += 10 if step is SILENCE else 5
        assert 0 <= budget.tokens("finra") <= FULL_TOKENS
    assert paid <= FULL_TOKENS + story.count(None)

"""A quota goes to the best names first, never beyond what is left, and every refused wish has its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.planner import Wish, plan_calls
from amc_assets.reasons import Reason

WISHES = st.lists(
    st.builds(
        Wish,
        symbol=st.text("ABC", min_size=1, max_size=3),
        dataset=st.sampled_from(["overview", "news_sentiment", "historical_options"]),
        rank=st.integers(1, 40),
        weight=st.floats(0.1, 5),
        age_days=st.none() | st.floats(0, 90),
        fresh_days=st.floats(0, 60),
    ),
    unique_by=lambda wish: (wish.symbol, wish.dataset),
    max_size=60,
)


@given(wishes=WISHES, left=st.none() | st.integers(-3, 70))
def test_every_wish_is_asked_refused_or_fresh_and_the_quota_holds(wishes, left):
    plan = plan_calls(wishes, left)
    refused = [wish for wish, _ in plan.refused]
    assert sorted(map(str, [*plan.asked, *refused, *(w for w in wishes if w.is_fresh)])) == sorted(map(str, wishes))
    assert left is None or len(plan.asked) <= max(left, 0)
    assert not refused or (left is not None and len(plan.asked) == max(left, 0))
    assert all(reason is Reason.QUOTA_SPENT for _, reason in plan.refused)
    assert not plan.asked or not refused or min(w.worth for w in plan.asked) >= max(w.worth for w in refused)


@given(wishes=WISHES, left=st.integers(0, 70), seed=st.randoms())
def test_the_order_of_wishes_does_not_matter(wishes, left, seed):
    shuffled = list(wishes)
    seed.shuffle(shuffled)
    assert plan_calls(shuffled, left) == plan_calls(wishes, left)


def test_free_alpha_vantage_day_takes_floats_of_the_best_before_news_of_the_rest():
    wishes = [Wish(f"S{rank:02d}", "overview", rank, weight=2.0) for rank in range(1, 21)]
    wishes += [Wish(f"S{rank:02d}", "news_sentiment", rank) for rank in range(1, 21)]
    plan = plan_calls(wishes, 25)
    assert plan.symbols("overview") == [f"S{rank:02d}" for rank in range(1, 18)]
    assert plan.symbols("news_sentiment") == [f"S{rank:02d}" for rank in range(1, 9)]


def test_what_is_held_and_fresh_costs_nothing():
    held = Wish("GME", "overview", 1, age_days=3, fresh_days=30)
    old = Wish("AMC", "overview", 2, age_days=31, fresh_days=30)
    new = Wish("BB", "overview", 3)
    assert plan_calls([held, old, new], 1).symbols("overview") == ["BB"]  # nothing held beats something old
    assert plan_calls([held, old, new], 2).symbols("overview") == ["BB", "AMC"]


@pytest.mark.parametrize("changes", [{"rank": 0}, {"weight": 0.0}, {"weight": -1.0}])
def test_a_wish_that_would_turn_the_order_is_refused(changes):
    with pytest.raises(ValueError, match="rank from 1"):
        Wish(**{"symbol": "A", "dataset": "overview", "rank": 1, **changes})

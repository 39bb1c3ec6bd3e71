"""Two copies of a document become one: nothing granted twice, nothing forgotten, in whichever order they meet."""

from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.road.reconcile import reconciled
from amc_assets.providers.road.slots import Slots
from amc_assets.providers.road.state import Document

DAYS = st.sampled_from(["2026-11-19", "2026-11-20"])
COUNTS = st.integers(0, 30)
SLOTS = st.builds(
    lambda tick, day, calls, spent, written: {
        "next_slot_tick": tick, "day": day, "day_calls": calls, "spent_day": spent, "written_tick": written,
    },
    st.none() | st.floats(0, 1e6), DAYS, COUNTS, st.just("") | DAYS, st.floats(0, 1e6),
)  # fmt: skip


@given(SLOTS, SLOTS, st.none() | SLOTS)
def test_slots_lose_no_call_no_slot_and_no_spent_day(theirs: Document, ours: Document, base: Document | None) -> None:
    joined = reconciled("slots:finra", theirs, ours, base)
    for one in (theirs, ours):
        before, after = Slots.of(one, str(one["day"])), Slots.of(joined, str(one["day"]))
        assert after.day_calls >= before.day_calls or joined["day"] > one["day"]  # type: ignore[operator]
        assert before.next_slot_tick is None or (after.next_slot_tick or 0) >= before.next_slot_tick
        assert after.spent_day >= before.spent_day


@given(COUNTS, COUNTS, COUNTS)
def test_calls_of_several_machines_add_up(before: int, mine: int, yours: int) -> None:
    def slots(calls: int) -> Document:
        return {"day": "2026-11-20", "day_calls": calls, "next_slot_tick": None}

    base = slots(before)
    after_mine = reconciled("slots:finra", slots(before), slots(before + mine), base)
    after_both = reconciled("slots:finra", after_mine, slots(before + yours), base)
    assert after_both["day_calls"] == before + mine + yours
    emptied = reconciled("slots:finra", slots(0), slots(before + mine), base)
    assert emptied["day_calls"] == before + mine


def test_of_a_breaker_the_newer_copy_rules_and_of_a_budget_the_poorer() -> None:
    old, new = {"state": "open", "written_tick": 1.0}, {"state": "closed", "written_tick": 2.0}
    assert reconciled("breaker:finra", old, new, None) == reconciled("breaker:finra", new, old, None) == new
    rich, poor = {"tokens": 400.0}, {"tokens": 20.0}
    assert reconciled("retries:finra", rich, poor, None) == reconciled("retries:finra", poor, rich, None) == poor
    assert reconciled("slots:finra", None, old, None) == old

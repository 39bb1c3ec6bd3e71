"""Rate limits that hold over all processes that share a state: one document per provider, one update per call.

The generic cell rate algorithm with slots reserved ahead: whoever asks gets the next free slot and sleeps until it,
outside the update, so waiting is first come first served; whoever wakes too late takes another. Slots are instants of
the state's clock; a wait is measured on the machine's own steady clock, so a change of the wall clock moves nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from amc_assets.clock import Clock
from amc_assets.market.calendar import exchange_date
from amc_assets.providers.errors import QuotaSpent, RateLimited
from amc_assets.providers.road.limits import LONGEST_HOLD_SECONDS, RoadLimits
from amc_assets.providers.road.slots import DayCount, Slots
from amc_assets.providers.road.state import Document, SharedState


class Limiter(Protocol):
    """Gives leave to make a call."""

    def acquire(self, provider: str, dataset: str, limits: RoadLimits, patience_seconds: float) -> None:
        """Wait for a slot, at most ``patience_seconds``; raise RateLimited or QuotaSpent when there is none."""
        ...

    def hold(self, provider: str, seconds: float) -> None:
        """Give no slot to anybody for ``seconds``: the provider asked for a pause."""
        ...

    def spend_day(self, provider: str, limits: RoadLimits) -> None:
        """Give no slot to anybody until the New York day ends: the provider said that its quota is used up."""
        ...


class Unlimited:
    """No limit: for the replay server on this machine."""

    def acquire(self, provider: str, dataset: str, limits: RoadLimits, patience_seconds: float) -> None:
        """Return at once."""

    def hold(self, provider: str, seconds: float) -> None:
        """Do nothing."""

    def spend_day(self, provider: str, limits: RoadLimits) -> None:
        """Do nothing."""


class SharedLimiter:
    """The limiter of all processes that use one shared state."""

    def __init__(self, state: SharedState, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def acquire(self, provider: str, dataset: str, limits: RoadLimits, patience_seconds: float) -> None:
        """Reserve the next slot and sleep until it.

        Raises RateLimited, with the instant, when the slot is further away than ``patience_seconds``; QuotaSpent when
        the calls of the New York day are used up. Neither takes a slot. Raises StateError when the state is unusable.
        """
        give_up = self._clock.monotonic() + patience_seconds
        is_counted = False  # in the day's quota, also when its slot is missed
        lead_seconds = 0.0
        while True:
            slot = self._reserve(provider, dataset, limits, give_up, lead_seconds=lead_seconds, counted=is_counted)
            is_counted = True
            early_seconds = slot - self._clock.monotonic()
            if early_seconds > 0:
                self._clock.sleep(early_seconds)
            late_seconds = self._clock.monotonic() - slot
            # a busy machine wakes sleepers late: a call so late would crowd those after it, so its slot is forfeited
            if late_seconds <= limits.punctuality_seconds:
                return
            # late without having slept: the state is slow and will be again, so the next slot lies behind its write
            lead_seconds = 0.0 if early_seconds > 0 else 2 * late_seconds

    def hold(self, provider: str, seconds: float) -> None:
        """Move the next slot of ``provider`` at least ``seconds`` (at most an hour) away, for every process."""
        pause_seconds = min(max(seconds, 0.0), LONGEST_HOLD_SECONDS)

        def keep_off(document: Document | None, now: float) -> tuple[Document, None]:
            slots = Slots.of(document, self._today())
            return replace(slots, next_slot_tick=max(slots.next_slot_tick or now, now + pause_seconds)).document(), None

        self._state.update(key_of(provider), keep_off)

    def spend_day(self, provider: str, limits: RoadLimits) -> None:  # noqa: ARG002 - a limiter's shape
        """Mark the New York day of ``provider`` as spent, for every process; the plan's own count stays as it is."""

        def spend(document: Document | None, _now: float) -> tuple[Document, None]:
            today = self._today()
            return replace(Slots.of(document, today), spent_day=today).document(), None

        self._state.update(key_of(provider), spend)

    def left(self, provider: str, limits: RoadLimits) -> DayCount:
        """Return the calls counted today and what is left of the daily quota; reserves nothing."""
        document, _ = self._state.read(key_of(provider))
        return Slots.of(document, self._today()).count(limits.per_day)

    def _today(self) -> str:
        return exchange_date(self._clock.now()).isoformat()

    def _reserve(
        self, provider: str, dataset: str, limits: RoadLimits, give_up: float, *, lead_seconds: float, counted: bool
    ) -> float:
        """Take the next slot and return it, as an instant of the machine's steady clock."""

        def take(document: Document | None, now: float) -> tuple[Document, float]:
            read_at, at = self._clock.monotonic(), self._clock.now()  # the machine's own clocks at the state's ``now``
            slots = Slots.of(document, exchange_date(at).isoformat())
            if slots.count(limits.per_day).left == 0 and not counted:
                raise _spent(provider, dataset, limits, slots)
            soonest = now + lead_seconds
            earliest = soonest - limits.interval_seconds * (limits.burst - 1)  # slots that a burst may still use
            free = earliest if slots.next_slot_tick is None else max(slots.next_slot_tick, earliest)
            if free - now > max(give_up - read_at, 0.0):
                raise _too_long(provider, dataset, free - now, give_up - read_at, at)
            taken = slots.taken(free + limits.interval_seconds, 0 if counted else 1)
            return taken.document(), read_at + max(free, soonest) - now

        return self._state.update(key_of(provider), take)


def key_of(provider: str) -> str:
    """Return the name of the limiter's document of a provider."""
    return f"slots:{provider}"


def _spent(provider: str, dataset: str, limits: RoadLimits, slots: Slots) -> QuotaSpent:
    if slots.spent_day == slots.day:
        what = f"the provider said that the calls of {slots.day} (New York) are used up"
    else:
        what = f"the {limits.per_day} calls of {slots.day} (New York) are used up"
    next_step = "run it again tomorrow, or raise the plan's daily quota"
    return QuotaSpent(provider, dataset, f"not asked: {what}", next_step)


def _too_long(provider: str, dataset: str, wait_seconds: float, patience_seconds: float, at: datetime) -> RateLimited:
    free_at = at + timedelta(seconds=wait_seconds)
    left_seconds = max(patience_seconds, 0)
    return RateLimited(
        provider,
        dataset,
        f"not asked: the next free slot is in {wait_seconds:.1f} s, the time budget has {left_seconds:.1f} s left",
        f"ask again at {free_at:%Y-%m-%d %H:%M:%S} UTC, or raise the time budget or the rate limit",
        retry_after_seconds=wait_seconds,
    )

"""Rate limits that hold over all processes of a machine: one row per provider, one transaction per call.

The generic cell rate algorithm with slots reserved ahead: whoever asks gets the next free slot and sleeps until it,
outside the transaction, so waiting is first come first served; whoever wakes too late takes another. Slots are instants
of the machine's steady clock, which all its processes share; a change of the wall clock moves nothing.
"""

from datetime import datetime, timedelta
from typing import Protocol

from amc_assets.clock import Clock
from amc_assets.market.calendar import exchange_date
from amc_assets.providers.errors import QuotaSpent, RateLimited
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.statefile import StateFile

LONGEST_HOLD_SECONDS = 3600.0  # a provider's Retry-After beyond it is a mistake, not a wish


class Limiter(Protocol):
    """Gives leave to make a call."""

    def acquire(self, provider: str, dataset: str, limits: RoadLimits, patience_seconds: float) -> None:
        """Wait for a slot, at most ``patience_seconds``; raise RateLimited or QuotaSpent when there is none."""
        ...

    def hold(self, provider: str, seconds: float) -> None:
        """Give no slot to anybody for ``seconds``: the provider asked for a pause."""
        ...


class Unlimited:
    """No limit: for the replay server on this machine."""

    def acquire(self, provider: str, dataset: str, limits: RoadLimits, patience_seconds: float) -> None:
        """Return at once."""

    def hold(self, provider: str, seconds: float) -> None:
        """Do nothing."""


class SharedLimiter:
    """The limiter of a machine, in a state file."""

    def __init__(self, state: StateFile, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def acquire(self, provider: str, dataset: str, limits: RoadLimits, patience_seconds: float) -> None:
        """Reserve the next slot and sleep until it.

        Raises RateLimited, with the instant, when the slot is further away than ``patience_seconds``; QuotaSpent when
        the calls of the New York day are used up. Neither takes a slot.
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
            # late without having slept: the disk is slow and will be again, so the next slot lies behind its write
            lead_seconds = 0.0 if early_seconds > 0 else 2 * late_seconds

    def _reserve(
        self, provider: str, dataset: str, limits: RoadLimits, give_up: float, *, lead_seconds: float, counted: bool
    ) -> float:
        """Take the next slot and return it, as an instant of the steady clock."""
        at = self._clock.now()
        with self._state.writing() as connection:
            now = self._clock.monotonic()
            row = connection.execute(
                "SELECT next_slot, written, day, day_calls FROM rate_slots WHERE provider = ?", (provider,)
            ).fetchone()
            soonest = now + lead_seconds
            earliest = soonest - limits.interval_seconds * (limits.burst - 1)  # slots that a burst may still use
            next_slot, written, day, day_calls = row or (earliest, now, "", 0)
            if now < written:  # the machine was restarted, its steady clock began again
                next_slot = earliest
            today = exchange_date(at).isoformat()
            day_calls = day_calls if day == today else 0
            if limits.per_day is not None and day_calls >= limits.per_day and not counted:
                raise _spent(provider, dataset, limits.per_day, today)
            free = max(next_slot, earliest)
            if free > max(give_up, now):
                raise _too_long(provider, dataset, free - now, give_up - now, at)
            connection.execute(
                "INSERT OR REPLACE INTO rate_slots VALUES (?, ?, ?, ?, ?)",
                (provider, free + limits.interval_seconds, now, today, day_calls + (not counted)),
            )
        return float(max(free, soonest))

    def hold(self, provider: str, seconds: float) -> None:
        """Move the next slot of ``provider`` at least ``seconds`` (at most an hour) away, for every process."""
        with self._state.writing() as connection:
            now = self._clock.monotonic()
            until = now + min(max(seconds, 0.0), LONGEST_HOLD_SECONDS)
            connection.execute(
                "INSERT INTO rate_slots VALUES (?, ?, ?, '', 0) ON CONFLICT (provider) DO UPDATE SET "
                "next_slot = CASE WHEN written > excluded.written THEN excluded.next_slot "
                "ELSE max(next_slot, excluded.next_slot) END, written = excluded.written",
                (provider, until, now),
            )


def _spent(provider: str, dataset: str, per_day: int, today: str) -> QuotaSpent:
    return QuotaSpent(
        provider,
        dataset,
        f"not asked: the {per_day} calls of {today} (New York) are used up",
        "run it again tomorrow, or raise the plan's daily quota",
    )


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

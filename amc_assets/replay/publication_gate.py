"""What is public already: with a clock, nothing later than its time is served; without one, the whole market is.

The embedded market of a new user reaches beyond today; the clock keeps its future out of every answer, the newest
settlement date and the symbol directory included.
"""

from datetime import date, timedelta

from amc_assets.clock import Clock
from amc_assets.market.calendar import exchange_date, is_session
from amc_assets.market.publication import daily_bar_published_at, published_at, short_volume_published_at
from amc_assets.replay.market import Market


class PublicationGate:
    """Answers "is it out yet?" for one market; a pure function of the request when there is no clock."""

    def __init__(self, market: Market, clock: Clock | None) -> None:
        self._market = market
        self._clock = clock

    @property
    def today(self) -> date:
        """Newest day the server speaks about: the market's last day, or the clock's date when that is earlier."""
        if self._clock is None:
            return self._market.last_day
        return min(self._market.last_day, exchange_date(self._clock.now()))

    def has_bars(self, day: date) -> bool:
        """Return whether the bars of ``day`` are out: fifteen minutes after the close."""
        return self._is_known(day) and (self._clock is None or daily_bar_published_at(day) <= self._clock.now())

    def has_short_volume(self, day: date) -> bool:
        """Return whether the short-volume file of ``day`` is out: 18:00 New York."""
        return self._is_known(day) and (self._clock is None or short_volume_published_at(day) <= self._clock.now())

    def settlements(self) -> list[date]:
        """Return the settlement dates whose report is out, in order."""
        days = self._market.settlements()
        if self._clock is None:
            return days
        now = self._clock.now()
        recent = exchange_date(now) + timedelta(days=1)
        return [day for day in days if day < recent and published_at(day) <= now]

    def _is_known(self, day: date) -> bool:
        return self._market.first_day <= day <= self.today and is_session(day)

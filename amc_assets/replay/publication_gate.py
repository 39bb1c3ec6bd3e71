"""What is public already: with a clock, nothing later than its time is served; without one, the whole market is.

The embedded market of a new user reaches beyond today; the clock keeps its future out of every answer, the newest
settlement date and the symbol directory included.
"""

from datetime import date, datetime, timedelta

from amc_assets.clock import Clock
from amc_assets.market.calendar import exchange_date, is_session, new_york
from amc_assets.market.publication import daily_bar_published_at, published_at, short_volume_published_at
from amc_assets.replay.market import Market

THRESHOLD_HOUR = 23
BILL_RATES_HOUR = 18
FAILS_HOUR = 18


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

    @property
    def now(self) -> datetime:
        """Instant the server speaks at: the clock's, or the last minute of the market's last day."""
        end = new_york(self._market.last_day, 23, 59) + timedelta(seconds=59)
        return end if self._clock is None else min(end, self._clock.now())

    @property
    def has_clock(self) -> bool:
        """Return whether there is a present at all; without a clock the whole market is public."""
        return self._clock is not None

    def is_past(self, at: datetime) -> bool:
        """Return whether ``at`` is not after the present; always true without a clock."""
        return self._clock is None or at <= self._clock.now()

    def has_bars(self, day: date) -> bool:
        """Return whether the bars of ``day`` are out: fifteen minutes after the close."""
        return self._is_known(day) and (self._clock is None or daily_bar_published_at(day) <= self._clock.now())

    def has_short_volume(self, day: date) -> bool:
        """Return whether the short-volume file of ``day`` is out: 18:00 New York."""
        return self._is_known(day) and (self._clock is None or short_volume_published_at(day) <= self._clock.now())

    def has_threshold_list(self, day: date) -> bool:
        """Return whether the exchanges' threshold list of ``day`` is out: 23:00 New York."""
        return self._is_known(day) and self.is_past(new_york(day, THRESHOLD_HOUR))

    def has_bill_rates(self, day: date) -> bool:
        """Return whether the Treasury's rates of ``day`` are out: 18:00 New York, some hours after the quotes."""
        return self.market_has(day) and self.is_past(new_york(day, BILL_RATES_HOUR))

    def has_fails(self, half_month: date) -> bool:
        """Return whether the fails file of the half month that begins on ``half_month`` is out.

        The first half comes at the end of the month, the second about the 15th of the next one (18:00 New York).
        """
        next_month = (half_month.replace(day=1) + timedelta(days=31)).replace(day=1)
        out = next_month - timedelta(days=1) if half_month.day == 1 else next_month.replace(day=15)
        return half_month <= self._market.last_day and self.is_past(new_york(out, FAILS_HOUR))

    def market_has(self, day: date) -> bool:
        """Return whether ``day`` lies in the market's range and is not in the future."""
        return self._market.first_day <= day <= self.today

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

"""Numbers and times as traders write them: 1.2M shares, 45.3 %, 3.1 days, 18:45 EST."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from amc_assets.quantities import beside, compact, days, flag, pct, plain, quantity, score, shares, times, usd

__all__ = [
    "DASH", "beside", "compact", "days", "flag", "hours", "long_date", "month", "new_york", "pct", "plain", "quantity",
    "score", "shares", "times", "usd", "utc",
]  # fmt: skip

DASH = "—"
"""What a missing value prints as, always with its reason beside it."""

_HOURS_PER_DAY = 24.0


def hours(value: float) -> str:
    """Return an age: 35 min, 18.8 h, 287.8 h (12.0 days)."""
    if abs(value) < 1:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h" if value < 2 * _HOURS_PER_DAY else f"{value:.1f} h ({value / _HOURS_PER_DAY:.1f} days)"


def new_york(instant: datetime) -> str:
    """Return an instant as New York wall time with its zone: 2021-01-27 18:45 EST."""
    return instant.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%d %H:%M %Z")


def utc(instant: datetime) -> str:
    """Return an instant as UTC: 2021-01-27 23:45 UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def long_date(day: date) -> str:
    """Return Wednesday, 27 January 2021, in English whatever the locale."""
    weekday = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[day.weekday()]
    return f"{weekday}, {day.day} {month(day, full=True)} {day.year}"


def month(day: date, *, full: bool = False) -> str:
    """Return the English name of the month, cut to three letters unless ``full``."""
    names = (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    )  # fmt: skip
    return names[day.month - 1] if full else names[day.month - 1][:3]

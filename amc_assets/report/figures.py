"""Numbers and times as traders write them: 1.2M shares, 45.3 %, 3.1 days, 18:45 EST."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

DASH = "—"
"""What a missing value prints as, always with its reason beside it."""

_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_HOURS_PER_DAY = 24.0


def compact(value: float) -> str:
    """Return a number with three figures and a letter: 1234567 is 1.23M."""
    for size, letter in _STEPS:
        rounded = float(f"{value / size:.3g}")
        if abs(rounded) >= 1:  # after rounding: 999,999 is 1.00M, not 1000K
            return f"{rounded:.{max(0, 2 - int(math.log10(abs(rounded))))}f}{letter}"
    return f"{value:.0f}"


def shares(value: float) -> str:
    """Return a number of shares: 61.8M."""
    return compact(value)


def usd(value: float) -> str:
    """Return a price or an amount: $0.0123, $347.51, $1.23M."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size >= 100_000:
        return f"{sign}${compact(size)}"
    return f"{sign}${size:.4f}" if 0 < size < 1 else f"{sign}${size:,.2f}"


def pct(fraction: float) -> str:
    """Return a fraction as percent: .453 is 45.3 %."""
    return f"{100.0 * fraction:.1f} %"


def days(value: float) -> str:
    """Return days with one digit: 3.1 days."""
    return f"{value:.1f} days"


def times(value: float) -> str:
    """Return a ratio as a multiple: 5.20x."""
    return f"{value:.2f}x" if abs(value) < 100 else f"{value:,.0f}x"


def score(value: float) -> str:
    """Return a score of 0-1 with three digits."""
    return f"{value:.3f}"


def plain(value: float) -> str:
    """Return a number of no known unit with four figures."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def flag(value: float) -> str:
    """Return yes or no."""
    return "yes" if value else "no"


def hours(value: float) -> str:
    """Return an age: 35 min, 18.8 h, 287.8 h (12.0 days)."""
    if abs(value) < 1:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h" if value < 2 * _HOURS_PER_DAY else f"{value:.1f} h ({value / _HOURS_PER_DAY:.1f} days)"


_BY_UNIT: Mapping[str, Callable[[float], str]] = MappingProxyType(
    {
        "usd": usd,
        "shares": shares,
        "fraction": pct,
        "frac": pct,
        "pct": lambda value: f"{value:.1f} %",
        "days": days,
        "ratio": times,
        "x": times,
        "score": score,
        "0-1": score,
        "rank 0-1": score,
        "0-100": lambda value: f"{value:.1f}",
        "sigmas": lambda value: f"{value:+.2f} sigma",
        "sessions": lambda value: f"{value:.0f} sessions",
        "bars": lambda value: f"{value:.0f} bars",
        "minutes": lambda value: f"{value:.0f} min",
        "count": lambda value: f"{value:.0f}",
        "-1..1": lambda value: f"{value:+.2f}",
        "flag": flag,
    }
)


def quantity(value: float, unit: str) -> str:
    """Return ``value`` as people write that unit; an unknown unit is printed after four figures."""
    if (write := _BY_UNIT.get(unit.lower())) is not None:
        return write(value)
    return f"{plain(value)} {unit}".rstrip()


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

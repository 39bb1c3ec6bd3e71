"""Pieces of RSS and Atom bodies: escaped text, elements, dates as each feed prints them."""

import html
import re
from datetime import UTC, date, datetime

from amc_assets.market.calendar import NEW_YORK

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """Return ``text`` for an XML body; characters that XML forbids are left out."""
    return html.escape(_NOT_XML.sub("", text), quote=False)


def element(name: str, text: str) -> str:
    """Return one element; an empty text gives an empty element, as Nasdaq writes it."""
    return f"<{name}>{escaped(text)}</{name}>" if text else f"<{name} />"


def rfc822(at: datetime, *, zone: str = "GMT", with_seconds: bool = True) -> str:
    """Return ``Fri, 02 Oct 2026 18:06:00 GMT``; GlobeNewswire leaves the seconds out."""
    at = at.astimezone(UTC)
    wall = f"{at:%H:%M:%S}" if with_seconds else f"{at:%H:%M}"
    return f"{_DAYS[at.weekday()]}, {at:%d} {_MONTHS[at.month - 1]} {at.year} {wall} {zone}"


def eastern_iso(at: datetime) -> str:
    """Return ``2026-10-02T16:31:07-04:00``: New York's wall time with its offset."""
    return at.astimezone(NEW_YORK).replace(microsecond=0).isoformat()


def month_number(name: str) -> int:
    """Return the number of an English month abbreviation; raises ValueError for another word."""
    return _MONTHS.index(name) + 1


def day_month_year(day: date) -> str:
    """Return ``03-Feb-2024``."""
    return f"{day:%d}-{_MONTHS[day.month - 1]}-{day.year}"

"""Wall times of New York, as feeds and files write them without a zone, turned into instants or refused."""

from datetime import UTC, datetime

import pytz

from amc_assets.market.calendar import NEW_YORK


def new_york_instant(wall: datetime) -> datetime | None:
    """Return the UTC instant of a naive New York wall time; None when the clock change skips or repeats it."""
    try:
        return NEW_YORK.localize(wall, is_dst=None).astimezone(UTC)
    except (pytz.NonExistentTimeError, pytz.AmbiguousTimeError):
        return None

"""Dates and instants as the integers that arrays hold: days since 1970-01-01 and microseconds since then in UTC."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.snapshot import INSTANTS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
NAT_US = int(np.iinfo(np.int64).min)
"""The integer under NaT: smaller than every instant, so a maximum ignores it."""


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970 UTC. Raise FeatureInputError for one without a zone."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise FeatureInputError(f"{at} has no time zone, so its instant is unknown: pass a UTC datetime")
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant(us: int) -> datetime:
    """Return microseconds since 1970 as a UTC instant."""
    return _EPOCH + timedelta(microseconds=us)


def as_instants(us: NDArray[np.int64]) -> INSTANTS:
    """Return microseconds as datetime64[us] without copying; NAT_US becomes NaT."""
    return us.view("datetime64[us]")


def day_number(day: date) -> int:
    """Return days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of(number: int) -> date:
    """Return the day that is ``number`` days after 1970-01-01."""
    return date.fromordinal(number + _EPOCH_ORDINAL)


def newest(instants: INSTANTS) -> datetime | None:
    """Return the latest of some instants, None when there is none."""
    known = instants[~np.isnat(instants)]
    return instant(int(known.max().astype("datetime64[us]").astype(np.int64))) if known.size else None

"""Names of a discovery run: a repeat is the same run, a recomputation with late facts another (detectors.md)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, cast
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f3c8a52-5f0e-5d0b-9a57-2d8f4f1b7c11")


@dataclass(frozen=True)
class Moment:
    """One discovery run in time: the session it belongs to and the instant whose knowledge it may use."""

    trade_date: date
    session: str
    as_of: datetime

    @property
    def typed_session(self) -> Literal["premarket", "regular", "afterhours"]:
        """The session as strategies and database take it. Raises ValueError for one that is not discovered."""
        if self.session not in {"premarket", "regular", "afterhours"}:
            raise ValueError(f"session {self.session!r} is not discovered. Next: use premarket, regular or afterhours")
        return cast('Literal["premarket", "regular", "afterhours"]', self.session)

    @property
    def label(self) -> str:
        """Session and instant in a form that can name a file, e.g. ``regular-20210127T234500Z``."""
        return f"{self.session}-{self.as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def run_id(moment: Moment, calibration_hash: str, data_source: str, recomputed: str = "") -> UUID:
    """Return uuid5 of (trade_date, session, as_of, calibration hash, data source).

    recomputed: the hash of the snapshot, for a run that was computed again with facts that came late.
    """
    as_of = moment.as_of.astimezone(UTC).isoformat()
    named = f"{moment.trade_date}|{moment.session}|{as_of}|{calibration_hash}|{data_source}"
    return uuid5(_NAMESPACE, f"{named}|{recomputed}" if recomputed else named)


def part_name(moment: Moment, calibration_hashes: Iterable[str], data_source: str, recomputed: str = "") -> str:
    """Return the name under which the tables of one run are kept: another calibration never overwrites it."""
    parts = [*sorted(calibration_hashes), data_source, recomputed]
    digest = hashlib.sha256("|".join(part for part in parts if part).encode()).hexdigest()
    return f"{moment.label}-{digest[:8]}"

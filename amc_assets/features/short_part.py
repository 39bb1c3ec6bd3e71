"""Short interest and short volume in a snapshot: aligned as of the run, with quality and a line each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from amc_assets.features.ages import (
    Absence,
    freshness,
    how_old,
    input_age,
    newest_short_volume_file,
    sessions_missed,
    short_interest_age,
    stale_line,
)
from amc_assets.features.feature_columns import (
    SHORT_INTEREST_CONFIDENCE,
    SHORT_VOLUME_CONFIDENCE,
    later_of,
    make_feature,
)
from amc_assets.features.feed_limits import LIMITS
from amc_assets.features.instants import day_of
from amc_assets.features.price_part import PricePart
from amc_assets.features.run_frame import Part, RunFrame, joined_note, missing_as_stale
from amc_assets.features.share_part import ShareFeatures
from amc_assets.features.short_inputs import newest_known_at, read_short_interest, read_short_volume
from amc_assets.features.shorts import (
    Z_SESSIONS,
    Computed,
    ShortInterestRows,
    all_missing,
    interest_features,
    volume_features,
)
from amc_assets.features.snapshot import F64, Feature
from amc_assets.features.sources import sources_in
from amc_assets.features.spec import SHORT_INTEREST, SHORT_VOLUME

__all__ = ["InterestRead", "Part", "RunFrame", "interest_part", "read_interest", "volume_part"]

VOLUME_NAMES = ("short_volume_ratio", "short_volume_ratio_z")


def volume_part(frame: RunFrame, tables: Mapping[date, pa.Table], absence: Absence) -> Part:
    """Return the short-volume features and the line of the dataset; both end at the newest file, whatever D is."""
    read = read_short_volume(tables, frame.symbols, frame.day, frame.as_of, Z_SESSIONS + 1)
    if read is None:
        nowhere = np.full(len(frame.symbols), np.datetime64("NaT", "us"))
        missing = all_missing(VOLUME_NAMES, len(frame.symbols), absence.reason)
        features = {name: make_feature(name, part, nowhere, confidence=0.0) for name, part in missing.items()}
        return features, input_age("short_volume", SHORT_VOLUME, None, frame.as_of, absence=absence)
    missed = sessions_missed(read.newest_file, newest_short_volume_file(frame.as_of))
    age = LIMITS["short_volume"].age(1.0 + missed, frame.staleness)
    known_at = read.rows.newest_known_at
    features = {
        name: make_feature(name, part, known_at, confidence=SHORT_VOLUME_CONFIDENCE, freshness=age.freshness)
        for name, part in volume_features(read.rows).items()
    }
    told = (f"newest file of {read.newest_file}", how_old(missed))
    note = joined_note(", ".join(text for text in told if text), read.dropped)
    source = sources_in(tables[read.newest_file], SHORT_VOLUME)
    line = input_age(
        "short_volume", source, read.newest_known_at, frame.as_of, absence=absence, note=note,
        observed_on=read.newest_file,
    )  # fmt: skip
    if age.is_stale:
        return missing_as_stale(features), stale_line(line)
    return features, line


@dataclass(frozen=True)
class InterestRead:
    """The newest report of a run: rows (N,), when it was known, rows dropped as known later, and each row's age.

    age_over_limit: F64 (N,), as feed_limits counts it.
    """

    rows: ShortInterestRows
    known_at: datetime | None
    dropped: int
    age_over_limit: F64
    absence: Absence
    source: str = SHORT_INTEREST

    @property
    def settled_on(self) -> date | None:
        """The newest settlement date read: positions are of that day, whenever they were published."""
        settled = self.rows.settlement_days[self.rows.listed]
        return day_of(int(settled.max())) if settled.size else None


def read_interest(frame: RunFrame, table: pa.Table, absence: Absence) -> InterestRead:
    """Return the newest published report of every symbol."""
    rows, dropped = read_short_interest(table, frame.symbols, frame.day, frame.as_of, frame.splits)
    known_at = newest_known_at(table, frame.as_of)
    if known_at is None:
        rows = replace(rows, not_listed=absence.reason)
    age = short_interest_age(
        rows.settlement_days, frame.as_of, frame.next_report_due_at, frame.staleness.short_interest_hours
    )
    return InterestRead(rows, known_at, dropped, age, absence, sources_in(table, SHORT_INTEREST))


def interest_part(
    frame: RunFrame, read: InterestRead, rows: ShortInterestRows, shares: ShareFeatures, prices: PricePart, note: str
) -> Part:
    """Return the short-interest features and the line of the dataset; ``rows`` are those of ``read`` after the rules.

    A report that is stale gives nothing, whatever is made of it.
    """
    counts = shares.rows
    computed = interest_features(rows, counts, prices.mean_volume_30)
    fresh = freshness(read.age_over_limit)
    features = {
        name: make_feature(name, part, rows.known_at, confidence=SHORT_INTEREST_CONFIDENCE, freshness=fresh)
        for name, part in computed.items()
    }
    features["short_interest_float_frac"] = _float_frac(computed, rows, shares, fresh)
    name, volume = "days_to_cover", prices.features["mean_volume_30_shares"]
    features[name] = make_feature(
        name,
        computed[name],
        later_of(rows.known_at, volume.known_at),
        confidence=np.minimum(SHORT_INTEREST_CONFIDENCE, volume.source_confidence),
        freshness=np.minimum(fresh, volume.freshness),
    )
    too_old = rows.listed & (read.age_over_limit >= LIMITS["short_interest"].missing_from)
    line = input_age(
        "short_interest", read.source, read.known_at, frame.as_of, absence=read.absence,
        note=joined_note(note, read.dropped), observed_on=read.settled_on,
    )  # fmt: skip
    if too_old.any() and too_old[rows.listed].all():
        line = replace(stale_line(line), note=joined_note(f"newest report of {read.settled_on}", read.dropped))
    return missing_as_stale(features, too_old), line


def _float_frac(
    computed: Mapping[str, Computed], rows: ShortInterestRows, shares: ShareFeatures, fresh: F64
) -> Feature:
    name, floats = "short_interest_float_frac", shares.features["float_shares"]
    return make_feature(
        name,
        computed[name],
        later_of(rows.known_at, shares.rows.known_at),
        confidence=np.minimum(SHORT_INTEREST_CONFIDENCE, shares.rows.source_confidence),
        freshness=np.minimum(fresh, floats.freshness),
        provenance=floats.provenance,
    )

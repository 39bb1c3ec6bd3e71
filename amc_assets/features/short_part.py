"""Short interest, short volume and float in a snapshot: aligned as of the run, with quality and a line each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.ages import (
    Absence,
    Staleness,
    dropped_note,
    input_age,
    short_interest_freshness,
    short_volume_freshness,
)
from amc_assets.features.feature_columns import (
    SHORT_INTEREST_CONFIDENCE,
    SHORT_VOLUME_CONFIDENCE,
    later_of,
    make_feature,
    observed_or,
)
from amc_assets.features.instants import newest
from amc_assets.features.price_part import PricePart
from amc_assets.features.short_inputs import (
    newest_known_at,
    read_share_counts,
    read_short_interest,
    read_short_volume,
)
from amc_assets.features.shorts import (
    Z_SESSIONS,
    ShareRows,
    all_missing,
    interest_features,
    share_features,
    volume_features,
)
from amc_assets.features.snapshot import Feature, InputAge, Provenance
from amc_assets.features.spec import SHARE_COUNTS, SHORT_INTEREST, SHORT_VOLUME
from amc_assets.features.splits import SplitHistory
from amc_assets.reasons import Reason

VOLUME_NAMES = ("short_volume_ratio", "short_volume_ratio_z")


@dataclass(frozen=True)
class RunFrame:
    """What every part of a snapshot is made for: symbols (N,) ascending, day, limit in time, splits, staleness."""

    symbols: NDArray[np.str_]
    day: date
    as_of: datetime
    splits: SplitHistory
    staleness: Staleness
    next_report_due_at: datetime


STANDS_IN = " (for "  # a recorded feed in another's place names both: "nyse_short_volume (for finra....)"
Part = tuple[dict[str, Feature], InputAge]


def volume_part(frame: RunFrame, tables: Mapping[date, pa.Table], absence: Absence) -> Part:
    """Return the short-volume features and the line of the dataset."""
    read = read_short_volume(tables, frame.symbols, frame.day, frame.as_of, Z_SESSIONS + 1)
    if read is None:
        nowhere = np.full(len(frame.symbols), np.datetime64("NaT", "us"))
        missing = all_missing(VOLUME_NAMES, len(frame.symbols), absence.reason)
        features = {name: make_feature(name, part, nowhere, confidence=0.0) for name, part in missing.items()}
        return features, input_age("short_volume", SHORT_VOLUME, None, frame.as_of, absence=absence)
    fresh = short_volume_freshness(read.newest_file, frame.as_of)
    known_at = read.rows.newest_known_at
    features = {
        name: make_feature(name, part, known_at, confidence=SHORT_VOLUME_CONFIDENCE, freshness=fresh)
        for name, part in volume_features(read.rows).items()
    }
    note = "; ".join(text for text in (f"newest file {read.newest_file}", dropped_note(read.dropped)) if text)
    told = str(tables[read.newest_file]["source"][0].as_py())
    source = told if STANDS_IN in told else SHORT_VOLUME
    return features, input_age("short_volume", source, read.newest_known_at, frame.as_of, absence=absence, note=note)


def interest_part(frame: RunFrame, interest: pa.Table, shares: ShareRows, prices: PricePart, absence: Absence) -> Part:
    """Return the short-interest features and the line of the dataset; ``shares`` as ``share_part`` returns them."""
    rows, dropped = read_short_interest(interest, frame.symbols, frame.day, frame.as_of, frame.splits)
    known_at = newest_known_at(interest, frame.as_of)
    if known_at is None:
        rows = replace(rows, not_listed=absence.reason)
    fresh = short_interest_freshness(
        rows.settlement_days, frame.as_of, frame.next_report_due_at, frame.staleness.short_interest_hours
    )
    computed = interest_features(rows, shares, prices.mean_volume_30)
    features = {
        name: make_feature(name, part, rows.known_at, confidence=SHORT_INTEREST_CONFIDENCE, freshness=fresh)
        for name, part in computed.items()
    }
    name = "short_interest_float_frac"
    features[name] = make_feature(
        name,
        computed[name],
        later_of(rows.known_at, shares.known_at),
        confidence=np.minimum(SHORT_INTEREST_CONFIDENCE, shares.source_confidence),
        freshness=fresh,
        provenance=observed_or(shares.is_biased, Provenance.BIASED),
    )
    name, volume = "days_to_cover", prices.features["mean_volume_30_shares"]
    features[name] = make_feature(
        name,
        computed[name],
        later_of(rows.known_at, volume.known_at),
        confidence=np.minimum(SHORT_INTEREST_CONFIDENCE, volume.source_confidence),
        freshness=np.minimum(fresh, volume.freshness),
    )
    note = dropped_note(dropped)
    return features, input_age("short_interest", SHORT_INTEREST, known_at, frame.as_of, absence=absence, note=note)


def share_part(
    frame: RunFrame, table: pa.Table, absence: Absence, *, allow_biased: bool
) -> tuple[ShareRows, dict[str, Feature], InputAge]:
    """Return float and shares outstanding as rows and as features, and the line of the dataset."""
    rows, dropped = read_share_counts(
        table, frame.symbols, frame.day, frame.as_of, frame.splits, allow_biased=allow_biased
    )
    known_at = newest_known_at(table, frame.as_of) or newest(rows.known_at)
    if known_at is None:
        absence = Absence(Reason.BIASED_NOT_ASKED, absence.note) if rows.is_withheld.any() else absence
        rows = replace(rows, not_listed=absence.reason)
    source = table["source"][0].as_py() if table.num_rows else SHARE_COUNTS
    features = {
        name: make_feature(
            name,
            part,
            rows.known_at,
            confidence=rows.source_confidence,
            provenance=observed_or(rows.is_biased, Provenance.BIASED),
            source=source,
        )
        for name, part in share_features(rows).items()
    }
    biased = int(rows.is_biased.sum())
    notes = (f"{biased} biased: of a later date than the run" if biased else "", dropped_note(dropped))
    note = "; ".join(text for text in notes if text)
    return rows, features, input_age("share_counts", source, known_at, frame.as_of, absence=absence, note=note)

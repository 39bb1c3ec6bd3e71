"""Float and shares outstanding in a snapshot: read as of the run, with quality by the age of each count, and a line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from amc_assets.features.ages import Absence, freshness, input_age, stale_line
from amc_assets.features.feature_columns import make_feature
from amc_assets.features.instants import newest
from amc_assets.features.run_frame import RunFrame, joined_note
from amc_assets.features.short_inputs import newest_known_at, read_share_counts
from amc_assets.features.shorts import ShareRows, share_features
from amc_assets.features.snapshot import BOOL, F64, Feature, InputAge, Provenance
from amc_assets.features.sources import sources_in
from amc_assets.features.spec import SHARE_COUNTS
from amc_assets.reasons import Reason, code


@dataclass(frozen=True)
class SharesRead:
    """Float and shares outstanding of a run before any rule, and what its line needs."""

    rows: ShareRows
    known_at: datetime | None
    source: str
    dropped: int
    absence: Absence


@dataclass(frozen=True)
class ShareFeatures:
    """Float and shares outstanding after the rules: rows (N,), the features made of them, the line of the dataset."""

    rows: ShareRows
    features: Mapping[str, Feature]
    line: InputAge


def read_shares(
    frame: RunFrame, table: pa.Table, absence: Absence, *, no_float: Reason, no_outstanding: Reason, allow_biased: bool
) -> SharesRead:
    """Return the newest usable statement of every symbol; ``no_float``, ``no_outstanding``: why one may lack it."""
    rows, dropped = read_share_counts(
        table, frame.symbols, frame.day, frame.as_of, frame.splits, allow_biased=allow_biased
    )
    rows = replace(rows, no_float=no_float, no_outstanding=no_outstanding)
    known_at = newest_known_at(table, frame.as_of) or newest(rows.known_at)
    if known_at is None:
        absence = Absence(Reason.BIASED_NOT_ASKED, absence.note) if rows.is_withheld.any() else absence
        rows = replace(rows, not_listed=absence.reason)
    source = sources_in(table, SHARE_COUNTS, " or ")  # a name has its count from one of them
    return SharesRead(rows, known_at, source, dropped, absence)


def share_part(
    frame: RunFrame, read: SharesRead, rows: ShareRows, is_derived: BOOL, ages_over_limit: Mapping[str, F64], note: str
) -> ShareFeatures:
    """Return the features of float and shares outstanding; ``rows`` are those of ``read`` after the rules.

    is_derived: bool (N,) where a count counts as derived. ages_over_limit: F64 (N,) of float_shares and
    outstanding_shares by the dates of their source.
    """
    ages = {**ages_over_limit, "float_outstanding_frac": np.maximum(*ages_over_limit.values())}
    origin = np.where(rows.is_biased, Provenance.BIASED, np.where(is_derived, Provenance.DERIVED, Provenance.OBSERVED))
    features = {
        name: make_feature(
            name,
            part,
            rows.known_at,
            confidence=rows.source_confidence,
            freshness=freshness(ages[name]),
            provenance=origin.astype(np.uint8),
            source=read.source,
        )
        for name, part in share_features(rows).items()
    }
    biased = int(rows.is_biased.sum())
    notes = (f"{biased} biased: of a later date than the run" if biased else "", note)
    line = input_age(
        "share_counts", read.source, read.known_at, frame.as_of, absence=read.absence,
        note=joined_note("; ".join(text for text in notes if text), read.dropped),
    )  # fmt: skip
    is_stale = np.array([features[name].reasons == code(Reason.STALE) for name in ages_over_limit]).any(axis=0)
    nothing = not any(features[name].present.any() for name in ages_over_limit)
    return ShareFeatures(rows, features, stale_line(line) if nothing and is_stale.any() else line)

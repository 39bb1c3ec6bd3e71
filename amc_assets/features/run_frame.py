"""What every part of a snapshot is made for, and what parts share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.ages import Staleness, dropped_note
from amc_assets.features.snapshot import BOOL, Feature, InputAge
from amc_assets.features.splits import SplitHistory
from amc_assets.reasons import Reason


@dataclass(frozen=True)
class RunFrame:
    """What every part of a snapshot is made for: symbols (N,) ascending, day, limit in time, splits, staleness."""

    symbols: NDArray[np.str_]
    day: date
    as_of: datetime
    splits: SplitHistory
    staleness: Staleness
    next_report_due_at: datetime


Part = tuple[dict[str, Feature], InputAge]


def missing_as_stale(features: Mapping[str, Feature], rows: BOOL | None = None) -> dict[str, Feature]:
    """Return the features missing as stale where ``rows`` (everywhere by default); other reasons stay."""
    return {
        name: feature.without(np.ones(len(feature.values), np.bool_) if rows is None else rows, Reason.STALE)
        for name, feature in features.items()
    }


def joined_note(note: str, dropped: int) -> str:
    """Return a note and the sentence about rows refused as known later, as one text."""
    return "; ".join(text for text in (note, dropped_note(dropped)) if text)

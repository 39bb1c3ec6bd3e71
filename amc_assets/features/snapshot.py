"""The frozen input of a discovery run: one Feature per quantity, one Snapshot per run, content-hashed.

Arrays are over symbols (N,). Detectors and strategies read only this; they never see tables, dates or providers.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from amc_assets.reasons import Reason, code

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
BOOL = NDArray[np.bool_]
INSTANTS = NDArray[np.datetime64]


class Provenance(IntEnum):
    """How a value came to be; biased means known only with a later date than as_of."""

    MISSING = 0
    OBSERVED = 1
    DERIVED = 2
    BIASED = 3


@dataclass(frozen=True)
class Feature:
    """One quantity for every symbol of the run.

    values: F64 (N,), NaN exactly where missing; known_at: datetime64[us] UTC (N,), NaT where missing;
    provenance: U8 (N,) of Provenance; reasons: U8 (N,) numbers of Reason (0 = present); source_confidence and
    freshness: F64 (N,) in 0..1, 0 where missing; unit: as printed to people; source: provider.dataset.
    """

    name: str
    unit: str
    source: str
    values: F64
    known_at: INSTANTS
    provenance: U8
    reasons: U8
    source_confidence: F64
    freshness: F64

    @property
    def present(self) -> BOOL:
        """Where there is a value, bool (N,)."""
        return np.asarray(np.isfinite(self.values))

    @property
    def quality(self) -> F64:
        """Source confidence times freshness, 0 where missing, F64 (N,)."""
        return np.where(self.present, self.source_confidence * self.freshness, 0.0)

    def without(self, rows: BOOL, reason: Reason) -> "Feature":
        """Return the feature with ``rows`` missing for ``reason``: what removing a provider does."""
        return replace(
            self,
            values=np.where(rows, np.nan, self.values),
            known_at=np.where(rows, np.datetime64("NaT", "us"), self.known_at),
            provenance=np.where(rows, Provenance.MISSING, self.provenance).astype(np.uint8),
            reasons=np.where(rows & self.present, code(reason), self.reasons).astype(np.uint8),
            source_confidence=np.where(rows, 0.0, self.source_confidence),
            freshness=np.where(rows, 0.0, self.freshness),
        )


def missing_feature(name: str, unit: str, source: str, count: int, reason: Reason) -> Feature:
    """Return a feature that is missing for all ``count`` symbols for one reason."""
    return Feature(
        name=name,
        unit=unit,
        source=source,
        values=np.full(count, np.nan),
        known_at=np.full(count, np.datetime64("NaT", "us")),
        provenance=np.zeros(count, np.uint8),
        reasons=np.full(count, code(reason), np.uint8),
        source_confidence=np.zeros(count),
        freshness=np.zeros(count),
    )


@dataclass(frozen=True)
class InputAge:
    """One dataset of the run as people see it: newest known_at read, its age at as_of, or why there is none.

    observed_on: the day the newest rows are of (session, settlement date), None where rows are of many days.
    """

    name: str
    source: str
    known_at: datetime | None
    age_hours: float | None
    reason: Reason
    note: str = ""
    observed_on: date | None = None


@dataclass(frozen=True)
class Snapshot:
    """All features of one run: symbols sorted ascending, dtype str (N,); features by name."""

    trade_date: date
    session: str
    as_of: datetime
    is_simulated: bool
    symbols: NDArray[np.str_]
    features: Mapping[str, Feature]
    inputs: tuple[InputAge, ...]
    universe_count: int

    def feature(self, name: str) -> Feature:
        """Return a feature by name; one that no room built is missing for all, with that reason."""
        found = self.features.get(name)
        if found is not None:
            return found
        return missing_feature(name, "", "none", len(self.symbols), Reason.SOURCE_NOT_BUILT)

    def replacing(self, *features: Feature) -> "Snapshot":
        """Return the snapshot with some features exchanged."""
        return replace(self, features={**self.features, **{f.name: f for f in features}})

    @property
    def content_hash(self) -> str:
        """SHA-256 over symbols, values, known_at, provenance and reasons: equal inputs, equal hash."""
        digest = hashlib.sha256(f"{self.trade_date}|{self.session}|{self.as_of.isoformat()}".encode())
        digest.update("\n".join(self.symbols.tolist()).encode())
        for name in sorted(self.features):
            feature = self.features[name]
            digest.update(name.encode())
            for array in (feature.values, feature.known_at, feature.provenance, feature.reasons):
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

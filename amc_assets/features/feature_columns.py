"""From computed arrays to Feature columns: masks, one bit pattern for missing, provenance and quality in one place."""

import numpy as np

from amc_assets.features.registry import SPECS
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import BOOL, F64, INSTANTS, U8, Feature, Provenance
from amc_assets.reasons import Reason, code

PRICE_CONFIDENCE = 0.98
SHORT_INTEREST_CONFIDENCE = 0.95
SHORT_VOLUME_CONFIDENCE = 0.90


def make_feature(
    name: str,
    computed: Computed,
    known_at: INSTANTS,
    *,
    confidence: F64 | float,
    freshness: F64 | float = 1.0,
    provenance: U8 | Provenance = Provenance.OBSERVED,
    source: str = "",
) -> Feature:
    """Return the feature ``name`` of the registry; arrays (N,), everything zero, NaN or NaT where it is missing.

    An infinite value is refused as INVALID_VALUE. Every missing value is the same NaN, so that equal inputs hash equal.
    """
    values, spec = computed.values, SPECS[name]
    present = np.isfinite(values) & (computed.reasons == 0)
    odd = ~present & (computed.reasons == 0)
    return Feature(
        name=name,
        unit=spec.unit,
        source=source or " + ".join(spec.sources),
        values=np.where(present, values, np.nan),
        known_at=np.where(present, known_at, np.datetime64("NaT", "us")),
        provenance=np.where(present, provenance, Provenance.MISSING).astype(np.uint8),
        reasons=np.where(odd, code(Reason.INVALID_VALUE), computed.reasons).astype(np.uint8),
        source_confidence=np.where(present, confidence, 0.0),
        freshness=np.where(present, freshness, 0.0),
    )


def later_of(first: INSTANTS, second: INSTANTS) -> INSTANTS:
    """Return the later of two instants, NaT where either is missing."""
    return np.asarray(np.maximum(first, second))


def observed_or(flag: BOOL, other: Provenance) -> U8:
    """Return OBSERVED, and ``other`` where ``flag``."""
    return np.where(flag, other, Provenance.OBSERVED).astype(np.uint8)

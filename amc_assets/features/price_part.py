"""The price features of a snapshot: the panel aligned to the universe, with reasons, quality and the dataset's line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.ages import Absence, dropped_note, input_age
from amc_assets.features.errors import LookAheadError
from amc_assets.features.feature_columns import make_feature, observed_or
from amc_assets.features.instants import micros, newest
from amc_assets.features.panel import PricePanel, positions
from amc_assets.features.prices import ALWAYS_PRESENT, PriceFeatures, price_features
from amc_assets.features.registry import PREDECESSOR_SPECS, PRICE_SPECS
from amc_assets.features.short_inputs import DERIVED_CONFIDENCE, confidence_of
from amc_assets.features.shorts import Computed, all_missing
from amc_assets.features.snapshot import BOOL, INSTANTS, Feature, InputAge, Provenance
from amc_assets.market.calendar import close_at
from amc_assets.reasons import Reason, code

AGE = "market_data_age_minutes"
PRICE_NAMES = tuple(spec.name for spec in (*PRICE_SPECS, *PREDECESSOR_SPECS) if spec.name != AGE)
OF_ONE_SESSION = frozenset({"close_usd", "vwap_ratio", "dollar_volume_usd", AGE, *ALWAYS_PRESENT})
_MINUTE_US = 60_000_000


@dataclass(frozen=True)
class PricePart:
    """Features by name, mean_volume_30_shares for days to cover, known_at of the bar of D (N,), the dataset's line."""

    features: Mapping[str, Feature]
    mean_volume_30: Computed
    known_at: INSTANTS
    age: InputAge


def missing_prices(symbols: NDArray[np.str_], absence: Absence, as_of: datetime, source: str) -> PricePart:
    """Return every price feature as missing for the reason the dataset gave."""
    count = len(symbols)
    none = np.full(count, np.datetime64("NaT", "us"))
    parts = all_missing((*PRICE_NAMES, AGE), count, absence.reason)
    features = {name: make_feature(name, part, none, confidence=0.0) for name, part in parts.items()}
    return PricePart(
        features, parts["mean_volume_30_shares"], none, input_age("daily_bars", source, None, as_of, absence=absence)
    )


def price_part(
    panel: PricePanel,
    symbols: NDArray[np.str_],
    as_of: datetime,
    *,
    absence: Absence,
    source: str,
    curve: Mapping[str, float],
    knows_splits: bool = True,
) -> PricePart:
    """Return the price features of ``symbols`` (ascending); names without a bar of D stay in with NO_BAR.

    curve: each symbol's own mean cumulative volume by this minute of the day; empty when there is none.
    knows_splits: False when the split table is absent: features over several sessions may then mix share bases, so they
    count as derived. Raises LookAheadError for a panel read with a later as_of; bars of D known after ``as_of`` are
    dropped and counted.
    """
    if panel.as_of is not None and panel.as_of > as_of:
        raise LookAheadError(f"the panel was read as of {panel.as_of}, the run is as of {as_of}: read it as of the run")
    late = panel.known_at > np.datetime64(micros(as_of), "us")
    panel = panel.without_bars_of_day(late) if late.any() else panel
    is_partial = panel.known_at < np.datetime64(micros(close_at(panel.day)), "us")
    expected = np.array([curve.get(name, np.nan) for name in panel.symbols.tolist()]) if curve else None
    found = price_features(panel, is_partial=is_partial, mean_cumulative_volume_shares=expected)
    cut = _Alignment(*positions(panel.symbols, symbols))
    known_at = cut.of(panel.known_at, np.datetime64("NaT", "us"))
    parts = {name: _aligned(name, found, cut) for name in PRICE_NAMES}
    parts[AGE] = _age_minutes(known_at, as_of, cut.of(is_partial, False))
    typical = cut.of(found.vwap_is_typical, False)
    features = _features(parts, known_at, typical, as_of, source)
    if not knows_splits:
        trailing = [name for name in features if name not in OF_ONE_SESSION]
        features.update({name: _of_unknown_basis(features[name]) for name in trailing})
    line = input_age(
        "daily_bars",
        source,
        newest(panel.known_at),
        as_of,
        absence=absence,
        note=dropped_note(int(late.sum())),
        observed_on=panel.day,
    )
    return PricePart(features, parts["mean_volume_30_shares"], known_at, line)


def _of_unknown_basis(feature: Feature) -> Feature:
    """Return the feature as derived: a 1-for-10 split nobody told us of is a price jump of 900 %."""
    provenance = np.where(feature.present, Provenance.DERIVED, Provenance.MISSING).astype(np.uint8)
    confidence = np.minimum(feature.source_confidence, DERIVED_CONFIDENCE)
    return replace(feature, provenance=provenance, source_confidence=confidence)


@dataclass(frozen=True)
class _Alignment:
    """Columns of the panel for each symbol of the run, and whether the panel has it."""

    columns: NDArray[np.intp]
    listed: BOOL

    def of(self, values: NDArray[Any], otherwise: object) -> NDArray[Any]:
        if not len(values):
            return np.full(len(self.listed), otherwise, dtype=values.dtype)
        return np.asarray(np.where(self.listed, values[self.columns], np.asarray(otherwise, dtype=values.dtype)))


def _aligned(name: str, found: PriceFeatures, cut: _Alignment) -> Computed:
    if name in ALWAYS_PRESENT:
        return Computed(cut.of(found.values[name], 0.0), cut.of(found.reasons[name], 0))
    return Computed(cut.of(found.values[name], np.nan), cut.of(found.reasons[name], code(Reason.NO_BAR)))


def _age_minutes(known_at: INSTANTS, as_of: datetime, is_partial: BOOL) -> Computed:
    has_bar = ~np.isnat(known_at)
    since = (micros(as_of) - np.where(has_bar, known_at.astype(np.int64), 0)) / _MINUTE_US
    values = np.where(has_bar, np.where(is_partial, since, 0.0), np.nan)
    return Computed(values, np.where(has_bar, 0, code(Reason.NO_BAR)).astype(np.uint8))


def _features(
    parts: Mapping[str, Computed], known_at: INSTANTS, typical: BOOL, as_of: datetime, source: str
) -> dict[str, Feature]:
    confidence = confidence_of(source)
    file_known_at = np.datetime64(micros(newest(known_at) or as_of), "us")
    without_bar = np.where(np.isnat(known_at), file_known_at, known_at)
    features = {
        name: make_feature(
            name, part, without_bar if name in ALWAYS_PRESENT else known_at, confidence=confidence, source=source
        )
        for name, part in parts.items()
    }
    features["vwap_ratio"] = make_feature(
        "vwap_ratio",
        parts["vwap_ratio"],
        known_at,
        confidence=np.where(typical, min(confidence, DERIVED_CONFIDENCE), confidence),
        provenance=observed_or(typical, Provenance.DERIVED),
        source=source,
    )
    return features

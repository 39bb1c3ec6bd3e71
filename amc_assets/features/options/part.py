"""Options in a snapshot: volatility, flow and gamma of the newest chains known, with quality and one line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.ages import Absence, dropped_note, input_age, stale_line
from amc_assets.features.feature_columns import later_of, make_feature, observed_or
from amc_assets.features.feed_limits import LIMITS, FeedAge
from amc_assets.features.instants import day_number
from amc_assets.features.options.flow import FlowRows, flow_features, gamma_features
from amc_assets.features.options.sessions import SessionRows, overdue_hours, read_sessions
from amc_assets.features.short_part import Part, RunFrame
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import F64, U8, Feature, InputAge, Provenance
from amc_assets.features.sources import sources_in
from amc_assets.features.spec import OPTIONS
from amc_assets.features.splits import share_factor
from amc_assets.reasons import Reason, code

BORROW_CONFIDENCE = 0.60
"""At most: early exercise and the dividend yield stay inside an implied borrow."""
PERCENTILE_NAMES = ("iv_percentile_frac", "iv_rank_frac")
COUNT_NAME = "iv_observations_count"


@dataclass(frozen=True)
class OptionTables:
    """Tables of the lake as of a run, empty where nothing is known: OPTION_ACTIVITY, IV_30D, IV_PERCENTILES."""

    activity: pa.Table
    iv_30d: pa.Table
    iv_percentiles: pa.Table


def options_part(
    frame: RunFrame, tables: OptionTables, mean_volume_30: Feature, float_shares: Feature, absence: Absence
) -> Part:
    """Return the features of registry.OPTION_SPECS by name and the line of the dataset ``options``.

    Options are a second-stage source: a name whose chain was not asked for in the newest session is NOT_SHORTLISTED,
    whatever older sessions say of it; older sessions only serve as its own history.
    """
    activity, volatility, percentiles = (
        read_sessions(table, frame.symbols, frame.day, frame.as_of)
        for table in (tables.activity, tables.iv_30d, tables.iv_percentiles)
    )
    newest = max((rows.newest for rows in (activity, volatility) if rows.newest is not None), default=None)
    age = None if newest is None else _age(frame, newest)
    why = _why_missing(activity, volatility, absence)
    features = {
        **_volatility_features(frame, volatility, why),
        **_percentile_features(frame, percentiles, why),
        **_flow_part(frame, activity, why, mean_volume_30, float_shares),
    }
    line = _line(frame, activity, volatility, absence)
    if age is not None and age.is_stale:
        return _all_stale(features), stale_line(line)
    return features, line


def _age(frame: RunFrame, newest: date) -> FeedAge:
    return LIMITS["options"].age(overdue_hours(newest, frame.as_of), frame.staleness)


def _all_stale(features: Mapping[str, Feature]) -> dict[str, Feature]:
    """Return everything missing as stale: of a feed that stopped not even who was asked for is known."""
    gone = {name: feature.without(feature.present, Reason.STALE) for name, feature in features.items()}
    return {
        name: replace(feature, reasons=np.full(len(feature.values), code(Reason.STALE), np.uint8))
        for name, feature in gone.items()
    }


def _why_missing(activity: SessionRows, volatility: SessionRows, absence: Absence) -> U8:
    """Reason of each symbol without a chain in the newest session: its own in iv_30d, else not shortlisted."""
    if volatility.newest is None and activity.newest is None:
        return np.full(activity.rows.shape[1], code(absence.reason), np.uint8)
    otherwise = str(Reason.NOT_SHORTLISTED)
    own = [code(Reason(reason)) for reason in volatility.texts("reason", otherwise)]
    return np.array(own, np.uint8)


def _fresh(frame: RunFrame, rows: SessionRows) -> float:
    if rows.newest is None:
        return 0.0
    return _age(frame, rows.newest).freshness


def _volatility_features(frame: RunFrame, rows: SessionRows, why: U8) -> dict[str, Feature]:
    fresh, known_at, sure = _fresh(frame, rows), rows.known_at(), rows.confidence()
    volatility = _present_or(rows.current("iv_30d_frac"), np.where(why == 0, code(Reason.INPUT_MISSING), why))
    borrow = _present_or(rows.current("implied_borrow_frac"), np.where(rows.found, _borrow_reasons(rows), why))
    return {
        name: make_feature(name, part, known_at, confidence=confidence, freshness=fresh)
        for name, part, confidence in (
            ("iv_30d_frac", volatility, sure * np.nan_to_num(rows.current("iv_confidence"))),
            ("implied_borrow_frac", borrow, np.minimum(sure, BORROW_CONFIDENCE)),
        )
    }


def _borrow_reasons(rows: SessionRows) -> U8:
    """The borrow's own reason; rows of names without a chain have none, theirs is that of the volatility."""
    own, volatility = rows.texts("borrow_reason", ""), rows.texts("reason", str(Reason.NOT_SHORTLISTED))
    given = [code(Reason(reason or otherwise)) for reason, otherwise in zip(own, volatility, strict=True)]
    return np.array(given, np.uint8)


def _percentile_features(frame: RunFrame, rows: SessionRows, why: U8) -> dict[str, Feature]:
    """Percentile and rank of observed volatilities; a realised stand-in is for the eye, scoring has SHORT_HISTORY."""
    own = np.array([code(Reason(r)) for r in rows.texts("reason", str(Reason.NOT_SHORTLISTED))], np.uint8)
    is_proxy, fresh, known_at = rows.flags("is_proxy"), _fresh(frame, rows), rows.known_at()
    own = np.where(is_proxy, code(Reason.SHORT_HISTORY), np.where(own == 0, code(Reason.ZERO_DENOMINATOR), own))
    reasons = np.where(rows.found, own, np.where(why == 0, code(Reason.NOT_FETCHED), why))
    confidence = rows.confidence() * np.nan_to_num(rows.current("percentile_confidence"))
    features = {
        name: make_feature(
            name,
            _present_or(np.where(is_proxy, np.nan, rows.current(name)), reasons),
            known_at,
            confidence=confidence,
            freshness=fresh,
        )
        for name in PERCENTILE_NAMES
    }
    count = _present_or(np.where(is_proxy, np.nan, rows.current("observations_count")), reasons)
    features[COUNT_NAME] = make_feature(COUNT_NAME, count, known_at, confidence=rows.confidence(), freshness=fresh)
    return features


def _flow_part(
    frame: RunFrame, rows: SessionRows, why: U8, mean_volume: Feature, float_shares: Feature
) -> dict[str, Feature]:
    missing = np.where(rows.found, 0, np.where(why == 0, code(Reason.INPUT_MISSING), why)).astype(np.uint8)
    flow = FlowRows(
        call_volume=rows.floats("call_volume_contracts"),
        put_volume=rows.floats("put_volume_contracts"),
        call_interest=rows.floats("call_open_interest_contracts"),
        put_interest=rows.floats("put_open_interest_contracts"),
        notional_usd=rows.current("option_notional_usd"),
        hedge_shares=rows.current("call_hedge_shares") * _split_factor(frame, rows),
        near_interest_frac=rows.current("near_call_open_interest_frac"),
        missing=missing,
    )
    confidence, fresh, known_at = rows.confidence(), _fresh(frame, rows), rows.known_at()
    features = {
        name: make_feature(name, part, known_at, confidence=confidence, freshness=fresh)
        for name, part in flow_features(flow).items()
    }
    gamma = gamma_features(flow, _computed(mean_volume), _computed(float_shares))
    for name, others in (
        ("call_gamma_adv_frac", (mean_volume,)),
        ("call_gamma_float_frac", (float_shares,)),
        ("call_gamma_pressure", (mean_volume, float_shares)),
    ):
        features[name] = _with_others(name, gamma[name], rows, fresh, others)
    return features


def _with_others(name: str, part: Computed, rows: SessionRows, fresh: float, others: tuple[Feature, ...]) -> Feature:
    """A value made of the chain and of other features: the latest instant, the lowest confidence, biased if one is."""
    known_at, confidence = rows.known_at(), rows.confidence()
    freshest: F64 = np.full(len(known_at), fresh)
    biased = np.zeros(len(known_at), np.bool_)
    for other in others:
        used = other.present
        known_at = np.where(used, later_of(known_at, other.known_at), known_at)
        confidence = np.where(used, np.minimum(confidence, other.source_confidence), confidence)
        freshest = np.where(used, np.minimum(freshest, other.freshness), freshest)
        biased |= used & (other.provenance == Provenance.BIASED)
    return make_feature(
        name, part, known_at, confidence=confidence, freshness=freshest,
        provenance=observed_or(biased, Provenance.BIASED),
    )  # fmt: skip


def _split_factor(frame: RunFrame, rows: SessionRows) -> F64:
    """What shares of the chain's day are multiplied by to be on the basis of the run's day."""
    of_day = np.full(len(frame.symbols), day_number(rows.newest or frame.day), np.int32)
    return share_factor(frame.splits, frame.symbols, of_day, frame.day, frame.as_of)


def _computed(feature: Feature) -> Computed:
    return Computed(feature.values, feature.reasons)


def _present_or(values: F64, reasons: NDArray[np.integer[Any]]) -> Computed:
    present = np.isfinite(values)
    return Computed(values, np.where(present, code(Reason.PRESENT), reasons).astype(np.uint8))


def _line(frame: RunFrame, activity: SessionRows, volatility: SessionRows, absence: Absence) -> InputAge:
    """The line of the dataset: newest chains, names with one, names asked without one, rows refused as later."""
    newest = [day for day in (activity.newest, volatility.newest) if day is not None]
    filled = [rows.table for rows in (activity, volatility) if rows.table.num_rows]
    source = sources_in(filled[0], OPTIONS) if filled else OPTIONS
    notes = []
    if newest:
        with_chain = int(np.count_nonzero(activity.found))
        without = int(np.count_nonzero(volatility.found & ~np.isfinite(volatility.current("iv_30d_frac"))))
        notes.append(f"chains of {max(newest)}: {with_chain} names, {without} asked for without a volatility")
    notes.append(dropped_note(activity.dropped + volatility.dropped))
    return input_age(
        # a row of volatility may only say why there is none: chains are known where their activity is
        "options",
        source,
        activity.newest_known_at,
        frame.as_of,
        absence=absence,
        note="; ".join(n for n in notes if n),
        observed_on=max(newest, default=None),
    )

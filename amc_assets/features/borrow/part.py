"""Borrow stress, delivery and shorts' losses in a snapshot, with quality and a line each, and the lake's rows.

Takes features already made (short volume, short interest, float, price, implied borrow) as they are, with their own
dates and confidence; what is read here are fails, threshold lists and the history of short-interest reports.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from amc_assets.features.ages import Absence, dropped_note, input_age, short_interest_freshness
from amc_assets.features.borrow.calibration import StressCalibration
from amc_assets.features.borrow.cycles import Cycles, read_cycles
from amc_assets.features.borrow.delivery import Delivered, on_threshold_list, sustained_fails
from amc_assets.features.borrow.losses import losses_of, times
from amc_assets.features.borrow.scarcity import stress_feature
from amc_assets.features.feature_columns import later_of, make_feature
from amc_assets.features.panel import PricePanel
from amc_assets.features.short_inputs import DERIVED_CONFIDENCE
from amc_assets.features.short_part import RunFrame
from amc_assets.features.shorts import Computed, quotient
from amc_assets.features.snapshot import Feature, InputAge, Provenance
from amc_assets.features.spec import FAILS, THRESHOLD_LIST
from amc_assets.reasons import Reason

OFFICIAL_CONFIDENCE = 0.95
"""Fails come from the SEC, threshold lists from the exchanges and FINRA under the same rule (detectors.md: SEC .95)."""

BorrowPart = tuple[dict[str, Feature], tuple[InputAge, ...]]


@dataclass(frozen=True)
class BorrowTables:
    """Lake tables as of the run: the last six short-interest reports, fails of two half months, the newest list."""

    short_interest_history: pa.Table
    fails: pa.Table
    threshold: pa.Table


def borrow_part(
    frame: RunFrame,
    tables: BorrowTables,
    panel: PricePanel | None,
    given: Mapping[str, Feature],
    calibration: StressCalibration,
    why_absent: Callable[[str], Absence],
) -> BorrowPart:
    """Return the five features of registry.BORROW_SPECS and the lines of fails_to_deliver and threshold_list.

    panel: the run's own, for the prices of the cycles; None makes the losses missing. given: features by name, of which
    close_usd, short_volume_ratio_z, days_to_cover, short_interest_float_frac, float_shares and outstanding_shares are
    needed; implied_borrow_frac counts where it is there. why_absent: dataset name -> why it gave nothing.
    """
    fails_absent, list_absent = why_absent("fails_to_deliver"), why_absent("threshold_list")
    fails = sustained_fails(
        tables.fails, frame.symbols, frame.day, frame.as_of, frame.splits, calibration.fails, fails_absent.reason
    )
    listed = on_threshold_list(tables.threshold, frame.symbols, frame.as_of, list_absent.reason)
    cycles = read_cycles(tables.short_interest_history, frame.symbols, frame.day, frame.as_of, frame.splits, panel)
    features = {
        "is_on_threshold_list": make_feature(
            "is_on_threshold_list",
            listed.part,
            listed.known_at,
            confidence=OFFICIAL_CONFIDENCE,
            freshness=listed.freshness,
        ),
        "fails_outstanding_frac": _fails_feature(fails, given["outstanding_shares"], given["float_shares"]),
        **_loss_features(frame, cycles, given, why_absent("short_interest").reason),
    }
    features["borrow_stress"] = stress_feature({**given, **features}, calibration)
    lines = (
        _line("fails_to_deliver", FAILS, tables.fails, fails, frame, fails_absent),
        _line("threshold_list", THRESHOLD_LIST, tables.threshold, listed, frame, list_absent),
    )
    return features, lines


def _line(name: str, source: str, table: pa.Table, read: Delivered, frame: RunFrame, absence: Absence) -> InputAge:
    source = table["source"][0].as_py() if table.num_rows else source
    note = "; ".join(text for text in (read.note, dropped_note(read.dropped)) if text)
    return input_age(name, source, read.newest_known_at, frame.as_of, absence=absence, note=note)


def _fails_feature(fails: Delivered, outstanding: Feature, floating: Feature) -> Feature:
    """Fails over shares outstanding; over the float, which is never larger, where those are unknown: derived."""
    by_float = ~outstanding.present & floating.present
    shares = Computed(
        np.where(by_float, floating.values, outstanding.values),
        np.where(by_float, 0, outstanding.reasons).astype(np.uint8),
    )
    share_known = np.where(by_float, floating.known_at, outstanding.known_at)
    confidence = np.where(
        by_float, np.minimum(floating.source_confidence, DERIVED_CONFIDENCE), outstanding.source_confidence
    )
    origin = np.where(by_float, floating.provenance, outstanding.provenance)
    origin = np.where(by_float & (origin == Provenance.OBSERVED), Provenance.DERIVED, origin)
    return make_feature(
        "fails_outstanding_frac",
        quotient(fails.part, shares),
        later_of(fails.known_at, share_known),
        confidence=np.minimum(OFFICIAL_CONFIDENCE, confidence),
        freshness=fails.freshness,
        provenance=origin.astype(np.uint8),
    )


def _loss_features(frame: RunFrame, cycles: Cycles, given: Mapping[str, Feature], absent: Reason) -> dict[str, Feature]:
    """Losses at the close of D: derived from published positions and prices, as fresh as the report."""
    close, interest = given["close_usd"], given["short_interest_float_frac"]
    not_listed = Reason.NOT_LISTED_IN_SOURCE if cycles.settlements else absent
    loss = losses_of(cycles, Computed(close.values, close.reasons), not_listed)
    fresh = short_interest_freshness(
        cycles.settlement_days, frame.as_of, frame.next_report_due_at, frame.staleness.short_interest_hours
    )
    known_at = later_of(cycles.known_at, close.known_at)
    freshness = np.minimum(fresh, np.where(close.present, close.freshness, 1.0))
    confidence = np.minimum(DERIVED_CONFIDENCE, np.where(close.present, close.source_confidence, 1.0))
    origin = np.where(interest.provenance == Provenance.BIASED, Provenance.BIASED, Provenance.DERIVED)
    own = make_feature(
        "short_loss_frac", loss, known_at, confidence=confidence, freshness=freshness, provenance=Provenance.DERIVED
    )
    weighted = make_feature(
        "short_loss_float_frac",
        times(loss, Computed(interest.values, interest.reasons)),
        later_of(known_at, interest.known_at),
        confidence=np.minimum(confidence, interest.source_confidence),
        freshness=np.minimum(freshness, interest.freshness),
        provenance=origin.astype(np.uint8),
    )
    return {own.name: own, weighted.name: weighted}

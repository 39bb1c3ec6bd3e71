"""Borrow stress, delivery and shorts' losses in a snapshot, with quality and a line each, and the lake's rows.

Takes features already made (short volume, short interest, float, price, implied borrow) as they are, with their own
dates and confidence; what is read here are fails, threshold lists and the history of short-interest reports.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from amc_assets.features.ages import Absence, input_age, short_interest_age, stale_line
from amc_assets.features.ages import freshness as freshness_of
from amc_assets.features.borrow.calibration import StressCalibration
from amc_assets.features.borrow.cycles import Cycles, read_cycles
from amc_assets.features.borrow.delivery import Delivered, on_threshold_list, sustained_fails
from amc_assets.features.borrow.losses import losses_of, times
from amc_assets.features.borrow.scarcity import stress_feature
from amc_assets.features.feature_columns import later_of, make_feature
from amc_assets.features.feed_limits import LIMITS, FeedAge
from amc_assets.features.panel import PricePanel
from amc_assets.features.run_frame import RunFrame, joined_note
from amc_assets.features.short_inputs import DERIVED_CONFIDENCE
from amc_assets.features.shorts import Computed, quotient
from amc_assets.features.snapshot import BOOL, Feature, InputAge, Provenance
from amc_assets.features.sources import sources_in
from amc_assets.features.spec import FAILS, THRESHOLD_LIST
from amc_assets.reasons import Reason, code

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
    fails, listed = _unless_stale("fails_to_deliver", fails, frame), _unless_stale("threshold_list", listed, frame)
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


def _age(name: str, read: Delivered, frame: RunFrame) -> FeedAge:
    return LIMITS[name].age(1.0 + read.missed, frame.staleness)


def _unless_stale(name: str, read: Delivered, frame: RunFrame) -> Delivered:
    """Return the quantity with every value missing as stale where its feed stopped too long ago."""
    if read.newest_known_at is None or not _age(name, read, frame).is_stale:
        return read
    part = read.part
    reasons = np.where(part.reasons > 0, part.reasons, code(Reason.STALE)).astype(np.uint8)
    return replace(read, part=Computed(np.full(len(part.values), np.nan), reasons))


def _line(name: str, source: str, table: pa.Table, read: Delivered, frame: RunFrame, absence: Absence) -> InputAge:
    line = input_age(
        name, sources_in(table, source), read.newest_known_at, frame.as_of, absence=absence,
        note=joined_note(read.note, read.dropped), observed_on=read.observed_on,
    )  # fmt: skip
    is_old = read.newest_known_at is not None and _age(name, read, frame).is_stale
    return stale_line(line) if is_old else line


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
        freshness=np.minimum(fails.freshness, np.where(by_float, floating.freshness, outstanding.freshness)),
        provenance=origin.astype(np.uint8),
    )


def _without_refused(loss: Computed, interest: Feature, is_old: BOOL) -> Computed:
    """Return the loss without that of a book nobody reports any more, or whose newest position was refused."""
    refused = interest.reasons == code(Reason.SHORT_AGAINST_VOLUME)
    why = np.where(is_old, code(Reason.STALE), np.where(refused, interest.reasons, 0))
    gone = (why > 0) & (loss.reasons == 0)
    return Computed(np.where(gone, np.nan, loss.values), np.where(gone, why, loss.reasons).astype(np.uint8))


def _loss_features(frame: RunFrame, cycles: Cycles, given: Mapping[str, Feature], absent: Reason) -> dict[str, Feature]:
    """Losses at the close of D: derived from published positions and prices, as fresh as the report."""
    close, interest = given["close_usd"], given["short_interest_float_frac"]
    not_listed = Reason.NOT_LISTED_IN_SOURCE if cycles.settlements else absent
    loss = losses_of(cycles, Computed(close.values, close.reasons), not_listed)
    age = short_interest_age(
        cycles.settlement_days, frame.as_of, frame.next_report_due_at, frame.staleness.short_interest_hours
    )
    loss = _without_refused(loss, interest, age >= LIMITS["short_interest"].missing_from)
    fresh = freshness_of(age)
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

"""fuel_ignition: a short position that can be forced to cover, times buying that forces it, less what has already run.

The challenger. Two groups multiply, so that neither a quiet heavily shorted name nor a hot name nobody is short of
comes first: in a sum each of them does. Numbers: calibration/fuel_ignition.toml, fixed before the first trial.
"""

from dataclasses import replace

import numpy as np

from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.detector import declared
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import F64, Feature, Snapshot
from amc_assets.reasons import Reason, code
from amc_assets.strategies.calibration_content import Calibration
from amc_assets.strategies.catalog import ABOUT
from amc_assets.strategies.composite import Strategy, score_strategy, weighted_mean
from amc_assets.strategies.derived import derived_feature
from amc_assets.strategies.result import StrategyResult

CHANGE_1D_ATRS = "change_1d_atrs"

FUEL = DetectorDeclaration(
    "fuel",
    "How large, how slow to cover and how pressed the short position is among the names of the run, and how few shares "
    "there are to buy.",
    30,
    (
        Component(
            "short_interest",
            (Term("short_interest_float_frac", "fraction", "up", "rank_knots"),),
            doc="shares short over float, by rank: a fixed top would not tell 30 % from 130 %",
        ),
        Component("days_to_cover", (Term("days_to_cover", "days", "up", "rank_knots"),), doc="by rank"),
        Component(
            "float_tightness",
            (Term("float_shares", "shares", "down", "log_knots"),),
            doc="few shares free to trade, on the scale of the squeeze detector",
        ),
        Component("borrow_stress", (Term("borrow_stress", "0-100", "up"),), doc="how hard it is to borrow the share"),
        Component(
            "short_losses",
            (Term("short_loss_float_frac", "fraction", "up", "rank_knots"),),
            doc="loss of the short book weighed by its share of the float, by rank",
        ),
    ),
)
IGNITION = DetectorDeclaration(
    "ignition",
    "Buying that is out of the ordinary for this name: volume, return in its own ATRs, place in the chart, attention.",
    300,
    (
        Component("abnormal_volume", (Term("relvol_30", "ratio", "up"),), doc="relative volume"),
        Component(
            "return_in_atrs",
            (Term(CHANGE_1D_ATRS, "ATRs", "up"),),
            doc="one-day return over ATR14: the only way in for range, so that volatile names gain nothing by it",
        ),
        Component("five_day_return", (Term("change_5d_frac", "fraction", "up"),), doc="return of five sessions"),
        Component("vwap_position", (Term("vwap_ratio", "ratio", "up"),), doc="price against the session's VWAP"),
        Component(
            "breakout",
            (Term("breakout_frac", "fraction", "up"),),
            doc="close over the highest high of 20 sessions before",
        ),
        Component(
            "attention",
            (Term("news_attention_z", "sigmas", "up"),),
            doc="stories against the own history: the declared substitute, since no social source is free",
        ),
        Component("catalyst", (Term("has_news_catalyst", "flag", "up"),), doc="a news catalyst"),
    ),
)
EXHAUSTION = DetectorDeclaration(
    "exhaustion",
    "How much of the run is over: high is bad, it is what the score loses.",
    6,
    (
        Component(
            "already_run",
            (Term("change_5d_frac", "fraction", "up"),),
            doc="nothing up to a double in five sessions, half the score from a triple on",
        ),
    ),
)


def return_in_atrs(snapshot: Snapshot, _calibration: Calibration) -> tuple[Feature, ...]:
    """Derive ``change_1d_atrs`` = change_1d_frac / atr14_frac; ZERO_DENOMINATOR where the range has been zero."""
    change, atr = snapshot.feature("change_1d_frac"), snapshot.feature("atr14_frac")
    usable = change.present & (atr.values > 0)
    with np.errstate(over="ignore"):
        ratio = np.divide(change.values, atr.values, out=np.full(usable.shape, np.nan), where=usable)
    found = derived_feature(CHANGE_1D_ATRS, "ATRs", np.where(np.isfinite(ratio), ratio, np.nan), (change, atr))
    flat = change.present & atr.present & ~found.present
    return (replace(found, reasons=np.where(flat, code(Reason.ZERO_DENOMINATOR), found.reasons).astype(np.uint8)),)


def multiply(calibration: Calibration, detectors: tuple[DetectorScores, ...]) -> tuple[F64, F64]:
    """Return fuel^a x ignition^b x (1 - exhaustion), F64 (N,) 0-1, and the coverage of all three groups, F64 (N,).

    a and b are the weights of fuel and ignition scaled to add to 1 (equal weights: the geometric mean). Without fuel or
    without ignition the score is missing: a factor put in their place would be invented. Unknown exhaustion takes
    nothing off and costs coverage.
    """
    fuel, ignition, exhaustion = detectors
    weights = [calibration.detectors[group.name].weight for group in (fuel, ignition)]
    a, b = (weight / sum(weights) for weight in weights)
    taken_off = np.where(np.isfinite(exhaustion.score), exhaustion.score, 0.0)
    _, coverage = weighted_mean(calibration, detectors)
    return fuel.score**a * ignition.score**b * (1 - taken_off), coverage


STRATEGY = Strategy(
    name="fuel_ignition",
    doc=ABOUT["fuel_ignition"].doc,
    role=ABOUT["fuel_ignition"].role,
    detectors=(declared(FUEL), declared(IGNITION), declared(EXHAUSTION)),
    before_score=return_in_atrs,
    combine=multiply,
)


def score_fuel_ignition(snapshot: Snapshot, calibration: Calibration, session: str = "regular") -> StrategyResult:
    """Score every symbol by fuel times ignition; numbers: docs/strategies.md."""
    return score_strategy(snapshot, STRATEGY, calibration, session)

"""technicals: does the chart confirm?"""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

DECLARATION = DetectorDeclaration(
    name="technicals",
    doc=BUILT["technicals"],
    window_sessions=300,
    components=(
        Component("ema_momentum", (Term("ema9_over_ema20_frac", "fraction", "up"),), doc="EMA9 over EMA20, minus one"),
        Component("rsi_positioning", (Term("rsi14", "0-100", "peak"),), doc="best at 60-70, falling again above"),
        Component("vwap_reclaim", (Term("vwap_ratio", "ratio", "up"),), doc="price against the session's VWAP"),
        Component(
            "breakout_quality",
            (Term("breakout_frac", "fraction", "up"), Term("relvol_30", "ratio", "up")),
            "product",
            "close over the highest high of the 20 sessions before, times participation",
        ),
    ),
)


def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Score the chart 0-1 for all symbols; missing below the calibrated minimum of bars."""
    return evaluate(snapshot, DECLARATION, parameters)

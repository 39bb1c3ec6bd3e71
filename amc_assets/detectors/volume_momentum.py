"""volume_momentum: is unusual volume carrying the price up today?"""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

DECLARATION = DetectorDeclaration(
    name="volume_momentum",
    doc=BUILT["volume_momentum"],
    window_sessions=35,
    components=(
        Component(
            "relvol",
            (Term("relvol_30", "ratio", "up"), Term("volume_trend", "ratio", "up")),
            "bonus",
            "today's volume against the 30 sessions before, plus a bonus while volume keeps building",
        ),
        Component("vwap_reclaim", (Term("vwap_ratio", "ratio", "up"),), doc="price against the session's VWAP"),
        Component(
            "uptrend",
            (Term("up_days", "sessions", "up"), Term("change_5d_frac", "fraction", "up")),
            "sum",
            "consecutive higher closes and the five-session return",
        ),
        Component("atr_expansion", (Term("atr14_frac", "fraction", "up"),), doc="average true range over price"),
    ),
)


def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Score volume momentum 0-1 for all symbols; formula and numbers: docs/detectors.md."""
    return evaluate(snapshot, DECLARATION, parameters)

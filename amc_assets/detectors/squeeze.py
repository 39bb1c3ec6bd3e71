"""squeeze: how much fuel is there, if buying starts?"""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

DECLARATION = DetectorDeclaration(
    name="squeeze",
    doc=BUILT["squeeze"],
    window_sessions=60,
    components=(
        Component(
            "float_tightness",
            (Term("float_shares", "shares", "down", "log_knots"), Term("float_outstanding_frac", "fraction", "down")),
            "bonus",
            "few shares free to trade, on a logarithmic scale, plus a bonus when insiders hold half or more",
        ),
        Component(
            "short_metrics",
            (
                Term("short_interest_float_frac", "fraction", "up"),
                Term("days_to_cover", "days", "up"),
                Term("short_volume_ratio_z", "sigmas", "up"),
                Term("borrow_stress", "0-100", "up"),
            ),
            doc="mean of what is known about the short position",
        ),
        Component(
            "options_gamma",
            (
                Term("iv_percentile_frac", "fraction", "down"),
                Term("call_put_volume_ratio", "ratio", "up"),
                Term("call_gamma_pressure", "fraction", "up", "rank_knots"),
            ),
            doc="mean of what is known about options; low implied volatility scores high (in hybrid_v1 high does)",
        ),
        Component("volume_pressure", (Term("relvol_30", "ratio", "up"),), doc="relative volume, from normal upwards"),
    ),
)


def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Score squeeze fuel 0-1 for all symbols; formula and numbers: docs/detectors.md."""
    return evaluate(snapshot, DECLARATION, parameters)

"""options_flow: are options about to force buying, and is somebody already positioned for it?"""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

DECLARATION = DetectorDeclaration(
    name="options_flow",
    doc=BUILT["options_flow"],
    window_sessions=252,
    components=(
        Component(
            "gamma_potential",
            (
                Term("call_gamma_pressure", "fraction", "up", "rank_knots"),
                Term("near_call_open_interest_frac", "fraction", "up"),
            ),
            doc="stock that hedgers of open calls must buy per +1 %, unsigned, and the calls that turn first",
        ),
        Component(
            "call_put_flow",
            (
                Term("call_put_volume_ratio", "ratio", "up"),
                Term("call_put_volume_log_z", "sigmas", "up"),
                Term("volume_open_interest_ratio", "ratio", "up"),
            ),
            doc="calls over puts as such and against the own past, and how much of the volume can be new",
        ),
        Component(
            "iv_expansion",
            (Term("iv_percentile_frac", "fraction", "down"), Term("has_news_catalyst", "flag", "up")),
            "product",
            "hypothesis: cheap volatility with a catalyst has room to expand (hybrid_v1 holds the opposite)",
        ),
        Component(
            "unusual_activity",
            (Term("option_volume_z", "sigmas", "up"),),
            doc="contracts traded against the own last 30 sessions",
        ),
    ),
)


def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Score options flow 0-1 for all symbols; missing for names whose chain was not asked for."""
    return evaluate(snapshot, DECLARATION, parameters)

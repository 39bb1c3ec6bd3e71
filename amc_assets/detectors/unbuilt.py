"""Detectors that the strategy weighs but this version does not compute: their scores are missing, with that reason."""

from amc_assets.detectors.declaration import Component, DetectorDeclaration
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

CATALYST_NEWS = DetectorDeclaration(
    name="catalyst_news",
    doc="News and attention: sentiment, social momentum, nearness of events, unusual activity. Not in this version.",
    window_sessions=0,
    components=tuple(
        Component(name, ()) for name in ("news_sentiment", "social_momentum", "event_proximity", "unusual_activity")
    ),
    built=False,
)
OPTIONS_FLOW = DetectorDeclaration(
    name="options_flow",
    doc="Options flow: gamma potential, calls against puts, implied volatility, unusual activity. Not in this version.",
    window_sessions=0,
    components=tuple(
        Component(name, ()) for name in ("gamma_potential", "call_put_flow", "iv_expansion", "unusual_activity")
    ),
    built=False,
)


def score_catalyst_news(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Return missing scores with the reason detector_not_built."""
    return evaluate(snapshot, CATALYST_NEWS, parameters)


def score_options_flow(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Return missing scores with the reason detector_not_built."""
    return evaluate(snapshot, OPTIONS_FLOW, parameters)

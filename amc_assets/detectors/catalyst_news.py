"""catalyst_news: is there a reason for people to look at this name now?"""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

DECLARATION = DetectorDeclaration(
    name="catalyst_news",
    doc=BUILT["catalyst_news"],
    window_sessions=60,
    components=(
        Component(
            "news_sentiment",
            (Term("news_direction", "-1..1", "up"),),
            doc="direction of the last headlines, weighted by credibility and age",
        ),
        Component(
            "social_momentum",
            (Term("news_attention_z", "sigmas", "up"),),
            doc="stories against the own history: the declared substitute, since no social source is free",
        ),
        Component(
            "event_proximity",
            (Term("event_proximity", "0-1", "up"), Term("dilution_proximity", "0-1", "down")),
            doc="filings and halts near by; filings that bring new shares lower it",
        ),
        Component(
            "unusual_activity",
            (Term("news_sources_count", "count", "up"),),
            doc="how many publishers write about it at the same time",
        ),
    ),
)


def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Score catalysts 0-1 for all symbols; formula and numbers: docs/detectors.md, reasons for them: docs/news.md."""
    return evaluate(snapshot, DECLARATION, parameters)

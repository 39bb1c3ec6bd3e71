"""vigl_pattern: likeness to one remembered winner, kept as a template and never as evidence.

The template's numbers come from a single unverified anecdote: small weight, and no claim about outcomes.
"""

from amc_assets.detectors.catalog import BUILT
from amc_assets.detectors.declaration import Component, DetectorDeclaration, Term
from amc_assets.detectors.evaluate import evaluate
from amc_assets.detectors.parameters import DetectorParameters
from amc_assets.detectors.result import DetectorScores
from amc_assets.features.snapshot import Snapshot

DECLARATION = DetectorDeclaration(
    name="vigl_pattern",
    doc=BUILT["vigl_pattern"],
    window_sessions=31,
    components=(
        Component(
            "similarity",
            (
                Term("relvol_30", "ratio", "up"),
                Term("short_interest_float_frac", "fraction", "up"),
                Term("float_shares", "shares", "down", "inverse"),
                Term("close_usd", "USD", "peak"),
            ),
            doc="weighted mean of likeness in volume, short interest, float and price",
        ),
    ),
)


def score(snapshot: Snapshot, parameters: DetectorParameters) -> DetectorScores:
    """Score likeness to the template 0-1 for all symbols; formula and numbers: docs/detectors.md."""
    return evaluate(snapshot, DECLARATION, parameters)

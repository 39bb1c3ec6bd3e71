"""What the strategies are, as plain words: read at every start of the code location, so nothing is imported."""

from typing import NamedTuple


class About(NamedTuple):
    """A strategy in one sentence, and its role."""

    doc: str
    role: str


ABOUT: dict[str, About] = {
    "unified_detectors": About(
        "Six detectors: volume momentum, squeeze fuel, news, options flow, technicals, VIGL template.",
        "default",
    ),
    "hybrid_v1": About(
        "Five subscores of the predecessor with the gates it was designed with, not the later loosened ones.",
        "fallback after a rollback",
    ),
    "legacy_v0": About(
        "The VIGL score of the predecessor with its two-way pass rule.",
        "control in experiments, always shadow-scored",
    ),
    "fuel_ignition": About(
        "Short-side fuel times unusual buying, less what has already run: a product, not a sum.",
        "challenger, must earn its place by measurement",
    ),
}
"""Strategies in the order of the registry: the default first, the challenger last."""

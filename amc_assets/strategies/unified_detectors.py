"""unified_detectors: the default strategy, six detectors weighed together."""

from amc_assets.detectors.registry import DETECTORS
from amc_assets.features.snapshot import Snapshot
from amc_assets.strategies.calibration_content import Calibration
from amc_assets.strategies.catalog import ABOUT
from amc_assets.strategies.composite import Strategy, score_strategy
from amc_assets.strategies.result import StrategyResult

STRATEGY = Strategy(
    name="unified_detectors",
    doc=ABOUT["unified_detectors"].doc,
    role=ABOUT["unified_detectors"].role,
    detectors=tuple(DETECTORS.values()),
)


def score_unified(snapshot: Snapshot, calibration: Calibration, session: str = "regular") -> StrategyResult:
    """Score every symbol by the six detectors; numbers: docs/detectors.md and docs/strategies.md."""
    return score_strategy(snapshot, STRATEGY, calibration, session)

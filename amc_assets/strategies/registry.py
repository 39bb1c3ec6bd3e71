"""All strategies by name; their numbers are calibration, the call that scores a snapshot is in ``score``."""

from amc_assets.strategies import fuel_ignition, hybrid_v1, legacy_v0, unified_detectors
from amc_assets.strategies.composite import Strategy

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (unified_detectors.STRATEGY, hybrid_v1.STRATEGY, legacy_v0.STRATEGY, fuel_ignition.STRATEGY)
}

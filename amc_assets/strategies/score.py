"""The one call of a discovery run: one snapshot, all strategies."""

from collections.abc import Mapping, Sequence

from amc_assets.features.snapshot import Snapshot
from amc_assets.strategies.calibration import Calibration, load_calibration
from amc_assets.strategies.composite import score_strategy
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.result import StrategyResult


def score_all(
    snapshot: Snapshot,
    strategies: Sequence[str],
    session: str,
    *,
    calibrations: Mapping[str, Calibration] | None = None,
    session_overrides: bool = True,
) -> dict[str, StrategyResult]:
    """Score one snapshot by each named strategy; the snapshot is the same object for all of them.

    ``calibrations`` replaces shipped ones by name; ``session_overrides`` False keeps the regular limits always.
    Raises ValueError for an unknown strategy or session, CalibrationRefused for a broken calibration.
    """
    if unknown := sorted(set(strategies) - set(STRATEGIES)):
        raise ValueError(f"unknown strategy {unknown}; known are {sorted(STRATEGIES)}")
    given = calibrations or {}
    return {
        name: score_strategy(
            snapshot,
            STRATEGIES[name],
            given.get(name) or load_calibration(name),
            session,
            session_overrides=session_overrides,
        )
        for name in strategies
    }

"""Piecewise linear curves through published points: the shape of nearly every detector term."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from amc_assets.features.snapshot import F64

Direction = Literal["up", "down", "peak"]
"""How a score answers its input: never falls, never rises, or has a best region in the middle."""


@dataclass(frozen=True)
class Knots:
    """Points (x ascending, y) of a curve that is linear between them and flat outside.

    Raises ValueError when there are fewer than two points, x is not strictly ascending, a number is not finite or y
    leaves 0..1.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or len(self.x) < 2:
            raise ValueError(f"knots need at least two (x, y) points, got {len(self.x)} x and {len(self.y)} y")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError(f"knots must be finite numbers, got x={self.x} y={self.y}")
        if any(right <= left for left, right in pairwise(self.x)):
            raise ValueError(f"knots need strictly ascending x, got {self.x}; sort the points or drop the repeated one")
        if min(self.y) < 0 or max(self.y) > 1:
            raise ValueError(f"knot scores must lie in 0..1, got {self.y}")

    def interpolate(self, values: F64) -> F64:
        """Return the curve at ``values`` F64 (N,); NaN stays NaN."""
        return np.asarray(np.interp(values, self.x, self.y), dtype=np.float64)

    def follows(self, direction: Direction) -> bool:
        """Say whether the curve is monotone as declared; a peak may be anything."""
        return follows(self.y, direction)


def follows(y: tuple[float, ...], direction: Direction) -> bool:
    """Say whether scores listed by ascending input never move against ``direction``."""
    steps = np.diff(y)
    if direction == "up":
        return bool((steps >= 0).all())
    if direction == "down":
        return bool((steps <= 0).all())
    return True

"""Relative volume: how many times an ordinary day was traded. The one definition, for features and for sorts alike.

An ordinary day is the median of the thirty sessions before (detectors.md, Features): a mean holds the squeeze itself,
so the second week of a squeeze looked quiet.
"""

from dataclasses import dataclass

import numpy as np

from amc_assets.features.arithmetic import observed_median, ratio
from amc_assets.features.registry import SPECS
from amc_assets.features.snapshot import BOOL, F64

BASE_SESSIONS = 30


@dataclass(frozen=True)
class OrdinaryVolume:
    """Median volume of the sessions before a day, F64 (N,), NaN where too few have a bar; where enough have, (N,)."""

    shares: F64
    enough: BOOL

    @classmethod
    def before(cls, volume_shares: F64) -> "OrdinaryVolume":
        """Return the base of the session after the rows of (n, N): the last 30 count. A traded 0 is an observation."""
        minimum = SPECS["relvol_30"].minimum_observations
        return cls(*observed_median(volume_shares[-BASE_SESSIONS:], minimum))


def relative_volumes(volume_shares: F64) -> F64:
    """Return the volume of each row of (T, N) over its ``OrdinaryVolume``; NaN where that is missing or zero."""
    bases = [OrdinaryVolume.before(volume_shares[:row]).shares for row in range(len(volume_shares))]
    return ratio(volume_shares, np.array(bases).reshape(volume_shares.shape))

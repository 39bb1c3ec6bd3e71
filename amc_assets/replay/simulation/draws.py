"""Draws without a generator's state: a number is a function of the seed and of what it belongs to.

A contract, a company or a symbol-day keeps its draw whatever is asked before it, and a whole chain is drawn at once.
The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
Plain integers first, arrays last: integers are mixed without NumPy, which is what a single draw costs.
"""

from math import cos, log1p, pi, sqrt

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray

Key = int | npt.NDArray[np.int64]
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_UNIT = 2.0**-53


def words(seed: int, *keys: Key) -> npt.NDArray[np.uint64]:
    """Return one 64-bit word per combination of ``keys``, of which at least one is an array; they broadcast."""
    state: int | npt.NDArray[np.uint64] = seed & _MASK
    for key in keys:
        if isinstance(key, int) and isinstance(state, int):
            state = _mixed(state + _GOLDEN * (key & _MASK))
        else:
            part = np.asarray(key).astype(np.uint64) * np.uint64(_GOLDEN)
            state = _all_mixed(part + np.uint64(state) if isinstance(state, int) else part + state)
    return np.atleast_1d(np.asarray(state, dtype=np.uint64))


def word(seed: int, *keys: int) -> int:
    """Return one 64-bit word, the one that ``words`` gives for the same keys."""
    state = seed & _MASK
    for key in keys:
        state = _mixed(state + _GOLDEN * (key & _MASK))
    return state


def uniforms(seed: int, *keys: Key) -> FloatArray:
    """Return numbers of [0, 1), shape of the broadcast keys."""
    return (words(seed, *keys) >> np.uint64(11)).astype(np.float64) * _UNIT


def normals(seed: int, *keys: Key) -> FloatArray:
    """Return standard normal numbers (Box and Muller), shape of the broadcast keys."""
    first, second = uniforms(seed, 1, *keys), uniforms(seed, 2, *keys)
    return np.asarray(np.sqrt(-2.0 * np.log1p(-first)) * np.cos(2.0 * np.pi * second))


def uniform(seed: int, *keys: int) -> float:
    """Return one number of [0, 1)."""
    return (word(seed, *keys) >> 11) * _UNIT


def normal(seed: int, *keys: int) -> float:
    """Return one standard normal number."""
    return sqrt(-2.0 * log1p(-uniform(seed, 1, *keys))) * cos(2.0 * pi * uniform(seed, 2, *keys))


def _mixed(state: int) -> int:
    state = (state + _GOLDEN) & _MASK
    state = ((state ^ (state >> 30)) * _FIRST) & _MASK
    state = ((state ^ (state >> 27)) * _SECOND) & _MASK
    return state ^ (state >> 31)


def _all_mixed(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = state + np.uint64(_GOLDEN)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(_FIRST)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(_SECOND)
    return state ^ (state >> np.uint64(31))

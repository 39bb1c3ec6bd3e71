"""Volume and open interest of one chain, shape (contracts,).

A name's option volume is a fixed share of its share volume, grows faster than that on busy days and leans to calls when
a crowd buys. Open interest is the evening before's: it knows nothing of the day itself.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.draws import normal, normals, uniforms
from amc_assets.replay.simulation.option_prices import Contracts, Prices
from amc_assets.replay.simulation.volatility import SymbolState

_STREAM = 35
_SHARES_PER_CONTRACT = 100
_SHARE_OF_VOLUME, _SHARE_SPREAD, _ELASTICITY = 0.06, 0.5, 1.25
_CALL_SHARE, _CALL_NOISE, _CALL_TILT, _TILT_LIFT = 0.57, 0.06, 0.24, 1.5
_TERM_RATE, _CONTRACT_SPREAD = 6.0, 0.7
_OPEN_SESSIONS, _OPEN_WIDTH, _OPEN_TERM_RATE, _OPEN_GAIN = 12.0, 0.35, 2.5, 0.8


@dataclass(frozen=True)
class Trading:
    """What a day's option trading depends on: the underlying's day and its usual self."""

    position: int
    ordinal: int
    volume_shares: float
    usual_volume_shares: float
    return_frac: float
    anchor_usd: float


def volumes(
    seed: int, contracts: Contracts, keys: npt.NDArray[np.int64], prices: Prices, state: SymbolState, trading: Trading
) -> FloatArray:
    """Return the day's volume of each contract; ``keys`` tell contracts apart, the same on every day."""
    usual = _usual_contracts(seed, trading)
    noise = np.exp(0.25 * normal(seed, _STREAM, trading.position, trading.ordinal, 1))
    total = usual * (trading.volume_shares / trading.usual_volume_shares) ** _ELASTICITY * noise
    tilt = _CALL_TILT * min(max(state.lift, 0.0) / _TILT_LIFT, 1.0) * np.sign(trading.return_frac)
    lean = _CALL_NOISE * normal(seed, _STREAM, trading.position, trading.ordinal, 2)
    call_share = float(np.clip(_CALL_SHARE + tilt + lean, 0.1, 0.92))
    centre = np.where(contracts.is_call, 0.4, -0.4)
    weight = np.exp(-0.5 * ((prices.depth - centre) / 1.2) ** 2 - _TERM_RATE * contracts.years)
    weight = weight * np.exp(_CONTRACT_SPREAD * normals(seed, _STREAM, trading.position, trading.ordinal, 6, keys))
    luck = uniforms(seed, _STREAM, trading.position, trading.ordinal, 3, keys)
    return np.asarray(np.floor(_spread(total, call_share, weight, contracts) + luck))


def open_interest(
    seed: int, contracts: Contracts, keys: npt.NDArray[np.int64], state: SymbolState, trading: Trading
) -> FloatArray:
    """Return the open contracts of the evening before; shapes follow the quarter's first price, not the day's."""
    total = _usual_contracts(seed, trading) * _OPEN_SESSIONS * (1 + _OPEN_GAIN * state.activity_before)
    call_share = 0.56 + 0.1 * min(state.activity_before, 1.0)
    distance = np.log(contracts.strike_usd / trading.anchor_usd)
    weight = np.exp(-0.5 * (distance / _OPEN_WIDTH) ** 2 - _OPEN_TERM_RATE * contracts.years)
    weight = weight * np.exp(1.3 * _CONTRACT_SPREAD * normals(seed, _STREAM, trading.position, 7, keys))
    luck = uniforms(seed, _STREAM, trading.position, 4, keys)
    return np.asarray(np.floor(_spread(total, call_share, weight, contracts) + luck))


def _usual_contracts(seed: int, trading: Trading) -> float:
    share = _SHARE_OF_VOLUME * np.exp(_SHARE_SPREAD * normal(seed, _STREAM, trading.position, 5))
    return float(share * trading.usual_volume_shares / _SHARES_PER_CONTRACT)


def _spread(total: float, call_share: float, weight: FloatArray, contracts: Contracts) -> FloatArray:
    calls, puts = weight[contracts.is_call].sum(), weight[~contracts.is_call].sum()
    share = np.where(contracts.is_call, call_share / calls, (1 - call_share) / puts)
    return np.asarray(total * share * weight)

"""What options are priced by: realised variance, the level of implied volatility, attention and crowding, per quarter.

Every number of a session uses that session and earlier ones only. Arrays have shape (sessions, symbols).
"""

from dataclasses import dataclass
from threading import Lock

import numpy as np

from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.blocks import Block
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import normals
from amc_assets.replay.simulation.paths import MARKET_VOLATILITY, SECTOR_VOLATILITY, overlay_of

SESSIONS_A_YEAR = 252
_STREAM = 34
_DECAY = 0.94  # of the squared returns
_LARGEST_RETURN = 0.25
_LEVEL_MEMORY, _LEVEL_NOISE = 0.97, 0.015
_REVERSION_A_SESSION = 0.04
_PREMIUM = 1.08  # implied over realised
_ACTIVITY_DECAY = 0.8
_LIFT_GAIN, _LIFT_TERM_YEARS = 0.12, 1 / 6
_HEAT_FROM, _HEAT_RANGE, _HEAT_LIFT = 0.15, 0.30, 2.5


@dataclass(frozen=True)
class Volatilities:
    """State of the options market in one quarter.

    ``realised_variance`` is a daily variance; ``level`` the log of a slow factor on implied volatility; ``lift`` the
    day's extra log volume of a planted event; ``activity_before`` its decaying sum up to the session before.
    """

    realised_variance: FloatArray
    level: FloatArray
    lift: FloatArray
    activity_before: FloatArray


@dataclass(frozen=True)
class SymbolState:
    """The same of one symbol on one session; ``heat`` (0-1) is how much of a crowd there is."""

    realised_variance: float
    usual_variance: float
    level: float
    lift: float
    activity_before: float
    short_frac: float
    heat: float

    def at_the_money_frac(self, years: FloatArray) -> FloatArray:
        """Return the implied volatility a year at the forward for each term.

        The variance reverts to the symbol's usual one, so that the total variance grows with the term.
        """
        reach = _REVERSION_A_SESSION * SESSIONS_A_YEAR * np.maximum(years, 1e-4)
        share = -np.expm1(-reach) / reach
        variance = self.usual_variance + (self.realised_variance - self.usual_variance) * share
        boost = self.level + _LIFT_GAIN * self.lift * np.exp(-years / _LIFT_TERM_YEARS)
        return np.asarray(_PREMIUM * np.sqrt(SESSIONS_A_YEAR * variance) * np.exp(boost))


class VolatilityBook:
    """Makes quarters in order on first use and keeps them; safe for several threads."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._lock = Lock()
        self._quarters: list[Volatilities] = []
        population = days.simulation.population
        market = (MARKET_VOLATILITY * population.beta) ** 2 + SECTOR_VOLATILITY**2
        damped = np.minimum(population.daily_volatility / 0.012, 1.0) ** 2
        self._usual = population.daily_volatility**2 + market * damped
        self._variance = self._usual.copy()
        self._level = np.zeros(population.size)
        self._activity = np.zeros(population.size)
        self._log_price = np.log(population.base_price_usd)

    def state(self, block: Block, row: int, position: int) -> SymbolState:
        """Return the state of one symbol at one session of ``block``."""
        found = self._quarter(block)
        short_frac, lift = float(block.short_frac[row, position]), float(found.lift[row, position])
        crowd = min(max(short_frac - _HEAT_FROM, 0.0) / _HEAT_RANGE, 1.0)
        return SymbolState(
            realised_variance=float(found.realised_variance[row, position]),
            usual_variance=float(self._usual[position]),
            level=float(found.level[row, position]),
            lift=lift,
            activity_before=float(found.activity_before[row, position]),
            short_frac=short_frac,
            heat=0.5 * crowd + 0.5 * min(max(lift, 0.0) / _HEAT_LIFT, 1.0),
        )

    def _quarter(self, block: Block) -> Volatilities:
        number = block.quarter.number
        with self._lock:
            while len(self._quarters) <= number:
                self._quarters.append(self._next(self._days.blocks_to(len(self._quarters))[-1]))
            return self._quarters[number]

    def _next(self, block: Block) -> Volatilities:
        adjusted = np.log(block.paths.close_usd * block.paths.share_multiple)
        returns = np.diff(np.vstack([self._log_price, adjusted]), axis=0).clip(-_LARGEST_RETURN, _LARGEST_RETURN)
        self._log_price = adjusted[-1]
        lift = overlay_of(self._days.events_of(block), block.quarter, returns.shape[1]).log_volume
        ordinals = np.array([day.toordinal() for day in block.quarter.sessions])[:, None]
        noise = _LEVEL_NOISE * normals(self._days.seed, _STREAM, np.arange(returns.shape[1])[None, :], ordinals)
        variance, level, activity = np.empty(returns.shape), np.empty(returns.shape), np.empty(returns.shape)
        for row in range(len(returns)):
            self._variance = _DECAY * self._variance + (1 - _DECAY) * returns[row] ** 2
            self._level = _LEVEL_MEMORY * self._level + noise[row]
            variance[row], level[row], activity[row] = self._variance, self._level, self._activity
            self._activity = _ACTIVITY_DECAY * self._activity + (1 - _ACTIVITY_DECAY) * lift[row].clip(0.0, None)
        return Volatilities(variance, level, lift, activity)

"""Prices and volumes of one quarter: market, sector and own shocks with clustered volatility, plus planted events.

Arrays of a block have shape (sessions, symbols). Own shocks are Student-t with a GARCH(1,1) variance; log volume is an
AR(1) that rises with the size of the move. The state at the end of a block starts the next one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray
from amc_assets.replay.simulation.events import Event
from amc_assets.replay.simulation.population import SECTORS, Population
from amc_assets.replay.simulation.timeline import Quarter

ARCH, GARCH = 0.10, 0.86
MARKET_VOLATILITY, SECTOR_VOLATILITY = 0.0085, 0.005
VOLUME_MEMORY, VOLUME_SLOW, VOLUME_NOISE, VOLUME_OF_MOVE = 0.82, 0.20, 0.24, 0.19
REVERSION = 0.0012
LARGEST_LOG_MOVE = 0.9


@dataclass
class State:
    """Where the market stands after a block, shape (symbols,) each: it is handed on, never shared."""

    log_price: FloatArray
    variance_ratio: FloatArray
    volume_level: FloatArray
    market_variance_ratio: float
    share_multiple: FloatArray
    short_level: FloatArray

    @classmethod
    def of(cls, population: Population) -> "State":
        """Return the state at the origin."""
        ones, zeros = np.ones(population.size), np.zeros(population.size)
        return cls(np.log(population.base_price_usd), ones, zeros, 1.0, ones.copy(), zeros.copy())


@dataclass(frozen=True)
class Split:
    """A split of one symbol before the open of a session of the block."""

    position: int
    session: int
    split_from: int
    split_to: int


@dataclass(frozen=True)
class Overlay:
    """Sum of the planted events over a block."""

    log_return: FloatArray
    log_volume: FloatArray
    noise_scale: FloatArray
    short_ratio: FloatArray


@dataclass(frozen=True)
class PricePaths:
    """Bars of a block as traded, and the share multiple of each session (new shares per share at the origin)."""

    open_usd: FloatArray
    high_usd: FloatArray
    low_usd: FloatArray
    close_usd: FloatArray
    vwap_usd: FloatArray
    volume_shares: FloatArray
    trade_count: FloatArray
    has_bar: npt.NDArray[np.bool_]
    share_multiple: FloatArray


def overlay_of(events: list[Event], quarter: Quarter, symbols: int) -> Overlay:
    """Return what ``events`` add to the sessions of ``quarter``."""
    shape = (len(quarter.sessions), symbols)
    overlay = Overlay(np.zeros(shape), np.zeros(shape), np.ones(shape), np.zeros(shape))
    for event in events:
        start = max(event.first_index, quarter.first_index)
        stop = min(event.last_index + 1, quarter.first_index + shape[0])
        if start < stop:
            rows = slice(start - quarter.first_index, stop - quarter.first_index)
            days = slice(start - event.first_index, stop - event.first_index)
            overlay.log_return[rows, event.position] += event.log_return[days]
            overlay.log_volume[rows, event.position] += event.log_volume[days]
            overlay.noise_scale[rows, event.position] *= event.noise_scale[days]
            overlay.short_ratio[rows, event.position] += event.short_ratio[days]
    return overlay


def choose_splits(
    seed: int, quarter: Quarter, population: Population, state: State, is_busy: npt.NDArray[np.bool_]
) -> list[Split]:
    """Return the splits of a quarter: high prices split, very low ones reverse-split, busy symbols left alone."""
    rng = np.random.default_rng([seed, 4, quarter.number])
    price, draw = np.exp(state.log_price), rng.random(population.size)
    session = rng.integers(2, len(quarter.sessions) - 2, population.size)
    up, down = rng.choice([2, 3, 4, 5, 10], population.size), rng.choice([10, 15, 20, 25], population.size)
    splits = []
    for position in np.flatnonzero(population.is_company & ~is_busy):
        if price[position] > 180 and draw[position] < 0.4:
            splits.append(Split(int(position), int(session[position]), 1, int(up[position])))
        elif price[position] < 0.8 and draw[position] < 0.6:
            splits.append(Split(int(position), int(session[position]), int(down[position]), 1))
    return splits


def make_paths(
    seed: int, quarter: Quarter, population: Population, state: State, *, overlay: Overlay, splits: list[Split]
) -> PricePaths:
    """Return the bars of ``quarter`` and move ``state`` on to its end."""
    rng = np.random.default_rng([seed, 2, quarter.number])
    noise, ratio = _own_noise(rng, quarter, population, state)
    common = _common_moves(rng, quarter, population, state)
    steady = population.daily_drift + REVERSION * (np.log(population.base_price_usd) - _unsplit(state))
    log_return = (steady + common + noise * overlay.noise_scale).clip(-LARGEST_LOG_MOVE, LARGEST_LOG_MOVE)
    log_return = log_return + overlay.log_return
    multiple = _share_multiples(log_return.shape, state, splits)
    adjusted = state.log_price + np.log(state.share_multiple) + np.cumsum(log_return, axis=0)
    log_close = (adjusted - np.log(multiple)).clip(np.log(0.02), np.log(9e4))
    before = np.vstack([state.log_price + np.log(state.share_multiple), adjusted[:-1]]) - np.log(multiple)
    scale = population.daily_volatility * np.sqrt(ratio)
    bars = _bars(rng, before, log_close, log_return, scale)
    volume = _volumes(rng, population, state, move=log_return / scale, overlay=overlay, multiple=multiple)
    state.log_price, state.share_multiple = log_close[-1].copy(), multiple[-1].copy()
    trades = np.maximum(np.round(volume / np.exp(rng.normal(4.7, 0.25, volume.shape))), 1.0)
    has_bar = _is_listed(quarter, population) & (rng.random(volume.shape) >= population.no_trade_probability)
    return PricePaths(*bars, volume, trades, has_bar, multiple)


def _own_noise(
    rng: np.random.Generator, quarter: Quarter, population: Population, state: State
) -> tuple[FloatArray, FloatArray]:
    shape = (len(quarter.sessions), population.size)
    degrees = population.tail_degrees
    shocks = rng.standard_t(degrees, size=shape) * np.sqrt((degrees - 2) / degrees)
    followers = np.flatnonzero(population.names.parents >= 0)
    leaders = population.names.parents[followers]
    shocks[:, followers] = 0.97 * shocks[:, leaders] + 0.2 * shocks[:, followers]
    ratios = np.empty(shape)
    ratio = state.variance_ratio
    for day in range(shape[0]):
        ratios[day] = ratio
        surprise = np.minimum(shocks[day] ** 2, 20.0) * ratio
        ratio = (1 - ARCH - GARCH + ARCH * surprise + GARCH * ratio).clip(0.3, 9.0)
    state.variance_ratio = ratio
    return population.daily_volatility * np.sqrt(ratios) * shocks, ratios


def _common_moves(rng: np.random.Generator, quarter: Quarter, population: Population, state: State) -> FloatArray:
    days = len(quarter.sessions)
    shocks = rng.standard_t(4.0, size=days) * np.sqrt(0.5)
    market = np.empty(days)
    for day in range(days):
        market[day] = np.sqrt(state.market_variance_ratio) * shocks[day]
        surprise = min(market[day] ** 2, 16.0)
        state.market_variance_ratio = min(0.04 + ARCH * surprise + GARCH * state.market_variance_ratio, 9.0)
    sectors = SECTOR_VOLATILITY * rng.standard_normal((days, SECTORS))[:, population.sector]
    damped = np.minimum(population.daily_volatility / 0.012, 1.0)  # quiet lines such as preferreds hardly follow
    return (MARKET_VOLATILITY * market[:, None] * population.beta + sectors) * damped


def _unsplit(state: State) -> FloatArray:
    return state.log_price + np.log(state.share_multiple)


def _share_multiples(shape: tuple[int, ...], state: State, splits: list[Split]) -> FloatArray:
    multiple = np.broadcast_to(state.share_multiple, shape).copy()
    for split in splits:
        multiple[split.session :, split.position] *= split.split_to / split.split_from
    return multiple


def _bars(
    rng: np.random.Generator, before: FloatArray, log_close: FloatArray, log_return: FloatArray, scale: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    shape = log_close.shape
    log_open = before + 0.3 * log_return + 0.35 * scale * rng.standard_normal(shape)
    reach = 0.45 * scale + 0.10 * np.abs(log_return)
    log_high = np.maximum(log_open, log_close) + reach * np.abs(rng.standard_normal(shape))
    log_low = np.minimum(log_open, log_close) - reach * np.abs(rng.standard_normal(shape))
    open_usd, high_usd, low_usd, close_usd = (_ticks(np.exp(x)) for x in (log_open, log_high, log_low, log_close))
    middle = 0.25 * (open_usd + high_usd + low_usd + close_usd) + 0.12 * (high_usd - low_usd) * rng.standard_normal(
        shape
    )
    vwap_usd = np.round(middle, 4).clip(low_usd, high_usd)
    return open_usd, high_usd, low_usd, close_usd, vwap_usd


def _ticks(price_usd: FloatArray) -> FloatArray:
    """Return prices on the exchange's grid: cents from one dollar, hundredths of a cent below."""
    return np.where(price_usd >= 1.0, np.round(price_usd, 2), np.maximum(np.round(price_usd, 4), 0.0001))


def _volumes(
    rng: np.random.Generator,
    population: Population,
    state: State,
    *,
    move: FloatArray,
    overlay: Overlay,
    multiple: FloatArray,
) -> FloatArray:
    shape = move.shape
    slow_noise, fast_noise = VOLUME_SLOW * rng.standard_normal(shape), VOLUME_NOISE * rng.standard_normal(shape)
    market = 0.06 * rng.standard_normal((shape[0], 1))
    own_move = np.where(overlay.log_volume > 0.5, 0.0, np.minimum(np.abs(move), 6.0) - 0.7)  # events bring their own
    pressure = VOLUME_OF_MOVE * own_move
    level = np.empty(shape)
    current = state.volume_level
    for day in range(shape[0]):
        current = VOLUME_MEMORY * current + slow_noise[day] + 0.25 * pressure[day]
        level[day] = current
    state.volume_level = current
    log_volume = np.log(population.base_volume_shares) + level + fast_noise + market + pressure + overlay.log_volume
    return np.maximum(np.round(np.exp(log_volume) * multiple), 1.0)


def _is_listed(quarter: Quarter, population: Population) -> npt.NDArray[np.bool_]:
    days = np.array([day.toordinal() for day in quarter.sessions])[:, None]
    first = np.array([day.toordinal() for day in population.listed_from])
    last = np.array([day.toordinal() for day in population.listed_until])
    return np.asarray((days >= first) & (days <= last), dtype=np.bool_)

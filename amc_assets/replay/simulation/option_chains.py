"""Chains of the simulated market, one symbol-day at a time, with the blemishes that a vendor's chain has."""

from datetime import date

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import ChainOfDay, FloatArray, TextArray, text_array
from amc_assets.replay.simulation import option_activity, option_listing, option_prices
from amc_assets.replay.simulation.bills import short_rate_frac
from amc_assets.replay.simulation.blocks import Block
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import normals, uniforms
from amc_assets.replay.simulation.option_activity import Trading
from amc_assets.replay.simulation.option_prices import Contracts, Prices, Quotes
from amc_assets.replay.simulation.volatility import VolatilityBook

_STREAM = 36
_DAYS_A_YEAR = 365.0
_CROSSED_SHARE, _STALE_SHARE = 0.004, 0.014
_NO_VENDOR_SHARE, _JUNK_DEPTH, _JUNK_FRACS = 0.03, 3.5, (0.01, 4.2099)
_VENDOR_NOISE = 0.004


class OptionChains:
    """Makes chains on request and keeps none."""

    def __init__(self, days: Days, volatility: VolatilityBook) -> None:
        self._days = days
        self._volatility = volatility

    def chain(self, symbol: str, day: date) -> ChainOfDay | None:
        """Return the chain after the close of ``day``; None without a session, a bar or listed options."""
        found, position = self._days.find(day), self._days.position(symbol)
        if found is None or position is None:
            return None
        block, row = found
        population, seed = self._days.simulation.population, self._days.seed
        if not option_listing.has_options(population, block, row, position):
            return None
        turnover = option_listing.turnover_usd(population, block, position)
        is_busy = turnover >= option_listing.WEEKLIES_TURNOVER_USD
        dates = option_listing.expiries(day, position, with_weeklies=is_busy)
        strikes = option_listing.strikes(block, row, position)
        contracts, expiration_dates, keys = _grid(day, dates, strikes)
        state, spot = self._volatility.state(block, row, position), float(block.paths.close_usd[row, position])
        prices = option_prices.price(contracts, state, spot, short_rate_frac(seed, day))
        trading = self._trading(block, row, position, day)
        draws = (seed, _STREAM, position, day.toordinal())
        volume = option_activity.volumes(seed, contracts, keys, prices, state, trading)
        quotes = _blemished(option_prices.quote(prices, turnover), prices, uniforms(*draws, 1, keys))
        vendor = _vendor_frac(prices, contracts, uniforms(*draws, 2, keys), normals(*draws, 3, keys))
        greek = np.where(np.isnan(vendor), np.nan, 1.0)
        return ChainOfDay(
            symbol=symbol,
            underlying_usd=spot,
            contract_symbols=_contract_symbols(symbol, dates, strikes),
            expiration_dates=expiration_dates,
            strike_usd=contracts.strike_usd,
            is_call=contracts.is_call,
            bid_usd=quotes.bid_usd,
            ask_usd=quotes.ask_usd,
            last_usd=_last(prices, volume, uniforms(*draws, 4, keys)),
            volume_contracts=volume,
            open_interest_contracts=option_activity.open_interest(seed, contracts, keys, state, trading),
            iv_frac=vendor,
            delta=np.round(prices.delta, 5) * greek,
            gamma=np.round(prices.gamma, 5) * greek,
        )

    def _trading(self, block: Block, row: int, position: int, day: date) -> Trading:
        paths = block.paths
        multiple = paths.share_multiple[:, position]
        before = self._days.closes_before(day)
        close = paths.close_usd[row, position]
        ratio = multiple[row] / multiple[row - 1] if row else 1.0
        change = 0.0 if before is None else float(close * ratio / before[position] - 1)
        return Trading(
            position=position,
            ordinal=day.toordinal(),
            volume_shares=float(paths.volume_shares[row, position]),
            usual_volume_shares=float(self._days.simulation.population.base_volume_shares[position] * multiple[row]),
            return_frac=change,
            anchor_usd=float(paths.close_usd[0, position] * multiple[0] / multiple[row]),
        )


def _grid(
    day: date, dates: list[date], strikes: FloatArray
) -> tuple[Contracts, npt.NDArray[np.datetime64], npt.NDArray[np.int64]]:
    """Return contracts by expiry, strike and side (call first), their dates, and keys that no day changes."""
    per_date = 2 * len(strikes)
    years = np.repeat([(expiry - day).days / _DAYS_A_YEAR for expiry in dates], per_date)
    strike = np.tile(np.repeat(strikes, 2), len(dates))
    is_call = np.tile([True, False], len(dates) * len(strikes))
    ordinals = np.repeat([expiry.toordinal() for expiry in dates], per_date)
    keys = (ordinals.astype(np.int64) << 32) + (np.round(strike * 1000).astype(np.int64) << 1) + is_call
    expiration_dates = np.repeat(np.array(dates, dtype="datetime64[D]"), per_date)
    return Contracts(strike, years, is_call), expiration_dates, keys


def _contract_symbols(symbol: str, dates: list[date], strikes: FloatArray) -> TextArray:
    root = "".join(letter for letter in symbol if letter.isalnum())
    stems = [f"{root}{expiry:%y%m%d}" for expiry in dates]
    ends = [f"{side}{round(strike * 1000):08d}" for strike in strikes.tolist() for side in "CP"]
    return text_array([stem + end for stem in stems for end in ends])


def _blemished(quotes: Quotes, prices: Prices, draw: FloatArray) -> Quotes:
    """Return quotes of which some are crossed and some left over from another price."""
    seen = prices.mid_usd > 0.2
    crossed, stale = seen & (draw < _CROSSED_SHARE), seen & (draw >= _CROSSED_SHARE) & (draw < _STALE_SHARE)
    factor = np.where(stale, 0.7 + 0.6 * (draw - _CROSSED_SHARE) / (_STALE_SHARE - _CROSSED_SHARE), 1.0)
    bid, ask = np.round(quotes.bid_usd * factor, 2), np.round(quotes.ask_usd * factor, 2)
    return Quotes(np.where(crossed, ask, bid), np.where(crossed, bid, ask))


def _vendor_frac(prices: Prices, contracts: Contracts, draw: FloatArray, noise: FloatArray) -> FloatArray:
    """Return the volatilities that the vendor prints: noisy, junk far from the money, absent on the last day."""
    vendor = np.round((prices.volatility_frac + _VENDOR_NOISE * noise).clip(0.01, None), 5)
    junk = np.where(draw < 0.5, *_JUNK_FRACS)
    vendor = np.where(np.abs(prices.depth) > _JUNK_DEPTH, junk, vendor)
    return np.where((draw > 1 - _NO_VENDOR_SHARE) | (contracts.years == 0), np.nan, vendor)


def _last(prices: Prices, volume: FloatArray, draw: FloatArray) -> FloatArray:
    """Return the last trade: near the middle on a day with volume, older elsewhere, absent where there was none."""
    spread = np.where(volume > 0, 0.04, 0.3)
    last = np.round(np.maximum(prices.mid_usd * (1 + spread * (draw - 0.5)), 0.01), 2)
    return np.where((volume == 0) & (draw < 0.4), np.nan, last)

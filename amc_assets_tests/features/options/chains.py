"""Option chains made from a known surface: what the code finds must be what was put in."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from amc_assets.features.options.black import black_price
from amc_assets.lake.tables import OPTION_CHAINS
from amc_assets.market.calendar import end_of_day_as_of

DAY = date(2026, 7, 13)  # a Monday
RATE = 0.04


def contract(symbol="AMC", days=30, strike=10.0, call=True, bid=1.0, ask=1.1, **more: Any):
    expiration = DAY + timedelta(days=days)
    side = "C" if call else "P"
    row = {
        "trade_date": DAY, "symbol": symbol, "expiration_date": expiration, "strike_usd": strike, "is_call": call,
        "contract_symbol": f"{symbol}{expiration:%y%m%d}{side}{round(strike * 1000):08d}",
        "bid_usd": bid, "ask_usd": ask, "last_usd": None, "volume_contracts": 10.0, "open_interest_contracts": 100.0,
        "vendor_iv_frac": None, "vendor_delta": None, "vendor_gamma": None, "multiplier_shares": None,
        "underlying_usd": None, "quoted_at": None, "source": "alpha_vantage.historical_options",
        "known_at": end_of_day_as_of(DAY), "is_simulated": False,
    }  # fmt: skip
    return row | more


def table(*rows: Any) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=OPTION_CHAINS.arrow)


def surface_rows(
    symbol="AMC",
    spot=10.0,
    iv=0.8,
    days=(14, 28, 35, 63),
    rate=RATE,
    borrow=0.0,
    half_spread=0.01,
    steps=8,
    **more: Any,
):
    """Return both sides at strikes around ``spot``, quoted ``half_spread`` (a share) around Black's price.

    iv: one volatility, or a function of (days, strike); borrow: a year, lowers the forward.
    """
    volatility = iv if callable(iv) else lambda *_: iv
    rows = []
    for left in days:
        years = left / 365
        forward = spot * np.exp((np.log(1 + rate * years) / years - borrow) * years)
        for strike in np.round(spot * np.linspace(0.7, 1.3, 2 * steps + 1), 2).tolist():
            for call in (True, False):
                mid = float(black_price(forward, strike, years, volatility(left, strike), 1 / (1 + rate * years), call))
                if mid > half_spread:
                    bid, ask = mid * (1 - half_spread), mid * (1 + half_spread)
                    rows.append(contract(symbol, left, strike, call, bid, ask, underlying_usd=spot) | more)
    return rows

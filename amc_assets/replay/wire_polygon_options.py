"""Rows of Polygon's option snapshot: nested objects, keys absent where nothing was observed."""

from datetime import date
from typing import Any

from amc_assets.market.calendar import close_at
from amc_assets.replay.market import ChainOfDay

SHARES_PER_CONTRACT = 100


def option_rows(chain: ChainOfDay, day: date) -> list[dict[str, Any]]:
    """Return the contracts of ``chain`` as of the close of ``day``, ordered by ticker.

    ``day`` and ``greeks`` are empty objects and ``implied_volatility`` is absent where the chain has none, as the
    vendor sends them; ``last_quote`` has no sizes because the chain has none.
    """
    stamp_ns = int(close_at(day).timestamp()) * 1_000_000_000
    underlying = {"ticker": chain.symbol, "price": chain.underlying_usd, "timeframe": "DELAYED"}
    rows = [_row(chain, number, stamp_ns) | {"underlying_asset": underlying} for number in range(len(chain.strike_usd))]
    return sorted(rows, key=lambda row: str(row["details"]["ticker"]))


def _row(chain: ChainOfDay, row: int, stamp_ns: int) -> dict[str, Any]:
    strike, is_call = float(chain.strike_usd[row]), bool(chain.is_call[row])
    bid, ask, last = _seen(chain.bid_usd[row]), _seen(chain.ask_usd[row]), _seen(chain.last_usd[row])
    volume = _seen(chain.volume_contracts[row])
    result: dict[str, Any] = {
        "day": {},
        "details": {
            "contract_type": "call" if is_call else "put",
            "exercise_style": "american",
            "expiration_date": str(chain.expiration_dates[row].astype("datetime64[D]")),
            "shares_per_contract": SHARES_PER_CONTRACT,
            "strike_price": strike,
            "ticker": "O:" + str(chain.contract_symbols[row]).removeprefix("O:"),
        },
        "greeks": _present(delta=_seen(chain.delta[row]), gamma=_seen(chain.gamma[row])),
    }
    if volume:
        result["day"] = _present(close=last, volume=volume) | {"last_updated": stamp_ns}
    result |= _present(
        implied_volatility=_seen(chain.iv_frac[row]), open_interest=_seen(chain.open_interest_contracts[row])
    )
    if bid is not None and ask is not None:
        middle = round((bid + ask) / 2, 4)
        quote = {"bid": bid, "ask": ask, "midpoint": middle, "last_updated": stamp_ns, "timeframe": "DELAYED"}
        result["last_quote"] = quote
        result["break_even_price"] = round(strike + middle if is_call else strike - middle, 4)
    if last is not None:
        result["last_trade"] = {"price": last, "timeframe": "DELAYED"}
    return result


def _seen(value: float) -> float | int | None:
    if value != value:  # noqa: PLR0124 - not a number: not observed
        return None
    return int(value) if value == int(value) else float(value)


def _present(**values: float | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}

"""Option chains of every source in one shape: columns, what is impossible in a contract, what is junk in a value."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.wire.rejects import BoolArray, Rejects, describer

FloatArray = np.ndarray[tuple[int], np.dtype[np.float64]]
WholeArray = np.ndarray[tuple[int], np.dtype[np.int64]]
MOST_IV_FRAC = 20.0  # 2,000 %: what solvers print when they find nothing
CHAIN_KEY = ("contract_symbol",)
_CONTRACT = r"^[A-Z0-9.]{1,8}\d{6}[CP]\d{8}$"  # root, expiry, side, strike x 1000 (the OCC's 21 letters without blanks)
_TAIL = ((-15, -9), (-9, -8), (-8, None))  # where expiry, side and strike stand in a name
_ROUNDING = 5.5  # thousandths of a dollar: names hold three decimals, some sources send strikes in cents
_NUMBER, _TEXT, _DAY = pa.float64(), pa.string(), pa.date32()
CHAIN_SCHEMA = pa.schema(
    {
        "source_symbol": _TEXT,
        "contract_symbol": _TEXT,
        "quote_date": _DAY,
        "expiration_date": _DAY,
        "strike_usd": _NUMBER,
        "is_call": pa.bool_(),
        "bid_usd": _NUMBER,
        "ask_usd": _NUMBER,
        "bid_size_contracts": _NUMBER,
        "ask_size_contracts": _NUMBER,
        "last_usd": _NUMBER,
        "volume_contracts": _NUMBER,
        "open_interest_contracts": _NUMBER,
        "vendor_iv_frac": _NUMBER,
        "vendor_delta": _NUMBER,
        "vendor_gamma": _NUMBER,
        "multiplier_shares": _NUMBER,
        "underlying_usd": _NUMBER,
        "quoted_at": pa.timestamp("us", tz="UTC"),
    }
)
CHAIN_COLUMNS: tuple[tuple[str, str], ...] = (
    ("source_symbol", "text, the underlying in the source's own spelling"),
    ("contract_symbol", "text, as sent"),
    ("quote_date", "exchange date"),
    ("expiration_date", "exchange date"),
    ("strike_usd", "USD"),
    ("is_call", "flag"),
    ("bid_usd", "USD, null when not sent"),
    ("ask_usd", "USD, null when not sent"),
    ("bid_size_contracts", "contracts, null when not sent"),
    ("ask_size_contracts", "contracts, null when not sent"),
    ("last_usd", "USD, null when not sent"),
    ("volume_contracts", "contracts, null when not sent"),
    ("open_interest_contracts", "contracts at the end of the session before, null when not sent"),
    ("vendor_iv_frac", "fraction a year, null when not sent or impossible"),
    ("vendor_delta", "-1 to 1, null when not sent or impossible"),
    ("vendor_gamma", "per USD, null when not sent or impossible"),
    ("multiplier_shares", "shares of one contract, null when not sent"),
    ("underlying_usd", "USD, null when not sent"),
    ("quoted_at", "UTC instant, null when not sent"),
)
_NOT_NEGATIVE = (
    "bid_usd", "ask_usd", "bid_size_contracts", "ask_size_contracts", "last_usd", "volume_contracts",
    "open_interest_contracts",
)  # fmt: skip


def chain_table(columns: Mapping[str, pa.Array], count: int) -> pa.Table:
    """Return the table of a chain of ``count`` rows; a column that a source does not send is null."""
    return pa.table(
        [columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in CHAIN_SCHEMA],
        schema=CHAIN_SCHEMA,
    )


def within_bounds(values: dict[str, FloatArray]) -> dict[str, str]:
    """Turn impossible volatilities and greeks into NaN, in place; return notes that count them.

    A volatility is above 0 and at most 20 (2,000 %), a delta within -1 to 1, a gamma not negative. ``values`` holds
    ``vendor_iv_frac`` and may hold ``vendor_delta`` and ``vendor_gamma``.
    """
    iv = values["vendor_iv_frac"]
    counts = {"iv_out_of_bounds": _clear(values, "vendor_iv_frac", (iv <= 0) | (iv > MOST_IV_FRAC))}
    greeks = 0
    if "vendor_delta" in values:
        greeks += _clear(values, "vendor_delta", np.abs(values["vendor_delta"]) > 1)
    if "vendor_gamma" in values:
        greeks += _clear(values, "vendor_gamma", values["vendor_gamma"] < 0)
    counts["greeks_out_of_bounds"] = greeks
    return {name: str(count) for name, count in counts.items() if count}


def _clear(values: dict[str, FloatArray], name: str, bad: BoolArray) -> int:
    count = int(bad.sum())
    if count:
        values[name] = np.where(bad, np.nan, values[name])
    return count


def refuse_bad_contracts(rejects: Rejects, table: pa.Table, values: Mapping[str, FloatArray]) -> None:
    """Refuse contracts without a name or strike, with a negative number, or whose name says something else.

    The last fifteen letters of a name are expiry, side and strike; adjusted contracts have another root, not another
    tail.
    """
    describe = describer(table)
    named = pc.match_substring_regex(table.column("contract_symbol"), _CONTRACT)
    rejects.where(~named.to_numpy(), "bad_symbol", describe)
    strike = values["strike_usd"]
    rejects.where(~np.isfinite(strike), "missing_number", describe)
    rejects.where(strike <= 0, "price_not_positive", describe)
    negative = np.zeros(table.num_rows, dtype=bool)
    for name in _NOT_NEGATIVE:
        if name in values:
            negative |= values[name] < 0
    rejects.where(negative, "negative_number", describe)
    rejects.where(_contradicts(table, strike, named), "contract_mismatch", describe)


def _contradicts(table: pa.Table, strike: FloatArray, named: pa.ChunkedArray) -> BoolArray:
    """Return the named rows whose name ends with another expiry, side or strike (``261218C00020000``)."""
    names = pc.if_else(named, table.column("contract_symbol"), "A000000C00000000")
    days, sides, strikes = (pc.utf8_slice_codeunits(names, start, stop) for start, stop in _TAIL)
    is_day = _yymmdd(table.column("expiration_date")) == days.cast(pa.int64()).to_numpy()
    is_strike = np.abs(strikes.cast(pa.int64()).to_numpy() - 1000 * strike) < _ROUNDING
    is_side = pc.equal(table.column("is_call"), pc.equal(sides, "C")).to_numpy()
    differs: BoolArray = ~(is_day & is_strike & is_side) & named.to_numpy()
    return differs


def _yymmdd(days: pa.ChunkedArray) -> WholeArray:
    """Return dates as they stand in names: 2026-12-18 is 261218; 0 for none."""
    since_1970 = pc.fill_null(days.cast(pa.int32()), 0).to_numpy().astype("datetime64[D]")
    months = since_1970.astype("datetime64[M]")
    day_of_month = (since_1970 - months.astype("datetime64[D]")).astype(np.int64) + 1
    count = months.astype(np.int64)
    numbers: WholeArray = (count // 12 + 1970) % 100 * 10_000 + (count % 12 + 1) * 100 + day_of_month
    return np.where(pc.is_null(days).to_numpy(), 0, numbers)

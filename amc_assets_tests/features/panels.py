"""Small panels and lake tables for the tests of this room: real sessions, invented bars."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from amc_assets.features.panel import PricePanel
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_INTEREST, SHORT_VOLUME, SPLITS, UNIVERSE
from amc_assets.market.calendar import close_at, end_of_day_as_of, session_offset, sessions_between
from amc_assets.market.publication import daily_bar_published_at, published_at, short_volume_published_at
from amc_assets_tests.lake.rows import stored

DAY = date(2021, 1, 27)
AS_OF = end_of_day_as_of(DAY)
NAN = float("nan")


def sessions_to(day: date, count: int) -> list[date]:
    return sessions_between(session_offset(day, 1 - count), day)


def panel_of(close, *, high=None, low=None, volume=None, vwap=None, day=DAY, symbols=None) -> PricePanel:
    """A panel of (T, N) or (T,) closes; high and low half a dollar away, volume 1,000, no VWAP unless given."""
    close = np.asarray(close, float)
    close = close[:, None] if close.ndim == 1 else close

    def shaped(values, otherwise):
        values = otherwise if values is None else np.asarray(values, float).reshape(close.shape)
        return np.where(np.isfinite(close), values, np.nan)

    count = close.shape[1]
    names = np.array(symbols or [f"S{i:04d}" for i in range(count)], dtype=np.str_)
    at = np.datetime64(daily_bar_published_at(day).replace(tzinfo=None), "us")
    return PricePanel(
        sessions=tuple(sessions_to(day, len(close))),
        symbols=names,
        open_usd=close.copy(),
        high_usd=shaped(high, close + 0.5),
        low_usd=shaped(low, close - 0.5),
        close_usd=close,
        volume_shares=shaped(volume, np.full(close.shape, 1000.0)),
        vwap_usd=shaped(vwap, np.full(close.shape, np.nan)),
        known_at=np.where(np.isfinite(close[-1]), at, np.datetime64("NaT", "us")),
    )


def random_panel(seed: int, sessions: int, symbols: int, missing_frac: float = 0.0, day=DAY) -> PricePanel:
    """Log-normal walks with gaps and late listings: ``missing_frac`` of the cells, and of the symbols start late."""
    rng = np.random.default_rng(seed)
    close = 20 * np.exp(np.cumsum(rng.standard_t(4, (sessions, symbols)) * 0.02, axis=0))
    if missing_frac:
        close[rng.random(close.shape) < missing_frac] = np.nan
        for column in np.flatnonzero(rng.random(symbols) < missing_frac * 5):
            close[: rng.integers(0, sessions), column] = np.nan
    high = close * (1 + rng.random(close.shape) * 0.03)
    low = close * (1 - rng.random(close.shape) * 0.03)
    volume = np.exp(rng.normal(12, 1, close.shape))
    return panel_of(close, high=high, low=low, volume=volume, vwap=(high + low + close) / 3.03, day=day)


def bars_table(day: date, rows: Sequence[tuple], *, basis: date | None = None, known_at: datetime | None = None):
    """DAILY_BARS of rows (symbol, close[, volume]); open, high and low around the close."""
    count = len(rows)
    close = [float(row[1]) for row in rows]
    return stored(
        {
            "trade_date": [day] * count,
            "symbol": [row[0] for row in rows],
            "open_usd": close,
            "high_usd": [c + 0.5 for c in close],
            "low_usd": [c - 0.5 for c in close],
            "close_usd": close,
            "volume_shares": [float(row[2]) if len(row) > 2 else 1000.0 for row in rows],
            "vwap_usd": pa.nulls(count, pa.float64()),
            "basis_date": [basis or day] * count,
            "source": ["polygon.daily_bars"] * count,
            "known_at": [known_at or daily_bar_published_at(day)] * count,
            "is_simulated": [False] * count,
        },
        schema=DAILY_BARS,
    )


def splits_table(*rows: tuple[str, date, float, datetime]):
    return stored(
        {
            "execution_date": [row[1] for row in rows],
            "symbol": [row[0] for row in rows],
            "ratio": [float(row[2]) for row in rows],
            "source": ["polygon.splits"] * len(rows),
            "known_at": [row[3] for row in rows],
            "is_simulated": [False] * len(rows),
        },
        schema=SPLITS,
    )


def universe_table(symbols: Sequence[str], *, day=DAY, known_at=None, eligible=None, types=None):
    count = len(symbols)
    return stored(
        {
            "trade_date": [day] * count,
            "symbol": list(symbols),
            "name": list(symbols),
            "exchange": ["NYSE"] * count,
            "security_type": types or ["common_stock"] * count,
            "is_eligible": eligible or [True] * count,
            "exclusion_reason": pa.nulls(count, pa.string()),
            "cik": pa.nulls(count, pa.string()),
            "composite_figi": pa.nulls(count, pa.string()),
            "listed_on_date": pa.nulls(count, pa.date32()),
            "source": ["nasdaq.directory"] * count,
            "known_at": [known_at or close_at(day) - timedelta(hours=8)] * count,
            "is_simulated": [False] * count,
        },
        schema=UNIVERSE,
    )


def interest_table(*rows: dict):
    """SHORT_INTEREST of dicts: symbol, shares (settlement, previous, adv, reported, split, revised, known_at)."""
    settlements = [row.get("settlement", date(2021, 1, 15)) for row in rows]
    return stored(
        {
            "settlement_date": settlements,
            "symbol": [row["symbol"] for row in rows],
            "short_interest_shares": [float(row["shares"]) for row in rows],
            "previous_short_interest_shares": [row.get("previous") for row in rows],
            "reported_average_volume_shares": [row.get("adv") for row in rows],
            "days_to_cover_reported": [row.get("reported") for row in rows],
            "is_split_flagged": [bool(row.get("split", False)) for row in rows],
            "is_revision_flagged": [bool(row.get("revised", False)) for row in rows],
            "market_class": ["NYSE"] * len(rows),
            "source": ["finra.short_interest"] * len(rows),
            "known_at": [row.get("known_at") or published_at(s) for row, s in zip(rows, settlements, strict=True)],
            "is_simulated": [False] * len(rows),
        },
        schema=SHORT_INTEREST,
    )


def volume_table(day: date, *rows: tuple[str, float, float], known_at: datetime | None = None):
    count = len(rows)
    return stored(
        {
            "trade_date": [day] * count,
            "symbol": [row[0] for row in rows],
            "short_volume_shares": [float(row[1]) for row in rows],
            "short_exempt_volume_shares": [0.0] * count,
            "total_volume_shares": [float(row[2]) for row in rows],
            "market_codes": ["N"] * count,
            "source": ["finra.short_volume"] * count,
            "known_at": [known_at or short_volume_published_at(day)] * count,
            "is_simulated": [False] * count,
        },
        schema=SHORT_VOLUME,
    )


def shares_table(*rows: dict):
    """SHARE_COUNTS of dicts: symbol, float, outstanding, effective, point_in_time, known_at, source."""
    return stored(
        {
            "trade_date": [row.get("trade_date", DAY) for row in rows],
            "symbol": [row["symbol"] for row in rows],
            "float_shares": [row.get("float") for row in rows],
            "float_effective_date": [row.get("effective", date(2021, 1, 4)) for row in rows],
            "outstanding_shares": [row.get("outstanding") for row in rows],
            "outstanding_date": [row.get("filed") for row in rows],
            "point_in_time": [row.get("point_in_time", "point_in_time") for row in rows],
            "source": [row.get("source", "polygon.float") for row in rows],
            "known_at": [row.get("known_at", close_at(date(2021, 1, 4))) for row in rows],
            "is_simulated": [False] * len(rows),
        },
        schema=SHARE_COUNTS,
    )

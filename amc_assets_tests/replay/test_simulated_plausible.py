"""Whether the simulated market looks like one: tails, clustering, volume, levels, short positions, directory.

Each statistic is also computed on plain normal noise, where it must fail, so that no limit is empty.
"""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.market.calendar import next_session, sessions_between
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.replay.spelling import finra_interest
from amc_assets_tests.replay.panels import (
    Panels,
    clustering,
    kurtosis,
    log_returns,
    read_panels,
    relvol_30,
    volume_follows_moves,
)


@pytest.fixture(scope="module")
def panels(full_market: SimulatedMarket) -> Panels:
    """Return the companies of the full default market."""
    return read_panels(full_market)


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    """Return normal returns of the panels' usual size: what a plausible market must not look like."""
    return np.random.default_rng(1).normal(0, 0.03, (1000, 200))


def test_returns_have_fat_tails(panels: Panels, noise: np.ndarray) -> None:
    assert np.nanpercentile(kurtosis(log_returns(panels.close_usd)), 5) > 4
    assert np.nanpercentile(kurtosis(noise), 95) < 4


def test_volatility_clusters(panels: Panels, noise: np.ndarray) -> None:
    assert np.nanmedian(clustering(log_returns(panels.close_usd))) > 0.1
    assert np.nanmedian(clustering(noise)) < 0.02


def test_volatility_does_not_start_afresh_with_a_quarter(panels: Panels) -> None:
    sizes = np.abs(log_returns(panels.close_usd))
    sizes = np.minimum(sizes / np.nanmedian(sizes, axis=0), 6.0)
    starts = [row for row in range(20, len(sizes) - 20) if _is_quarter_start(panels.sessions, row + 1)]
    before = np.concatenate([sizes[row - 15 : row].mean(axis=0) for row in starts])
    after = np.concatenate([sizes[row : row + 15].mean(axis=0) for row in starts])
    seen = np.isfinite(before) & np.isfinite(after)
    assert len(starts) == 15
    assert np.corrcoef(before[seen], after[seen])[0, 1] > 0.2  # a fresh start gives -.02


def test_volume_rises_with_the_move(panels: Panels, noise: np.ndarray) -> None:
    returns = log_returns(panels.close_usd)
    assert 0.25 < np.nanmedian(volume_follows_moves(returns, panels.volume_shares)) < 0.6
    foreign = np.exp(np.random.default_rng(2).normal(0, 0.5, (1001, 200)))
    assert abs(np.nanmedian(volume_follows_moves(noise, foreign))) < 0.05


def test_relative_volume_is_rarely_high(panels: Panels) -> None:
    with np.errstate(invalid="ignore"):
        relvol = relvol_30(panels.volume_shares)
        share = np.nansum(relvol >= 2.5, axis=1) / np.isfinite(relvol).sum(axis=1)
    assert 0.005 < np.percentile(share, 1) < np.percentile(share, 99) < 0.06
    assert 0.01 < share.mean() < 0.035


def test_levels_span_what_markets_span(panels: Panels) -> None:
    price, volume = panels.close_usd[0], np.nanmedian(panels.volume_shares, axis=0)
    low, middle, high = np.nanpercentile(price, [1, 50, 99])
    assert low < 2 < high
    assert 8 < middle < 25
    assert high > 120
    low, middle, high = np.nanpercentile(volume, [1, 50, 99])
    assert low < 3e4
    assert 2e5 < middle < 1e6
    assert high > 1e7


def test_the_market_moves_together_but_not_wholly(panels: Panels) -> None:
    returns = log_returns(panels.close_usd)
    market = np.nanmean(returns, axis=1)
    assert 0.005 < market.std() < 0.015
    share_explained = 1 - np.nanvar(returns - market[:, None], axis=0) / np.nanvar(returns, axis=0)
    assert 0.02 < np.nanmedian(share_explained) < 0.4


def test_big_moves_are_rare(panels: Panels) -> None:
    moves = np.expm1(log_returns(panels.close_usd))
    with np.errstate(invalid="ignore"):
        assert 0.0005 < np.nanmean(np.abs(moves) > 0.2) < 0.01


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_bar_is_consistent(seed: int) -> None:
    market = SimulatedMarket(seed=seed, symbol_count=120, last_day=date(2024, 3, 28))
    for day in sessions_between(date(2024, 1, 2), date(2024, 3, 28)):
        bars = market.bars(day)
        assert bars is not None
        assert bars.vwap_usd is not None
        assert bars.trade_count is not None
        assert (bars.low_usd > 0).all()
        for price in (bars.open_usd, bars.close_usd, bars.vwap_usd):
            assert ((bars.low_usd <= price) & (price <= bars.high_usd)).all()
        assert ((bars.volume_shares >= 1) & (bars.volume_shares == np.round(bars.volume_shares))).all()
        assert (bars.trade_count >= 1).all()


def test_short_volume_is_off_exchange_and_about_45_pct_short(full_market: SimulatedMarket) -> None:
    day = date(2025, 9, 10)
    bars, volume = full_market.bars(day), full_market.short_volume(day)
    assert bars is not None
    assert volume is not None
    of = dict(zip(bars.symbols, bars.volume_shares, strict=True))
    off_exchange = volume.total_volume_shares / np.array([of[symbol] for symbol in volume.symbols])
    ratio = (
        volume.short_volume_shares[volume.total_volume_shares > 1000]
        / (volume.total_volume_shares[volume.total_volume_shares > 1000])
    )
    assert 0.35 < np.median(off_exchange) < 0.5
    assert 0.42 < np.median(ratio) < 0.48
    assert (volume.short_exempt_volume_shares <= volume.short_volume_shares).all()
    assert (volume.short_volume_shares <= volume.total_volume_shares).all()


def test_short_interest_is_mostly_low_and_sometimes_high(full_market: SimulatedMarket) -> None:
    report = full_market.short_interest(date(2025, 9, 15))
    assert report is not None
    floats = {
        finra_interest(row.symbol): row.float_shares for row in full_market.floats() if row.effective_date.year < 2025
    }
    rows = [number for number, symbol in enumerate(report.symbols) if symbol in floats]
    frac = report.short_interest_shares[rows] / np.array([floats[report.symbols[row]] for row in rows])
    assert 0.02 < np.median(frac) < 0.08
    assert 0.005 < np.mean(frac > 0.3) < 0.06
    assert np.all(frac > 0)


def test_reports_follow_on_each_other(full_market: SimulatedMarket) -> None:
    earlier, report = (full_market.short_interest(day) for day in (date(2025, 8, 29), date(2025, 9, 15)))
    assert earlier is not None
    assert report is not None
    before = dict(zip(earlier.symbols, earlier.short_interest_shares, strict=True))
    changed = [
        symbol
        for symbol, previous, revised in zip(
            report.symbols, report.previous_short_interest_shares, report.is_revision_flagged, strict=True
        )
        if previous != before.get(symbol, 0.0) and not revised
    ]
    assert changed == [], "an earlier position differs only where it is flagged as revised"
    assert report.days_to_cover.min() >= 1.0
    assert report.days_to_cover.max() <= 999.99
    assert (report.days_to_cover == np.round(report.days_to_cover, 2)).all()


def test_splits_are_visible_in_raw_prices_and_reports(full_market: SimulatedMarket) -> None:
    splits = full_market.splits(date(2024, 4, 1), date(2025, 12, 31))
    jumps = []
    for split in splits:
        ratio = split.split_to / split.split_from
        before, after = (_close(full_market, split.symbol, day) for day in _around(split.execution_date))
        jumps.append(np.log(after / before * ratio))
    assert sum(split.split_to > split.split_from for split in splits) >= 5
    assert sum(split.split_to < split.split_from for split in splits) >= 5
    assert np.median(np.abs(jumps)) < 0.06, "without the ratio the price hardly moves"
    assert np.median(np.abs([np.log(split.split_to / split.split_from) for split in splits])) > 1, "with it, it would"
    flagged = full_market.short_interest(_settlement_after(full_market, splits[0].execution_date))
    assert flagged is not None
    assert flagged.is_split_flagged[flagged.symbols == finra_interest(splits[0].symbol)].all()


def test_names_come_and_go(full_market: SimulatedMarket) -> None:
    first, last = (
        {row.symbol for row in full_market.directory(day)} for day in (full_market.first_day, full_market.last_day)
    )
    assert len(last - first) > 20
    assert len(first - last) > 20
    gone = next(iter(sorted(first - last)))
    bars = full_market.bars(full_market.last_day)
    assert bars is not None
    assert gone not in bars.symbols.tolist()


def test_the_directory_is_full_of_noise(full_market: SimulatedMarket) -> None:
    listings = full_market.directory(date(2025, 9, 10))
    noise = [row for row in listings if row.is_test_issue or row.polygon_type not in {"CS", "ADRC"}]
    suffixes = {row.symbol[-2:] for row in listings if not row.symbol.isupper() or "." in row.symbol}
    assert len(listings) >= 1500
    assert len(noise) / len(listings) >= 0.1
    assert {"pA", "WS", ".U", ".B"} <= suffixes
    assert len({row.symbol for row in listings}) == len(listings)
    assert {"NA", "TRUE"} <= {row.symbol for row in listings}


def test_some_quiet_lines_do_not_trade_every_day(full_market: SimulatedMarket) -> None:
    day = date(2025, 9, 10)
    bars = full_market.bars(day)
    assert bars is not None
    silent = {row.symbol for row in full_market.directory(day) if not row.is_test_issue} - set(bars.symbols)
    assert 0 < len(silent) < 30


def _is_quarter_start(sessions: list[date], row: int) -> bool:
    return (sessions[row - 1].month - 1) // 3 != (sessions[row].month - 1) // 3


def _close(market: SimulatedMarket, symbol: str, day: date) -> float:
    bars = market.bars(day)
    assert bars is not None
    return float(bars.close_usd[bars.symbols == symbol][0])


def _around(day: date) -> tuple[date, date]:
    from amc_assets.market.calendar import previous_session

    return previous_session(day), day


def _settlement_after(market: SimulatedMarket, day: date) -> date:
    return next(
        settlement for settlement in market.settlements() if settlement >= day or settlement >= next_session(day)
    )

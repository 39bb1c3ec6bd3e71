"""The simulated option chains: free of plain arbitrage, plausible, blemished as a vendor's, louder in a squeeze."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from amc_assets.market.calendar import is_session, session_offset, sessions_between
from amc_assets.replay.market import ChainOfDay, FloatArray
from amc_assets.replay.simulated import Planted, SimulatedMarket
from amc_assets.replay.simulation import option_listing

DAY = date(2024, 5, 15)
RATE_FRAC = 0.05


@pytest.fixture(scope="module")
def chains(small_market: SimulatedMarket) -> list[ChainOfDay]:
    """Return every chain of one day."""
    return [chain for chain in _chains(small_market, DAY) if chain is not None]


@pytest.fixture(scope="module")
def planted(full_market: SimulatedMarket) -> list[Planted]:
    """Return thirty squeezes that have options through their whole life."""
    rows = [row for row in full_market.planted() if date(2024, 10, 1) <= row.ignition_date <= date(2026, 6, 1)]
    lives = [(row, [session_offset(row.ignition_date, step) for step in (-55, -2, 0)]) for row in rows]
    return [row for row, days in lives if all(full_market.option_chain(row.symbol, day) for day in days)][:30]


def _chains(market: SimulatedMarket, day: date) -> list[ChainOfDay | None]:
    return [market.option_chain(listing.symbol, day) for listing in market.directory(day)]


def _years(chain: ChainOfDay, day: date) -> FloatArray:
    return np.asarray((chain.expiration_dates - np.datetime64(day)).astype(np.float64) / 365)


def _near_the_money(chain: ChainOfDay, day: date, *, first: float = 15 / 365, last: float = 75 / 365) -> FloatArray:
    years = _years(chain, day)
    near = np.abs(np.log(chain.strike_usd / chain.underlying_usd)) < 0.08
    return np.asarray(near & (years >= first) & (years <= last))


def _iv_frac(chain: ChainOfDay, day: date) -> float:
    return float(np.nanmedian(chain.iv_frac[_near_the_money(chain, day)]))


def _forward_bounds(chain: ChainOfDay, rows: FloatArray, years: float) -> FloatArray:
    """Return the forwards that each pair of call and put allows, shape (pairs, 2)."""
    calls, puts = rows[0::2], rows[1::2]
    assert (chain.strike_usd[calls] == chain.strike_usd[puts]).all()
    grow = np.exp(RATE_FRAC * years)
    low = chain.strike_usd[calls] + grow * (chain.bid_usd[calls] - chain.ask_usd[puts])
    high = chain.strike_usd[calls] + grow * (chain.ask_usd[calls] - chain.bid_usd[puts])
    return np.column_stack([low, high])


def test_most_companies_of_some_size_have_options(small_market: SimulatedMarket, chains: list[ChainOfDay]) -> None:
    bars = small_market.bars(DAY)
    assert bars is not None
    kinds = {row.symbol: row.polygon_type for row in small_market.directory(DAY)}
    close = dict(zip(bars.symbols, bars.close_usd, strict=True))
    named = {chain.symbol for chain in chains}
    assert 0.4 * len(kinds) < len(named) < 0.8 * len(kinds)
    assert {kinds[symbol] for symbol in named} == {"CS", "ADRC", "ETF"}
    assert all(chain.underlying_usd == close[chain.symbol] for chain in chains)
    assert min(chain.underlying_usd for chain in chains) > 1.5, "listed over three dollars, at the quarter's start"
    assert small_market.option_chain(chains[0].symbol, date(2024, 5, 18)) is None, "a Saturday"
    assert small_market.option_chain("NOSUCH", DAY) is None


def test_a_chain_is_whole(chains: list[ChainOfDay]) -> None:
    for chain in chains:
        count = len(chain.strike_usd)
        assert 40 <= count <= 1500, chain.symbol
        assert len(set(chain.contract_symbols.tolist())) == count
        columns = (chain.bid_usd, chain.ask_usd, chain.volume_contracts, chain.open_interest_contracts)
        assert all(column.shape == (count,) and (column >= 0).all() for column in columns)
        assert (chain.volume_contracts == np.round(chain.volume_contracts)).all()
        assert chain.strike_usd.min() < chain.underlying_usd < chain.strike_usd.max()
        assert chain.is_call.sum() * 2 == count


def test_expiries_are_sessions_of_half_a_year(chains: list[ChainOfDay]) -> None:
    days = {day.astype(object) for chain in chains for day in chain.expiration_dates}
    assert all(is_session(day) for day in days)
    assert min(days) >= DAY
    assert date(2024, 5, 17) in days
    assert 100 < (max(days) - DAY).days <= option_listing.LONGEST_DAYS
    counts = [len(np.unique(chain.expiration_dates)) for chain in chains]
    assert min(counts) >= 3
    assert max(counts) >= 8, "busy names have weeklies"


def test_the_third_friday_gives_way_to_a_holiday() -> None:
    assert option_listing.third_friday(2025, 4) == date(2025, 4, 18)
    assert date(2025, 4, 17) in option_listing.expiries(date(2025, 4, 1), 0, with_weeklies=False), "Good Friday"


def test_parity_holds_within_the_spreads(chains: list[ChainOfDay]) -> None:
    held = []
    for chain in chains:
        years, near = _years(chain, DAY), np.abs(np.log(chain.strike_usd / chain.underlying_usd)) < 0.15
        for expiry in np.unique(chain.expiration_dates):
            rows = np.flatnonzero((chain.expiration_dates == expiry) & near & (chain.bid_usd < chain.ask_usd))
            pairs = [row for row in rows[chain.is_call[rows]].tolist() if row + 1 in rows]
            if len(pairs) < 2 or years[pairs[0]] < 7 / 365:
                continue
            order = np.array([[row, row + 1] for row in pairs]).ravel()
            bounds = _forward_bounds(chain, order, float(years[pairs[0]]))
            middle = np.median(bounds)
            held.append(((bounds[:, 0] <= middle) & (middle <= bounds[:, 1])).mean())
    assert len(held) > 300
    assert np.mean(held) > 0.95, "one forward fits all pairs but the blemished ones"
    assert np.mean(held) < 1.0, "the blemished ones are seen"


def test_total_variance_grows_with_the_term(chains: list[ChainOfDay]) -> None:
    grows = []
    for chain in chains:
        years, near = _years(chain, DAY), np.abs(np.log(chain.strike_usd / chain.underlying_usd)) < 0.06
        total = [
            float(np.nanmedian(chain.iv_frac[rows]) ** 2 * years[rows][0])
            for expiry in np.unique(chain.expiration_dates)
            if (rows := near & (chain.expiration_dates == expiry) & np.isfinite(chain.iv_frac)).any()
        ]
        grows += [later > earlier for earlier, later in pairwise(total)]
    assert np.mean(grows) > 0.97


def test_prices_fall_in_the_strike_for_calls_and_rise_for_puts(chains: list[ChainOfDay]) -> None:
    ordered = []
    for chain in chains[:60]:
        for expiry in np.unique(chain.expiration_dates):
            for side, sign in ((True, -1), (False, 1)):
                rows = (chain.expiration_dates == expiry) & (chain.is_call == side) & (chain.bid_usd < chain.ask_usd)
                steps = sign * np.diff((chain.bid_usd[rows] + chain.ask_usd[rows]) / 2)
                ordered.append((steps >= -0.051).mean())
    assert np.mean(ordered) > 0.98


def test_the_blemishes_of_a_vendor_are_there(chains: list[ChainOfDay]) -> None:
    bid, ask, iv, last, volume = (
        np.concatenate([getattr(chain, name) for chain in chains])
        for name in ("bid_usd", "ask_usd", "iv_frac", "last_usd", "volume_contracts")
    )
    assert 0.0005 < (bid > ask).mean() < 0.01, "crossed"
    assert 0.05 < (bid == 0).mean() < 0.5, "wings without a bid"
    assert 0.01 < np.isnan(iv).mean() < 0.1, "volatility not sent"
    assert 0.01 < (np.isclose(iv, 4.2099) | (iv == 0.01)).mean() < 0.4, "junk far from the money"
    assert np.isnan(last[volume == 0]).any()
    assert not np.isnan(last[volume > 0]).any()
    assert 0.2 < (volume == 0).mean() < 0.9, "most contracts do not trade"


def test_volatility_remembers(small_market: SimulatedMarket, chains: list[ChainOfDay]) -> None:
    sessions = sessions_between(date(2024, 3, 1), DAY)
    memory, levels = [], []
    for chain in chains[:40]:
        history = [small_market.option_chain(chain.symbol, day) for day in sessions]
        if not all(history):
            continue
        ivs = np.array([_iv_frac(past, day) for past, day in zip(history, sessions, strict=True) if past is not None])
        if np.isnan(ivs).any():
            continue
        memory.append(np.corrcoef(ivs[1:], ivs[:-1])[0, 1])
        levels.append(float(np.median(ivs)))
    assert len(memory) >= 12
    assert np.median(memory) > 0.75
    assert 0.2 < np.median(levels) < 0.9
    assert np.std(levels) > 0.05, "names differ"


def test_a_squeeze_is_loud_in_its_options(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    rows = []
    for row in planted:
        shown = []
        for step in (-55, -2, 0):
            day = session_offset(row.ignition_date, step)
            chain = full_market.option_chain(row.symbol, day)
            assert chain is not None
            calls = chain.volume_contracts[chain.is_call].sum()
            puts = chain.volume_contracts[~chain.is_call].sum()
            shown.append((calls + puts, calls / max(puts, 1), _iv_frac(chain, day)))
        rows.append(shown)
    volume, call_put, iv = (np.array(rows)[:, :, column] for column in range(3))
    assert len(rows) == 30
    assert np.median(volume[:, 2] / np.maximum(volume[:, 0], 1)) > 8
    assert np.median(call_put[:, 2]) > 2 * np.median(call_put[:, 0])
    assert np.nanmedian(iv[:, 2] / iv[:, 0]) > 1.3
    assert np.median(volume[:, 1] / np.maximum(volume[:, 0], 1)) < 3, "the day before gives little away"


def test_borrowing_is_dear_where_shorts_crowd(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    def borrow(row: Planted, step: int) -> float:
        day = session_offset(row.ignition_date, step)
        chain = full_market.option_chain(row.symbol, day)
        assert chain is not None
        years = _years(chain, day)
        rows = np.flatnonzero(_near_the_money(chain, day, first=30 / 365, last=190 / 365))
        fees = []
        for call in rows[chain.is_call[rows]].tolist():
            bounds = _forward_bounds(chain, np.array([call, call + 1]), float(years[call]))
            fees.append(RATE_FRAC - np.log(bounds.mean() / chain.underlying_usd) / years[call])
        return float(np.median(fees)) if fees else np.nan

    late = [borrow(row, -2) for row in planted]
    early = [borrow(row, -55) for row in planted]
    assert np.nanmedian(late) > 0.15
    assert abs(np.nanmedian(early)) < 0.05


def test_open_interest_is_the_evening_befores() -> None:
    """Another volume and another event on the day itself change the volumes, and no open contract."""
    quiet, loud = (SimulatedMarket(symbol_count=150, last_day=date(2024, 6, 28)) for _ in range(2))
    block, row = loud._days.at(DAY)
    block.paths.volume_shares[row] *= 7
    pairs = [pair for pair in zip(_chains(quiet, DAY), _chains(loud, DAY), strict=True) if pair[0] and pair[1]]
    assert len(pairs) > 50
    for before, after in pairs:
        assert before is not None
        assert after is not None
        np.testing.assert_array_equal(before.open_interest_contracts, after.open_interest_contracts)
        assert after.volume_contracts.sum() > 4 * before.volume_contracts.sum()


def test_open_interest_of_a_contract_is_steady(small_market: SimulatedMarket, chains: list[ChainOfDay]) -> None:
    changes = []
    for chain in chains[:50]:
        tomorrow = small_market.option_chain(chain.symbol, session_offset(DAY, 1))
        assert tomorrow is not None
        later = dict(zip(tomorrow.contract_symbols, tomorrow.open_interest_contracts, strict=True))
        for symbol, contracts in zip(chain.contract_symbols, chain.open_interest_contracts, strict=True):
            if contracts >= 20 and symbol in later:
                changes.append(later[symbol] / contracts)
    assert len(changes) > 500
    assert 0.9 < np.median(changes) < 1.1
    assert np.percentile(np.abs(np.log(np.maximum(changes, 0.01))), 95) < 0.3

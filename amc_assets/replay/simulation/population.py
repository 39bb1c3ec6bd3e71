"""Who is listed in the simulated market, and the lasting traits of each: size, float, volatility, turnover, shorts.

Arrays have shape (symbols,). Levels are lognormal: prices about 0.5-500 USD, volumes about 20 thousand to 50 million
shares. About a quarter of the lines are noise that a universe has to leave out: funds, preferreds, warrants, units.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray, TextArray, text_array
from amc_assets.replay.simulation.tickers import TRAP_TICKERS, TickerBook
from amc_assets.replay.simulation.timeline import ORIGIN

SECTORS = 11
NEVER = date(9999, 12, 31)
_SHARE_OF_TYPE = {"ADRC": 0.04, "ETF": 0.09, "PFD": 0.05, "WARRANT": 0.06, "UNIT": 0.04}
_LISTING_SPAN_DAYS = 6 * 365  # listings and delistings are drawn over six years, whatever range is asked for
_COMING_OR_GOING_SHARE = 0.05
_TEST_ISSUES = ("ZVZZT", "ZWZZT", "ZXZZT", "ZJZZT", "ZXYZ.A", "ZBZX", "ZTEST", "ZTST", "ZVV", "ZZK")
_NAME_OF_TYPE = {
    "CS": "Common Stock", "ADRC": "American Depositary Shares", "ETF": "ETF", "WARRANT": "Warrants",
    "PFD": "6.50% Series A Cumulative Preferred Stock", "UNIT": "Units, each of one share and one-half of one warrant",
}  # fmt: skip


@dataclass(frozen=True)
class Names:
    """Symbols, names and places of listing."""

    symbols: TextArray
    names: TextArray
    exchanges: TextArray
    polygon_types: TextArray
    parents: npt.NDArray[np.int64]  # position of the other share class whose shocks a class share follows, -1 for none


@dataclass(frozen=True)
class Population:
    """Names and traits; ``base`` values are before any split."""

    names: Names
    base_price_usd: FloatArray
    base_volume_shares: FloatArray
    base_float_shares: FloatArray
    base_outstanding_shares: FloatArray
    daily_volatility: FloatArray
    beta: FloatArray
    daily_drift: FloatArray
    sector: npt.NDArray[np.int64]
    tail_degrees: FloatArray
    base_short_frac: FloatArray
    off_exchange_frac: FloatArray
    short_ratio: FloatArray
    no_trade_probability: FloatArray
    listed_from: TextArray
    listed_until: TextArray

    @property
    def size(self) -> int:
        """Number of symbols."""
        return len(self.names.symbols)

    @property
    def is_company(self) -> npt.NDArray[np.bool_]:
        """Common stock and ADRs: what events are planted on."""
        types = self.names.polygon_types
        return np.asarray((types == "CS") | (types == "ADRC"), dtype=np.bool_)


def test_issues() -> list[str]:
    """Return the directory's test issues, which never trade."""
    return list(_TEST_ISSUES)


def make_population(seed: int, symbol_count: int) -> Population:
    """Return the population of ``symbol_count`` lines for ``seed``."""
    rng = np.random.default_rng([seed, 1])
    names = _make_names(rng, symbol_count)
    types = names.polygon_types
    capitalisation = np.exp(rng.normal(np.log(6e8), 1.8, symbol_count))
    price = _of_type(types, rng, np.exp(rng.normal(np.log(14), 1.2, symbol_count)).clip(0.6, 480))
    outstanding = (capitalisation / price).clip(4e6, 4e9)
    floating = outstanding * rng.beta(5, 1.4, symbol_count).clip(0.12, 0.99)
    turnover = np.exp(rng.normal(np.log(0.009), 0.75, symbol_count))
    volume = (floating * turnover).clip(2e4, 5e7) * np.where(types == "PFD", 0.1, 1.0)
    size_effect = -0.13 * np.log(capitalisation / 1e9)
    volatility = np.exp(np.log(0.031) + size_effect + rng.normal(0, 0.25, symbol_count)).clip(0.009, 0.085)
    listed_from, listed_until = _lifetimes(rng, types)
    short_frac, drift = _shorts(rng, types)
    return Population(
        names=names,
        base_price_usd=price,
        base_volume_shares=volume.clip(2e3, 5e7),
        base_float_shares=np.round(floating),
        base_outstanding_shares=np.round(outstanding),
        daily_volatility=volatility * _by_type(types, ETF=0.35, PFD=0.2, WARRANT=1.6, UNIT=0.2),
        beta=rng.normal(1.05, 0.35, symbol_count).clip(-0.5, 2.5) * _by_type(types, PFD=0.2, UNIT=0.1),
        daily_drift=drift,
        sector=rng.integers(0, SECTORS, symbol_count),
        tail_degrees=rng.uniform(3.0, 4.5, symbol_count),
        base_short_frac=short_frac,
        off_exchange_frac=rng.uniform(0.35, 0.5, symbol_count),
        short_ratio=rng.normal(0.45, 0.05, symbol_count).clip(0.3, 0.6),
        no_trade_probability=np.where((types == "WARRANT") | (types == "UNIT") | (types == "PFD"), 0.03, 0.0),
        listed_from=listed_from,
        listed_until=listed_until,
    )


def _make_names(rng: np.random.Generator, count: int) -> Names:
    book = TickerBook(rng)
    for ticker in (*_TEST_ISSUES, *TRAP_TICKERS):
        book.claim(ticker)
    wanted = {kind: round(share * count) for kind, share in _SHARE_OF_TYPE.items()}
    companies = count - sum(wanted.values())
    rows: list[tuple[str, str, str, str, int]] = []
    classes = max(companies // 50, 1)
    for number in range(companies - classes):
        exchange = "QNA"[rng.choice(3, p=[0.55, 0.4, 0.05])]
        trap = TRAP_TICKERS[number] if number < len(TRAP_TICKERS) else None
        symbol = trap or book.root(4 if exchange == "Q" else int(rng.integers(2, 4)))
        rows.append((symbol, f"{book.company()} Common Stock", exchange, "CS", -1))
    parents = rng.permutation(len(rows))
    for parent in parents:
        if len(rows) >= companies:
            break
        root, name, exchange, _, _ = rows[parent]
        if exchange == "N" and book.claim(f"{root}.B"):
            rows.append((f"{root}.B", name.replace("Common", "Class B Common"), exchange, "CS", int(parent)))
    _add_noise(rows, book, rng, wanted | {"CS": companies - len(rows)})
    symbols, titles, exchanges, kinds, leaders = zip(*rows, strict=True)
    return Names(
        symbols=text_array(symbols),
        names=text_array(titles),
        exchanges=text_array(exchanges),
        polygon_types=text_array(kinds),
        parents=np.array(leaders, dtype=np.int64),
    )


def _add_noise(
    rows: list[tuple[str, str, str, str, int]], book: TickerBook, rng: np.random.Generator, wanted: dict[str, int]
) -> None:
    common = [row for row in rows if row[3] == "CS" and "." not in row[0]]
    for kind, number in wanted.items():
        added = 0
        while added < number:
            root, name, exchange, _, _ = common[rng.integers(len(common))]
            if kind in {"CS", "ADRC", "ETF"}:
                exchange = {"ETF": "PZQ"[rng.integers(3)]}.get(kind, exchange)
                symbol, name = book.root(4), f"{book.company()} {_NAME_OF_TYPE[kind]}"
            else:
                symbol = _derived_symbol(root, exchange, kind)
                name = name.replace("Common Stock", _NAME_OF_TYPE[kind])
                if not book.claim(symbol):
                    continue
            rows.append((symbol, name, exchange, kind, -1))
            added += 1


def _derived_symbol(root: str, exchange: str, kind: str) -> str:
    if exchange == "Q":  # Nasdaq adds a fifth letter where NYSE adds a suffix
        return root + {"PFD": "P", "WARRANT": "W", "UNIT": "U"}[kind]
    return root + {"PFD": "pA", "WARRANT": ".WS", "UNIT": ".U"}[kind]


def _by_type(types: TextArray, **factors: float) -> FloatArray:
    values = np.ones(len(types))
    for kind, factor in factors.items():
        values[types == kind] = factor
    return values


def _of_type(types: TextArray, rng: np.random.Generator, price: FloatArray) -> FloatArray:
    count = len(types)
    price = np.where(types == "ETF", np.exp(rng.normal(np.log(45), 0.6, count)), price)
    price = np.where(types == "PFD", rng.normal(23, 2.5, count).clip(12, 30), price)
    price = np.where(types == "WARRANT", np.exp(rng.normal(np.log(1.2), 0.7, count)), price)
    return np.where(types == "UNIT", rng.normal(10.2, 0.2, count), price)


def _lifetimes(rng: np.random.Generator, types: TextArray) -> tuple[TextArray, TextArray]:
    count = len(types)
    starts = np.where(rng.random(count) < _COMING_OR_GOING_SHARE, rng.integers(5, _LISTING_SPAN_DAYS, count), 0)
    ends = np.where(rng.random(count) < _COMING_OR_GOING_SHARE, rng.integers(5, _LISTING_SPAN_DAYS, count), 0)
    starts[: len(TRAP_TICKERS)] = ends[: len(TRAP_TICKERS)] = 0  # the traps are there on every day
    listed_from = [ORIGIN + timedelta(days=int(days)) for days in starts]
    listed_until = [
        ORIGIN + timedelta(days=int(end)) if end > start + 120 else NEVER
        for start, end in zip(starts, ends, strict=True)
    ]
    return text_array(listed_from), text_array(listed_until)


def _shorts(rng: np.random.Generator, types: TextArray) -> tuple[FloatArray, FloatArray]:
    count = len(types)
    usual = np.exp(rng.normal(np.log(0.04), 0.65, count)).clip(0.004, 0.22)
    is_heavily_shorted = (types == "CS") & (rng.random(count) < 0.05)  # quiet losers: high short interest, no squeeze
    short_frac = np.where(is_heavily_shorted, rng.uniform(0.18, 0.38, count), usual)
    short_frac = short_frac * _by_type(types, PFD=0.05, WARRANT=0.1, UNIT=0.02)
    return short_frac, np.where(is_heavily_shorted, -0.0008, 0.0002)

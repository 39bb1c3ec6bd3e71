"""The simulated market: a whole stock market made up from a seed, for first runs and tests. Nothing in it is real.

The same seed gives the same market whatever range is asked for. Blocks of a quarter are made on first use and kept; all
methods may be called from several threads. Bars are served as traded: splits are in the split table, not in the prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from amc_assets.market.calendar import exchange_date
from amc_assets.market.publication import settlement_dates
from amc_assets.replay.market import (
    BarsOfDay,
    ChainOfDay,
    FailRow,
    FilingRow,
    FloatRow,
    HaltRow,
    Listing,
    NewsRow,
    ShareCountRow,
    ShortInterestReport,
    ShortVolumeOfDay,
    SplitRow,
    text_array,
)
from amc_assets.replay.simulation.bills import bill_rates
from amc_assets.replay.simulation.blocks import Simulation
from amc_assets.replay.simulation.companies import cik_of, figi_of, share_counts
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.events import EventKind
from amc_assets.replay.simulation.fails import FailsBook
from amc_assets.replay.simulation.filings import Filings
from amc_assets.replay.simulation.halts import halts_of
from amc_assets.replay.simulation.newsroom import Newsroom
from amc_assets.replay.simulation.option_chains import OptionChains
from amc_assets.replay.simulation.population import Population, test_issues
from amc_assets.replay.simulation.ticker_uses import TickerUse, TickerUses
from amc_assets.replay.simulation.timeline import LAST_POSSIBLE_DAY, ORIGIN, quarter_number
from amc_assets.replay.simulation.volatility import VolatilityBook
from amc_assets.replay.unrecorded import Unrecorded

DEFAULT_SEED = 20210128
FIRST_DAY, LAST_DAY = date(2024, 1, 2), date(2027, 12, 31)
FLOAT_DATE = date(2023, 12, 15)
FEWEST_SYMBOLS = 100
_MARKET_CODES = {"Q": "B,Q,N", "N": "B,Q,N", "A": "Q,N", "P": "B,Q,N", "Z": "Q,N"}


@dataclass(frozen=True)
class Planted:
    """One planted squeeze: the truth that only ``replay`` and its tests may read.

    ``peak_frac`` is the planned rise from the close before the ignition to the close of the peak; the symbol's own
    noise comes on top.
    """

    symbol: str
    build_up_from: date
    ignition_date: date
    peak_date: date
    end_date: date
    peak_frac: float


class SimulatedMarket(Unrecorded):
    """A market of ``symbol_count`` made-up symbols from ``first_day`` to ``last_day``.

    ticker_uses: securities that change their ticker or take over one; they alter no draw.
    Raises ValueError for a range outside 2024-01-01..2030-06-30 or fewer than 100 symbols.
    """

    recorded_kinds = frozenset({"news", "filings", "halts"})

    name = "simulated"
    is_simulated = True
    bars_basis_date: date | None = None

    def __init__(
        self,
        seed: int = DEFAULT_SEED,
        symbol_count: int = 1600,
        first_day: date = FIRST_DAY,
        last_day: date = LAST_DAY,
        ticker_uses: Iterable[TickerUse] = (),
    ) -> None:
        if not ORIGIN <= first_day <= last_day <= LAST_POSSIBLE_DAY:
            raise ValueError(
                f"the simulated market runs from {ORIGIN} to {LAST_POSSIBLE_DAY}; {first_day}..{last_day} does not "
                "fit: choose days inside, first before last"
            )
        if symbol_count < FEWEST_SYMBOLS:
            raise ValueError(f"a market needs at least {FEWEST_SYMBOLS} symbols to hold every security type")
        self.first_day = first_day
        self.last_day = last_day
        self._simulation = Simulation(seed, symbol_count)
        self._days = Days(self._simulation, first_day, last_day)
        self._filings, self._newsroom, self._fails = Filings(self._days), Newsroom(self._days), FailsBook(self._days)
        self._chains = OptionChains(self._days, VolatilityBook(self._days))
        self._listings = _all_listings(self._simulation)
        self._uses = TickerUses(ticker_uses)

    def directory(self, day: date) -> Sequence[Listing]:
        """Return what is listed on ``day``, the exchanges' test issues included."""
        return self._uses.rows([row for row, first, last in self._listings if first <= day <= last], lambda _: day)

    def bars(self, day: date) -> BarsOfDay | None:
        """Return the bars of ``day`` as traded."""
        found = self._days.find(day)
        if found is None:
            return None
        block, row = found
        paths = block.paths
        keep = paths.has_bar[row]
        bars = BarsOfDay(
            symbols=self._simulation.population.names.symbols[keep],
            open_usd=paths.open_usd[row, keep],
            high_usd=paths.high_usd[row, keep],
            low_usd=paths.low_usd[row, keep],
            close_usd=paths.close_usd[row, keep],
            volume_shares=paths.volume_shares[row, keep],
            vwap_usd=paths.vwap_usd[row, keep],
            trade_count=paths.trade_count[row, keep],
        )
        return self._uses.columns(bars, day)

    def short_volume(self, day: date) -> ShortVolumeOfDay | None:
        """Return the off-exchange short volume of ``day``."""
        found = self._days.find(day)
        if found is None:
            return None
        block, row = found
        keep = block.paths.has_bar[row]
        names = self._simulation.population.names
        volumes = block.short_volumes
        file = ShortVolumeOfDay(
            symbols=names.symbols[keep],
            short_volume_shares=volumes.short_shares[row, keep],
            short_exempt_volume_shares=volumes.exempt_shares[row, keep],
            total_volume_shares=volumes.total_shares[row, keep],
            market_codes=text_array([_MARKET_CODES[exchange] for exchange in names.exchanges[keep]]),
        )
        return self._uses.columns(file, day)

    def short_volume_file(self, day: date) -> bytes | None:  # noqa: ARG002 - nothing was recorded
        """Return None: the file is encoded from the arrays."""
        return None

    def settlements(self) -> list[date]:
        """Return the settlement dates of the range."""
        return settlement_dates(self.first_day, self.last_day)

    def short_interest(self, settlement: date) -> ShortInterestReport | None:
        """Return the report of ``settlement``."""
        if not self.first_day <= settlement <= self.last_day:
            return None
        report = self._days.block(settlement).reports.get(settlement)
        return None if report is None else self._uses.columns(report, settlement)

    def short_interest_file(self, settlement: date) -> bytes | None:  # noqa: ARG002 - nothing was recorded
        """Return None: the file is encoded from the report."""
        return None

    def floats(self) -> Sequence[FloatRow]:
        """Return the float of every symbol at its start and after each of its splits in the range."""
        population = self._simulation.population
        shares: dict[str, tuple[float, float]] = {}
        rows: list[FloatRow] = []
        columns = zip(
            population.names.symbols, population.listed_from, population.names.polygon_types,
            population.base_float_shares.tolist(), population.base_outstanding_shares.tolist(),
            strict=True,
        )  # fmt: skip
        for symbol, listed_from, polygon_type, floating, outstanding in columns:
            if polygon_type in {"CS", "ADRC"} and listed_from <= self.last_day:
                shares[symbol] = (floating, outstanding)
                effective = FLOAT_DATE if listed_from == ORIGIN else listed_from
                rows.append(FloatRow(symbol, effective, floating, outstanding))
        for split in self._drawn_splits(ORIGIN, self.last_day):
            ratio = split.split_to / split.split_from
            floating, outstanding = (round(value * ratio) for value in shares[split.symbol])
            shares[split.symbol] = (floating, outstanding)
            rows.append(FloatRow(split.symbol, split.execution_date, floating, outstanding))
        return sorted(self._shown_floats(rows), key=lambda row: (row.symbol, row.effective_date))

    def _shown_floats(self, rows: list[FloatRow]) -> list[FloatRow]:
        """Return the floats under the tickers of their dates; a new ticker is stated again on its first day.

        What a former holder's float was stays on the list: vendors are slow to take it off.
        """
        shown = []
        for row in rows:
            uses = self._uses.uses_of(row.symbol)
            shown += [
                replace(row, symbol=use.symbol, effective_date=max(row.effective_date, use.first_day))
                if use.first_day > self.first_day
                else replace(row, symbol=use.symbol)
                for use in uses
                if row.effective_date <= use.last_day
            ] or ([] if uses else [row])
        return shown

    def splits(self, first: date, last: date) -> Sequence[SplitRow]:
        """Return the splits from ``first`` to ``last``, both included."""
        return self._uses.rows(self._drawn_splits(first, last), lambda row: row.execution_date)

    def _drawn_splits(self, first: date, last: date) -> list[SplitRow]:
        last = min(last, self.last_day)
        if last < max(first, ORIGIN):
            return []
        blocks = self._days.blocks_to(quarter_number(last))
        return [row for block in blocks for row in block.splits if first <= row.execution_date <= last]

    def planted(self) -> list[Planted]:
        """Return the squeezes that ignite in the range, by ignition date. Never served."""
        self._days.blocks_to(quarter_number(self.last_day))
        found = [
            Planted(
                self._simulation.population.names.symbols[event.position],
                self._days.session(max(event.first_index, 0)),
                self._days.session(event.ignition_index),
                self._days.session(event.peak_index),
                self._days.session(event.end_index),
                event.peak_frac,
            )
            for event in list(self._simulation.events)
            if event.kind is EventKind.SQUEEZE
        ]
        inside = [planted for planted in found if self.first_day <= planted.ignition_date <= self.last_day]
        return sorted(inside, key=lambda planted: (planted.ignition_date, planted.symbol))

    def news(self, first: datetime, last: datetime) -> Sequence[NewsRow]:
        """Return the headlines of five wires from ``first`` to ``last``, oldest first."""
        items = self._newsroom.news(first, last)
        if not self._uses:
            return items
        return [replace(row, symbols=self._uses.names(row.symbols, exchange_date(row.published_at))) for row in items]

    def filings(self, first: datetime, last: datetime) -> Sequence[FilingRow]:
        """Return the filings accepted from ``first`` to ``last``, oldest first."""
        return self._uses.rows(self._filings.filings(first, last), lambda row: exchange_date(row.accepted_at))

    def halts(self, day: date) -> Sequence[HaltRow]:
        """Return the halts that began on ``day``: volatility pauses and halts for news."""
        return self._uses.rows(halts_of(self._days, day), lambda _: day)

    def threshold_symbols(self, day: date) -> Sequence[str] | None:
        """Return what is on the exchanges' threshold lists of ``day``, as the fails demand; None without a session."""
        listed = self._fails.threshold_symbols(day)
        return None if listed is None else self._uses.names(listed, day)

    def fails(self, first: date, last: date) -> Sequence[FailRow] | None:
        """Return the fails to deliver from ``first`` to ``last``; None when the range holds none of these days."""
        rows = self._fails.fails(first, last)
        return None if rows is None else self._uses.rows(rows, lambda row: row.settlement_date)

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return the counts on the covers of the reports filed by the last day, oldest first."""
        return self._share_counts

    def option_chain(self, symbol: str, day: date) -> ChainOfDay | None:
        """Return the chain of ``symbol`` after the close of ``day``; None where no options are listed."""
        security = self._uses.security(symbol, day)
        return None if security is None else self._chains.chain(security, day)

    def bill_rates(self, day: date) -> Sequence[tuple[int, float]] | None:
        """Return the Treasury's rates of ``day``; None without a session."""
        return bill_rates(self._simulation.seed, day) if self._days.holds(day) else None

    @cached_property
    def _share_counts(self) -> Sequence[ShareCountRow]:
        return self._uses.rows(share_counts(self._days), lambda row: row.filed_date)


def _filers(population: Population) -> list[int | None]:
    """Return the CIK of every security: its own company's or that of the class it follows; funds and the like none."""
    parents, is_company = population.names.parents.tolist(), population.is_company.tolist()
    return [
        cik_of(parent if parent >= 0 else place) if is_company[place] else None for place, parent in enumerate(parents)
    ]


def _all_listings(simulation: Simulation) -> list[tuple[Listing, date, date]]:
    population = simulation.population
    names = population.names
    columns = zip(
        names.symbols, names.names, names.exchanges, names.polygon_types, population.listed_from,
        population.listed_until, _filers(population), strict=True,
    )  # fmt: skip
    listings = [
        (
            Listing(symbol, name, exchange, kind == "ETF", False, kind, cik, figi_of(simulation.seed, position)),
            first,
            last,
        )
        for position, (symbol, name, exchange, kind, first, last, cik) in enumerate(columns)
    ]
    tests = [
        (Listing(symbol, "Nasdaq Test Issue Common Stock", "Q", False, True, None), ORIGIN, LAST_POSSIBLE_DAY)
        for symbol in test_issues()
    ]
    return sorted(listings + tests, key=lambda row: row[0].symbol)

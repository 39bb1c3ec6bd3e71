"""One dataset by name: how `amc fetch` asks for it, and which table of the lake it feeds.

A dataset that feeds a table goes through the same ingest function as its asset, so that a row is stored one way only;
the others are asked for and shown. The test of this table fails when a dataset of the registry has no line here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from amc_assets.market.calendar import new_york, previous_session
from amc_assets.market.publication import published_at
from amc_assets.market.symbols import Spelling, SymbolMaster
from amc_assets.pipeline.fetching_stores import STORES
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.tagging import ciks_by_symbol
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.dataset import Dataset
from amc_assets.providers.errors import NotFound
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.providers.registry import DATASETS

if TYPE_CHECKING:
    from amc_assets.providers.alpha_vantage.client import AlphaVantage
    from amc_assets.providers.finra.client import Finra
    from amc_assets.providers.polygon.client import Polygon

_DATE = pa.date32()


@dataclass(frozen=True)
class Ask:
    """What is wanted of a dataset: a day, and a canonical symbol (empty where none is needed)."""

    workspace: Workspace
    day: date
    symbol: str = ""

    def spelled(self, spelling: Spelling) -> str:
        """Return the symbol as a source writes it. Raises SymbolError."""
        return SymbolMaster([]).spell(self.symbol, spelling)

    @property
    def since(self) -> datetime:
        """Return the close of the session before the day: where headlines of the day begin."""
        return new_york(previous_session(self.day), 16)


Show = Callable[[Ask], Fetched]


@dataclass(frozen=True)
class Answered:
    """What became of one fetch: rows shown, or what was stored in the lake."""

    dataset: Dataset
    shown: Fetched | None = None
    stored: tuple[Ingested, ...] = ()


class NotFetchableError(ValueError):
    """A dataset that cannot be asked for like this; the message says why and what to do."""


def dataset_named(name: str) -> Dataset:
    """Return the dataset called ``name`` or ``provider.name``. Raises NotFetchableError."""
    found = [item for item in DATASETS if name in (item.name, f"{item.provider}.{item.name}")]
    if len(found) == 1:
        return found[0]
    why = "is the name of several datasets: write provider.name" if found else "is no dataset"
    raise NotFetchableError(f"{name!r} {why}. Next: amc list providers shows every name")


def why_not(dataset: Dataset, symbol: str) -> str | None:
    """Say why a dataset cannot be fetched alone, None when it can."""
    if dataset.name in NOT_ALONE:
        return f"{dataset.name} {NOT_ALONE[dataset.name]}"
    if dataset.name in BY_SYMBOL and not symbol:
        return f"{dataset.name} is of one symbol. Next: add --symbol"
    return None


def needs_date(dataset: Dataset) -> bool:
    """Return whether a dataset is of a day; the others give their present state."""
    return dataset.name not in UNDATED


def fetch_dataset(dataset: Dataset, ask: Ask) -> Answered:
    """Ask for a dataset through the one road and store it where it feeds a table.

    Raises NotFetchableError; ProviderError when a dataset that is only shown fails (a stored one notes its absence).
    """
    reason = why_not(dataset, ask.symbol)
    if reason is not None:
        raise NotFetchableError(reason)
    if not ask.workspace.sources.uses(dataset.provider):
        lacking = "AMC_CONTACT" if dataset.provider == "sec" else "its key, or a plan that has it"
        raise NotFetchableError(
            f"plan {ask.workspace.settings.plan} does not ask {dataset.provider} here: it lacks {lacking}. "
            "Next: amc doctor, and docs/configuration.md"
        )
    if dataset.name in STORES:
        return Answered(dataset, stored=tuple(STORES[dataset.name](ask.workspace, ask.day)))
    return Answered(dataset, shown=SHOWN[dataset.name](ask))


def _dates(column: str, name: str, read: Callable[[Ask], Sequence[date]]) -> Show:
    def show(ask: Ask) -> Fetched:
        table = pa.table({column: pa.array(list(read(ask)), _DATE)})
        return Fetched(Parsed(table), ask.workspace.clock_for(ask.day).now(), f"finra.{name}")

    return show


def _company_facts(ask: Ask) -> Fetched:
    cik = ciks_by_symbol(ask.workspace, ask.day).get(ask.symbol)
    if cik is None:
        step = "check the symbol, or materialise `universe` first: the SEC's tickers are mapped through it"
        raise NotFound("sec", "company_facts", f"the SEC's list of companies has no {ask.symbol}", step)
    return ask.workspace.sources.sec(ask.day).company_facts(cik)


def _finra(ask: Ask) -> "Finra":
    return ask.workspace.sources.finra(ask.day)


def _polygon(ask: Ask) -> "Polygon":
    return ask.workspace.sources.polygon(ask.day)


def _published(ask: Ask) -> "Polygon":
    """Return Polygon as of the day on which the report of a settlement came out: in a replay it is not known before."""
    return ask.workspace.sources.polygon(published_at(ask.day).date())


def _alpha(ask: Ask) -> "AlphaVantage":
    return ask.workspace.sources.alpha_vantage(ask.day)


def _dashed(ask: Ask) -> str:
    return ask.spelled(Spelling.YAHOO)  # Alpha Vantage writes BRK-B, too


def _dotted(ask: Ask) -> str:
    return ask.spelled(Spelling.POLYGON)


SHOWN: Mapping[str, Show] = {
    "reg_sho_daily": lambda ask: _finra(ask).reg_sho_daily(ask.day),
    "otc_short_volume": lambda ask: _finra(ask).otc_short_volume(ask.day),
    "trade_dates": _dates("trade_date", "trade_dates", lambda ask: _finra(ask).trade_dates()),
    "short_interest_settlements": _dates(
        "settlement_date", "short_interest_settlements", lambda ask: _finra(ask).settlements()
    ),
    "aggregates": lambda ask: _polygon(ask).aggregates(_dotted(ask), ask.day, ask.day),
    "market_snapshot": lambda ask: _polygon(ask).market_snapshot(),
    "ticker_details": lambda ask: _polygon(ask).ticker_details(_dotted(ask), ask.day),
    "option_snapshot": lambda ask: _polygon(ask).option_snapshot(_dotted(ask)),
    "market_status": lambda ask: _polygon(ask).market_status(),
    "market_holidays": lambda ask: _polygon(ask).market_holidays(),
    "polygon_short_interest": lambda ask: _published(ask).short_interest(ask.day),
    "polygon_short_volume": lambda ask: _polygon(ask).short_volume(ask.day),
    "overview": lambda ask: _alpha(ask).overview(_dashed(ask)),
    "global_quote": lambda ask: _alpha(ask).global_quote(_dashed(ask)),
    "intraday_bars": lambda ask: _alpha(ask).intraday(_dashed(ask), ask.day.replace(day=1)),
    "intraday_bars_csv": lambda ask: _alpha(ask).intraday(_dashed(ask), ask.day.replace(day=1), as_csv=True),
    "daily_bars_compact": lambda ask: _alpha(ask).daily(_dashed(ask)),
    "daily_bars_compact_csv": lambda ask: _alpha(ask).daily(_dashed(ask), as_csv=True),
    "news_sentiment": lambda ask: _alpha(ask).news_sentiment(_dashed(ask), ask.since),
    "historical_options": lambda ask: _alpha(ask).historical_options(_dashed(ask), ask.day),
    "screener": lambda ask: ask.workspace.sources.nasdaq(ask.day).screener(),
    "company_tickers": lambda ask: ask.workspace.sources.sec(ask.day).company_tickers(),
    "company_facts": _company_facts,
    "fails_index": lambda ask: ask.workspace.sources.sec(ask.day).fails_index(),
    "yahoo_headlines": lambda ask: ask.workspace.sources.news(ask.day).yahoo_headlines([_dashed(ask)]),
    "option_chain": lambda ask: ask.workspace.sources.yahoo(ask.day).option_chain(_dashed(ask)),
}
"""Dataset -> how to ask for it, where it feeds no table or a table is made for a shortlist only."""

BY_SYMBOL = frozenset({
    "aggregates", "ticker_details", "option_snapshot", "overview", "global_quote", "intraday_bars",
    "intraday_bars_csv", "daily_bars_compact", "daily_bars_compact_csv", "news_sentiment", "historical_options",
    "company_facts", "yahoo_headlines", "option_chain",
})  # fmt: skip

UNDATED = frozenset({
    "trade_dates", "short_interest_settlements", "market_snapshot", "option_snapshot", "market_status",
    "market_holidays", "overview", "global_quote", "daily_bars_compact", "daily_bars_compact_csv", "screener",
    "company_tickers", "company_facts", "fails_index", "yahoo_headlines", "option_chain",
})  # fmt: skip
"""Datasets of which there is only the present state: no request of theirs holds a date."""

NOT_ALONE: Mapping[str, str] = {
    "token": "is an access token and no data: calls to FINRA get it by themselves when they need one",
    "short_interest_file": "is read when the query API fails. Next: amc fetch short_interest",
}
"""Dataset -> why it is never asked for by itself."""

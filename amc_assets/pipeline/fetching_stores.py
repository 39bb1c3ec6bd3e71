"""Datasets that feed a table of the lake: each with the ingest function of its asset."""

from collections.abc import Callable, Mapping
from datetime import date

from amc_assets.pipeline.ingest import (
    ingest_daily_bars,
    ingest_short_interest,
    ingest_short_volume,
    ingest_splits,
    splits_since,
)
from amc_assets.pipeline.ingest_events import (
    ingest_bill_rates,
    ingest_fails,
    ingest_threshold_list,
    ingest_trade_halts,
)
from amc_assets.pipeline.ingest_news import ingest_news
from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.share_counts import ingest_share_counts
from amc_assets.pipeline.workspace import Workspace

Store = Callable[[Workspace, date], list[Ingested]]


def _one(ingest: Callable[[Workspace, date], Ingested]) -> Store:
    return lambda workspace, day: [ingest(workspace, day)]


_universe, _threshold, _news = _one(ingest_universe), _one(ingest_threshold_list), _one(ingest_news)

STORES: Mapping[str, Store] = {
    "daily_short_volume": _one(ingest_short_volume),
    "short_interest": _one(ingest_short_interest),
    "grouped_daily": _one(ingest_daily_bars),
    "splits": lambda workspace, day: ingest_splits(workspace, splits_since(workspace.lake, [day]), day, day),
    "floats": _one(ingest_share_counts),
    "symbol_directory": _universe,
    "tickers": _universe,
    "trade_halts": _one(ingest_trade_halts),
    "nasdaq_threshold_list": _threshold,
    "nyse_threshold_list": _threshold,
    "otc_threshold_list": _threshold,
    "fails_to_deliver": ingest_fails,
    "bill_rates": _one(ingest_bill_rates),
    "filings": _news,
    "globenewswire": _news,
    "prnewswire": _news,
    "polygon_news": _news,
}
"""A table made from several datasets (universe, threshold lists, news) asks for all of them."""

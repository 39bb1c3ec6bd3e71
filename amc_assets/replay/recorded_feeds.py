"""The feeds that a folder of recorded days may hold, and the datasets of the wire that each of them answers.

A feed that was not recorded is not asked: an empty answer would say that nothing happened.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from amc_assets.replay.datasets import Dataset


class Feed(StrEnum):
    """Name of a feed under ``[not_recorded]`` of a folder's description."""

    FLOAT = "float"
    SHORT_INTEREST = "short_interest"
    SHORT_VOLUME = "short_volume"
    FAILS_TO_DELIVER = "fails_to_deliver"
    SPLITS = "splits"
    COMPANY_FACTS = "company_facts"
    OPTIONS = "options"
    NEWS = "news"
    FILINGS = "filings"
    TRADE_HALTS = "trade_halts"
    THRESHOLD_LIST = "threshold_list"
    BILL_RATES = "bill_rates"
    BORROW_FEES = "borrow_fees"
    BORROW_STATUS = "borrow_status"


DATASETS_OF: Mapping[Feed, frozenset[Dataset]] = MappingProxyType(
    {
        Feed.FLOAT: frozenset({Dataset.FLOATS, Dataset.OVERVIEW}),
        Feed.SHORT_INTEREST: frozenset(
            {
                Dataset.SHORT_INTEREST, Dataset.SHORT_INTEREST_FILE, Dataset.SETTLEMENTS,
                Dataset.POLYGON_SHORT_INTEREST,
            }
        ),
        Feed.SHORT_VOLUME: frozenset(
            {
                Dataset.SHORT_VOLUME, Dataset.OTC_SHORT_VOLUME, Dataset.REG_SHO_DAILY, Dataset.TRADE_DATES,
                Dataset.POLYGON_SHORT_VOLUME,
            }
        ),
        Feed.FAILS_TO_DELIVER: frozenset({Dataset.FAILS_TO_DELIVER, Dataset.FAILS_INDEX}),
        Feed.SPLITS: frozenset({Dataset.SPLITS}),
        Feed.COMPANY_FACTS: frozenset({Dataset.COMPANY_TICKERS, Dataset.COMPANY_FACTS}),
        Feed.OPTIONS: frozenset({Dataset.OPTION_SNAPSHOT, Dataset.HISTORICAL_OPTIONS, Dataset.REALTIME_OPTIONS}),
        Feed.NEWS: frozenset(
            {
                Dataset.GLOBENEWSWIRE, Dataset.PRNEWSWIRE, Dataset.YAHOO_HEADLINES, Dataset.POLYGON_NEWS,
                Dataset.NEWS_SENTIMENT,
            }
        ),
        Feed.FILINGS: frozenset({Dataset.FILINGS}),
        Feed.TRADE_HALTS: frozenset({Dataset.TRADE_HALTS}),
        Feed.THRESHOLD_LIST: frozenset(
            {Dataset.NASDAQ_THRESHOLD_LIST, Dataset.NYSE_THRESHOLD_LIST, Dataset.OTC_THRESHOLD_LIST}
        ),
        Feed.BILL_RATES: frozenset({Dataset.BILL_RATES}),
        Feed.BORROW_FEES: frozenset(),  # this version asks nobody for them
        Feed.BORROW_STATUS: frozenset(),
    }
)  # fmt: skip
"""Feed -> the datasets of the wire that it answers."""

FEED_OF: Mapping[str, Feed] = MappingProxyType(
    {dataset.value: feed for feed, datasets in DATASETS_OF.items() for dataset in datasets}
)
"""Dataset of the wire -> its feed; bars and listings belong to none, every folder has them."""

DATED = frozenset(
    {
        Dataset.DAILY_BARS.value, Dataset.SHORT_VOLUME.value, Dataset.SHORT_INTEREST.value,
        Dataset.FAILS_TO_DELIVER.value,
    }
)  # fmt: skip
"""Datasets with a file per date: a folder has some dates and lacks others."""

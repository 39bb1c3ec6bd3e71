"""Every table of the lake by name: code, checks, Dagster column schemas and docs/lake.md all read this."""

from amc_assets.lake.event_tables import BILL_RATES, FAILS_TO_DELIVER, NEWS, THRESHOLD_LIST, TRADE_HALTS
from amc_assets.lake.option_tables import BORROW_STRESS, IV_30D, IV_PERCENTILES, OPTION_ACTIVITY, OPTION_CHAINS
from amc_assets.lake.provider_tables import (
    DAILY_BARS,
    IDENTITY_CHANGES,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    SPLITS,
    UNIVERSE,
)
from amc_assets.lake.run_tables import (
    CANDIDATES,
    DETECTOR_SCORES,
    DISCOVERY_RUNS,
    FEATURE_SNAPSHOT,
    PRICE_FEATURES,
    SCORES,
)
from amc_assets.lake.schema import TableSchema

__all__ = [
    "TABLES",
    "BILL_RATES",
    "BORROW_STRESS",
    "CANDIDATES",
    "DAILY_BARS",
    "DETECTOR_SCORES",
    "DISCOVERY_RUNS",
    "FAILS_TO_DELIVER",
    "FEATURE_SNAPSHOT",
    "IDENTITY_CHANGES",
    "IV_30D",
    "IV_PERCENTILES",
    "NEWS",
    "OPTION_ACTIVITY",
    "OPTION_CHAINS",
    "PRICE_FEATURES",
    "SCORES",
    "SHARE_COUNTS",
    "SHORT_INTEREST",
    "SHORT_VOLUME",
    "SPLITS",
    "THRESHOLD_LIST",
    "TRADE_HALTS",
    "UNIVERSE",
]

TABLES: dict[str, TableSchema] = {
    table.name: table
    for table in (
        UNIVERSE,
        IDENTITY_CHANGES,
        SHARE_COUNTS,
        DAILY_BARS,
        SPLITS,
        SHORT_VOLUME,
        SHORT_INTEREST,
        NEWS,
        TRADE_HALTS,
        FAILS_TO_DELIVER,
        THRESHOLD_LIST,
        BILL_RATES,
        OPTION_CHAINS,
        OPTION_ACTIVITY,
        IV_30D,
        IV_PERCENTILES,
        BORROW_STRESS,
        PRICE_FEATURES,
        FEATURE_SNAPSHOT,
        DETECTOR_SCORES,
        SCORES,
        CANDIDATES,
        DISCOVERY_RUNS,
    )
}  # fmt: skip

"""The datasets of Yahoo, as data."""

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.wire.chain import CHAIN_COLUMNS
from amc_assets.providers.yahoo import chain

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        chain.OPTION_CHAIN,
        chain.PROVIDER,
        "yfinance: Ticker(symbol).option_chain(expiry)",
        needs_key=False,
        cadence="now only, delayed; by opt-in",
        columns=CHAIN_COLUMNS,
        parse=chain.parse_option_chain,
        pages="a call per expiry",
    ),
)

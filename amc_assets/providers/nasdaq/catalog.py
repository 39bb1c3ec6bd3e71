"""The datasets of Nasdaq, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.nasdaq import symbols

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        symbols.SYMBOLS,
        symbols.PROVIDER,
        "{NASDAQ_BASE_URL}/dynamic/SymDir/nasdaqtraded.txt",
        needs_key=False,
        cadence="daily; today's list only",
        columns=(
            SYMBOL,
            ("name", "text"),
            ("exchange", "letter: Q N A P Z V, null when not sent"),
            ("is_etf", "flag, null when not sent"),
            ("is_test_issue", "flag"),
        ),
        parse=symbols.parse_symbols,
    ),
)

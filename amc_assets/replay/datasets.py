"""The datasets of the server: names under which requests are counted, limited and broken, and whose they are."""

from enum import StrEnum
from types import MappingProxyType


class Dataset(StrEnum):
    """Name under which requests are counted and fault rules are written."""

    SHORT_VOLUME = "daily_short_volume"
    OTC_SHORT_VOLUME = "otc_short_volume"
    REG_SHO_DAILY = "reg_sho_daily"
    TRADE_DATES = "trade_dates"
    SHORT_INTEREST = "short_interest"
    SHORT_INTEREST_FILE = "short_interest_file"
    SETTLEMENTS = "short_interest_settlements"
    OTC_THRESHOLD_LIST = "otc_threshold_list"
    TOKEN = "token"  # noqa: S105 - a dataset's name
    DAILY_BARS = "grouped_daily"
    SPLITS = "splits"
    TICKERS = "tickers"
    FLOATS = "floats"
    AGGREGATES = "aggregates"
    MARKET_SNAPSHOT = "market_snapshot"
    TICKER_DETAILS = "ticker_details"
    OPTION_SNAPSHOT = "option_snapshot"
    POLYGON_NEWS = "polygon_news"
    MARKET_STATUS = "market_status"
    MARKET_HOLIDAYS = "market_holidays"
    POLYGON_SHORT_INTEREST = "polygon_short_interest"
    POLYGON_SHORT_VOLUME = "polygon_short_volume"
    OVERVIEW = "overview"
    GLOBAL_QUOTE = "global_quote"
    DAILY_BARS_COMPACT = "daily_bars_compact"
    DAILY_BARS_COMPACT_CSV = "daily_bars_compact_csv"
    INTRADAY_BARS = "intraday_bars"
    INTRADAY_BARS_CSV = "intraday_bars_csv"
    NEWS_SENTIMENT = "news_sentiment"
    HISTORICAL_OPTIONS = "historical_options"
    REALTIME_OPTIONS = "realtime_options"
    ALPHA_VANTAGE_OTHER = "alpha_vantage_other"
    DIRECTORY = "symbol_directory"
    TRADE_HALTS = "trade_halts"
    NASDAQ_THRESHOLD_LIST = "nasdaq_threshold_list"
    SCREENER = "screener"
    NYSE_THRESHOLD_LIST = "nyse_threshold_list"
    FILINGS = "filings"
    COMPANY_TICKERS = "company_tickers"
    COMPANY_FACTS = "company_facts"
    FAILS_TO_DELIVER = "fails_to_deliver"
    FAILS_INDEX = "fails_index"
    BILL_RATES = "bill_rates"
    GLOBENEWSWIRE = "globenewswire"
    PRNEWSWIRE = "prnewswire"
    YAHOO_HEADLINES = "yahoo_headlines"
    UNKNOWN = "unknown"


_OWNED: dict[str, tuple[Dataset, ...]] = {
    "finra": (
        Dataset.SHORT_VOLUME,
        Dataset.OTC_SHORT_VOLUME,
        Dataset.REG_SHO_DAILY,
        Dataset.TRADE_DATES,
        Dataset.SHORT_INTEREST,
        Dataset.SHORT_INTEREST_FILE,
        Dataset.SETTLEMENTS,
        Dataset.OTC_THRESHOLD_LIST,
        Dataset.TOKEN,
    ),
    "polygon": (
        Dataset.DAILY_BARS,
        Dataset.SPLITS,
        Dataset.TICKERS,
        Dataset.FLOATS,
        Dataset.AGGREGATES,
        Dataset.MARKET_SNAPSHOT,
        Dataset.TICKER_DETAILS,
        Dataset.OPTION_SNAPSHOT,
        Dataset.POLYGON_NEWS,
        Dataset.MARKET_STATUS,
        Dataset.MARKET_HOLIDAYS,
        Dataset.POLYGON_SHORT_INTEREST,
        Dataset.POLYGON_SHORT_VOLUME,
    ),
    "alpha_vantage": (
        Dataset.OVERVIEW,
        Dataset.GLOBAL_QUOTE,
        Dataset.DAILY_BARS_COMPACT,
        Dataset.DAILY_BARS_COMPACT_CSV,
        Dataset.INTRADAY_BARS,
        Dataset.INTRADAY_BARS_CSV,
        Dataset.NEWS_SENTIMENT,
        Dataset.HISTORICAL_OPTIONS,
        Dataset.REALTIME_OPTIONS,
        Dataset.ALPHA_VANTAGE_OTHER,
    ),
    "nasdaq": (
        Dataset.DIRECTORY,
        Dataset.TRADE_HALTS,
        Dataset.NASDAQ_THRESHOLD_LIST,
        Dataset.SCREENER,
    ),
    "nyse": (Dataset.NYSE_THRESHOLD_LIST,),
    "sec": (
        Dataset.FILINGS,
        Dataset.COMPANY_TICKERS,
        Dataset.COMPANY_FACTS,
        Dataset.FAILS_TO_DELIVER,
        Dataset.FAILS_INDEX,
    ),
    "treasury": (Dataset.BILL_RATES,),
    "news": (
        Dataset.GLOBENEWSWIRE,
        Dataset.PRNEWSWIRE,
        Dataset.YAHOO_HEADLINES,
    ),
    "unknown": (Dataset.UNKNOWN,),
}

PROVIDER_OF = MappingProxyType({dataset: name for name, owned in _OWNED.items() for dataset in owned})
"""Dataset -> the provider whose wire it is."""

KEPT_FILES = frozenset(
    {
        Dataset.SHORT_VOLUME, Dataset.OTC_SHORT_VOLUME, Dataset.SHORT_INTEREST_FILE, Dataset.DIRECTORY,
        Dataset.TRADE_HALTS, Dataset.NASDAQ_THRESHOLD_LIST, Dataset.NYSE_THRESHOLD_LIST, Dataset.COMPANY_TICKERS,
        Dataset.COMPANY_FACTS, Dataset.FAILS_TO_DELIVER, Dataset.FAILS_INDEX, Dataset.BILL_RATES,
        Dataset.GLOBENEWSWIRE, Dataset.PRNEWSWIRE, Dataset.YAHOO_HEADLINES,
    }
)  # fmt: skip
"""Feeds and static files: they carry an ETag and answer 304. EDGAR's current filings are dynamic and carry none."""

RECORDED_KIND = MappingProxyType(
    {
        Dataset.GLOBENEWSWIRE: "news",
        Dataset.PRNEWSWIRE: "news",
        Dataset.YAHOO_HEADLINES: "news",
        Dataset.POLYGON_NEWS: "news",
        Dataset.NEWS_SENTIMENT: "news",
        Dataset.FILINGS: "filings",
        Dataset.TRADE_HALTS: "halts",
    }
)
"""Feeds that are not there at all in a market without such a record: an empty one would say that nothing happened."""

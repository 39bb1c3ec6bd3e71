"""The datasets of Alpha Vantage, as data."""

from amc_assets.providers.alpha_vantage import bars, company, news, options
from amc_assets.providers.alpha_vantage.answer import PROVIDER
from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.wire.chain import CHAIN_COLUMNS

_ADDRESS = "{ALPHA_VANTAGE_BASE_URL}?function="
_PRICES = (
    ("open_usd", "USD"),
    ("high_usd", "USD"),
    ("low_usd", "USD"),
    ("close_usd", "USD"),
    ("volume_shares", "shares"),
)
_INTRADAY = (SYMBOL, ("bar_start_at", "UTC instant"), *_PRICES)
_DAILY = (SYMBOL, ("trade_date", "exchange date"), *_PRICES)
_NEWS = (
    ("item_id", "text, the address of the article"),
    ("published_at", "UTC instant"),
    ("title", "text"),
    ("summary", "text, empty when not sent"),
    ("url", "http or https address"),
    ("publisher", "text, empty when not sent"),
    ("source_symbols", "tickers joined by commas, empty when none"),
    ("vendor_sentiment", "-1 to 1 for the asked ticker, null when not sent"),
    ("form", "text, always null here"),
    ("filing_items", "text, always null here"),
    ("cik", "text, always null here"),
)
_OVERVIEW = (
    SYMBOL,
    ("outstanding_shares", "shares, null when not sent"),
    ("float_shares", "shares, null when not sent"),
    ("insiders_pct", "percent of the shares, null when not sent"),
    ("institutions_pct", "percent of the shares, null when not sent"),
    ("market_cap_usd", "USD, null when not sent"),
    ("sector", "text, null when not sent"),
    ("industry", "text, null when not sent"),
    ("latest_quarter_date", "exchange date, null when not sent"),
)

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        company.OVERVIEW,
        PROVIDER,
        f"{_ADDRESS}OVERVIEW&symbol=",
        needs_key=True,
        cadence="after each quarterly report; today's values only",
        columns=_OVERVIEW,
        parse=company.parse_overview,
    ),
    Dataset(
        company.GLOBAL_QUOTE,
        PROVIDER,
        f"{_ADDRESS}GLOBAL_QUOTE&symbol=",
        needs_key=True,
        cadence="sessions, after the close",
        columns=(
            SYMBOL,
            ("trade_date", "exchange date"),
            *_PRICES,
            ("previous_close_usd", "USD, null when not sent"),
        ),
        parse=company.parse_global_quote,
    ),
    Dataset(
        bars.INTRADAY,
        PROVIDER,
        f"{_ADDRESS}TIME_SERIES_INTRADAY&symbol=&interval=&month=YYYY-MM",
        needs_key=True,
        cadence="sessions; premium plans",
        columns=_INTRADAY,
        parse=bars.parse_intraday,
    ),
    Dataset(
        bars.INTRADAY_CSV,
        PROVIDER,
        f"{_ADDRESS}TIME_SERIES_INTRADAY&symbol=&interval=&month=YYYY-MM&datatype=csv",
        needs_key=True,
        cadence="the same bars as CSV",
        columns=_INTRADAY,
        parse=bars.parse_intraday_csv,
    ),
    Dataset(
        bars.DAILY,
        PROVIDER,
        f"{_ADDRESS}TIME_SERIES_DAILY&symbol=&outputsize=compact",
        needs_key=True,
        cadence="sessions, after the close; the last hundred",
        columns=_DAILY,
        parse=bars.parse_daily,
    ),
    Dataset(
        bars.DAILY_CSV,
        PROVIDER,
        f"{_ADDRESS}TIME_SERIES_DAILY&symbol=&outputsize=compact&datatype=csv",
        needs_key=True,
        cadence="the same bars as CSV",
        columns=_DAILY,
        parse=bars.parse_daily_csv,
    ),
    Dataset(
        news.NEWS_SENTIMENT,
        PROVIDER,
        f"{_ADDRESS}NEWS_SENTIMENT&tickers=",
        needs_key=True,
        cadence="through the day",
        columns=_NEWS,
        parse=news.parse_news_sentiment,
        pages="the newest thousand",
    ),
    Dataset(
        options.HISTORICAL_OPTIONS,
        PROVIDER,
        f"{_ADDRESS}HISTORICAL_OPTIONS&symbol=&date=YYYY-MM-DD",
        needs_key=True,
        cadence="sessions, after the close; premium plans",
        columns=CHAIN_COLUMNS,
        parse=options.parse_historical_options,
    ),
)

"""The datasets of Nasdaq, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.nasdaq import halts, screener, symbols, threshold

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
    Dataset(
        halts.TRADE_HALTS,
        symbols.PROVIDER,
        "{NASDAQ_BASE_URL}/rss.aspx?feed=tradehalts&haltdate=MMDDYYYY",
        needs_key=False,
        cadence="each minute; halts of all US exchanges",
        columns=(
            SYMBOL,
            ("name", "text, null when not sent"),
            ("market", "text, null when not sent"),
            ("reason_code", "Nasdaq's code: T1 T12 LUDP M H10 ..."),
            ("halted_at", "UTC instant"),
            ("resumption_quote_at", "UTC instant, null while not known"),
            ("resumption_trade_at", "UTC instant, null while not known"),
            ("pause_threshold_usd", "USD, null but for volatility pauses"),
        ),
        parse=halts.parse_trade_halts,
    ),
    Dataset(
        threshold.THRESHOLD_LIST,
        symbols.PROVIDER,
        "{NASDAQ_BASE_URL}/dynamic/symdir/regsho/nasdaqthYYYYMMDD.txt",
        needs_key=False,
        cadence="sessions, 23:00 New York",
        columns=(SYMBOL, ("trade_date", "exchange date"), ("name", "text")),
        parse=threshold.parse_threshold_list,
    ),
    Dataset(
        screener.SCREENER,
        symbols.PROVIDER,
        "{NASDAQ_API_BASE_URL}/api/screener/stocks",
        needs_key=False,
        cadence="any time; as of the call",
        columns=(
            SYMBOL,
            ("name", "text"),
            ("close_usd", "USD, last sale, null when not sent"),
            ("change_pct", "percent since the close before"),
            ("volume_shares", "shares"),
            ("market_cap_usd", "USD, null for 0.00"),
            ("sector", "text"),
            ("industry", "text"),
            ("country", "text"),
        ),
        parse=screener.parse_screener,
    ),
)

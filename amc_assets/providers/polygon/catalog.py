"""The datasets of Polygon, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.exchange import Parser
from amc_assets.providers.polygon import aggregates, bars, details, news, options, reference, session, shorts, snapshot
from amc_assets.providers.polygon.answer import PROVIDER

_TRADE_DATE = ("trade_date", "exchange date")
_BAR = (
    ("open_usd", "USD"),
    ("high_usd", "USD"),
    ("low_usd", "USD"),
    ("close_usd", "USD"),
    ("volume_shares", "shares"),
    ("vwap_usd", "USD, null when not sent"),
    ("trade_count", "trades, null when not sent"),
)


def _dataset(
    name: str,
    path: str,
    cadence: str,
    columns: tuple[tuple[str, str], ...],
    parse: Parser,
    pages: str = "one answer",
) -> Dataset:
    return Dataset(
        name,
        PROVIDER,
        f"{{POLYGON_BASE_URL}}{path}",
        needs_key=True,
        cadence=cadence,
        columns=columns,
        parse=parse,
        pages=pages,
    )


_MARKET = (
    _dataset(
        bars.GROUPED_DAILY,
        "/v2/aggs/grouped/locale/us/market/stocks/YYYY-MM-DD",
        "sessions, after the close (free plan: next day)",
        (SYMBOL, _TRADE_DATE, *_BAR),
        bars.parse_grouped_daily,
    ),
    _dataset(
        aggregates.AGGREGATES,
        "/v2/aggs/ticker/{T}/range/1/{day or minute}/{from}/{to}",
        "on demand, one ticker",
        (SYMBOL, _TRADE_DATE, ("bar_start_at", "UTC instant"), *_BAR),
        aggregates.parse_aggregates,
        "50,000 minutes a page, by next_url",
    ),
    _dataset(
        snapshot.MARKET_SNAPSHOT,
        "/v2/snapshot/locale/us/markets/stocks/tickers",
        "each refresh (paid plans)",
        (
            SYMBOL,
            ("day_open_usd", "USD, null before the first trade"),
            ("day_high_usd", "USD, null before the first trade"),
            ("day_low_usd", "USD, null before the first trade"),
            ("day_close_usd", "USD, null before the first trade"),
            ("day_volume_shares", "shares so far, null before the first trade"),
            ("day_vwap_usd", "USD, null before the first trade"),
            ("previous_close_usd", "USD, null when not sent"),
            ("last_trade_usd", "USD, null when not sent"),
            ("last_trade_at", "UTC instant, null when not sent"),
            ("minute_cumulative_volume_shares", "shares so far, null before the first trade"),
            ("updated_at", "UTC instant, null when not sent"),
        ),
        snapshot.parse_market_snapshot,
    ),
)

_REFERENCE = (
    _dataset(
        reference.TICKERS,
        "/v3/reference/tickers",
        "daily",
        (
            SYMBOL,
            ("name", "text, null when not sent"),
            ("primary_exchange", "MIC, null when not sent"),
            ("polygon_type", "CS, ADRC, ETF, ..., null when not sent"),
            ("is_active", "flag"),
            ("cik", "text of 10 digits, null when not sent"),
            ("composite_figi", "text, null when not sent"),
            ("list_date", "exchange date, null when not sent"),
        ),
        reference.parse_tickers,
        "1,000 rows a page, by next_url",
    ),
    _dataset(
        details.TICKER_DETAILS,
        "/v3/reference/tickers/{T}?date=YYYY-MM-DD",
        "on demand, one ticker",
        (
            SYMBOL,
            ("outstanding_shares", "shares of this class, null when not sent"),
            ("weighted_outstanding_shares", "shares, all classes in shares of this one, null when not sent"),
            ("market_cap_usd", "USD, null when not sent"),
            ("polygon_type", "CS, ADRC, ETF, ..., null when not sent"),
            ("list_date", "exchange date, null when not sent"),
            ("cik", "text of 10 digits, null when not sent"),
        ),
        details.parse_ticker_details,
    ),
    _dataset(
        reference.SPLITS,
        "/v3/reference/splits",
        "daily",
        (SYMBOL, ("execution_date", "exchange date"), ("ratio", "new shares per old share")),
        reference.parse_splits,
        "1,000 rows a page, by next_url",
    ),
    _dataset(
        reference.FLOATS,
        "/stocks/vX/float",
        "daily; the newest value only",
        (SYMBOL, ("effective_date", "exchange date"), ("float_shares", "shares")),
        reference.parse_floats,
        "5,000 rows a page, by next_url",
    ),
)

_OPTIONS_AND_NEWS = (
    _dataset(
        options.OPTION_SNAPSHOT,
        "/v3/snapshot/options/{T}",
        "on demand, one underlying (paid plans)",
        (
            ("source_symbol", "text, the underlying as it was asked for"),
            ("contract_symbol", "text, as sent: O:AAPL230616C00150000"),
            ("quote_date", "exchange date of the newest quote of the page, null when none says"),
            ("expiration_date", "exchange date"),
            ("strike_usd", "USD"),
            ("is_call", "flag"),
            ("bid_usd", "USD, 0 for no bid, null when not sent"),
            ("ask_usd", "USD, null when not sent"),
            ("bid_size_contracts", "contracts, null when not sent"),
            ("ask_size_contracts", "contracts, null when not sent"),
            ("last_usd", "USD, last trade, else the day's last price"),
            ("volume_contracts", "contracts of the day, null when not sent"),
            ("open_interest_contracts", "contracts, of the evening before"),
            ("vendor_iv_frac", "a year, 1 is 100 %, null when not sent or outside 0 to 20"),
            ("vendor_delta", "-1 to 1, null when not sent"),
            ("vendor_gamma", "a dollar, null when not sent"),
            ("multiplier_shares", "shares a contract, null when not sent"),
            ("underlying_usd", "USD, null when the plan has it not"),
            ("quoted_at", "UTC instant, null when not sent"),
        ),
        options.parse_option_snapshot,
        "250 contracts a page, by next_url",
    ),
    _dataset(
        news.POLYGON_NEWS,
        "/v2/reference/news?published_utc.gte=...",
        "each refresh",
        (
            ("item_id", "text"),
            ("published_at", "UTC instant"),
            ("title", "text, hostile, cleaned, at most 500 characters"),
            ("summary", "text, hostile, cleaned, at most 4,000 characters"),
            ("url", "http or https, null for anything else"),
            ("publisher", "text"),
            ("source_symbols", "tickers in Polygon's spelling, comma joined"),
            ("vendor_sentiment", "1, 0 or -1 where all labels of the item agree, else null"),
            ("form", "null: no filing"),
            ("filing_items", "null: no filing"),
            ("cik", "null: no filing"),
        ),
        news.parse_news,
        "1,000 items a page, by next_url",
    ),
)

_SESSION = (
    _dataset(
        session.MARKET_STATUS,
        "/v1/marketstatus/now",
        "on demand",
        (
            ("market_state", "open, closed or extended-hours"),
            ("is_early_hours", "flag, null when not sent"),
            ("is_after_hours", "flag, null when not sent"),
            ("nyse_state", "as market_state, null when not sent"),
            ("nasdaq_state", "as market_state, null when not sent"),
            ("otc_state", "as market_state, null when not sent"),
            ("server_at", "UTC instant"),
        ),
        session.parse_market_status,
    ),
    _dataset(
        session.MARKET_HOLIDAYS,
        "/v1/marketstatus/upcoming",
        "weekly",
        (
            ("exchange", "text: NYSE NASDAQ OTC"),
            ("name", "text"),
            ("holiday_date", "exchange date"),
            ("is_closed", "flag, false for a half day"),
            ("open_at", "UTC instant, null on a closed day"),
            ("close_at", "UTC instant, null on a closed day"),
        ),
        session.parse_market_holidays,
    ),
)

_SHORTS = (
    _dataset(
        shorts.SHORT_INTEREST,
        "/stocks/v1/short-interest?settlement_date=YYYY-MM-DD",
        "twice a month, when FINRA cannot be read",
        (
            SYMBOL,
            ("settlement_date", "exchange date"),
            ("short_interest_shares", "shares"),
            ("reported_average_volume_shares", "shares per day, null when not sent"),
            ("days_to_cover_reported", "days, at least 1, null for 999.99 or without volume"),
        ),
        shorts.parse_short_interest,
        "50,000 rows a page, by next_url",
    ),
    _dataset(
        shorts.SHORT_VOLUME,
        "/stocks/v1/short-volume?date=YYYY-MM-DD",
        "sessions, when FINRA cannot be read",
        (
            SYMBOL,
            _TRADE_DATE,
            ("short_volume_shares", "shares, exempt included"),
            ("short_exempt_volume_shares", "shares, null when not sent"),
            ("total_volume_shares", "shares, off-exchange only"),
        ),
        shorts.parse_short_volume,
        "50,000 rows a page, by next_url",
    ),
)

DATASETS: tuple[Dataset, ...] = (*_MARKET, *_REFERENCE, *_OPTIONS_AND_NEWS, *_SESSION, *_SHORTS)

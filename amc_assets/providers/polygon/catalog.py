"""The datasets of Polygon, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.polygon import answer, bars, reference

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        bars.GROUPED_DAILY,
        answer.PROVIDER,
        "{POLYGON_BASE_URL}/v2/aggs/grouped/locale/us/market/stocks/YYYY-MM-DD",
        needs_key=True,
        cadence="sessions, after the close (free plan: next day)",
        columns=(
            SYMBOL,
            ("trade_date", "exchange date"),
            ("open_usd", "USD"),
            ("high_usd", "USD"),
            ("low_usd", "USD"),
            ("close_usd", "USD"),
            ("volume_shares", "shares"),
            ("vwap_usd", "USD, null when not sent"),
            ("trade_count", "trades, null when not sent"),
        ),
        parse=bars.parse_grouped_daily,
    ),
    Dataset(
        reference.TICKERS,
        answer.PROVIDER,
        "{POLYGON_BASE_URL}/v3/reference/tickers",
        needs_key=True,
        cadence="daily",
        columns=(
            SYMBOL,
            ("name", "text"),
            ("primary_exchange", "MIC, null when not sent"),
            ("polygon_type", "CS, ADRC, ETF, ..., null when not sent"),
            ("is_active", "flag"),
        ),
        parse=reference.parse_tickers,
        pages="1,000 rows a page, by next_url",
    ),
    Dataset(
        reference.SPLITS,
        answer.PROVIDER,
        "{POLYGON_BASE_URL}/v3/reference/splits",
        needs_key=True,
        cadence="daily",
        columns=(SYMBOL, ("execution_date", "exchange date"), ("ratio", "new shares per old share")),
        parse=reference.parse_splits,
        pages="1,000 rows a page, by next_url",
    ),
    Dataset(
        reference.FLOATS,
        answer.PROVIDER,
        "{POLYGON_BASE_URL}/stocks/vX/float",
        needs_key=True,
        cadence="daily; the newest value only",
        columns=(SYMBOL, ("effective_date", "exchange date"), ("float_shares", "shares")),
        parse=reference.parse_floats,
        pages="5,000 rows a page, by next_url",
    ),
)

"""Every dataset of the road out, as data: what `amc list providers` prints and the table of docs/providers.md."""

from collections.abc import Sequence
from dataclasses import dataclass

from amc_assets.providers import finra_files, finra_interest, nasdaq, polygon_answer, polygon_bars, polygon_reference
from amc_assets.providers.exchange import Parser

_SYMBOL = ("source_symbol", "text, the source's own spelling")


@dataclass(frozen=True)
class Dataset:
    """One dataset: where it comes from, how often, and the columns of its parsed table with their units."""

    name: str
    provider: str
    endpoint: str
    needs_key: bool
    cadence: str
    columns: tuple[tuple[str, str], ...]
    parse: Parser
    pages: str = "one answer"


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        finra_files.SHORT_VOLUME,
        finra_files.PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/regsho/daily/CNMSshvolYYYYMMDD.txt",
        needs_key=False,
        cadence="sessions, 18:00 New York",
        columns=(
            _SYMBOL,
            ("trade_date", "exchange date"),
            ("short_volume_shares", "shares, exempt included, may be fractional"),
            ("short_exempt_volume_shares", "shares, null before 2011-02-28"),
            ("total_volume_shares", "shares, off-exchange only"),
            ("market_codes", "facilities, comma joined"),
        ),
        parse=finra_files.parse_short_volume,
    ),
    Dataset(
        finra_interest.SHORT_INTEREST,
        finra_files.PROVIDER,
        "POST {FINRA_API_BASE_URL}/consolidatedShortInterest",
        needs_key=False,
        cadence="twice a month, 7 sessions after settlement",
        columns=(
            _SYMBOL,
            ("settlement_date", "exchange date"),
            ("short_interest_shares", "shares"),
            ("previous_short_interest_shares", "shares, as revised"),
            ("reported_average_volume_shares", "shares per day"),
            ("days_to_cover_reported", "days, at least 1, null for FINRA's 999.99"),
            ("is_split_flagged", "flag"),
            ("is_revision_flagged", "flag"),
            ("market_class", "text: NNM SC NYSE AMEX ARCA BZX OTC"),
            ("issue_name", "text"),
        ),
        parse=finra_interest.parse_interest_page,
        pages="5,000 rows a page, to Record-Total",
    ),
    Dataset(
        finra_interest.SHORT_INTEREST_FILE,
        finra_files.PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/otcmarket/biweekly/shrtYYYYMMDD.csv",
        needs_key=False,
        cadence="twice a month, when the query API fails or is empty",
        columns=(_SYMBOL, ("the others", "as short_interest")),
        parse=finra_interest.parse_interest_file,
    ),
    Dataset(
        finra_interest.SETTLEMENTS,
        finra_files.PROVIDER,
        "{FINRA_API_BASE_URL, partitions for data}/consolidatedShortInterest",
        needs_key=False,
        cadence="asked before each short interest",
        columns=(("settlement_date", "exchange date"),),
        parse=finra_interest.parse_settlements,
    ),
    Dataset(
        polygon_bars.GROUPED_DAILY,
        polygon_answer.PROVIDER,
        "{POLYGON_BASE_URL}/v2/aggs/grouped/locale/us/market/stocks/YYYY-MM-DD",
        needs_key=True,
        cadence="sessions, after the close (free plan: next day)",
        columns=(
            _SYMBOL,
            ("trade_date", "exchange date"),
            ("open_usd", "USD"),
            ("high_usd", "USD"),
            ("low_usd", "USD"),
            ("close_usd", "USD"),
            ("volume_shares", "shares"),
            ("vwap_usd", "USD, null when not sent"),
            ("trade_count", "trades, null when not sent"),
        ),
        parse=polygon_bars.parse_grouped_daily,
    ),
    Dataset(
        polygon_reference.TICKERS,
        polygon_answer.PROVIDER,
        "{POLYGON_BASE_URL}/v3/reference/tickers",
        needs_key=True,
        cadence="daily",
        columns=(
            _SYMBOL,
            ("name", "text"),
            ("primary_exchange", "MIC, null when not sent"),
            ("polygon_type", "CS, ADRC, ETF, ..., null when not sent"),
            ("is_active", "flag"),
        ),
        parse=polygon_reference.parse_tickers,
        pages="1,000 rows a page, by next_url",
    ),
    Dataset(
        polygon_reference.SPLITS,
        polygon_answer.PROVIDER,
        "{POLYGON_BASE_URL}/v3/reference/splits",
        needs_key=True,
        cadence="daily",
        columns=(_SYMBOL, ("execution_date", "exchange date"), ("ratio", "new shares per old share")),
        parse=polygon_reference.parse_splits,
        pages="1,000 rows a page, by next_url",
    ),
    Dataset(
        polygon_reference.FLOATS,
        polygon_answer.PROVIDER,
        "{POLYGON_BASE_URL}/stocks/vX/float",
        needs_key=True,
        cadence="daily; the newest value only",
        columns=(_SYMBOL, ("effective_date", "exchange date"), ("float_shares", "shares")),
        parse=polygon_reference.parse_floats,
        pages="5,000 rows a page, by next_url",
    ),
    Dataset(
        nasdaq.SYMBOLS,
        nasdaq.PROVIDER,
        "{NASDAQ_BASE_URL}/dynamic/SymDir/nasdaqtraded.txt",
        needs_key=False,
        cadence="daily; today's list only",
        columns=(
            _SYMBOL,
            ("name", "text"),
            ("exchange", "letter: Q N A P Z V, null when not sent"),
            ("is_etf", "flag, null when not sent"),
            ("is_test_issue", "flag"),
        ),
        parse=nasdaq.parse_symbols,
    ),
)


def markdown_table(datasets: Sequence[Dataset] = DATASETS) -> str:
    """Return the table of docs/providers.md."""
    lines = ["| dataset | provider | address | key | when | pages | columns (unit) |", "|---|---|---|---|---|---|---|"]
    for dataset in datasets:
        columns = "; ".join(f"`{name}` ({unit})" for name, unit in dataset.columns)
        key = "yes" if dataset.needs_key else "no"
        lines.append(
            f"| `{dataset.name}` | {dataset.provider} | `{dataset.endpoint}` | {key} | {dataset.cadence} "
            f"| {dataset.pages} | {columns} |"
        )
    return "\n".join(lines)

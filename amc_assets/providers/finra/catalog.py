"""The datasets of FINRA, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.finra import files, interest

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        files.SHORT_VOLUME,
        files.PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/regsho/daily/CNMSshvolYYYYMMDD.txt",
        needs_key=False,
        cadence="sessions, 18:00 New York",
        columns=(
            SYMBOL,
            ("trade_date", "exchange date"),
            ("short_volume_shares", "shares, exempt included, may be fractional"),
            ("short_exempt_volume_shares", "shares, null before 2011-02-28"),
            ("total_volume_shares", "shares, off-exchange only"),
            ("market_codes", "facilities, comma joined"),
        ),
        parse=files.parse_short_volume,
    ),
    Dataset(
        interest.SHORT_INTEREST,
        files.PROVIDER,
        "POST {FINRA_API_BASE_URL}/consolidatedShortInterest",
        needs_key=False,
        cadence="twice a month, 7 sessions after settlement",
        columns=(
            SYMBOL,
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
        parse=interest.parse_interest_page,
        pages="5,000 rows a page, to Record-Total",
    ),
    Dataset(
        interest.SHORT_INTEREST_FILE,
        files.PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/otcmarket/biweekly/shrtYYYYMMDD.csv",
        needs_key=False,
        cadence="twice a month, when the query API fails or is empty",
        columns=(SYMBOL, ("the others", "as short_interest")),
        parse=interest.parse_interest_file,
    ),
    Dataset(
        interest.SETTLEMENTS,
        files.PROVIDER,
        "{FINRA_API_BASE_URL, partitions for data}/consolidatedShortInterest",
        needs_key=False,
        cadence="asked before each short interest",
        columns=(("settlement_date", "exchange date"),),
        parse=interest.parse_settlements,
    ),
)

"""The datasets of FINRA, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.finra import files, interest, partitions, reg_sho, threshold, token
from amc_assets.providers.finra.query import PROVIDER

_PAGES = "5,000 rows a page, to Record-Total"
_SHORT_VOLUME = (
    SYMBOL,
    ("trade_date", "exchange date"),
    ("short_volume_shares", "shares, exempt included, may be fractional"),
    ("short_exempt_volume_shares", "shares, null before 2011-02-28"),
    ("total_volume_shares", "shares, off-exchange only"),
    ("market_codes", "facilities, comma joined"),
)
_INTEREST = (
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
)

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        files.SHORT_VOLUME,
        PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/regsho/daily/CNMSshvolYYYYMMDD.txt",
        needs_key=False,
        cadence="sessions, 18:00 New York",
        columns=_SHORT_VOLUME,
        parse=files.parse_short_volume,
    ),
    Dataset(
        reg_sho.REG_SHO_DAILY,
        PROVIDER,
        "POST {FINRA_API_BASE_URL}/regShoDaily",
        needs_key=False,
        cadence="sessions, when the daily file fails; summed per symbol into its columns",
        columns=(
            SYMBOL,
            ("trade_date", "exchange date"),
            ("short_volume_shares", "shares, exempt read as included, may be fractional"),
            ("short_exempt_volume_shares", "shares, null when not sent"),
            ("total_volume_shares", "shares, one facility's"),
            ("market_code", "text: B Q N D, O over the counter"),
            ("facility_code", "text: NCTRF NQTRF NYTRF ..."),
        ),
        parse=reg_sho.parse_reg_sho,
        pages=_PAGES,
    ),
    Dataset(
        files.OTC_SHORT_VOLUME,
        PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/regsho/daily/FORFshvolYYYYMMDD.txt",
        needs_key=False,
        cadence="sessions, 18:00 New York; over-the-counter names only",
        columns=_SHORT_VOLUME,
        parse=files.parse_short_volume,
    ),
    Dataset(
        partitions.TRADE_DATES,
        PROVIDER,
        "{FINRA_API_BASE_URL, partitions for data}/regShoDaily",
        needs_key=False,
        cadence="to learn the newest session of the query API",
        columns=(("trade_date", "exchange date"),),
        parse=partitions.parse_trade_dates,
    ),
    Dataset(
        threshold.OTC_THRESHOLD_LIST,
        PROVIDER,
        "POST {FINRA_API_BASE_URL}/thresholdList",
        needs_key=False,
        cadence="sessions; over-the-counter names only",
        columns=(SYMBOL, ("trade_date", "exchange date"), ("name", "text, null when not sent")),
        parse=threshold.parse_otc_threshold,
        pages=_PAGES,
    ),
    Dataset(
        interest.SHORT_INTEREST,
        PROVIDER,
        "POST {FINRA_API_BASE_URL}/consolidatedShortInterest",
        needs_key=False,
        cadence="twice a month, 7 sessions after settlement",
        columns=_INTEREST,
        parse=interest.parse_interest_page,
        pages=_PAGES,
    ),
    Dataset(
        interest.SHORT_INTEREST_FILE,
        PROVIDER,
        "{FINRA_CDN_BASE_URL}/equity/otcmarket/biweekly/shrtYYYYMMDD.csv",
        needs_key=False,
        cadence="twice a month, when the query API fails or is empty",
        columns=_INTEREST,
        parse=interest.parse_interest_file,
    ),
    Dataset(
        partitions.SETTLEMENTS,
        PROVIDER,
        "{FINRA_API_BASE_URL, partitions for data}/consolidatedShortInterest",
        needs_key=False,
        cadence="asked before each short interest",
        columns=(("settlement_date", "exchange date"),),
        parse=partitions.parse_settlements,
    ),
    Dataset(
        token.TOKEN,
        PROVIDER,
        "POST {FINRA_TOKEN_URL}?grant_type=client_credentials",
        needs_key=True,
        cadence="with FINRA_CLIENT_ID and FINRA_CLIENT_SECRET only; kept in memory until a minute before its end",
        columns=(("expires_in_seconds", "seconds, null when not said; the token is in no table"),),
        parse=token.parse_token,
    ),
)

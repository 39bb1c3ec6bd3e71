"""The datasets of the SEC, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.sec import company, fails, filings, index
from amc_assets.providers.sec.answer import PROVIDER

_CIK = ("cik", "text of ten digits")

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        filings.FILINGS,
        PROVIDER,
        "{SEC_BASE_URL}/cgi-bin/browse-edgar",
        needs_key=False,
        cadence="with each refresh, per form",
        columns=(
            ("item_id", "accession number"),
            ("published_at", "UTC instant of acceptance"),
            ("title", "text"),
            ("summary", "text"),
            ("url", "address, null when not sent"),
            ("publisher", "text"),
            ("source_symbols", "text, empty: mapped by CIK"),
            ("vendor_sentiment", "-1 to 1, null: none is sent"),
            ("form", "form as sent, amendments too"),
            ("filing_items", "items of an 8-K, comma joined, null for other forms"),
            _CIK,
        ),
        parse=filings.parse_filings,
        pages="100 entries a page, back to the last read instant, at most 10",
    ),
    Dataset(
        company.COMPANY_TICKERS,
        PROVIDER,
        "{SEC_BASE_URL}/files/company_tickers.json",
        needs_key=False,
        cadence="daily; today's list only",
        columns=(SYMBOL, _CIK, ("name", "text")),
        parse=company.parse_company_tickers,
    ),
    Dataset(
        company.COMPANY_FACTS,
        PROVIDER,
        "{SEC_DATA_BASE_URL}/api/xbrl/companyfacts/CIK##########.json",
        needs_key=False,
        cadence="per company, when a filing is due",
        columns=(
            _CIK,
            ("end_date", "exchange date"),
            ("filed_date", "exchange date"),
            ("form", "form as sent"),
            ("outstanding_shares", "shares"),
        ),
        parse=company.parse_company_facts,
    ),
    Dataset(
        fails.FAILS,
        PROVIDER,
        "{SEC_BASE_URL}/files/data/fails-deliver-data/cnsfailsYYYYMM{a,b}.zip",
        needs_key=False,
        cadence="twice a month: the first half about the end of the month, the second about the 15th of the next",
        columns=(
            SYMBOL,
            ("settlement_date", "exchange date"),
            ("cusip", "text"),
            ("fails_shares", "shares, a balance"),
            ("price_usd", "USD, null when not sent"),
            ("description", "text"),
        ),
        parse=fails.parse_fails,
    ),
    Dataset(
        index.FAILS_INDEX,
        PROVIDER,
        "{SEC_BASE_URL}/data-research/sec-markets-data/fails-deliver-data",
        needs_key=False,
        cadence="when a file is not in the usual folder",
        columns=(
            ("file_name", "text"),
            ("half_month_date", "exchange date, the 1st or the 16th"),
            ("path", "path on the SEC's host"),
        ),
        parse=index.parse_fails_index,
    ),
)

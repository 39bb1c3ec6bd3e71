"""The datasets of the U.S. Treasury, as data."""

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.treasury import rates

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        rates.BILL_RATES,
        rates.PROVIDER,
        "{TREASURY_BASE_URL}/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/YYYY/all",
        needs_key=False,
        cadence="business days, in the evening",
        columns=(
            ("quote_date", "exchange date"),
            ("term_days", "days, weeks of the term times 7"),
            ("yield_frac", "fraction per year, coupon equivalent"),
        ),
        parse=rates.parse_bill_rates,
        pages="one year",
    ),
)

"""The datasets of the NYSE group, as data."""

from amc_assets.providers.dataset import SYMBOL, Dataset
from amc_assets.providers.nyse import threshold

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        threshold.THRESHOLD_LIST,
        threshold.PROVIDER,
        "{NYSE_BASE_URL}/api/regulatory/threshold-securities/download",
        needs_key=False,
        cadence="sessions, about 22:00 New York",
        columns=(SYMBOL, ("trade_date", "exchange date"), ("name", "text")),
        parse=threshold.parse_threshold_list,
        pages="one per market: NYSE, NYSE American, NYSE Arca",
    ),
)

"""Every dataset of the road out, as data: what `amc list providers` prints and the table of docs/providers.md."""

from collections.abc import Sequence

from amc_assets.providers.alpha_vantage import catalog as alpha_vantage
from amc_assets.providers.dataset import Dataset
from amc_assets.providers.finra import catalog as finra
from amc_assets.providers.nasdaq import catalog as nasdaq
from amc_assets.providers.news import catalog as news
from amc_assets.providers.nyse import catalog as nyse
from amc_assets.providers.polygon import catalog as polygon
from amc_assets.providers.sec import catalog as sec
from amc_assets.providers.treasury import catalog as treasury
from amc_assets.providers.yahoo import catalog as yahoo

DATASETS: tuple[Dataset, ...] = (
    *finra.DATASETS,
    *polygon.DATASETS,
    *alpha_vantage.DATASETS,
    *nasdaq.DATASETS,
    *nyse.DATASETS,
    *sec.DATASETS,
    *treasury.DATASETS,
    *news.DATASETS,
    *yahoo.DATASETS,
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

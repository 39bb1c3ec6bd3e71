"""Every dataset of the road out, as data: what `amc list providers` prints and the table of docs/providers.md."""

from collections.abc import Sequence

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.finra import catalog as finra
from amc_assets.providers.nasdaq import catalog as nasdaq
from amc_assets.providers.polygon import catalog as polygon

DATASETS: tuple[Dataset, ...] = (*finra.DATASETS, *polygon.DATASETS, *nasdaq.DATASETS)


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

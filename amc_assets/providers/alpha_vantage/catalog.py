"""The datasets of this provider, as data."""

from amc_assets.providers.dataset import Dataset

DATASETS: tuple[Dataset, ...] = ()

"""Short-squeeze discovery from free data, as Dagster software-defined assets."""

__version__ = "0.1.0"

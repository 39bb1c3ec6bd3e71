"""What is known of a dataset: where it comes from, how often, its columns with units, its parser."""

from dataclasses import dataclass

from amc_assets.providers.exchange import Parser

SYMBOL = ("source_symbol", "text, the source's own spelling")


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

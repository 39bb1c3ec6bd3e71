"""What is declared of a feature, and the names of the sources that features come from."""

from dataclasses import dataclass

BARS = "polygon.daily_bars"
SHORT_INTEREST = "finra.short_interest"
SHORT_VOLUME = "finra.short_volume"
SHARE_COUNTS = "share_counts"
OPTIONS = "options"
UNIVERSE = "universe"
FAILS = "sec.fails_to_deliver"
THRESHOLD_LIST = "threshold_list"
NEWS = "news"
FILINGS = "sec.filings"
HALTS = "nasdaq.trade_halts"
NO_SOURCE = "none"


@dataclass(frozen=True)
class FeatureSpec:
    """Declaration of one feature.

    minimum_observations: own bars, sessions or reports as the convention says; below it the value is SHORT_HISTORY.
    """

    name: str
    unit: str
    minimum_observations: int
    convention: str
    sources: tuple[str, ...]

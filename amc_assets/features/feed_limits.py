"""From which age on the newest observation of a feed no longer counts: the one table of limits.

Up to its limit a feed is fresh; past it every value loses freshness; from ``missing_from`` on its values are missing
with ``stale`` and its line says how old it is. Trailing windows end at the newest observation, so until then a value is
the one of that observation and does not move.
"""

import math
from dataclasses import dataclass

import numpy as np

from amc_assets.features.ages import Staleness, freshness

FLOOR_AGE = 1.0 + 2.0 * math.log(10.0)
"""Age over limit at which freshness has fallen to its floor of .1: 5.6."""
FIVE_MISSED = 6.0
"""A week of sessions without a new observation, counted as 1 + missed like the freshness."""


@dataclass(frozen=True)
class FeedAge:
    """Age of a feed over its limit, and whether that is too old for its values to count."""

    over_limit: float
    is_stale: bool

    @property
    def freshness(self) -> float:
        """Return the freshness of its values, 1 to .1."""
        return float(freshness(np.array(self.over_limit)))


@dataclass(frozen=True)
class FeedLimit:
    """How the age of one feed is counted, its limit (a number, or a setting in hours) and where it becomes missing.

    missing_from: age over limit. setting: field of Staleness; variable: its environment variable.
    """

    dataset: str
    counted: str
    limit: float = 1.0
    missing_from: float = FIVE_MISSED
    setting: str = ""
    variable: str = ""

    def age(self, amount: float, staleness: Staleness) -> FeedAge:
        """Return the age of a feed whose newest observation is ``amount`` old, counted as ``counted`` says."""
        limit = getattr(staleness, self.setting) if self.setting else self.limit
        over_limit = amount / max(limit, 1e-6)
        return FeedAge(over_limit, over_limit >= self.missing_from)


_SESSIONS = "1 + sessions since it that gave nothing"
LIMITS: dict[str, FeedLimit] = {
    limit.dataset: limit
    for limit in (
        FeedLimit("universe", _SESSIONS),
        FeedLimit("short_volume", "1 + published files after it that are not there"),
        FeedLimit("threshold_list", "1 + published lists after it that are not there"),
        FeedLimit("splits", "1 + sessions since its source last answered"),
        FeedLimit("fails_to_deliver", "1 + published half months after it that are not there", 1.0, 3.0),
        FeedLimit(
            "short_interest", "hours since the report after it became due", 0.0, FLOOR_AGE,
            "short_interest_hours", "SHORT_INTEREST_STALENESS_HOURS",
        ),
        FeedLimit(
            "options", "hours since the chains of the session after it became due (19:00 New York)", 0.0, FLOOR_AGE,
            "options_hours", "OPTIONS_DATA_STALENESS_HOURS",
        ),
        FeedLimit(
            "news", "hours since the close of the session after it, of headlines and of filings each", 0.0, FLOOR_AGE,
            "news_hours", "NEWS_DATA_STALENESS_HOURS",
        ),
    )
}  # fmt: skip
"""Feeds by dataset. Bars and halts have no row: without those of D themselves their values are missing at once. Counts
of shares age one by one, by the date their source states (``plausibility.toml``)."""


def limits_table() -> str:
    """Return the limits as the Markdown table of docs/features.md."""
    rows = [
        f"| `{one.dataset}` | {one.counted} | {f'`{one.variable}`' if one.variable else f'{one.limit:g}'} "
        f"| {one.missing_from:.1f} x limit |"
        for one in LIMITS.values()
    ]
    return "\n".join(["| dataset | age of its newest observation | limit | missing from |", "|---|---|---|---|", *rows])

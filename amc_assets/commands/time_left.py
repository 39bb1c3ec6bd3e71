"""How long a run will still take: what is done and what is left of each phase, weighed by what a day of it costs."""

from collections.abc import Mapping

from amc_assets.pipeline.progress import Phase

COST: Mapping[Phase, float] = {
    Phase.LISTINGS: 0.1,
    Phase.BARS: 0.02,
    Phase.SHORT_VOLUME: 0.02,
    Phase.SHORT_INTEREST: 0.05,
    Phase.EVENTS: 0.15,
    Phase.SECOND_STAGE: 1.2,
    Phase.PANEL: 0.1,
    Phase.DISCOVERY: 1.0,
    Phase.OUTCOMES: 0.02,
}
"""What a day of a phase costs beside a day of discovery, measured with `amc demo`; the machine's speed is observed."""

LEAST_SHARE = 0.03
"""Below this share of the work an estimate would jump about."""


class Workload:
    """Days planned and done by phase."""

    def __init__(self) -> None:
        self._planned: dict[Phase, int] = {}
        self._done: dict[Phase, int] = {}

    def plan(self, days: Mapping[Phase, int]) -> None:
        """Add days that are still to come."""
        for phase, count in days.items():
            self._planned[phase] = self._done.get(phase, 0) + count

    def begin(self, phase: Phase, days: int) -> None:
        """Make room for days that nobody planned."""
        self._planned[phase] = max(self._planned.get(phase, 0), self._done.get(phase, 0) + days)

    def advance(self, phase: Phase) -> None:
        """Count one day as done."""
        self._done[phase] = self._done.get(phase, 0) + 1

    @property
    def share_done(self) -> float:
        """Share of the whole work that is done, 0 to 1."""
        whole = sum(COST[phase] * count for phase, count in self._planned.items())
        return sum(COST[phase] * count for phase, count in self._done.items()) / whole if whole else 0.0

    def seconds_left(self, elapsed_seconds: float) -> float | None:
        """Return the estimate, None while too little is done for one."""
        share = self.share_done
        return None if share < LEAST_SHARE else elapsed_seconds * (1.0 - share) / share


def spoken(seconds: float | None) -> str:
    """Return a time left as people say it."""
    if seconds is None:
        return "time left not known yet"
    if seconds < 60:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    return f"about {round(seconds / 60)} min left"

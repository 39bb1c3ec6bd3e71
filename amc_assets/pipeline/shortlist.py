"""The second stage: which names scarce sources are asked for, from a first screen without them.

Option chains, floats of a company and its headlines cost one call per name, and free plans have 25 a day. So the day is
scored with what whole-market sources sent, and the best names get the calls. A share of the list is kept for names that
were asked before: a volatility percentile needs 126 sessions of the same name.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pyarrow.compute as pc

from amc_assets.features.build import SnapshotInputs, build_snapshot
from amc_assets.lake.tables import IV_30D, IV_PERCENTILES, NEWS, OPTION_ACTIVITY, SHARE_COUNTS
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.gather import gather, newest_known
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.workspace import Workspace
from amc_assets.strategies.score import score_all

SHORTLIST_NAMES = 20
KEPT_FRAC = 0.4
RECENT_DAYS = 45


@dataclass(frozen=True)
class Shortlist:
    """Names of one day, best first, and the instant whose knowledge chose them."""

    symbols: tuple[str, ...]
    as_of: datetime

    def rank(self, symbol: str) -> int:
        """Return the place of a name, 1 = best. Raises ValueError for a name that is not on the list."""
        return self.symbols.index(symbol) + 1


def shortlist(workspace: Workspace, day: date, history: History, most: int = SHORTLIST_NAMES) -> Shortlist:
    """Return the names of ``day`` that scarce sources are asked for; empty before any bar is known."""
    as_of = min(workspace.clock_for(day).now(), end_of_day_as_of(day))
    moment = Moment(day, "regular", as_of)
    snapshot = build_snapshot(_first_stage(workspace, moment, history))
    served = str(workspace.settings.scoring_strategy)
    result = score_all(snapshot, [served], "regular")[served]
    passed = [str(result.symbols[row]) for row in result.order if result.passed[row]]
    others = [str(result.symbols[row]) for row in result.order[: 4 * most] if not result.passed[row]]
    return Shortlist(chosen([*passed, *others], recently_asked(workspace, day), most), as_of)


def _first_stage(workspace: Workspace, moment: Moment, history: History) -> SnapshotInputs:
    """Return the inputs without anything that the second stage of the day brings: a repeat asks for the same names."""
    before = moment.trade_date - timedelta(days=1)
    return replace(
        gather(workspace, moment, history),
        share_counts=history.identities.of(
            SHARE_COUNTS, newest_known(workspace.lake, SHARE_COUNTS, before, moment.as_of), moment.as_of
        ),
        option_activity=OPTION_ACTIVITY.arrow.empty_table(),
        iv_30d=IV_30D.arrow.empty_table(),
        iv_percentiles=IV_PERCENTILES.arrow.empty_table(),
        news=NEWS.arrow.empty_table(),
    )


def chosen(best_first: Sequence[str], asked_before: Counter[str], most: int) -> tuple[str, ...]:
    """Return at most ``most`` names: today's best, then those asked most often before, then today's next."""
    first = list(dict.fromkeys(best_first))[: most - int(most * KEPT_FRAC)]
    kept = [name for name, _ in sorted(asked_before.items(), key=lambda item: (-item[1], item[0]))]
    filled = list(dict.fromkeys([*first, *kept]))[:most]
    return tuple(list(dict.fromkeys([*filled, *best_first]))[:most])


def recently_asked(workspace: Workspace, day: date) -> Counter[str]:
    """Return how many of the last weeks' sessions before ``day`` each name was asked for its options."""
    first = (day - timedelta(days=RECENT_DAYS)).isoformat()
    counts: Counter[str] = Counter()
    for key in workspace.lake.partitions(IV_30D):
        if first <= key < day.isoformat():
            rows = workspace.recent.of(IV_30D, [key], end_of_day_as_of(day))
            counts.update(set(rows.filter(pc.is_valid(rows.column("iv_30d_frac"))).column("symbol").to_pylist()))
    return counts

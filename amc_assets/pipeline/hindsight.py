"""What happened, read afterwards: bars, short positions and floats of past sessions on one share basis.

The basis is that of the day of reading, so that a split on any day of a window, inside it or after it, moves nothing.
Limits in USD are about what was traded on a day: its own close is kept beside the restated one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from amc_assets.evaluation.positions import COVERED_AFTER_SESSIONS, ShortPositions
from amc_assets.features.identity import IdentityHistory
from amc_assets.features.identity_counts import counts_of_securities
from amc_assets.features.panel import BarHistory, PricePanel
from amc_assets.features.short_inputs import read_share_counts
from amc_assets.features.snapshot import F64
from amc_assets.features.splits import SplitHistory, share_factors
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_INTEREST, SPLITS
from amc_assets.market.calendar import exchange_date, session_offset
from amc_assets.market.publication import LONGEST_CYCLE, settlement_dates
from amc_assets.pipeline.gather import newest_known
from amc_assets.pipeline.positions import read_positions


@dataclass(frozen=True)
class Hindsight:
    """Bars of T sessions and N symbols, positions and floats, all on one share basis.

    traded_close_usd: F64 (T, N), the close on the share basis of its own session; float_shares: F64 (N,), the newest
    statement, of a later date too; NaN = missing.
    """

    panel: PricePanel
    traded_close_usd: F64
    positions: ShortPositions
    float_shares: F64


def hindsight(
    lake: Lake, sessions: Sequence[date], floats_of: date, now: datetime, identities: IdentityHistory | None = None
) -> Hindsight:
    """Return what the lake knew at ``now`` of ``sessions`` (ascending, every one), with the floats as of a day.

    Columns are securities: rows under a symbol that another company has since are a column of their own.
    """
    identities = identities or IdentityHistory()
    basis = max(exchange_date(now), sessions[-1])
    split_rows = identities.as_securities(_split_rows(lake, now), "execution_date")
    splits = SplitHistory.from_table(split_rows)
    held = set(lake.partitions(DAILY_BARS))
    sent = {day: lake.read(DAILY_BARS, day.isoformat(), now) for day in sessions if day.isoformat() in held}
    bars = {day: identities.as_securities(table, "trade_date") for day, table in sent.items()}
    history = BarHistory.from_tables(sessions, bars, split_rows)
    panel = history.panel(sessions[-1], now, sessions_back=len(sessions), basis=basis)
    reports = [
        (day, identities.as_securities(lake.read(SHORT_INTEREST, day.isoformat(), now), "settlement_date"))
        for day in reports_around(sessions)
    ]
    counts, _ = counts_of_securities(newest_known(lake, SHARE_COUNTS, floats_of, now), identities)
    shares, _ = read_share_counts(counts, panel.symbols, basis, now, splits, allow_biased=True)
    return Hindsight(
        panel=panel,
        traded_close_usd=panel.close_usd * share_factors(splits, panel.symbols, panel.sessions, basis, now),
        positions=read_positions(reports, panel.symbols, splits, basis, now).for_labels(),
        float_shares=shares.float_shares,
    )


def reports_around(sessions: Sequence[date]) -> list[date]:
    """Return the settlement dates that outcomes of ``sessions`` read: from before the first to after the last one."""
    before = settlement_dates(sessions[0] - LONGEST_CYCLE, sessions[0])
    covered_by = session_offset(sessions[-1], COVERED_AFTER_SESSIONS)
    after = settlement_dates(covered_by, covered_by + LONGEST_CYCLE)
    return settlement_dates(before[0], after[0])


def known_splits(lake: Lake, now: datetime) -> SplitHistory:
    """Return the splits of the lake as known at ``now``, each once."""
    return SplitHistory.from_table(_split_rows(lake, now))


def _split_rows(lake: Lake, now: datetime) -> pa.Table:
    tables = [lake.read(SPLITS, key, now) for key in lake.partitions(SPLITS)]
    return pa.concat_tables(tables) if tables else SPLITS.arrow.empty_table()

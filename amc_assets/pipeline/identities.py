"""Identity changes as known at an instant, read from the lake, and histories as today's securities have them.

A change is dated by the listing that shows it. Histories reach back less than two years, so older changes
move nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.identity import IdentityHistory
from amc_assets.features.identity_counts import counts_of_securities
from amc_assets.features.identity_reports import reports_of_securities
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import (
    BORROW_STRESS,
    DAILY_BARS,
    FAILS_TO_DELIVER,
    IDENTITY_CHANGES,
    IV_30D,
    IV_PERCENTILES,
    NEWS,
    OPTION_ACTIVITY,
    OPTION_CHAINS,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    SPLITS,
    THRESHOLD_LIST,
    TRADE_HALTS,
)
from amc_assets.lake.vintages import known_at_or_before, newest
from amc_assets.market.calendar import exchange_date

LOOKBACK_DAYS = 730
HAPPENED_ON: Mapping[str, str] = MappingProxyType(
    {
        **{
            table.name: "trade_date"
            for table in (
                BORROW_STRESS, DAILY_BARS, IV_30D, IV_PERCENTILES, NEWS, OPTION_ACTIVITY, OPTION_CHAINS, SHORT_VOLUME,
                THRESHOLD_LIST, TRADE_HALTS,
            )
        },
        FAILS_TO_DELIVER.name: "settlement_date",
        SPLITS.name: "execution_date",
    }
)  # fmt: skip
"""Tables of which every row is about one security on one day, and the column of that day."""


class Identities:
    """The changes of one lake, read once; ``forget`` after a listing was written in this process."""

    def __init__(self, lake: Lake) -> None:
        """Read nothing yet."""
        self._lake = lake
        self._months: dict[str, pa.Table] = {}
        self._held: dict[tuple[datetime, date], IdentityHistory] = {}

    def at(self, as_of: datetime, until: date | None = None) -> IdentityHistory:
        """Return the identities as known at ``as_of``, of the listings up to ``until`` (its own day by default)."""
        last = until or exchange_date(as_of)
        held = self._held.get((as_of, last))
        if held is None:
            sent = changes_between(self._lake, last - timedelta(days=LOOKBACK_DAYS), last, self._months)
            table = newest(IDENTITY_CHANGES, known_at_or_before(sent, as_of))
            held = self._held[as_of, last] = IdentityHistory.from_table(table)
        return held

    def of(self, schema: TableSchema, table: pa.Table, as_of: datetime) -> pa.Table:
        """Return the rows of a table as histories of the securities that hold a symbol at ``as_of``.

        Tables that are about no symbol, or about the listing itself, come back as they are.
        """
        if schema is SHARE_COUNTS:
            return self.counts(table, as_of)[0]
        if schema is SHORT_INTEREST:
            return reports_of_securities(table, self.at(as_of))
        column = HAPPENED_ON.get(schema.name)
        return table if column is None else self.at(as_of).applied(table, column)

    def counts(self, table: pa.Table, as_of: datetime) -> tuple[pa.Table, frozenset[str]]:
        """Return rows of SHARE_COUNTS likewise, and the symbols of which another security's counts were left out."""
        return counts_of_securities(table, self.at(as_of))

    def forget(self) -> None:
        """Drop what was read: a listing was written."""
        self._months.clear()
        self._held.clear()


def changes_between(lake: Lake, first: date, last: date, held: dict[str, pa.Table] | None = None) -> pa.Table:
    """Return all vintages of the changes that listings of ``first`` to ``last`` showed.

    held: months that were read before, by key; what is read is added to it.
    """
    months = held if held is not None else {}
    first_key = first.replace(day=1).isoformat()
    keys = [key for key in lake.partitions(IDENTITY_CHANGES) if first_key <= key <= last.isoformat()]
    for key in keys:
        if key not in months:
            months[key] = lake.vintages(IDENTITY_CHANGES, key)
    whole = pa.concat_tables([months[key] for key in keys]) if keys else IDENTITY_CHANGES.arrow.empty_table()
    day = whole["change_date"]
    return whole.filter(pc.and_(pc.greater_equal(day, _scalar(first)), pc.less_equal(day, _scalar(last))))


def _scalar(day: date) -> pa.Scalar:
    return pa.scalar(day, pa.date32())

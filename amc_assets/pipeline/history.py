"""The past a run looks back on, read from the lake once and sliced per day: 60 days of a replay share one read."""

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.panel import BarHistory, PricePanel
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST, SHORT_VOLUME, SPLITS
from amc_assets.lake.vintages import known_at_or_before, newest
from amc_assets.market.calendar import FIRST_DAY, session_offset, sessions_between
from amc_assets.market.publication import settlement_dates
from amc_assets.pipeline.identities import Identities

PANEL_SESSIONS = 300
SHORT_VOLUME_SESSIONS = 61
INTEREST_LOOKBACK_DAYS = 75


class History:
    """Vintaged tables around a range of sessions, kept in memory; every answer is as of an instant."""

    def __init__(self, lake: Lake, first: date, last: date, panel_sessions: int = PANEL_SESSIONS) -> None:
        """Prepare for runs of the sessions ``first`` to ``last``; nothing is read yet."""
        self._lake = lake
        self.identities = Identities(lake)
        self._panel_sessions = panel_sessions
        self._sessions = sessions_between(_back(first, panel_sessions), last)
        self._tables: dict[tuple[str, str], tuple[pa.Table, datetime, pa.Table]] = {}
        self._bars: BarHistory | None = None
        self._splits: pa.Table | None = None

    def panel(self, day: date, as_of: datetime) -> PricePanel:
        """Return the trailing window of bars that ends at ``day``, as known at ``as_of``."""
        if self._bars is None:
            held = set(self._lake.partitions(DAILY_BARS))
            keys = [session for session in self._sessions if session.isoformat() in held]
            tables = {session: self._lake.vintages(DAILY_BARS, session.isoformat()) for session in keys}
            self._bars = BarHistory.from_tables(self._sessions, tables, self.splits())
        return self._bars.panel(day, as_of, sessions_back=self._panel_sessions, identities=self.identities.at(as_of))

    def foreign_interest(self, settlement: date, as_of: datetime) -> frozenset[str]:
        """Return the symbols of a report whose rows are of a security that held the symbol before."""
        return self.identities.at(as_of).foreign(self._as_sent(SHORT_INTEREST, settlement, as_of), "settlement_date")

    def splits(self) -> pa.Table:
        """Return every vintage of every split."""
        if self._splits is None:
            tables = [self._lake.vintages(SPLITS, key) for key in self._lake.partitions(SPLITS)]
            self._splits = pa.concat_tables(tables) if tables else SPLITS.arrow.empty_table()
        return self._splits

    def short_volume(self, day: date, as_of: datetime) -> dict[date, pa.Table]:
        """Return the daily files known at ``as_of``, by trade date, of the 61 sessions that end at the newest of them.

        A window that ended at ``day`` would lose its oldest file every day once the feed stops, and its values drift.
        """
        newest = self._newest_short_volume(day, as_of) or day
        sessions = sessions_between(_back(newest, SHORT_VOLUME_SESSIONS - 1), day)
        return {session: self._as_of(SHORT_VOLUME, session, as_of) for session in sessions}

    def _newest_short_volume(self, day: date, as_of: datetime) -> date | None:
        """Return the newest session up to ``day`` whose file was known at ``as_of``."""
        keys = (key for key in reversed(self._lake.partitions(SHORT_VOLUME)) if key <= day.isoformat())
        held = (date.fromisoformat(key) for key in keys)
        return next((session for session in held if self._as_of(SHORT_VOLUME, session, as_of).num_rows), None)

    def short_interest(self, day: date, as_of: datetime) -> tuple[pa.Table, date | None]:
        """Return the newest report of which rows were known at ``as_of``, and its settlement date."""
        for settlement in reversed(settlement_dates(_days_before(day), day)):
            table = self._as_of(SHORT_INTEREST, settlement, as_of)
            if table.num_rows:
                return table, settlement
        return SHORT_INTEREST.arrow.empty_table(), None

    def short_interest_reports(self, day: date, as_of: datetime, most: int = 6) -> pa.Table:
        """Return the last ``most`` reports up to ``day`` as known at ``as_of``, oldest first."""
        settlements = settlement_dates(_days_before(day, 2 * INTEREST_LOOKBACK_DAYS), day)
        tables = [self._as_of(SHORT_INTEREST, settlement, as_of) for settlement in settlements]
        known = [table for table in tables if table.num_rows][-most:]
        return pa.concat_tables(known) if known else SHORT_INTEREST.arrow.empty_table()

    def _as_of(self, schema: TableSchema, key: date, as_of: datetime) -> pa.Table:
        return self.identities.of(schema, self._as_sent(schema, key, as_of), as_of)

    def _as_sent(self, schema: TableSchema, key: date, as_of: datetime) -> pa.Table:
        name = (schema.name, key.isoformat())
        if name not in self._tables:
            table = self._lake.vintages(schema, key.isoformat())
            last_known = pc.max(table.column("known_at")).as_py() if table.num_rows else as_of
            self._tables[name] = (table, last_known, newest(schema, table))
        table, last_known, current = self._tables[name]
        # sorting 61 files for each of 60 days was a third of a replay: once all is known, the newest stays the newest
        return current if last_known <= as_of else newest(schema, known_at_or_before(table, as_of))


def _back(day: date, sessions: int) -> date:
    first = sessions_between(FIRST_DAY, day)
    return first[max(len(first) - 1 - sessions, 0)] if len(first) <= sessions else session_offset(day, -sessions)


def _days_before(day: date, count: int = INTEREST_LOOKBACK_DAYS) -> date:
    return date.fromordinal(day.toordinal() - count)

"""Everything a run works with, opened once from settings: lake, database, provider clients, clock."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from amc_assets.clock import Clock, SystemClock
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Complete, Lake, PartitionWrite
from amc_assets.market.symbols import SymbolMaster
from amc_assets.pipeline.connections import UNLIMITED, open_replay, open_sources
from amc_assets.pipeline.feed_checks.earlier_days import EarlierDays
from amc_assets.pipeline.history import History
from amc_assets.pipeline.progress import Progress, Silent
from amc_assets.pipeline.recent import RecentTables
from amc_assets.pipeline.sources import Sources
from amc_assets.settings import Settings
from amc_assets.store.engine import claim_kind, open_engine, upgrade

if TYPE_CHECKING:
    import pyarrow as pa

    from amc_assets.features.news.tags import NameTagger
    from amc_assets.replay.faults import FaultPlan
    from amc_assets.replay.market import Market


@dataclass
class Workspace:
    """A lake, a database, provider clients and a clock that belong together.

    ``masters``, ``tagger``, ``ciks`` and ``filers`` keep what is built from a day's listing, ``recent`` small tables of
    many days. ``progress`` is told how far a long run is.
    """

    settings: Settings
    lake: Lake
    engine: Engine
    sources: Sources
    is_simulated: bool
    clock: Clock
    progress: Progress = field(default_factory=Silent)
    masters: dict[str, SymbolMaster] = field(default_factory=dict)
    tagger: "tuple[dict[str, str], NameTagger] | None" = None
    ciks: dict[str, dict[str, str]] = field(default_factory=dict)
    filers: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _history: tuple[tuple[date, date], History] | None = None

    @cached_property
    def recent(self) -> RecentTables:
        """Small tables of many days, read once and again when they were written."""
        return RecentTables(self.lake)

    @cached_property
    def earlier_days(self) -> EarlierDays:
        """Days that new answers are compared with, read once and again when they were written."""
        return EarlierDays(self.lake)

    @property
    def is_replay(self) -> bool:
        """Whether the market is recorded or simulated, so that the calendar stands at the replayed day."""
        return self.sources.is_replay

    @property
    def data_source(self) -> str:
        """Name of the market behind the providers: part of a run's identity."""
        return self.sources.name + ("+biased_float" if self.settings.allow_biased_float else "")

    @property
    def bars_basis_date(self) -> date | None:
        """Share basis of bars that a source sends as adjusted without saying up to when."""
        return self.sources.bars_basis_date

    def clock_for(self, day: date) -> Clock:
        """Return the clock to use for ``day``: in a replay it stands at that day's end, never later than now."""
        return self.sources.clock_for(day)

    def write(
        self,
        schema: TableSchema,
        partition: str,
        rows: "pa.Table",
        observed_at: datetime,
        whole: Complete | None = None,
    ) -> PartitionWrite:
        """Write rows to the lake as arrived now, in a replay too: by this clock runs are repeated.

        Raises SchemaError, LakeError.
        """
        arrived_at = max(self.clock.now(), observed_at)
        return self.lake.write(schema, partition, rows, observed_at, arrived_at=arrived_at, whole=whole)

    def history(self, first: date, last: date) -> History:
        """Return the past around a range of sessions, shared by the steps of a run until something is ingested."""
        if self._history is None or self._history[0] != (first, last):
            self._history = ((first, last), History(self.lake, first, last))
        return self._history[1]

    def forget_history(self) -> None:
        """Drop what was read: the lake has changed."""
        self._history = None


@contextmanager
def open_workspace(
    settings: Settings,
    clock: Clock | None = None,
    market: "Market | None" = None,
    faults: "FaultPlan | None" = None,
    host_plan: str = UNLIMITED,
    progress: Progress | None = None,
) -> Iterator[Workspace]:
    """Open lake and database of ``settings``, refuse to mix simulated and real rows, connect the providers.

    With ``market`` (or plan ``simulated``) the providers talk to that market on a free loopback port for as long as the
    workspace is open; ``host_plan`` makes that server keep the limits and entitlements of a provider's plan.
    ``progress`` is told how far runs are; nobody is by default.
    """
    clock = clock or SystemClock()
    is_simulated = market.is_simulated if market is not None else settings.is_simulated
    with ExitStack() as stack:
        lake = Lake.at(settings.lake_url, clock)
        lake.claim(is_simulated=is_simulated)
        engine = open_engine(settings.database_url)
        stack.callback(engine.dispose)
        upgrade(engine)
        claim_kind(engine, is_simulated)
        opened = (
            open_sources(settings, engine, clock)
            if market is None
            else open_replay(settings, engine, clock, market, faults, host_plan)
        )
        sources = stack.enter_context(opened)
        yield Workspace(
            settings=settings, lake=lake, engine=engine, sources=sources, is_simulated=is_simulated, clock=clock,
            progress=progress or Silent(),
        )  # fmt: skip

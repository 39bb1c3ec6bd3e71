"""Floats of the whole market: known after the date of the source, and no longer carried once the source drops them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import BILL_RATES, SHARE_COUNTS, UNIVERSE
from amc_assets.market.calendar import end_of_day_as_of, new_york, next_session, open_at
from amc_assets.pipeline.ingest_events import ingest_bill_rates
from amc_assets.pipeline.share_counts import ingest_share_counts
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets_tests.pipeline.conftest import Replayed

DAY = date(2024, 5, 17)
MONDAY = next_session(DAY)
STATED = date(2024, 5, 1)


@dataclass
class Sources:
    """Gives floats and bill rates as a test says, at the hour it says."""

    at: datetime
    floats: Sequence[str] = ()
    refused: frozenset[str] = frozenset()
    rates: Sequence[date] = ()
    is_replay: bool = False

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    def uses(self, provider: str) -> bool:
        return provider in {"polygon", "treasury"}

    def clock_for(self, _day: date) -> "Sources":
        return self

    def polygon(self, _day: date) -> SimpleNamespace:
        table = pa.table(
            {
                "source_symbol": pa.array(list(self.floats), pa.string()),
                "effective_date": pa.array([STATED] * len(self.floats), pa.date32()),
                "float_shares": pa.array([5e7] * len(self.floats), pa.float64()),
            }
        )
        parsed = Parsed(table, {"bad_number": len(self.refused)}, refused_symbols=self.refused)
        return SimpleNamespace(floats=lambda: Fetched(parsed, self.at, "polygon.floats"))

    def treasury(self, _day: date) -> SimpleNamespace:
        table = pa.table(
            {
                "quote_date": pa.array(list(self.rates), pa.date32()),
                "term_days": pa.array([28.0] * len(self.rates)),
                "yield_frac": pa.array([0.05] * len(self.rates)),
            }
        )
        return SimpleNamespace(bill_rates=lambda _year: Fetched(Parsed(table), self.at, "treasury.bill_rates"))


@pytest.fixture
def workspace(replayed: Replayed, tmp_path: Path) -> Workspace:
    lake = replayed.copy(tmp_path / "lake")
    for folder in (*(lake.root / SHARE_COUNTS.name).iterdir(), *(lake.root / BILL_RATES.name).iterdir()):
        for file in folder.iterdir():
            file.unlink()
    sources = Sources(end_of_day_as_of(DAY))
    held = replace(replayed.workspace, lake=lake, clock=sources, sources=sources, masters={})
    vars(held).pop("recent", None)
    return held


def two_names(lake: Lake) -> list[str]:
    symbols = lake.current(UNIVERSE, DAY.isoformat())["symbol"].to_pylist()
    return [symbol for symbol in symbols if symbol.isalpha()][:2]


def counted(workspace: Workspace, day: date) -> set[str]:
    return set(workspace.lake.current(SHARE_COUNTS, day.isoformat())["symbol"].to_pylist())


def ask(workspace: Workspace, day: date, floats: Sequence[str], hours: float = 0.0, **changes: frozenset[str]) -> None:
    workspace.sources = replace(
        workspace.sources, at=end_of_day_as_of(day) + timedelta(hours=hours), floats=floats, **changes
    )
    workspace.clock = workspace.sources
    ingest_share_counts(workspace, day)


def test_a_float_is_known_after_the_date_of_its_source_whatever_the_hour(workspace: Workspace):
    """First asked at 20:45, it was unknown to the run of 18:45 although the source had stated it weeks before."""
    names = two_names(workspace.lake)
    ask(workspace, DAY, names, hours=2)
    rows = workspace.lake.read(SHARE_COUNTS, DAY.isoformat(), end_of_day_as_of(DAY))
    assert set(rows["symbol"].to_pylist()) == set(names)
    assert set(rows["known_at"].to_pylist()) == {open_at(next_session(STATED))}
    assert set(rows["arrived_at"].to_pylist()) == {end_of_day_as_of(DAY) + timedelta(hours=2)}


def test_a_float_that_its_source_no_longer_states_is_not_carried_on(workspace: Workspace):
    kept, dropped = two_names(workspace.lake)
    ask(workspace, DAY, [kept, dropped])
    ask(workspace, MONDAY, [kept])
    assert counted(workspace, DAY) == {kept, dropped}, "what was stated then stays"
    assert counted(workspace, MONDAY) == {kept}


def test_a_float_taken_back_within_a_day_is_withdrawn(workspace: Workspace):
    kept, dropped = two_names(workspace.lake)
    ask(workspace, DAY, [kept, dropped])
    ask(workspace, DAY, [kept], hours=3)
    assert counted(workspace, DAY) == {kept}
    before = workspace.lake.read(SHARE_COUNTS, DAY.isoformat(), end_of_day_as_of(DAY) + timedelta(hours=2))
    assert set(before["symbol"].to_pylist()) == {kept, dropped}


def test_a_float_whose_row_was_refused_is_carried_on(workspace: Workspace):
    kept, refused = two_names(workspace.lake)
    ask(workspace, DAY, [kept, refused])
    ask(workspace, DAY, [kept], hours=3, refused=frozenset({refused}))
    assert counted(workspace, DAY) == {kept, refused}


def test_a_bill_rate_is_known_in_the_evening_of_its_quote(workspace: Workspace):
    """Rates of earlier days that are asked for today were known on their own evenings."""
    quoted = [date(2024, 5, 15), date(2024, 5, 16)]
    workspace.sources = replace(workspace.sources, at=datetime(2024, 5, 18, 12, 0, tzinfo=UTC), rates=quoted)
    workspace.clock = workspace.sources
    ingest_bill_rates(workspace, DAY)
    rows = workspace.lake.current(BILL_RATES, "2024-01-01").sort_by("quote_date")
    assert rows["known_at"].to_pylist() == [new_york(day, 18) for day in quoted]

"""Rows that a parser refused reach the outcome of every ingest step, by reason and with a sample, and the metadata."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from amc_assets.defs.metadata import of_ingested, of_refused
from amc_assets.lake.tables import OPTION_CHAINS, SHARE_COUNTS, THRESHOLD_LIST
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline import ingest, ingest_events, ingest_news, ingest_options, share_counts
from amc_assets.pipeline.listing import ingest_universe, symbol_master
from amc_assets.pipeline.outcome import Ingested, added
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.providers.alpha_vantage.client import AlphaVantage
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.nasdaq.client import Nasdaq
from amc_assets.providers.news.client import News
from amc_assets.providers.nyse.client import Nyse
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.sec.client import Sec
from amc_assets.providers.treasury.client import Treasury
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.pipeline.conftest import settings_in

DAY = date(2024, 5, 16)
Step = Callable[[Workspace], Sequence[Ingested]]


@pytest.fixture(scope="module")
def workspace(market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Open a workspace of its own with the universe of the day."""
    with open_workspace(settings_in(tmp_path_factory.mktemp("refused")), market=market) as held:
        ingest_universe(held, DAY)
        ingest.ingest_daily_bars(held, DAY)
        yield held


def refuse(monkeypatch: pytest.MonkeyPatch, client: type, method: str, count: int = 3) -> None:
    """Let one call of a client say that it refused rows."""
    usual = getattr(client, method)

    def odd(*asked: object, **more: object) -> Fetched:
        fetched: Fetched = usual(*asked, **more)
        parsed = replace(fetched.parsed, rejected={"odd_row": count}, samples=(f"odd_row: {method}",))
        return replace(fetched, parsed=parsed)

    monkeypatch.setattr(client, method, odd)


def names(workspace: Workspace, count: int = 3) -> list[str]:
    return [name for name in symbol_master(workspace, DAY).symbols if name.isalpha()][:count]


STEPS: dict[str, tuple[type, str, Step]] = {
    "directory": (Nasdaq, "symbols", lambda held: [ingest_universe(held, DAY)]),
    "reference": (Polygon, "tickers", lambda held: [ingest_universe(held, DAY)]),
    "bars": (Polygon, "grouped_daily", lambda held: [ingest.ingest_daily_bars(held, DAY)]),
    "splits": (Polygon, "splits", lambda held: ingest.ingest_splits(held, date(2024, 3, 1), DAY, DAY)),
    "short volume": (Finra, "short_volume", lambda held: [ingest.ingest_short_volume(held, DAY)]),
    "short interest": (Finra, "short_interest", lambda held: [ingest.ingest_short_interest(held, date(2024, 4, 30))]),
    "halts": (Nasdaq, "trade_halts", lambda held: [ingest_events.ingest_trade_halts(held, DAY)]),
    "bill rates": (Treasury, "bill_rates", lambda held: [ingest_events.ingest_bill_rates(held, DAY)]),
    "fails": (Sec, "fails_to_deliver", lambda held: ingest_events.ingest_fails(held, DAY)[:1]),
    "floats": (Polygon, "floats", lambda held: [share_counts.ingest_share_counts(held, DAY)]),
    "press": (News, "globenewswire", lambda held: [ingest_news.ingest_news(held, DAY)]),
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_what_a_parser_refused_reaches_the_outcome(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    client, method, run = STEPS[step]
    refuse(monkeypatch, client, method)
    done = run(workspace)
    assert added(*(item.rejected for item in done))["odd_row"] == 3
    assert any(f"odd_row: {method}" in item.samples for item in done)
    shown = of_refused(done)
    assert "| odd_row | 3 |" in shown["rejected_by_reason"].value
    assert "odd_row: " in shown["rejected_samples"]


def test_all_three_threshold_lists_and_the_names_they_do_not_know_are_counted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = date(2024, 5, 15)
    for client, method in ((Nasdaq, "threshold_list"), (Nyse, "threshold_list"), (Finra, "otc_threshold_list")):
        refuse(monkeypatch, client, method)
    done = ingest_events._threshold_list(workspace, before, DAY)
    assert done.rejected["odd_row"] == 9
    assert done.table == THRESHOLD_LIST.name
    assert len(done.samples) == 3


def test_scarce_sources_of_share_counts_are_counted(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(workspace.sources), "uses", lambda _self, provider: provider in ("alpha_vantage", "sec"))
    monkeypatch.setattr(type(workspace.sources), "calls_left", lambda *_: None)
    refuse(monkeypatch, AlphaVantage, "overview", 1)
    monkeypatch.setattr(share_counts, "FRESH_DAYS", -1.0)  # each is asked for again
    done = share_counts.ingest_share_counts(workspace, DAY, names(workspace))
    assert done.table == SHARE_COUNTS.name
    assert done.rejected["odd_row"] == 3
    assert done.samples[0] == "odd_row: overview"


def test_filed_counts_of_which_none_is_usable_are_counted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_counts, "ciks_by_symbol", lambda *_: {"NEWCO": "0000000001"})
    facts = pa.table({
        "cik": ["1"], "end_date": pa.array([date(2030, 1, 1)]), "filed_date": pa.array([date(2030, 1, 2)]),
        "form": ["10-K"], "outstanding_shares": [5.0],
    })  # fmt: skip
    usual = Sec.fails_index

    def answer(client: Sec, _cik: str) -> Fetched:
        fetched = usual(client)
        return replace(fetched, parsed=replace(fetched.parsed, table=facts, rejected={"odd_row": 2}, samples=("odd",)))

    monkeypatch.setattr(Sec, "company_facts", answer)
    found = share_counts._Found()
    share_counts._filed_counts(workspace, DAY, ["NEWCO"], found)
    assert (found.tables, found.rejected, found.samples) == ([], {"odd_row": 2}, ["odd"])


def test_contracts_of_another_session_are_counted_though_no_chain_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Polygon.option_snapshot
    symbol = next(
        name for name in names(workspace, 40) if usual(workspace.sources.polygon(DAY), name).parsed.table.num_rows
    )
    fetched = usual(workspace.sources.polygon(DAY), symbol)
    column = fetched.parsed.table.column_names.index("quote_date")
    other = pa.repeat(pa.scalar(date(2024, 5, 15), pa.date32()), fetched.parsed.table.num_rows)
    stale = fetched.parsed.table.set_column(column, "quote_date", other)
    parsed = replace(fetched.parsed, table=stale, rejected={"odd_row": 1}, samples=("odd_row: x",))
    monkeypatch.setattr(
        ingest_options, "chain_source", lambda *_: ("polygon", lambda _name: replace(fetched, parsed=parsed))
    )
    done = ingest_options.ingest_option_chains(workspace, DAY, [symbol])
    assert OPTION_CHAINS.name not in {item.table for item in done}
    counts = added(*(item.rejected for item in done))
    assert counts == {"odd_row": 1, "other_session": stale.num_rows}


def test_refused_rows_are_shown_beside_an_absence(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole answer of which what is left holds nothing for the day: absent, and what was refused is still said."""
    usual = Finra.short_volume

    def nothing(client: Finra, day: date) -> Fetched:
        fetched = usual(client, day)
        table = fetched.parsed.table.slice(0, 0)
        return replace(fetched, parsed=replace(fetched.parsed, table=table, rejected={"odd_row": 1}))

    monkeypatch.setattr(Finra, "short_volume", nothing)
    done = ingest.ingest_short_volume(workspace, date(2024, 5, 14))
    assert done.absence is not None
    shown = of_ingested(done, end_of_day_as_of(DAY))
    assert "| odd_row | 1 |" in shown["rejected_by_reason"].value
    assert shown["absent_reason"] == "not_published"


def test_reasons_of_two_sources_are_added_up() -> None:
    assert added({"odd_row": 1}, {"odd_row": 2, "other": 0}, {}) == {"odd_row": 3}

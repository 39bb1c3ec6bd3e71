"""Every dataset of the registry can be fetched by its name, or says why not; what feeds a table is stored once."""

from datetime import date

import pytest

from amc_assets.lake.tables import DAILY_BARS, TABLES, THRESHOLD_LIST
from amc_assets.market.calendar import previous_session
from amc_assets.pipeline.fetching import (
    BY_SYMBOL,
    NOT_ALONE,
    SHOWN,
    Ask,
    NotFetchableError,
    dataset_named,
    fetch_dataset,
    why_not,
)
from amc_assets.pipeline.fetching_stores import STORES
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.registry import DATASETS
from amc_assets_tests.replay.rich_market import DAY, RichMarket

NAMES = [dataset.name for dataset in DATASETS]
SETTLEMENT = date(2024, 4, 30)
DAY_OF = {"short_interest": SETTLEMENT, "polygon_short_interest": SETTLEMENT}
ABROAD = {"option_chain": "its library asks Yahoo itself, never a replay server"}
EMPTY_HERE = {"splits", "market_holidays", "fails_to_deliver", "fails_index", "otc_short_volume"}
"""What the market of these tests has none of."""
AT_NIGHT = {"otc_threshold_list", "nasdaq_threshold_list", "nyse_threshold_list"}
"""Out at 23:00, after the clock of a replayed day: noted as not published, and the list of the day before is stored."""
OTHER_COLUMNS = {"reg_sho_daily": "daily_short_volume"}
"""The client sums the rows of each facility to the columns of another dataset."""


def test_every_dataset_has_exactly_one_line():
    held = [*SHOWN, *STORES, *NOT_ALONE]
    assert sorted(held) == sorted(NAMES)
    assert set(SHOWN) >= BY_SYMBOL


def test_names_of_datasets_are_unique():
    assert len(set(NAMES)) == len(NAMES), "then `amc fetch NAME` would be ambiguous"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_ALONE and name not in ABROAD])
def test_dataset_is_fetched_by_name(workspace: Workspace, rich: RichMarket, name: str):
    dataset = dataset_named(name)
    symbol = rich.names.nasdaq if name in BY_SYMBOL else ""
    answered = fetch_dataset(dataset, Ask(workspace, DAY_OF.get(name, DAY), symbol))
    if name in STORES:
        assert answered.shown is None
        assert all(item.table in TABLES for item in answered.stored)
        if name in AT_NIGHT:
            assert [str(item.absence.reason) for item in answered.stored if item.absence] == ["not_published"]
            assert workspace.lake.holds(THRESHOLD_LIST, previous_session(DAY).isoformat())
            return
        assert name in EMPTY_HERE or all(item.rows for item in answered.stored), answered.stored
        return
    assert answered.shown is not None
    assert name in EMPTY_HERE or answered.shown.parsed.table.num_rows
    assert answered.shown.source == f"{dataset.provider}.{name}"
    wanted = [column for column, _ in dataset_named(OTHER_COLUMNS.get(name, name)).columns]
    assert answered.shown.parsed.table.column_names == wanted


@pytest.mark.parametrize("name", NOT_ALONE)
def test_dataset_that_is_never_asked_alone_says_why(workspace: Workspace, name: str):
    with pytest.raises(NotFetchableError, match=name):
        fetch_dataset(dataset_named(name), Ask(workspace, DAY))


@pytest.mark.parametrize("name", sorted(BY_SYMBOL))
def test_dataset_of_a_symbol_asks_for_one(name: str):
    assert "add --symbol" in str(why_not(dataset_named(name), ""))


def test_stored_twice_is_stored_once(workspace: Workspace):
    dataset = dataset_named("grouped_daily")
    first = fetch_dataset(dataset, Ask(workspace, DAY)).stored[0]
    again = fetch_dataset(dataset, Ask(workspace, DAY)).stored[0]
    assert (again.rows, again.rows_new) == (first.rows, 0)
    assert workspace.lake.vintages(DAILY_BARS, DAY.isoformat()).num_rows == first.rows


def test_name_with_its_provider_is_understood_and_another_is_refused():
    assert dataset_named("finra.short_interest") is dataset_named("short_interest")
    with pytest.raises(NotFetchableError, match="amc list providers"):
        dataset_named("polygon.short_interest")


def test_provider_that_the_plan_does_not_ask_is_named(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workspace.sources, "uses", lambda provider: provider != "polygon")
    with pytest.raises(NotFetchableError, match="does not ask polygon"):
        fetch_dataset(dataset_named("grouped_daily"), Ask(workspace, DAY))

"""One balance per symbol and day: a change of the CUSIP restates an obligation, it does not double it."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.clock import MarketClock
from amc_assets.lake.tables import FAILS_TO_DELIVER
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.fails_balances import one_balance, without_retired
from amc_assets.pipeline.ingest_events import ingest_fails
from amc_assets.pipeline.listing import ingest_universe, symbol_master
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.providers.sec.client import Sec
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.pipeline.conftest import settings_in

OLD, NEW = "36467W109", "36467W208"
Row = tuple[str, int, str, float, float | None]  # symbol, day of the month, CUSIP, shares, price


def table(*rows: Row) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    return pa.table(
        {
            "symbol": pa.array(columns[0], pa.string()),
            "settlement_date": pa.array([date(2024, 4, day) for day in columns[1]], pa.date32()),
            "cusip": pa.array(columns[2], pa.string()),
            "fails_shares": pa.array(columns[3], pa.float64()),
            "price_usd": pa.array(columns[4], pa.float64()),
        }
    )


def read(*rows: Row) -> tuple[dict[tuple[str, int], float], dict[str, int]]:
    kept, dropped = one_balance(table(*rows))
    balances = {(row["symbol"], row["settlement_date"].day): row["fails_shares"] for row in kept.to_pylist()}
    assert len(balances) == kept.num_rows
    return balances, dropped


def test_a_balance_is_not_doubled_across_a_change_of_the_cusip() -> None:
    balances, dropped = read(
        ("GME", 1, OLD, 3000, 2.0), ("GME", 2, OLD, 3000, 2.0), ("GME", 2, NEW, 100, 60.0), ("GME", 3, NEW, 90, 61.0)
    )  # fmt: skip
    assert balances == {("GME", 1): 3000, ("GME", 2): 100, ("GME", 3): 90}
    assert dropped == {"other_cusip": 1}


def test_a_remainder_in_old_shares_is_no_balance_once_the_new_cusip_is_there() -> None:
    """The old number is listed longer, without a price, on a day without a fail under the new one too."""
    old = [("GME", day, OLD, 3000.0, 2.0 if day < 3 else None) for day in (1, 2, 3, 4, 5)]
    balances, dropped = read(*old, ("GME", 3, NEW, 100, 60.0), ("GME", 4, NEW, 90, 61.0))
    assert balances == {("GME", 1): 3000, ("GME", 2): 3000, ("GME", 3): 100, ("GME", 4): 90}
    assert dropped == {"other_cusip": 3}


def test_the_last_priced_cusip_goes_on_though_its_number_is_lower() -> None:
    balances, _ = read(
        ("GME", 1, NEW, 7, 2.0), ("GME", 2, NEW, 7, 2.0), ("GME", 2, OLD, 5, 2.0), ("GME", 3, OLD, 5, 2.0)
    )
    assert balances == {("GME", 1): 7, ("GME", 2): 5, ("GME", 3): 5}


def test_of_cusips_that_came_and_went_together_the_higher_number_is_read() -> None:
    assert read(("GME", 2, NEW, 5, 2.0), ("GME", 2, OLD, 7, 2.0)) == ({("GME", 2): 5}, {"other_cusip": 1})


def test_two_changes_in_one_file() -> None:
    rows = [("GME", 1, "A", 1.0, 1.0), ("GME", 2, "A", 1.0, 1.0), ("GME", 2, "B", 2.0, 1.0), ("GME", 3, "B", 2.0, 1.0)]
    balances, dropped = read(*rows, ("GME", 3, "A", 1.0, None), ("GME", 3, "C", 3.0, 1.0), ("GME", 4, "C", 3.0, 1.0))
    assert balances == {("GME", 1): 1, ("GME", 2): 2, ("GME", 3): 3, ("GME", 4): 3}
    assert dropped == {"other_cusip": 3}


def test_other_symbols_are_left_alone() -> None:
    rows = [("AMC", 1, OLD, 4.0, None), ("AMC", 9, OLD, 5.0, None), ("ZZZ", 1, "Z", 6.0, 1.0)]
    balances, dropped = read(*rows, ("GME", 1, OLD, 7.0, 1.0), ("GME", 2, NEW, 8.0, 1.0))
    assert balances == {("AMC", 1): 4, ("AMC", 9): 5, ("ZZZ", 1): 6, ("GME", 1): 7, ("GME", 2): 8}
    assert dropped == {}


def test_a_row_without_a_cusip_is_a_balance_where_it_is_alone() -> None:
    """Collections of the file lack the number on some days: that is no change of it."""
    rows = [("GME", 1, OLD, 4.0, 1.0), ("GME", 2, "", 5.0, None), ("GME", 3, OLD, 6.0, 1.0), ("GME", 3, "", 9.0, None)]
    assert read(*rows) == ({("GME", 1): 4, ("GME", 2): 5, ("GME", 3): 6}, {"other_cusip": 1})


def test_one_cusip_under_two_spellings_of_a_symbol_is_one_balance() -> None:
    assert read(("BRK.B", 1, OLD, 4.0, 1.0), ("BRK.B", 1, OLD, 4.0, 1.0)) == (
        {("BRK.B", 1): 4}, {"duplicate_symbol": 1}
    )  # fmt: skip


def test_an_empty_file_stays_empty() -> None:
    assert read() == ({}, {})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", "C"]), st.integers(1, 9), st.sampled_from(["", "1", "2", "3"]),
            st.integers(1, 99).map(float), st.sampled_from([None, 1.0]),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_every_row_is_a_balance_or_counted_and_never_a_sum(rows: list[Row]) -> None:
    kept, dropped = one_balance(table(*rows))
    assert kept.num_rows + sum(dropped.values()) == len(rows)
    places = [(row["symbol"], row["settlement_date"].day) for row in kept.to_pylist()]
    assert len(set(places)) == len(places)
    values = {(row[0], row[1], row[3]) for row in rows}
    assert {(*place, row["fails_shares"]) for place, row in zip(places, kept.to_pylist(), strict=True)} <= values


@pytest.mark.parametrize("spelled", ["XERSZZZZ", "XERS ZZZZ", "XERS.ZZZZ", "AZZZZ"])
def test_a_retired_spelling_is_counted_and_is_nobodys_balance(spelled: str) -> None:
    rows = pa.table({"source_symbol": ["XERS", spelled, "ZZZZ", "ZZZ"]})
    kept, dropped = without_retired(rows)
    assert kept.column("source_symbol").to_pylist() == ["XERS", "ZZZZ", "ZZZ"]
    assert dropped == {"retired_symbol": 1}


def test_half_a_month_arrives_restated_and_fully_counted(
    market: SimulatedMarket, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = date(2024, 4, 1)
    clock = MarketClock(end_of_day_as_of(date(2024, 5, 17)))
    with open_workspace(settings_in(tmp_path), clock=clock, market=market) as workspace:
        day = date(2024, 5, 17)
        ingest_universe(workspace, day)
        symbol = next(name for name in symbol_master(workspace, day).symbols if name.isalpha())
        sent = table(
            (symbol, 1, OLD, 3000, 2.0), (symbol, 2, OLD, 3000, None), (symbol, 2, NEW, 100, 60.0),
            (f"{symbol}ZZZZ", 2, OLD, 77, None), ("QQQQQ", 2, OLD, 5, 1.0),
        ).rename_columns(["source_symbol", "settlement_date", "cusip", "fails_shares", "price_usd"])  # fmt: skip

        def answer(_client: Sec, asked: date) -> Fetched:
            rows = sent if asked == half else sent.slice(0, 0)
            return Fetched(Parsed(rows, {"bad_symbol": 1}), workspace.clock_for(day).now(), "sec.fails_to_deliver")

        monkeypatch.setattr(Sec, "fails_to_deliver", answer)
        done = next(item for item in ingest_fails(workspace, day) if item.partition == half.isoformat())
        stored = workspace.lake.read(FAILS_TO_DELIVER, half.isoformat(), workspace.clock_for(day).now())
    assert sorted(stored.column("fails_shares").to_pylist()) == [100.0, 3000.0]
    assert done.rejected == {"bad_symbol": 1, "retired_symbol": 1, "unmapped_symbol": 1, "other_cusip": 1}
    assert done.rows + sum(done.rejected.values()) == sent.num_rows + 1


def test_a_whole_file_without_a_change_is_kept_whole() -> None:
    count = 60_000
    symbols = np.array([f"S{number % 9000}" for number in range(count)])
    rows = pa.table(
        {
            "symbol": symbols,
            "settlement_date": pa.array((np.arange(count) // 9000 + 19_000).astype(np.int32)).cast(pa.date32()),
            "cusip": np.char.add(symbols, "X"),
            "fails_shares": np.ones(count),
            "price_usd": np.ones(count),
        }
    )
    kept, dropped = one_balance(rows)
    assert (kept.num_rows, dropped) == (count, {})

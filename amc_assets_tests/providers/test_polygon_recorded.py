"""The 22 recorded bodies of Polygon's own client: each is read, or refused for the right reason.

Several are documentation examples: their shape is trusted, their values are not.
"""

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.polygon.aggregates import aggregates_request, parse_aggregates
from amc_assets.providers.polygon.bars import grouped_daily_request, parse_grouped_daily
from amc_assets.providers.polygon.details import parse_ticker_details, ticker_details_request
from amc_assets.providers.polygon.options import option_snapshot_request, parse_option_snapshot
from amc_assets.providers.polygon.reference import parse_splits, parse_tickers, splits_request, tickers_request
from amc_assets.providers.polygon.session import market_holidays_request, parse_market_holidays
from amc_assets.providers.polygon.snapshot import market_snapshot_request, parse_market_snapshot
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon import CARDS
from amc_assets_tests.providers.cards.polygon_bodies import market
from amc_assets_tests.providers.roads import KEY

pytestmark = pytest.mark.real_data
AAPL_DAYS = (date(2005, 4, 2), date(2005, 4, 4))


def folder(shared_data: Path) -> Path:
    """Return where the recorded bodies are."""
    return shared_data / "wire_fixtures/polygon_client_python"


def test_reference_lists(shared_data) -> None:
    lists = folder(shared_data) / "v3/reference"
    tickers = parse_tickers((lists / "tickers.json").read_bytes(), tickers_request(BASE, KEY, date(2022, 4, 27)))
    assert tickers.table.column("source_symbol").to_pylist() == ["A", "AA"]
    assert tickers.notes["next_url"].startswith("https://api.massive.com/")
    request = splits_request(BASE, KEY, date(2022, 1, 1), date(2022, 12, 31))
    sent = json.loads((lists / "splits.json").read_bytes())["results"]
    splits = parse_splits((lists / "splits.json").read_bytes(), request)
    assert splits.table.num_rows + sum(splits.rejected.values()) == len(sent)
    rows = {(row["source_symbol"], row["execution_date"]): row["ratio"] for row in splits.table.to_pylist()}
    assert rows["GOOGL", date(2022, 7, 18)] == 20.0
    assert all(ratio > 0 for ratio in rows.values())


def test_bars_of_one_ticker_pass_as_a_grouped_body(shared_data) -> None:
    """The same row shape, recorded: 2022-04-26 16:00 New York, volume as a float."""
    body = (folder(shared_data) / "v2/aggs/ticker/AAPL/prev.json").read_bytes()
    table = parse_grouped_daily(body, grouped_daily_request(BASE, KEY, date(2022, 4, 26), adjusted=True)).table
    assert table.to_pylist()[0]["volume_shares"] == 95595226.0


def test_day_bars_start_at_midnight_over_the_change_of_clocks(shared_data) -> None:
    """2005-04-03 was the change: 05:00 UTC on Friday the 1st, 04:00 UTC on Monday the 4th."""
    body = (folder(shared_data) / "v2/aggs/ticker/AAPL/range/1/day/2005-04-02/2005-04-04.json").read_bytes()

    def request(first: date):
        return aggregates_request(BASE, KEY, "AAPL", first, AAPL_DAYS[1], span="day", adjusted=True)

    table = parse_aggregates(body, request(date(2005, 4, 1))).table
    assert table.column("trade_date").to_pylist() == [date(2005, 4, 1), date(2005, 4, 4)]
    assert table.column("volume_shares").to_pylist() == [642646396.0, 578172308.0]
    # the example's own range begins on the 2nd: a bar of the 1st is none that was asked for
    parsed = parse_aggregates(body, request(AAPL_DAYS[0]))
    assert (parsed.table.column("trade_date").to_pylist(), parsed.rejected) == ([date(2005, 4, 4)], {"wrong_date": 1})


def test_a_chain_of_one_contract(shared_data) -> None:
    body = (folder(shared_data) / "v3/snapshot/options/AAPL.json").read_bytes()
    parsed = parse_option_snapshot(body, option_snapshot_request(BASE, KEY, "AAPL"))
    assert parsed.rejected == {}
    (row,) = parsed.table.to_pylist()
    assert row.pop("quoted_at") == datetime(2022, 4, 29, 17, 44, 20, 800059, tzinfo=UTC)
    assert row == {
        "source_symbol": "AAPL", "contract_symbol": "O:AAPL230616C00150000", "quote_date": date(2022, 4, 29),
        "expiration_date": date(2023, 6, 16), "strike_usd": 150.0, "is_call": True, "bid_usd": 28.9, "ask_usd": 29.25,
        "bid_size_contracts": 294.0, "ask_size_contracts": 209.0, "last_usd": 29.25, "volume_contracts": 8.0,
        "open_interest_contracts": 8133.0, "vendor_iv_frac": 0.3570277203465058, "vendor_delta": 0.6436614934293701,
        "vendor_gamma": 0.0061735291012820675, "multiplier_shares": 100.0, "underlying_usd": 159.9606,
    }  # fmt: skip
    with pytest.raises(MalformedBody, match="wrong_symbol 1"):
        parse_option_snapshot(body, option_snapshot_request(BASE, KEY, "MSFT"))


def test_details(shared_data) -> None:
    body = (folder(shared_data) / "v3/reference/tickers/AAPL.json").read_bytes()
    parsed = parse_ticker_details(body, ticker_details_request(BASE, KEY, "AAPL", date(2022, 5, 1)))
    assert parsed.table.to_pylist() == [
        {
            "source_symbol": "AAPL", "outstanding_shares": 16319440000.0, "weighted_outstanding_shares": 16185181000.0,
            "market_cap_usd": 2488795282370.0, "polygon_type": "CS", "list_date": date(1980, 12, 12),
            "cik": "0000320193",
        }
    ]  # fmt: skip


def test_holidays(shared_data) -> None:
    body = (folder(shared_data) / "v1/marketstatus/upcoming.json").read_bytes()
    parsed = parse_market_holidays(body, market_holidays_request(BASE, KEY))
    assert (parsed.table.num_rows, parsed.rejected) == (14, {})
    halves = [row for row in parsed.table.to_pylist() if not row["is_closed"]]
    assert {(row["exchange"], row["holiday_date"]) for row in halves} == {
        ("NYSE", date(2022, 11, 25)), ("NASDAQ", date(2022, 11, 25)),
    }  # fmt: skip
    assert {row["close_at"] for row in halves} == {datetime(2022, 11, 25, 18, tzinfo=UTC)}


def test_one_stock_of_the_snapshot(shared_data) -> None:
    body = (folder(shared_data) / "v2/snapshot/locale/us/markets/stocks/tickers/AAPL.json").read_bytes()
    request = market_snapshot_request(BASE, KEY)
    (row,) = parse_market_snapshot(market([json.loads(body)["ticker"]]), request).table.to_pylist()
    assert (row["day_close_usd"], row["previous_close_usd"], row["last_trade_usd"]) == (160.315, 163.64, 159.99)
    assert row["minute_cumulative_volume_shares"] == 68834255.0
    assert row["last_trade_at"] == row["updated_at"] == datetime(2022, 4, 29, 17, 5, 48, 294080, tzinfo=UTC)
    with pytest.raises(MalformedBody):  # the answer for one stock has no list: not an empty market
        parse_market_snapshot(body, request)


READABLE: dict[str, set[str]] = {
    "v2/aggs/ticker/AAPL/prev.json": set(),  # its day is another than the cards ask for
    "v1/marketstatus/upcoming.json": {"market_holidays"},
    "v3/reference/tickers.json": {"tickers"},
    "v3/reference/splits.json": {"splits"},
}


def test_every_recorded_body_is_read_by_its_own_parser_only(shared_data) -> None:
    """A body of another endpoint is never taken for rows of this one, and nothing crashes on it."""
    bodies = sorted(folder(shared_data).rglob("*.json"))
    assert len(bodies) == 22
    for path in bodies:
        read = set()
        for card in CARDS:
            with suppress(MalformedBody):  # any other error fails the test
                parsed = card.dataset.parse(path.read_bytes(), card.request)
                read |= {card.dataset.name} if parsed.table.num_rows else set()
        assert read == READABLE.get(str(path.relative_to(folder(shared_data))), set()), path

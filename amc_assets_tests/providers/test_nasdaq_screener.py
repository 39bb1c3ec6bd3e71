"""The screener: numbers written as text, two places for the rows, data null with status 200."""

import csv
import gzip
import io
import json
from pathlib import Path

import httpx
import pytest

from amc_assets.providers.errors import MalformedBody, ServerFault
from amc_assets.providers.nasdaq.client import Nasdaq
from amc_assets.providers.nasdaq.screener import parse_screener, screener_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.nasdaq_bodies import TICKERS, screened, screener
from amc_assets_tests.providers.roads import in_turn, open_road

REQUEST = screener_request(BASE)
USUAL = [screened(symbol) for symbol in TICKERS]
NO_DATA = b'{"data":null,"message":null,"status":{"rCode":400}}'


def row_of(**cells: object) -> dict[str, object]:
    """Return the table's row of one row sent."""
    row: dict[str, object] = parse_screener(screener([screened("X", **cells)]), REQUEST).table.to_pylist()[0]
    return row


def test_a_row() -> None:
    assert row_of() == {
        "source_symbol": "X", "name": "X Inc. Common Stock", "close_usd": 1.30, "change_pct": -1.515,
        "volume_shares": 28582.0, "market_cap_usd": 40755651.0, "sector": "Consumer Services",
        "industry": "Other Consumer Services", "country": "China",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"lastsale": "$1,234.50"}, "close_usd", 1234.5), ({"lastsale": ""}, "close_usd", None),
        ({"lastsale": "NA"}, "close_usd", None), ({"lastsale": "$0.00"}, "close_usd", None),
        ({"pctchange": ""}, "change_pct", None), ({"pctchange": "0.00%"}, "change_pct", 0.0),
        ({"pctchange": "--"}, "change_pct", None), ({"volume": "1,000"}, "volume_shares", 1000.0),
        ({"volume": 7}, "volume_shares", 7.0), ({"volume": "0"}, "volume_shares", 0.0),
        ({"volume": None}, "volume_shares", None), ({"marketCap": "0.00"}, "market_cap_usd", None),
        ({"sector": ""}, "sector", None), ({"name": "a\u202eb"}, "name", "ab"),
    ],
    ids=repr,
)  # fmt: skip
def test_text_becomes_numbers_and_blanks_become_nulls(cells, column, value) -> None:
    assert row_of(**cells)[column] == value


def test_zeros_that_mean_not_known_are_counted() -> None:
    body = screener([*USUAL, screened("X", lastsale="$0", marketCap="0.00"), screened("Y", marketCap="0")])
    assert parse_screener(body, REQUEST).notes == {"sentinel": "3"}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"lastsale": "$-1"}, "negative_number"), ({"volume": "-5"}, "negative_number"),
        ({"marketCap": "1.2B"}, "unreadable_number"), ({"pctchange": "1.5.2%"}, "unreadable_number"),
        ({"symbol": ""}, "bad_symbol"), ({"symbol": "<b>"}, "bad_symbol"), ({"symbol": None}, "unreadable_row"),
        ({"lastsale": {"a": 1}}, "unreadable_row"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_row_is_refused_by_name(cells, reason) -> None:
    parsed = parse_screener(screener([*USUAL, {**screened("X"), **cells}]), REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (30, {reason: 1})


def test_class_shares_and_preferreds_keep_their_spelling() -> None:
    parsed = parse_screener(screener([screened("BRK/B"), screened("ABR^D"), screened("AAM  ")]), REQUEST)
    assert parsed.table.column("source_symbol").to_pylist() == ["BRK/B", "ABR^D", "AAM"]


def test_the_other_place_of_the_rows_has_fewer_columns() -> None:
    few = [{name: row[name] for name in ("symbol", "name", "lastsale", "pctchange", "marketCap")} for row in USUAL]
    body = json.dumps({"data": {"filters": None, "table": {"rows": few}, "totalrecords": 30}}).encode()
    table = parse_screener(body, REQUEST).table
    assert table.num_rows == 30
    assert table.column("volume_shares").null_count == 30


def test_one_page_is_not_the_market() -> None:
    body = json.dumps({"data": {"table": {"rows": USUAL}, "totalrecords": 7000}}).encode()
    with pytest.raises(MalformedBody, match="30 of 7000 rows"):
        parse_screener(body, REQUEST)


def test_no_data_is_asked_for_again(tmp_path) -> None:
    road = open_road(
        tmp_path, in_turn(httpx.Response(200, content=NO_DATA), httpx.Response(200, content=screener(USUAL)))
    )
    assert Nasdaq(road.transport, BASE, BASE).screener().parsed.table.num_rows == 30
    assert len(road.asked) == 2
    with pytest.raises(ServerFault):
        parse_screener(NO_DATA, REQUEST)


def test_the_user_agent_looks_like_a_browser_and_says_what_we_are(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(200, content=screener(USUAL))))
    Nasdaq(road.transport, BASE, BASE).screener()
    assert road.asked[0].headers["user-agent"].startswith("Mozilla/5.0")
    assert "amc_assets" in road.asked[0].headers["user-agent"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("stamp", "rows_sent", "known"), [("1611857411887", 3680, "AACQU"), ("1611857427822", 3305, "GME")]
)
def test_the_pages_of_2021_pass_when_laid_out_again(shared_data: Path, stamp, rows_sent, known) -> None:
    path = shared_data / f"reference/nasdaq_screener_{stamp}.csv.gz"
    names = {
        "Symbol": "symbol", "Name": "name", "Last Sale": "lastsale", "% Change": "pctchange", "Volume": "volume",
        "Market Cap": "marketCap", "Sector": "sector", "Industry": "industry", "Country": "country",
    }  # fmt: skip
    lines = list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode())))
    rows = [{new: line[old] for old, new in names.items()} for line in lines]
    parsed = parse_screener(screener(rows), REQUEST)
    assert (len(rows), parsed.rejected) == (rows_sent, {})
    kept = {row["source_symbol"]: row for row in parsed.table.to_pylist()}
    assert len(kept) == rows_sent
    assert known in kept
    if known == "AACQU":
        assert kept["AACQU"]["market_cap_usd"] is None  # a unit: sent as 0.00
        assert kept["AACG"]["close_usd"] == 1.30

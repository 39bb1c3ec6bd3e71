"""The recorded market over real HTTP: true numbers, exact bytes, nothing filled in."""

import gzip
from datetime import date
from pathlib import Path

import httpx
import pytest

from amc_assets.replay.recorded import RecordedDataError, RecordedMarket
from amc_assets.replay.server import ReplayServer
from amc_assets_tests.replay.reading import (
    INTEREST_PATH,
    JSON_ACCEPT,
    all_pages,
    grouped_path,
    interest_file_path,
    interest_pages,
    interest_query,
    short_volume_path,
)

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(
    ("symbol", "day", "close_usd"),
    [
        ("GME", date(2021, 1, 27), 347.51),
        ("GME", date(2021, 1, 28), 193.60),
        ("GME", date(2021, 1, 29), 325.00),
        ("AMC", date(2021, 1, 27), 19.90),
        ("KOSS", date(2021, 1, 27), 58.00),
        ("BBBY", date(2021, 1, 27), 52.89),
    ],
)
def test_known_closes(recorded_client: httpx.Client, symbol: str, day: date, close_usd: float) -> None:
    body = recorded_client.get(grouped_path(day), params={"adjusted": "false"}).json()
    bar = next(row for row in body["results"] if row["T"] == symbol)
    assert body["adjusted"] is True, "the recorded prices are on the share basis of 2021-01-27, whatever was asked"
    assert bar["c"] == pytest.approx(close_usd, abs=0.01)
    assert "vw" not in bar, "VWAP was not recorded, so the key is absent"
    assert "n" not in bar


def test_all_sessions_and_symbols_are_served(recorded_market: RecordedMarket) -> None:
    from amc_assets.market.calendar import sessions_between

    sessions = sessions_between(recorded_market.first_day, recorded_market.last_day)
    bars = [recorded_market.bars(day) for day in sessions]
    assert len(sessions) == 189
    assert sum(len(day.symbols) for day in bars if day) == 884_621
    assert len({symbol for day in bars if day for symbol in day.symbols}) == 4846
    assert recorded_market.bars(date(2020, 11, 26)) is None


def test_incomplete_symbols_can_be_left_out(shared_data: Path) -> None:
    market = RecordedMarket(shared_data, include_incomplete=False)
    bars = market.bars(date(2021, 1, 27))
    assert bars is not None
    assert len(bars.symbols) == 3550


def rows_of(body: bytes) -> dict[str, list[str]]:
    return {line.split("|")[1]: line.split("|") for line in body.decode().splitlines()[1:-1]}


def test_short_volume_is_served_in_finra_spelling_and_loses_nothing(
    recorded_client: httpx.Client, shared_data: Path
) -> None:
    served = rows_of(recorded_client.get(short_volume_path(date(2021, 1, 27))).content)
    recorded = rows_of(
        gzip.decompress((shared_data / "nyse_short_volume" / "NYSEGRPshvol20210127.txt.gz").read_bytes())
    )
    plain = [symbol for symbol in recorded if symbol.isalpha() and symbol.isupper()]
    assert len(plain) > 8_000
    assert all(served[symbol] == recorded[symbol] for symbol in plain)
    for column in (2, 3, 4):
        assert sum(int(row[column]) for row in served.values()) == sum(int(row[column]) for row in recorded.values())
    assert len(served) < len(recorded)
    assert "BRK/B" in served
    assert not [symbol for symbol in served if " " in symbol or "+" in symbol]


def test_recorded_reports_are_served_byte_for_byte(recorded_client: httpx.Client, shared_data: Path) -> None:
    interest = recorded_client.get(interest_file_path(date(2021, 1, 15)))
    assert interest.content == gzip.decompress(
        (shared_data / "finra_short_interest" / "shrt20210115.csv.gz").read_bytes()
    )


@pytest.mark.parametrize("day", [date(2020, 11, 30), date(2021, 1, 18), date(2021, 3, 1)])
def test_a_day_without_a_recorded_file_is_403(recorded_client: httpx.Client, day: date) -> None:
    assert recorded_client.get(short_volume_path(day)).status_code == 403


def test_short_volume_arrays_match_the_trailer(recorded_market: RecordedMarket) -> None:
    volume = recorded_market.short_volume(date(2021, 1, 27))
    assert volume is not None
    assert len(volume.symbols) == 9235, "9,875 rows, 640 of them a second spelling of the same security"
    assert (volume.short_volume_shares <= volume.total_volume_shares).all()
    assert "AGM/A" in volume.symbols.tolist()


def test_all_pages_of_a_settlement(recorded_client: httpx.Client) -> None:
    rows = interest_pages(recorded_client, date(2021, 1, 15), limit=5000)
    of = {row["symbolCode"]: row for row in rows}
    assert len(rows) == len(of) == 18_646
    assert of["GME"]["currentShortPositionQuantity"] == 61_782_730
    assert of["KOSS"]["currentShortPositionQuantity"] == 12_755
    assert of["BRKB"]["daysToCoverQuantity"] == 2.23
    assert of["BRKWF"]["daysToCoverQuantity"] == 999.99
    assert of["A"]["stockSplitFlag"] is None
    assert of["A"]["changePreviousNumber"] == -235_827


def test_twelve_settlements_are_partitions(recorded_client: httpx.Client) -> None:
    body = recorded_client.get("/partitions/group/otcMarket/name/consolidatedShortInterest").json()
    days = [row["partitions"][0] for row in body["availablePartitions"]]
    assert len(days) == 12
    assert (days[0], days[-1]) == ("2021-02-26", "2020-09-15")
    missing = interest_query(date(2021, 3, 15))
    assert recorded_client.post(INTEREST_PATH, json=missing, headers=JSON_ACCEPT).json() == []


def test_floats_are_those_shown_on_one_date(recorded_client: httpx.Client) -> None:
    rows = all_pages(recorded_client, "/stocks/vX/float?limit=5000")
    of = {row["ticker"]: row for row in rows}
    assert {row["effective_date"] for row in rows} == {"2021-01-28"}
    assert len(rows) == 4670
    assert of["A"]["free_float"] == 305_370_000


def test_the_directory_names_what_was_observed(recorded_market: RecordedMarket) -> None:
    of = {listing.symbol: listing for listing in recorded_market.directory(date(2021, 1, 27))}
    bars = recorded_market.bars(date(2021, 1, 27))
    assert bars is not None
    assert (of["GME"].exchange, of["GME"].polygon_type) == ("N", "CS")
    assert (of["KOSS"].exchange, of["BF.A"].exchange, of["EZA"].exchange) == ("Q", "N", "P")
    assert {of["QQQ"].polygon_type, of["TQQQ"].polygon_type, of["EZA"].polygon_type} == {"ETF"}
    assert (of["CpK"].polygon_type, of["ACIC.WS"].polygon_type, of["BABA"].polygon_type) == ("PFD", "WARRANT", "ADRC")
    unnamed = set(bars.symbols) - set(of)
    assert len(unnamed) == 17, "tickers that were renamed later are in no list of January 2021, and none is made up"


def test_a_folder_without_data_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(RecordedDataError, match=r"market\.toml is not there.*simulated"):
        RecordedMarket(tmp_path)


def test_nothing_says_that_it_is_a_replay(recorded_market: RecordedMarket) -> None:
    with ReplayServer(recorded_market) as server:
        answer = httpx.get(server.base_url + short_volume_path(date(2021, 1, 30)), trust_env=False)
    assert "replay" not in str(answer.headers).lower() + answer.text.lower()

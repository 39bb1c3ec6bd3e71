"""FINRA's API and files and the Nasdaq directory over real HTTP, from the simulated market."""

from datetime import date

import httpx
import pytest

from amc_assets.replay.finra_api import short_interest_page
from amc_assets.replay.finra_query import FIELDS, Query
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import Settings
from amc_assets_tests.replay.conftest import SIMULATED_DAY, SIMULATED_SETTLEMENT
from amc_assets_tests.replay.reading import (
    INTEREST_PATH,
    JSON_ACCEPT,
    interest_file_path,
    interest_pages,
    interest_query,
    pipe_rows,
    short_volume_path,
)


def test_the_daily_file_has_its_count_as_trailer(client: httpx.Client, small_market: SimulatedMarket) -> None:
    answer = client.get(short_volume_path(SIMULATED_DAY))
    rows = pipe_rows(answer.content)
    volume = small_market.short_volume(SIMULATED_DAY)
    assert volume is not None
    assert answer.status_code == 200
    assert rows[0] == ["Date", "Symbol", "ShortVolume", "ShortExemptVolume", "TotalVolume", "Market"]
    assert rows[-1] == [str(len(rows) - 2)] == [str(len(volume.symbols))]
    assert {row[0] for row in rows[1:-1]} == {"20240515"}
    assert all(0 <= float(row[3]) <= float(row[2]) <= float(row[4]) for row in rows[1:-1])
    assert any("." in row[2] for row in rows[1:-1]), "quantities are fractional in some rows"


def test_each_file_has_its_own_spelling(client: httpx.Client, small_market: SimulatedMarket) -> None:
    traded = set(small_market.bars(SIMULATED_DAY).symbols)  # type: ignore[union-attr]
    daily = {row[1] for row in pipe_rows(client.get(short_volume_path(SIMULATED_DAY)).content)[1:-1]}
    interest = {row[1] for row in pipe_rows(client.get(interest_file_path(SIMULATED_SETTLEMENT)).content)[1:]}
    directory = {row[1] for row in pipe_rows(client.get("/dynamic/SymDir/nasdaqtraded.txt").content)[1:-1]}
    class_share = next(symbol for symbol in traded if symbol.endswith(".B"))
    preferred = next(symbol for symbol in traded if symbol.endswith("pA"))
    assert class_share.replace(".", "/") in daily
    assert class_share.replace(".", "") in interest
    assert class_share in directory
    assert preferred in daily
    assert preferred.replace("pA", "PRA") in interest
    assert preferred.replace("pA", "$A") in directory


@pytest.mark.parametrize(
    "path",
    [
        short_volume_path(date(2024, 5, 18)),
        short_volume_path(date(2024, 5, 27)),
        short_volume_path(date(2031, 1, 2)),
        "/equity/regsho/daily/CNMSshvol20240231.txt",
        "/equity/regsho/daily/FNSQshvol20240515.txt",
        interest_file_path(date(2024, 5, 14)),
        "/equity/anything",
    ],
)
def test_a_file_that_is_not_there_is_access_denied(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/xml"
    assert "<Code>AccessDenied</Code>" in answer.text


def test_pages_add_up_to_the_file(client: httpx.Client) -> None:
    rows = interest_pages(client, SIMULATED_SETTLEMENT, limit=70)
    file_rows = pipe_rows(client.get(interest_file_path(SIMULATED_SETTLEMENT)).content)
    assert file_rows[0] == list(FIELDS)
    assert len(rows) == len(file_rows) - 1 > 300
    assert {row["symbolCode"]: row["currentShortPositionQuantity"] for row in rows} == {
        row[1]: int(row[5]) for row in file_rows[1:]
    }
    assert [row["symbolCode"] for row in rows] != sorted(row["symbolCode"] for row in rows), "the order is arbitrary"


def test_headers_of_a_page(client: httpx.Client) -> None:
    answer = client.post(
        INTEREST_PATH, json=interest_query(SIMULATED_SETTLEMENT, limit=7, offset=3), headers=JSON_ACCEPT
    )
    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.json()) == 7
    assert {name: answer.headers[name] for name in ("Record-Offset", "Record-Limit", "Record-Max-Limit")} == {
        "Record-Offset": "3",
        "Record-Limit": "7",
        "Record-Max-Limit": "5000",
    }
    assert int(answer.headers["Record-Total"]) > 300
    assert set(answer.json()[0]) == set(FIELDS)


def test_the_payload_cap_makes_a_page_shorter_than_asked(small_market: SimulatedMarket) -> None:
    query = Query(limit=200)
    page = short_interest_page(small_market, query, [SIMULATED_SETTLEMENT], as_json=True, cap_bytes=5000)
    assert len(page.body) <= 5000
    assert 0 < int(page.headers["Total-Records-On-Page"]) < 200
    assert int(page.headers["Record-Total"]) > 300


def test_fields_and_symbols_can_be_chosen(client: httpx.Client) -> None:
    query = interest_query(SIMULATED_SETTLEMENT, fields=["symbolCode", "settlementDate"])
    query["domainFilters"] = [{"fieldName": "symbolCode", "values": ["NA", "TRUE", "NOSUCH"]}]
    rows = client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT).json()
    assert sorted(row["symbolCode"] for row in rows) == ["NA", "TRUE"]
    assert all(row == {"symbolCode": row["symbolCode"], "settlementDate": "2024-04-30"} for row in rows)


def test_a_range_spans_settlements(client: httpx.Client) -> None:
    query = {
        "dateRangeFilters": [{"fieldName": "settlementDate", "startDate": "2024-03-01", "endDate": "2024-04-15"}],
        "domainFilters": [{"fieldName": "symbolCode", "values": ["NA"]}],
    }
    rows = client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT).json()
    assert [row["settlementDate"] for row in rows] == ["2024-03-15", "2024-03-28", "2024-04-15"]


@pytest.mark.parametrize("settlement", [date(2024, 5, 14), date(2020, 1, 15), date(2029, 12, 31)])
def test_an_unknown_settlement_is_an_empty_list(client: httpx.Client, settlement: date) -> None:
    answer = client.post(INTEREST_PATH, json=interest_query(settlement), headers=JSON_ACCEPT)
    assert answer.status_code == 200
    assert answer.json() == []
    assert answer.headers["Record-Total"] == "0"


def test_without_json_accept_the_answer_is_csv(client: httpx.Client) -> None:
    answer = client.post(INTEREST_PATH, json=interest_query(SIMULATED_SETTLEMENT, fields=["symbolCode"], limit=2))
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.text.splitlines()[0] == '"symbolCode"'
    assert len(answer.text.splitlines()) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 5001},
        {"limit": 0},
        {"offset": -1},
        {"offset": 500_001},
        {"fields": ["floatShares"]},
        {"compareFilters": [{"compareType": "EQUAL", "fieldName": "settlementDate", "fieldValue": "01/15/2024"}]},
        {"compareFilters": [{"compareType": "LIKE", "fieldName": "settlementDate", "fieldValue": "2024-01-12"}]},
        {"compareFilters": [{"compareType": "GTE", "fieldName": "daysToCoverQuantity", "fieldValue": "3"}]},
        {"domainFilters": [{"fieldName": "marketClassCode", "values": ["OTC"]}]},
        {"limit": "many"},
    ],
)
def test_a_bad_query_is_400_with_a_reason(client: httpx.Client, query: dict[str, object]) -> None:
    answer = client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT)
    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400
    assert len(answer.json()["message"]) > 20


def test_small_samples_may_use_get(client: httpx.Client) -> None:
    answer = client.get(INTEREST_PATH, params={"limit": 3, "fields": "symbolCode"}, headers=JSON_ACCEPT)
    assert len(answer.json()) == 3
    assert client.put(INTEREST_PATH).status_code in {405, 501}
    assert client.post(short_volume_path(SIMULATED_DAY)).status_code == 405


def test_partitions_list_the_newest_first(client: httpx.Client, small_market: SimulatedMarket) -> None:
    body = client.get("/partitions/group/otcmarket/name/ConsolidatedShortInterest").json()
    days = [row["partitions"][0] for row in body["availablePartitions"]]
    assert body["partitionFields"] == ["settlementDate"]
    assert days == [day.isoformat() for day in reversed(small_market.settlements())]


def test_an_unknown_dataset_is_404(client: httpx.Client) -> None:
    assert client.post("/data/group/otcMarket/name/SHORT_INTEREST", json={}).status_code == 404


def test_the_directory_ends_with_its_creation_time(client: httpx.Client) -> None:
    rows = pipe_rows(client.get("/dynamic/SymDir/nasdaqtraded.txt").content)
    tests = [row for row in rows[1:-1] if row[7] == "Y"]
    assert rows[0][:4] == ["Nasdaq Traded", "Symbol", "Security Name", "Listing Exchange"]
    assert rows[-1][0].startswith("File Creation Time: 06282024")
    assert {len(row) for row in rows} == {12}
    assert len(tests) == 10
    assert {row[3] for row in rows[1:-1]} == {"Q", "N", "A", "P", "Z"}


def test_the_environment_leads_to_every_provider(server: ReplayServer, client: httpx.Client) -> None:
    environment = server.environment()
    settings = Settings.model_fields
    addresses = {name.upper() for name in settings if name.endswith("_base_url") or name == "finra_token_url"}
    assert set(environment) == addresses | {"POLYGON_API_KEY", "ALPHA_VANTAGE_API_KEY", "AMC_CONTACT"}
    assert environment["POLYGON_API_KEY"] != environment["ALPHA_VANTAGE_API_KEY"], "a mix-up of keys shows"
    query = interest_query(SIMULATED_SETTLEMENT, limit=1)
    address = f"{environment['FINRA_API_BASE_URL']}/consolidatedShortInterest"
    assert len(client.post(address, json=query, headers=JSON_ACCEPT).json()) == 1
    assert all("127.0.0.1" in value for name, value in environment.items() if name.endswith("URL"))

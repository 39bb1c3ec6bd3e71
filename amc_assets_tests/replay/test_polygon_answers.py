"""Polygon's endpoints over real HTTP: status, body and headers, keys, empty days, paging, refusals."""

import base64
from datetime import UTC, date, datetime

import httpx
import pytest

from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.replay.conftest import SIMULATED_DAY
from amc_assets_tests.replay.reading import all_pages, grouped_path

HALF_DAY_MARKET_LAST_DAY = date(2024, 12, 31)


def test_grouped_bars_are_the_markets_bars(client: httpx.Client, small_market: SimulatedMarket) -> None:
    answer = client.get(grouped_path(SIMULATED_DAY), params={"adjusted": "false"})
    body = answer.json()
    bars = small_market.bars(SIMULATED_DAY)
    assert bars is not None
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert body["adjusted"] is False
    assert body["resultsCount"] == body["queryCount"] == body["count"] == len(body["results"]) == len(bars.symbols)
    assert [row["T"] for row in body["results"]] == bars.symbols.tolist()
    assert [row["c"] for row in body["results"]] == bars.close_usd.tolist()
    assert [row["v"] for row in body["results"]] == bars.volume_shares.tolist()


@pytest.mark.parametrize(
    ("day", "at"),
    [
        (date(2024, 1, 16), datetime(2024, 1, 16, 21, tzinfo=UTC)),
        (date(2024, 5, 15), datetime(2024, 5, 15, 20, tzinfo=UTC)),
        (date(2024, 11, 29), datetime(2024, 11, 29, 21, tzinfo=UTC)),  # a half day: the window still ends at 16:00
    ],
)
def test_the_window_ends_at_sixteen_new_york(day: date, at: datetime) -> None:
    market = SimulatedMarket(symbol_count=100, last_day=HALF_DAY_MARKET_LAST_DAY)
    with ReplayServer(market) as server:
        answer = httpx.get(server.base_url + grouped_path(day), params={"apiKey": "replay-key"}, trust_env=False)
    assert {row["t"] for row in answer.json()["results"]} == {int(at.timestamp() * 1000)}


@pytest.mark.parametrize("day", [date(2024, 5, 18), date(2024, 5, 27), date(2023, 5, 15), date(2025, 5, 15)])
def test_a_day_without_bars_has_no_results_key(client: httpx.Client, day: date) -> None:
    answer = client.get(grouped_path(day))
    assert answer.status_code == 200
    assert answer.json() == {
        "queryCount": 0,
        "resultsCount": 0,
        "adjusted": True,
        "status": "OK",
        "request_id": answer.json()["request_id"],
    }


@pytest.mark.parametrize("path", [grouped_path(SIMULATED_DAY), "/v3/reference/tickers", "/stocks/vX/float"])
@pytest.mark.parametrize(
    ("headers", "text"),
    [({}, "API Key was not provided"), ({"Authorization": "Bearer other"}, "Unknown API Key")],
)
def test_the_key_is_demanded(server: ReplayServer, path: str, headers: dict[str, str], text: str) -> None:
    answer = httpx.get(server.base_url + path, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["status"] == "ERROR"
    assert answer.json()["error"] == text


def test_the_key_may_come_in_the_query_and_is_in_no_answer(server: ReplayServer) -> None:
    answer = httpx.get(f"{server.base_url}/v3/reference/tickers?limit=5&apiKey=replay-key", trust_env=False)
    cursor = answer.json()["next_url"].partition("cursor=")[2]
    decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert answer.status_code == 200
    assert "replay-key" not in answer.text + decoded
    assert "limit=5" in decoded


def test_tickers_page_through_next_url(client: httpx.Client, small_market: SimulatedMarket) -> None:
    first = client.get("/v3/reference/tickers", params={"limit": 150, "date": str(SIMULATED_DAY)}).json()
    rows = all_pages(client, f"/v3/reference/tickers?limit=150&date={SIMULATED_DAY}")
    listed = [row for row in small_market.directory(SIMULATED_DAY) if not row.is_test_issue]
    assert first["count"] == len(first["results"]) == 150
    assert "replay-key" not in first["next_url"]
    assert [row["ticker"] for row in rows] == sorted(listing.symbol for listing in listed)
    assert {row["type"] for row in rows} == {"CS", "ADRC", "ETF", "PFD", "WARRANT", "UNIT"}
    assert {row["primary_exchange"] for row in rows} == {"XNAS", "XNYS", "XASE", "ARCX", "BATS"}


def test_the_page_after_the_first_needs_the_key_again(client: httpx.Client) -> None:
    address = client.get("/v3/reference/tickers", params={"limit": 10}).json()["next_url"]
    assert httpx.get(address, trust_env=False).status_code == 401


def test_tickers_filter_by_type_and_ticker(client: httpx.Client) -> None:
    funds = client.get("/v3/reference/tickers", params={"type": "ETF", "limit": 1000}).json()["results"]
    one = client.get("/v3/reference/tickers", params={"ticker": "NA"}).json()["results"]
    assert {row["type"] for row in funds} == {"ETF"}
    assert [row["ticker"] for row in one] == ["NA"]
    assert client.get("/v3/reference/tickers", params={"market": "crypto"}).json()["results"] == []


def test_splits_filter_by_date_and_order(full_market: SimulatedMarket) -> None:
    splits = full_market.splits(date(2025, 1, 1), date(2025, 6, 30))
    with ReplayServer(full_market) as server:
        client = httpx.Client(base_url=server.base_url, params={"apiKey": "replay-key"}, trust_env=False)
        with client:
            query = {"execution_date.gte": "2025-01-01", "execution_date.lte": "2025-06-30", "limit": 1000}
            rows = client.get("/v3/reference/splits", params=query).json()["results"]
            rising = client.get("/v3/reference/splits", params=query | {"order": "asc"}).json()["results"]
            one = client.get("/v3/reference/splits", params={"execution_date": rows[0]["execution_date"]}).json()
            default = client.get("/v3/reference/splits").json()
    assert rows == rising[::-1]
    assert [(row["ticker"], row["split_from"], row["split_to"]) for row in rising] == [
        (split.symbol, split.split_from, split.split_to) for split in splits
    ]
    assert {row["execution_date"] for row in one["results"]} == {rows[0]["execution_date"]}
    assert len(default["results"]) == 10
    assert "next_url" in default


def test_floats_have_a_percentage_of_the_outstanding_shares(client: httpx.Client) -> None:
    rows = all_pages(client, "/stocks/vX/float?limit=200")
    assert len(rows) > 250
    assert all(0 < row["free_float_percent"] <= 100 and row["free_float"] > 0 for row in rows)
    assert all(row["effective_date"] <= "2024-06-28" for row in rows)


def test_bars_are_adjusted_for_later_splits_only_when_asked(full_market: SimulatedMarket) -> None:
    split = full_market.splits(date(2025, 1, 1), date(2025, 12, 31))[0]
    day = full_market_session_before(split.execution_date)
    later = [
        row for row in full_market.splits(split.execution_date, full_market.last_day) if row.symbol == split.symbol
    ]
    ratio = 1.0
    for row in later:
        ratio *= row.split_to / row.split_from
    with ReplayServer(full_market) as server:
        client = httpx.Client(base_url=server.base_url, params={"apiKey": "replay-key"}, trust_env=False)
        with client:
            raw, adjusted = (
                next(row for row in client.get(grouped_path(day), params={"adjusted": flag}).json()["results"]
                     if row["T"] == split.symbol)
                for flag in ("false", "true")
            )  # fmt: skip
    for price in ("o", "h", "l", "c", "vw"):
        assert adjusted[price] == pytest.approx(raw[price] / ratio, abs=6e-5), price
    assert adjusted["v"] == pytest.approx(raw["v"] * ratio, abs=1)
    assert adjusted != raw


def full_market_session_before(day: date) -> date:
    """Return the session before ``day``."""
    from amc_assets.market.calendar import previous_session

    return previous_session(day)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v3/reference/tickers?limit=1001", "limit"),
        ("/v3/reference/tickers?limit=0", "limit"),
        ("/v3/reference/tickers?date=yesterday", "date"),
        ("/v3/reference/tickers?cursor=!!", "cursor"),
        ("/v3/reference/tickers?cursor=YQ", "cursor"),
        ("/v3/reference/tickers?active=false", "active"),
        ("/v3/reference/splits?execution_date.gte=2024", "execution_date.gte"),
        ("/v2/aggs/grouped/locale/us/market/stocks/20240515x", "date"),
        ("/stocks/vX/float?limit=5001", "limit"),
    ],
)
def test_a_bad_parameter_is_named(client: httpx.Client, path: str, text: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.json()["status"] == "ERROR"
    assert f"'{text}'" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/v2/last/trade/AAPL", "/v3/reference/dividends", "/"])
def test_an_unknown_path_is_404(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404

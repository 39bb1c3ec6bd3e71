"""The providers' plans on the server's side: what is refused, how it is said, and that it is counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from amc_assets.clock import FixedClock
from amc_assets.replay.datasets import PROVIDER_OF, Dataset
from amc_assets.replay.plans import POLYGON_FREE
from amc_assets.replay.server import ReplayServer
from amc_assets_tests.replay.rich_market import RichMarket

VANTAGE_ID = "replay-key-alpha-vantage"
AT = datetime(2024, 5, 15, 23, 30, tzinfo=UTC)


@contextmanager
def planned(
    market: RichMarket, plan: str, at: datetime = AT
) -> Iterator[tuple[httpx.Client, ReplayServer, FixedClock]]:
    """Serve ``market`` on ``plan`` with a clock that only the test moves."""
    clock = FixedClock(at)
    with (
        ReplayServer(market, plan=plan, clock=clock) as server,
        httpx.Client(base_url=server.base_url, trust_env=False, timeout=120) as client,
    ):
        yield client, server, clock


def vantage(client: httpx.Client, function: str = "GLOBAL_QUOTE", **params: str) -> httpx.Response:
    """Ask Alpha Vantage with the right key."""
    return client.get("/query", params={"function": function, "apikey": VANTAGE_ID, **params})


def polygon(client: httpx.Client, path: str) -> httpx.Response:
    """Ask Polygon with the right key."""
    return client.get(path, headers={"Authorization": "Bearer replay-key"})


def test_every_polygon_dataset_is_in_the_table_of_the_free_plan() -> None:
    assert set(POLYGON_FREE) == {dataset for dataset, provider in PROVIDER_OF.items() if provider == "polygon"}
    assert set(PROVIDER_OF) == set(Dataset)


def test_an_unknown_plan_is_refused(rich_market: RichMarket) -> None:
    with pytest.raises(ValueError, match="use one of unlimited, free, brief"):
        ReplayServer(rich_market, plan="gold")


def test_polygon_free_allows_five_calls_a_minute(rich_market: RichMarket) -> None:
    with planned(rich_market, "free") as (client, server, clock):
        statuses = [polygon(client, "/v1/marketstatus/now").status_code for _ in range(7)]
        refused = polygon(client, "/v1/marketstatus/now")
        clock.sleep(59.9)
        still = polygon(client, "/v1/marketstatus/now").status_code
        clock.sleep(0.2)
        again = polygon(client, "/v1/marketstatus/now").status_code
        assert server.refusals == {("polygon", "per_minute"): 4}
    assert statuses == [200] * 5 + [429] * 2
    assert refused.json()["status"] == "ERROR"
    assert "exceeded the maximum requests per minute" in refused.json()["error"]
    assert (still, again) == (429, 200)


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("/v2/aggs/grouped/locale/us/market/stocks/2024-05-15", "today's data before end of day", "today"),
        ("/v2/aggs/grouped/locale/us/market/stocks/2022-05-13", "doesn't include this data timeframe", "too_old"),
        ("/v2/aggs/ticker/AB/range/1/day/2022-05-13/2024-05-14", "doesn't include this data timeframe", "too_old"),
        ("/v3/snapshot/options/AB", "You are not entitled to this data", "not_entitled"),
        ("/v2/snapshot/locale/us/markets/stocks/tickers", "You are not entitled to this data", "not_entitled"),
        ("/stocks/vX/float", "You are not entitled to this data", "not_entitled"),
    ],
)
def test_what_polygons_free_plan_does_not_include(rich_market: RichMarket, path: str, text: str, reason: str) -> None:
    with planned(rich_market, "free") as (client, server, _):
        answer = polygon(client, path)
        assert server.refusals == {("polygon", reason): 1}
    assert answer.status_code == 403
    assert answer.json()["status"] == "NOT_AUTHORIZED"
    assert text in answer.json()["message"]


def test_yesterdays_bars_are_in_the_free_plan_and_all_in_the_others(rich_market: RichMarket) -> None:
    path = "/v2/aggs/grouped/locale/us/market/stocks/2024-05-"
    with planned(rich_market, "free") as (client, server, _):
        assert "results" in polygon(client, path + "14").json()
        assert not server.refusals
    for plan in ("unlimited", "brief"):
        with planned(rich_market, plan) as (client, server, _):
            assert "results" in polygon(client, path + "15").json()
            assert polygon(client, "/stocks/vX/float").status_code == 200
            assert not server.refusals


def test_alpha_vantage_free_allows_one_a_second_and_25_a_day(rich_market: RichMarket) -> None:
    symbol = rich_market.names.nasdaq
    with planned(rich_market, "free") as (client, server, clock):
        assert "Global Quote" in vantage(client, symbol=symbol).json()
        burst = vantage(client, symbol=symbol)
        for _ in range(23):
            clock.sleep(1.2)
            assert "Global Quote" in vantage(client, symbol=symbol).json()
        clock.sleep(1.2)
        spent = vantage(client, symbol=symbol)
        clock.at = datetime(2024, 5, 16, 3, 59, tzinfo=UTC)  # 23:59 New York: still the same day
        assert "Information" in vantage(client, symbol=symbol).json()
        clock.at = datetime(2024, 5, 16, 4, 0, tzinfo=UTC)
        assert "Global Quote" in vantage(client, symbol=symbol).json()
        counts = server.refusals
    assert (burst.status_code, spent.status_code) == (200, 200), "it says no with 200"
    assert "sparingly (1 request per second)" in burst.json()["Information"]
    assert "25 requests per day" in spent.json()["Information"]
    assert "replay-key-alpha-vantage" in spent.json()["Information"], "this variant echoes the key"
    assert counts == {("alpha_vantage", "per_second"): 1, ("alpha_vantage", "per_day"): 2}


@pytest.mark.parametrize(
    ("function", "params", "text"),
    [
        ("TIME_SERIES_INTRADAY", {"interval": "5min"}, "This is a premium endpoint."),
        ("HISTORICAL_OPTIONS", {}, "This is a premium endpoint."),
        ("TIME_SERIES_DAILY_ADJUSTED", {}, "This is a premium endpoint."),
        ("TIME_SERIES_DAILY", {"outputsize": "full"}, "outputsize=full parameter value is a premium feature"),
        ("TIME_SERIES_DAILY", {"outputsize": "full", "datatype": "csv"}, "outputsize=full parameter value"),
    ],
)
def test_the_paywall_of_alpha_vantage(
    rich_market: RichMarket, function: str, params: dict[str, str], text: str
) -> None:
    with planned(rich_market, "free") as (client, server, _):
        answer = vantage(client, function, symbol=rich_market.names.nasdaq, **params)
        assert server.refusals == {("alpha_vantage", "not_entitled"): 1}
    assert answer.status_code == 200
    assert text in answer.json()["Information"]


def test_realtime_options_of_a_free_key_are_artificial(rich_market: RichMarket) -> None:
    params = {"symbol": rich_market.names.nasdaq, "require_greeks": "true"}
    with planned(rich_market, "free") as (client, _, _):
        made_up = vantage(client, "REALTIME_OPTIONS", **params).json()
    with planned(rich_market, "brief") as (client, _, _):
        real = vantage(client, "REALTIME_OPTIONS", **params).json()
    assert {row["symbol"] for row in made_up["data"]} == {"XXYYZZ"}
    assert {row["expiration"] for row in made_up["data"]} == {"2099-99-99"}
    assert "ARTIFICIAL" in made_up["message"]
    assert real["message"] == "success"
    assert len(real["data"]) == 300


def test_the_plan_of_the_brief_throttles_as_in_older_years(rich_market: RichMarket) -> None:
    with planned(rich_market, "brief") as (client, server, _):
        answers = [vantage(client, symbol=rich_market.names.nasdaq).json() for _ in range(6)]
        assert server.refusals == {("alpha_vantage", "per_minute"): 1}
    assert "5 calls per minute" in answers[-1]["Note"]


@pytest.mark.parametrize(("key", "reason"), [("", "no_key"), ("replay-key", "bad_key")])
def test_a_wrong_key_of_alpha_vantage(rich_market: RichMarket, key: str, reason: str) -> None:
    with planned(rich_market, "unlimited") as (client, server, _):
        answer = client.get("/query", params={"function": "OVERVIEW", "symbol": "AB", "apikey": key})
        assert server.refusals == {("alpha_vantage", reason): 1}
    assert "the parameter apikey is invalid or missing" in answer.json()["Error Message"]


@pytest.mark.parametrize(
    ("path", "agent", "status", "text", "refusal"),
    [
        ("/files/company_tickers.json", "amc_assets/0.1", 403, "Undeclared Automated Tool", ("sec", "no_contact")),
        ("/api/screener/stocks", "amc_assets/0.1", 403, "Access Denied", ("nasdaq", "no_browser")),
        ("/rss/2.0/headline?s=AB", "", 429, "Too Many Requests", ("news", "no_user_agent")),
    ],
)
def test_user_agents_that_are_turned_away(
    rich_market: RichMarket, path: str, agent: str, status: int, text: str, refusal: tuple[str, str]
) -> None:
    with planned(rich_market, "unlimited") as (client, server, _):
        answer = client.get(path, headers={"User-Agent": agent})
        assert server.refusals == {refusal: 1}
    assert answer.status_code == status
    assert text in answer.text


def test_the_sec_stops_the_eleventh_call_of_a_second(rich_market: RichMarket) -> None:
    agent = {"User-Agent": "amc_assets/0.1 (a@example.com)"}
    with planned(rich_market, "free") as (client, _, clock):
        answers = [client.get("/files/company_tickers.json", headers=agent) for _ in range(11)]
        clock.sleep(timedelta(seconds=1).total_seconds())
        later = client.get("/files/company_tickers.json", headers=agent)
    assert [answer.status_code for answer in answers] == [200] * 10 + [403]
    assert "Request Rate Threshold Exceeded" in answers[-1].text
    assert later.status_code == 200

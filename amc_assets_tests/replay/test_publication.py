"""Nothing of the new datasets is served before its time, and kept files answer 304 until they change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from amc_assets.clock import FixedClock
from amc_assets.replay.datasets import KEPT_FILES
from amc_assets.replay.server import ReplayServer
from amc_assets_tests.replay.conftest import EVENING, PolygonKey
from amc_assets_tests.replay.rich_market import DAY, NOON, RichMarket

BARS_OUT = datetime(2024, 5, 15, 20, 15, tzinfo=UTC)
EVENING_OUT = datetime(2024, 5, 15, 22, 0, tzinfo=UTC)
LISTS_OUT = datetime(2024, 5, 16, 3, 0, tzinfo=UTC)
FAILS_OUT = datetime(2024, 5, 31, 22, 0, tzinfo=UTC)
FILED = datetime(2024, 5, 31, 4, 0, tzinfo=UTC)
REPORT_OUT = datetime(2024, 5, 9, 22, 0, tzinfo=UTC)
AGENT = {"User-Agent": "Mozilla/5.0 (amc_assets; replay@example.com)"}
QUERY = "/query?apikey=replay-key-alpha-vantage&function="
BILLS = (
    "/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2024/all?type=daily_treasury_bill_rates"
)
SHORT_DAY = {"compareFilters": [{"compareType": "EQUAL", "fieldName": "tradeReportDate", "fieldValue": str(DAY)}]}
THRESHOLD_DAY = {"compareFilters": [{"compareType": "EQUAL", "fieldName": "tradeDate", "fieldValue": str(DAY)}]}
Ask = Callable[[str], httpx.Response]


@contextmanager
def at_any_time(market: RichMarket) -> Iterator[tuple[httpx.Client, FixedClock]]:
    """Serve with a clock that the test sets."""
    clock = FixedClock(EVENING)
    with ReplayServer(market, clock=clock) as server:
        key = PolygonKey(server.environment()["POLYGON_API_KEY"])
        with httpx.Client(base_url=server.base_url, headers=AGENT, auth=key, trust_env=False, timeout=120) as client:
            yield client, clock


def _api(client: httpx.Client, name: str, body: dict[str, object]) -> str:
    answer = client.post(f"/data/group/otcMarket/name/{name}", json=body, headers={"Accept": "application/json"})
    return answer.text


def _symbol(text: str, market: RichMarket) -> str:
    return text.replace("SYMBOL", market.names.nasdaq)


@pytest.mark.parametrize(
    ("path", "mark", "out_at"),
    [
        ("/RssFeed/x", "globenewswire/0", NOON),
        ("/rss/news-releases-list.rss", "prnewswire/0", NOON),
        ("/rss/2.0/headline?s=SYMBOL", "yahoo/0", NOON),
        ("/v2/reference/news", "polygon/0", NOON),
        (QUERY + "NEWS_SENTIMENT&tickers=SYMBOL", "alpha_vantage/0", NOON),
        ("/cgi-bin/browse-edgar?action=getcurrent&type=SC&output=atom", "SC 13D", NOON),
        ("/rss.aspx?feed=tradehalts", "LUDP", datetime(2024, 5, 15, 14, 30, tzinfo=UTC)),
        ("/rss.aspx?feed=tradehalts&haltdate=05152024", "10:40:00", datetime(2024, 5, 15, 14, 40, tzinfo=UTC)),
        ("/dynamic/symdir/regsho/nasdaqth20240515.txt", "|Y|", LISTS_OUT),
        (
            "/api/regulatory/threshold-securities/download?selectedDate=15-May-2024&market=NYSE",
            "|Y|",
            LISTS_OUT,
        ),
        ("/files/data/fails-deliver-data/cnsfails202405a.zip", "PK", FAILS_OUT),
        ("/data-research/sec-markets-data/fails-deliver-data", "202405a", FAILS_OUT),
        (BILLS, "05/15/2024", EVENING_OUT),
        ("/v3/snapshot/options/SYMBOL", "O:", BARS_OUT),
        (QUERY + "HISTORICAL_OPTIONS&symbol=SYMBOL&date=2024-05-15", "contractID", BARS_OUT),
        (QUERY + "GLOBAL_QUOTE&symbol=SYMBOL", "2024-05-15", BARS_OUT),
        (QUERY + "TIME_SERIES_DAILY&symbol=SYMBOL", '"2024-05-15"', BARS_OUT),
        (
            QUERY + "TIME_SERIES_INTRADAY&symbol=SYMBOL&interval=1min&outputsize=full&month=2024-05",
            "2024-05-15 10:00:00",
            datetime(2024, 5, 15, 14, 1, tzinfo=UTC),
        ),
        ("/v2/aggs/ticker/SYMBOL/range/1/day/2024-05-15/2024-05-15", '"results"', BARS_OUT),
        ("/stocks/v1/short-volume?date=2024-05-15", "short_volume_ratio", EVENING_OUT),
        ("/stocks/v1/short-interest?settlement_date=2024-04-30", "days_to_cover", REPORT_OUT),
        ("/equity/regsho/daily/FORFshvol20240515.txt", "Date|Symbol", EVENING_OUT),
        ("/partitions/group/otcMarket/name/regShoDaily", "2024-05-15", EVENING_OUT),
        ("/api/xbrl/companyfacts/CIK0000320193.json", "60000000", FILED),
        (QUERY + "OVERVIEW&symbol=SYMBOL", "60000000", FILED),
    ],
)  # fmt: skip
def test_nothing_comes_before_its_time(rich_market: RichMarket, path: str, mark: str, out_at: datetime) -> None:
    path = _symbol(path, rich_market)
    with at_any_time(rich_market) as (client, clock):
        clock.at = out_at - timedelta(seconds=1)
        assert mark not in client.get(path).text
        clock.at = out_at
        assert mark in client.get(path).text


@pytest.mark.parametrize(
    ("name", "body", "out_at"),
    [
        ("regShoDaily", SHORT_DAY, EVENING_OUT),
        ("thresholdList", THRESHOLD_DAY, LISTS_OUT),
    ],
)
def test_pages_of_finra_come_at_their_time(
    rich_market: RichMarket, name: str, body: dict[str, object], out_at: datetime
) -> None:
    with at_any_time(rich_market) as (client, clock):
        clock.at = out_at - timedelta(seconds=1)
        assert _api(client, name, body) == "[]"
        clock.at = out_at
        assert "2024-05-15" in _api(client, name, body)


def test_a_running_session_is_zeros_or_the_minutes_so_far(rich_market: RichMarket) -> None:
    names = rich_market.names
    with at_any_time(rich_market) as (client, clock):
        clock.at = datetime(2024, 5, 15, 14, 0, tzinfo=UTC)  # 10:00 New York, half an hour into the session
        rows = {
            row["ticker"]: row for row in client.get("/v2/snapshot/locale/us/markets/stocks/tickers").json()["tickers"]
        }
    assert rows[names.class_share]["day"] == {"o": 0, "h": 0, "l": 0, "c": 0, "v": 0, "vw": 0}
    assert rows[names.nasdaq]["day"] == {"o": 10.0, "h": 10.34, "l": 9.95, "c": 10.29, "v": 3000.0}
    assert rows[names.nasdaq]["min"]["av"] == 3000.0
    before = rich_market.bars(date(2024, 5, 14))
    assert before is not None
    place = before.symbols.tolist().index(names.nasdaq)
    assert rows[names.nasdaq]["prevDay"]["c"] == before.close_usd[place]
    assert rows[names.nasdaq]["updated"] == int(clock.at.timestamp()) * 10**9


def test_the_fails_of_a_second_half_come_in_the_middle_of_the_next_month(rich_market: RichMarket) -> None:
    from amc_assets.replay.publication_gate import PublicationGate

    clock = FixedClock(datetime(2024, 6, 15, 21, 59, tzinfo=UTC))
    gate = PublicationGate(rich_market, clock)
    assert not gate.has_fails(date(2024, 5, 16))
    clock.at = datetime(2024, 6, 15, 22, 0, tzinfo=UTC)
    assert gate.has_fails(date(2024, 5, 16))


PATHS_OF_KEPT = {
    "daily_short_volume": "/equity/regsho/daily/CNMSshvol20240515.txt",
    "otc_short_volume": "/equity/regsho/daily/FORFshvol20240515.txt",
    "short_interest_file": "/equity/otcmarket/biweekly/shrt20240430.csv",
    "symbol_directory": "/dynamic/SymDir/nasdaqtraded.txt",
    "trade_halts": "/rss.aspx?feed=tradehalts&haltdate=05152024",
    "nasdaq_threshold_list": "/dynamic/symdir/regsho/nasdaqth20240515.txt",
    "nyse_threshold_list": "/api/regulatory/threshold-securities/download?selectedDate=15-May-2024&market=NYSE",
    "company_tickers": "/files/company_tickers.json",
    "company_facts": "/api/xbrl/companyfacts/CIK0000320193.json",
    "fails_to_deliver": "/files/data/fails-deliver-data/cnsfails202405a.zip",
    "fails_index": "/data-research/sec-markets-data/fails-deliver-data",
    "bill_rates": BILLS,
    "globenewswire": "/RssFeed/x",
    "prnewswire": "/rss/news-releases-list.rss",
    "yahoo_headlines": "/rss/2.0/headline?s=SYMBOL",
}


@pytest.mark.parametrize("dataset", sorted(PATHS_OF_KEPT))
def test_a_copy_that_is_still_the_newest_is_304(rich_market: RichMarket, dataset: str) -> None:
    path = _symbol(PATHS_OF_KEPT[dataset], rich_market)
    with at_any_time(rich_market) as (client, clock):
        clock.at = datetime(2024, 6, 3, 12, tzinfo=UTC) if "fails" in dataset else EVENING
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        other = client.get(path, headers={"If-None-Match": '"another"'})
    assert first.status_code == 200
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert other.content == first.content


def test_every_kept_file_is_tried() -> None:
    assert set(PATHS_OF_KEPT) == {dataset.value for dataset in KEPT_FILES}


def test_a_new_item_changes_the_tag_and_the_time(rich_market: RichMarket) -> None:
    with at_any_time(rich_market) as (client, clock):
        clock.at = NOON - timedelta(minutes=1)
        before = client.get("/RssFeed/x")
        same = client.get("/RssFeed/x", headers={"If-Modified-Since": before.headers["Last-Modified"]})
        clock.at = NOON
        after = client.get(
            "/RssFeed/x",
            headers={"If-None-Match": before.headers["ETag"], "If-Modified-Since": before.headers["Last-Modified"]},
        )
    assert before.headers["Last-Modified"] == "Wed, 15 May 2024 15:00:00 GMT"
    assert same.status_code == 304
    assert after.status_code == 200
    assert after.headers["Last-Modified"] == "Wed, 15 May 2024 16:00:00 GMT"
    assert after.headers["ETag"] != before.headers["ETag"]


def test_what_is_dynamic_has_no_validators(rich_market: RichMarket) -> None:
    with at_any_time(rich_market) as (client, _):
        atom = client.get("/cgi-bin/browse-edgar?action=getcurrent&type=8-K&output=atom")
        bars = client.get(f"/v2/aggs/grouped/locale/us/market/stocks/{DAY}")
    assert (atom.status_code, bars.status_code) == (200, 200)
    assert "ETag" not in atom.headers
    assert "ETag" not in bars.headers

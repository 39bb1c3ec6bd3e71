"""Keys and types of the bodies against the providers' documented and recorded ones, without the project's parsers."""

import csv
import gzip
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from amc_assets.providers.exchange import Request
from amc_assets_tests.replay.asking import Asker
from amc_assets_tests.replay.rich_market import DAY, RichMarket

# names and types as in providers.md; values are of no interest
AGGREGATE = {"v": 1.0, "vw": 1.0, "o": 1.0, "c": 1.0, "h": 1.0, "l": 1.0, "t": 1, "n": 1}
REG_SHO = {
    "reportingFacilityCode": "NCTRF", "marketCode": "B", "tradeReportDate": "2026-01-06",
    "securitiesInformationProcessorSymbolIdentifier": "AAPL", "shortParQuantity": 69397,
    "shortExemptParQuantity": 20, "totalParQuantity": 154130,
}  # fmt: skip
CONTRACT = dict.fromkeys(
    (
        "contractID", "symbol", "expiration", "strike", "type", "last", "mark", "bid", "bid_size", "ask", "ask_size",
        "volume", "open_interest", "date", "implied_volatility", "delta", "gamma", "theta", "vega", "rho",
    ),
    "",
)  # fmt: skip
ARTICLE = {
    "title": "", "url": "", "time_published": "", "authors": [], "summary": "", "banner_image": "", "source": "",
    "category_within_source": "", "source_domain": "", "topics": [], "overall_sentiment_score": 0.12,
    "overall_sentiment_label": "", "ticker_sentiment": [],
}  # fmt: skip
STOCKS = "/v2/snapshot/locale/us/markets/stocks/tickers"
QUOTE_KEYS = [
    "01. symbol", "02. open", "03. high", "04. low", "05. price", "06. volume", "07. latest trading day",
    "08. previous close", "09. change", "10. change percent",
]  # fmt: skip


def odd(sent: Any, documented: Any, path: str = "") -> list[str]:
    """Return where ``sent`` has a key or a type that ``documented`` has not; absent keys are allowed."""
    if isinstance(sent, dict) and isinstance(documented, dict):
        unknown = [f"{path}.{name} is not documented" for name in sent if name not in documented]
        known = [name for name in sent if name in documented]
        return unknown + [text for name in known for text in odd(sent[name], documented[name], f"{path}.{name}")]
    if isinstance(sent, list) and isinstance(documented, list):
        example = documented[0] if documented else None
        if isinstance(example, dict):  # a key may be missing from the first recorded row
            example = {name: value for row in documented for name, value in row.items()}
        return [text for row in sent for text in odd(row, example, path)] if documented else []
    numbers = (int, float)
    same = isinstance(sent, numbers) and isinstance(documented, numbers) and not isinstance(sent, bool)
    return [] if same or type(sent) is type(documented) else [f"{path} is {sent!r}, documented {documented!r}"]


def test_the_comparison_notices_a_foreign_key_and_another_type() -> None:
    assert odd({"v": "1"}, AGGREGATE) == [".v is '1', documented 1.0"]
    assert odd([{"volume": 1}], [AGGREGATE]) == [".volume is not documented"]
    assert odd({"v": 3}, AGGREGATE) == []


def get(asker: Asker, provider: str, path: str, **params: str) -> Any:
    """Ask for a path of a provider by its own address."""
    base = asker.url("ALPHA_VANTAGE") if provider == "alpha_vantage" else asker.url("POLYGON")
    key = {"apikey": asker.alpha_vantage[1]} if provider == "alpha_vantage" else {"apiKey": asker.polygon[1]}
    secret = key if provider in {"alpha_vantage", "polygon"} else {}
    answer = asker.send(Request(provider, "x", "GET", base + path, params=params, secret_params=secret))
    assert answer.status_code == 200, answer.text
    return answer


def test_polygon_shapes(asker: Asker, rich_market: RichMarket) -> None:
    symbol = rich_market.names.nasdaq
    bars = get(asker, "polygon", f"/v2/aggs/ticker/{symbol}/range/1/day/2024-05-13/2024-05-15").json()
    assert list(bars) == [
        "ticker",
        "queryCount",
        "resultsCount",
        "adjusted",
        "results",
        "status",
        "request_id",
        "count",
    ]
    assert odd(bars["results"], [AGGREGATE]) == []
    assert bars["results"][-1]["t"] == 1715745600000, "midnight New York, in daylight time"
    empty = get(asker, "polygon", "/v2/aggs/ticker/NOSUCH/range/1/day/2024-05-13/2024-05-15").json()
    assert "results" not in empty
    assert empty["resultsCount"] == 0
    status = get(asker, "polygon", "/v1/marketstatus/now").json()
    assert set(status) == {"market", "earlyHours", "afterHours", "serverTime", "exchanges", "currencies"}
    assert status["serverTime"] == "2024-05-15T23:30:00-04:00"
    assert isinstance(get(asker, "polygon", "/v1/marketstatus/upcoming").json(), list)
    details = get(asker, "polygon", f"/v3/reference/tickers/{symbol}").json()
    assert isinstance(details["results"], dict)
    assert "free_float" not in details["results"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("recorded", "path", "members"),
    [
        (f"{STOCKS[1:]}/AAPL.json", f"{STOCKS}/{{}}", ["ticker"]),
        ("v3/snapshot/options/AAPL.json", "/v3/snapshot/options/{}", ["results"]),
        ("v3/reference/tickers/AAPL.json", "/v3/reference/tickers/{}", ["results"]),
        ("v1/marketstatus/upcoming.json", "/v1/marketstatus/upcoming", []),
        ("v2/aggs/ticker/AAPL/prev.json", "/v2/aggs/ticker/{}/range/1/day/2024-05-13/2024-05-15", ["results"]),
    ],
)  # fmt: skip
def test_polygon_keys_are_recorded_ones(
    asker: Asker, rich_market: RichMarket, shared_data: Path, recorded: str, path: str, members: list[str]
) -> None:
    documented = json.loads((shared_data / "wire_fixtures" / "polygon_client_python" / recorded).read_text())
    sent = get(asker, "polygon", path.format(rich_market.names.nasdaq)).json()
    for member in members:
        sent, documented = sent[member], documented[member]
    assert odd(sent, documented) == []


def test_finra_rows(asker: Asker) -> None:
    base = asker.url("FINRA_API")
    body = {"compareFilters": [{"compareType": "EQUAL", "fieldName": "tradeReportDate", "fieldValue": str(DAY)}]}
    request = Request(
        "finra", "x", "POST", f"{base}/regShoDaily", headers={"Accept": "application/json"}, json_body=body
    )
    rows = asker.send(request).json()
    assert odd(rows, [REG_SHO]) == []
    assert set(rows[0]) == set(REG_SHO)
    assert {(row["marketCode"], row["reportingFacilityCode"]) for row in rows} == {
        ("B", "NCTRF"), ("Q", "NQTRF"), ("N", "NYTRF"),
    }  # fmt: skip
    symbols = [row["securitiesInformationProcessorSymbolIdentifier"] for row in rows]
    assert symbols != sorted(symbols), "the order is arbitrary"
    assert all(row["shortExemptParQuantity"] <= row["shortParQuantity"] <= row["totalParQuantity"] for row in rows)


def test_alpha_vantage_shapes(asker: Asker, rich_market: RichMarket) -> None:
    symbol = rich_market.names.nasdaq
    quote = get(asker, "alpha_vantage", "", function="GLOBAL_QUOTE", symbol=symbol).json()["Global Quote"]
    assert list(quote) == QUOTE_KEYS
    assert re.fullmatch(r"-?\d+\.\d{4}%", quote["10. change percent"])
    chain = get(asker, "alpha_vantage", "", function="HISTORICAL_OPTIONS", symbol=symbol, date=str(DAY)).json()
    assert (chain["endpoint"], chain["message"]) == ("Historical Options", "success")
    assert odd(chain["data"], [CONTRACT]) == []
    assert {value for row in chain["data"] for value in map(type, row.values())} == {str}
    no_chain = get(asker, "alpha_vantage", "", function="HISTORICAL_OPTIONS", symbol=symbol, date="2024-05-14").json()
    assert no_chain["data"] == []
    assert no_chain["message"] != "success"
    news = get(asker, "alpha_vantage", "", function="NEWS_SENTIMENT", tickers=symbol, limit="1").json()
    assert news["items"] == "1"
    assert odd(news["feed"], [ARTICLE]) == []
    assert isinstance(news["feed"][0]["overall_sentiment_score"], float)
    assert isinstance(news["feed"][0]["ticker_sentiment"][0]["ticker_sentiment_score"], str)
    together = get(asker, "alpha_vantage", "", function="NEWS_SENTIMENT", tickers=f"{symbol},ZZZZ").json()
    assert together["feed"] == [], "a comma means AND"
    series = get(
        asker, "alpha_vantage", "", function="TIME_SERIES_INTRADAY", symbol=symbol, interval="5min", month="2024-05"
    ).json()
    assert list(series) == ["Meta Data", "Time Series (5min)"]
    assert series["Meta Data"]["6. Time Zone"] == "US/Eastern"
    newest = next(iter(series["Time Series (5min)"]))
    assert newest == "2024-05-15 11:25:00"
    wrong = get(asker, "alpha_vantage", "", function="NO_SUCH").json()
    assert wrong["Error Message"].startswith("Invalid API call.")


@pytest.mark.real_data
def test_alpha_vantage_csv_has_the_recorded_columns(asker: Asker, rich_market: RichMarket, shared_data: Path) -> None:
    with gzip.open(shared_data / "wire_fixtures" / "alpha_vantage_daily_adjusted_csv" / "IBM.csv.gz", "rt") as file:
        recorded = next(csv.reader(file))
    symbol = rich_market.names.nasdaq
    answer = get(asker, "alpha_vantage", "", function="TIME_SERIES_DAILY", symbol=symbol, datatype="csv")
    sent = next(csv.reader(io.StringIO(answer.text)))
    assert sent == ["timestamp", "open", "high", "low", "close", "volume"]
    assert set(sent) <= set(recorded)


@pytest.mark.real_data
def test_halts_have_the_recorded_elements(asker: Asker, shared_data: Path) -> None:
    recorded = ET.parse(shared_data / "rss" / "nasdaq_tradehalts_20230619.xml").getroot()  # noqa: S314 - our own file
    answer = get(asker, "nasdaq", "/rss.aspx", feed="tradehalts", haltdate="05152024")
    assert answer.content.startswith(b"\xef\xbb\xbf<?xml")
    sent = ET.fromstring(answer.content.removeprefix(b"\xef\xbb\xbf"))  # noqa: S314 - our own server
    first, documented = sent.findall("channel/item")[0], recorded.findall("channel/item")[0]
    assert [child.tag for child in first] == [child.tag for child in documented]
    assert sent.find("channel/{http://www.nasdaqtrader.com/}numItems").text == "2"  # type: ignore[union-attr]


def test_feeds_print_their_own_kind_of_time(asker: Asker) -> None:
    globe = get(asker, "news", "/RssFeed/orgclass/1/feedTitle/GlobeNewswire%20-%20News%20about%20Public%20Companies")
    assert "<pubDate>Wed, 15 May 2024 16:00 GMT</pubDate>" in globe.text
    assert re.search(r'<category domain="https://www.globenewswire.com/rss/stock">Nasdaq:[A-Z]+</category>', globe.text)
    pr = get(asker, "news", "/rss/news-releases-list.rss")
    assert "<pubDate>Wed, 15 May 2024 16:00:00 +0000</pubDate>" in pr.text
    assert re.search(r"\(NASDAQ: [A-Z]+\)", pr.text)
    atom = get(asker, "sec", "/cgi-bin/browse-edgar", action="getcurrent", type="8-K", count="100", output="atom")
    assert b'encoding="ISO-8859-1"' in atom.content[:60]
    assert "<updated>2024-05-15T10:00:00-04:00</updated>" in atom.text
    assert "Acmé & Sons".encode("iso-8859-1").replace(b"&", b"&amp;") in atom.content


def test_files_end_as_the_real_ones_do(asker: Asker, rich_market: RichMarket) -> None:
    lists = get(asker, "nasdaq", f"/dynamic/symdir/regsho/nasdaqth{DAY:%Y%m%d}.txt").text.splitlines()
    assert lists[0] == "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|Filler"
    assert lists[-1] == "20240515230020"
    bills = get(
        asker, "treasury", "/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2024/all",
        type="daily_treasury_bill_rates", field_tdr_date_value="2024", page="", _format="csv",
    ).text.splitlines()  # fmt: skip
    assert bills[0].startswith('Date,"4 WEEKS BANK DISCOUNT","4 WEEKS COUPON EQUIVALENT","13 WEEKS BANK DISCOUNT"')
    assert bills[1] == "05/15/2024,5.31,5.41,5.30,5.45,5.21,5.43,,5.18"
    assert bills[2].split(",")[5:7] == ["", ""], "a term without a value is blank"


def test_fails_are_a_zip_of_one_text(rich_market: RichMarket) -> None:
    from amc_assets.replay.wire_sec import fails_archive

    rows = rich_market.fails(date(2024, 5, 1), date(2024, 5, 15))
    assert rows is not None
    with zipfile.ZipFile(io.BytesIO(fails_archive("cnsfails202405a", rows))) as archive:
        assert archive.namelist() == ["cnsfails202405a.txt"]
        lines = archive.read("cnsfails202405a.txt").decode("latin-1").splitlines()
    assert lines[0] == "SETTLEMENT DATE|CUSIP|SYMBOL|QUANTITY (FAILS)|DESCRIPTION|PRICE"
    assert lines[1].split("|")[0] == "20240514"
    assert lines[2].endswith("|.")
    assert lines[-2:] == ["Trailer record count 2", "Trailer total quantity of shares 12352"]

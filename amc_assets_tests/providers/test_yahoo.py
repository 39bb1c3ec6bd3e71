"""Yahoo's chains through yfinance: a stand-in library, recorded frames, its exceptions as ours, its junk as null."""

import gzip
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from amc_assets.providers.errors import (
    MalformedBody,
    NotFound,
    PermanentError,
    ProviderError,
    RateLimited,
    ServerFault,
    Unreachable,
)
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.wire.chain import CHAIN_SCHEMA
from amc_assets.providers.yahoo.chain import frames_to_json, option_chain_request, parse_option_chain
from amc_assets.providers.yahoo.client import YahooOptions, load_yfinance
from amc_assets_tests.providers.cards.yahoo import EXPIRATION, REQUEST, TRADED_AT, contract, expiry
from amc_assets_tests.providers.roads import QUICK, Road, open_road

UNDERLYING = {"symbol": "GME", "regularMarketPrice": 22.93, "regularMarketTime": TRADED_AT, "currency": "USD"}
EXPIRIES = tuple(f"2026-12-{day:02d}" for day in range(1, 13))


class YFException(Exception):
    """The root of the library's exceptions."""


class YFRateLimitError(YFException):
    """What the library raises on 429."""


class YFTickerMissingError(YFException):
    """What the library raises for a symbol it cannot find."""


def frame(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Return rows as the library's frame: its columns, absent values as NaN, times as UTC timestamps."""
    columns = ["contractSymbol", "lastTradeDate", "strike", "lastPrice", "bid", "ask", "change", "percentChange",
               "volume", "openInterest", "impliedVolatility", "inTheMoney", "contractSize", "currency"]  # fmt: skip
    found = pd.DataFrame(rows).reindex(columns=columns)
    found["lastTradeDate"] = pd.to_datetime(found["lastTradeDate"], unit="s", utc=True)
    return found


def dated(rows: Sequence[dict[str, object]], day: str) -> list[dict[str, object]]:
    """Return the contracts with another expiry in their names."""
    code = day.replace("-", "")[2:]
    return [{**row, "contractSymbol": str(row["contractSymbol"]).replace("261218", code)} for row in rows]


class Ticker:
    """The stand-in of the library's Ticker: counts what is asked."""

    def __init__(self, symbol: str) -> None:
        self.asked: list[str] = []
        self.options = EXPIRIES
        self.calls = [contract(n) for n in range(30)]
        self.puts = [contract(n, "P") for n in range(30)]
        self.underlying = UNDERLYING

    def option_chain(self, day: str) -> Any:
        """Return one expiry."""
        self.asked.append(day)
        return SimpleNamespace(
            calls=frame(dated(self.calls, day)), puts=frame(dated(self.puts, day)), underlying=self.underlying
        )


def library_with(ticker: Ticker) -> Callable[[], Any]:
    """Return a loader of the stand-in library."""
    exceptions = SimpleNamespace(
        YFException=YFException, YFRateLimitError=YFRateLimitError, YFTickerMissingError=YFTickerMissingError
    )
    return lambda: SimpleNamespace(Ticker=lambda _symbol: ticker, exceptions=exceptions)


@pytest.fixture
def road(tmp_path) -> Road:
    """Return a road on which no HTTP call may be made: the library makes its own."""

    def nothing(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked through the transport")

    return open_road(tmp_path, nothing, {"yahoo": QUICK})


def test_the_nearest_expiries_are_read_one_call_each(road) -> None:
    ticker = Ticker("GME")
    ticker.options = EXPIRIES[::-1]
    fetched = YahooOptions(road.transport, library_with(ticker), most_expirations=3).option_chain("GME")
    assert ticker.asked == ["2026-12-01", "2026-12-02", "2026-12-03"]
    assert fetched.parsed.table.schema == CHAIN_SCHEMA
    assert fetched.parsed.table.num_rows == 180
    assert fetched.parsed.notes == {"pages": "3", "expirations_listed": "12"}
    assert [row.success for row in road.audit.calls] == [True] * 4
    assert {row.provider_name for row in road.audit.calls} == {"yahoo"}


def test_a_contract_arrives_as_sent(road) -> None:
    table = YahooOptions(road.transport, library_with(Ticker("GME")), 1).option_chain("GME").parsed.table
    assert table.to_pylist()[30] == {
        "source_symbol": "GME", "contract_symbol": "GME261201P00020000", "quote_date": date(2026, 11, 20),
        "expiration_date": date(2026, 12, 1), "strike_usd": 20.0, "is_call": False, "bid_usd": 6.1, "ask_usd": 6.31,
        "bid_size_contracts": None, "ask_size_contracts": None, "last_usd": 6.2, "volume_contracts": 12.0,
        "open_interest_contracts": 5321.0, "vendor_iv_frac": 0.8203165, "vendor_delta": None, "vendor_gamma": None,
        "multiplier_shares": 100.0, "underlying_usd": 22.93, "quoted_at": None,
    }  # fmt: skip


def read(**changes: object) -> Parsed:
    """Parse an expiry with one odd contract, through the library's frames."""
    calls = frame([contract(0, **changes), *(contract(n) for n in range(1, 30))])
    return parse_option_chain(frames_to_json(calls, frame([]), UNDERLYING, REQUEST), REQUEST)


@pytest.mark.parametrize(
    ("changes", "expected", "notes"),
    [
        ({"bid": 0, "ask": 0}, {"bid_usd": None, "ask_usd": None, "vendor_iv_frac": None},
         {"not_quoted": "1", "iv_without_quote": "1"}),
        ({"bid": 0}, {"bid_usd": 0.0, "ask_usd": 6.31, "vendor_iv_frac": 0.8203165}, {}),
        ({"ask": 0}, {"bid_usd": 6.1, "ask_usd": None, "vendor_iv_frac": 0.8203165}, {}),
        ({"bid": np.nan, "ask": np.nan}, {"bid_usd": None, "ask_usd": None},
         {"not_quoted": "1", "iv_without_quote": "1"}),
        ({"impliedVolatility": 1e-05}, {"vendor_iv_frac": None}, {"iv_out_of_bounds": "1"}),
        ({"impliedVolatility": 1.0000000000000003e-05}, {"vendor_iv_frac": None}, {"iv_out_of_bounds": "1"}),
        ({"impliedVolatility": 20.5}, {"vendor_iv_frac": None}, {"iv_out_of_bounds": "1"}),
        ({"impliedVolatility": 5.0}, {"vendor_iv_frac": 5.0}, {}),
        ({"impliedVolatility": np.nan}, {"vendor_iv_frac": None}, {}),
        ({"volume": np.nan}, {"volume_contracts": None}, {}), ({"volume": 0}, {"volume_contracts": 0.0}, {}),
        ({"openInterest": 0}, {"open_interest_contracts": 0.0}, {}),
        ({"openInterest": np.nan}, {"open_interest_contracts": None}, {}),
        ({"contractSize": "MINI"}, {"multiplier_shares": None}, {}),
    ],
    ids=repr,
)  # fmt: skip
def test_known_junk_is_null_and_counted_and_zero_stays_zero(changes, expected, notes) -> None:
    parsed = read(**changes)
    row = parsed.table.to_pylist()[0]
    assert {name: row[name] for name in expected} == expected
    assert (parsed.rejected, parsed.notes) == ({}, notes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"contractSymbol": "GME270115C00020000"}, "contract_mismatch"),
     ({"contractSymbol": "<b>261218C00020000"}, "bad_symbol"),
     ({"strike": -20.0}, "price_not_positive"), ({"volume": -1}, "negative_number")],
    ids=repr,
)  # fmt: skip
def test_a_bad_contract_is_refused_by_name(changes, reason) -> None:
    parsed = read(**changes)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 29


def test_the_day_is_that_of_the_underlyings_last_trade_in_new_york() -> None:
    """16:00 in New York; half past midnight UTC of the next day is still the same session's evening."""
    for traded_at in (TRADED_AT, TRADED_AT + 4 * 3600):
        table = parse_option_chain(expiry([contract(0)], regularMarketTime=traded_at), REQUEST).table
        assert table.column("quote_date").to_pylist() == [date(2026, 11, 20)]


def test_a_frame_without_a_column_is_refused() -> None:
    lame = frame([contract(0)]).drop(columns="openInterest")
    with pytest.raises(MalformedBody, match="openInterest"):
        frames_to_json(lame, frame([]), UNDERLYING, REQUEST)


class Failing(Ticker):
    """A ticker whose chain fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__("GME")
        self.error = error

    def option_chain(self, day: str) -> Any:
        """Fail."""
        self.asked.append(day)
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind", "times"),
    [
        (YFRateLimitError("Too Many Requests. Rate limited. Try after a while."), RateLimited, 2),
        (YFTickerMissingError("no such ticker"), NotFound, 1),
        (YFException("crumb"), ServerFault, QUICK.retry_attempts),
        (ConnectionResetError("reset"), Unreachable, QUICK.retry_attempts),
        (TimeoutError("slow"), Unreachable, QUICK.retry_attempts), (KeyError("optionChain"), MalformedBody, 1),
        (json.JSONDecodeError("Expecting value", "<html>", 0), MalformedBody, 1),
        (AttributeError("'NoneType' object has no attribute 'get'"), MalformedBody, 1),
    ],
    ids=repr,
)  # fmt: skip
def test_the_librarys_exceptions_become_ours(road, error, kind, times) -> None:
    ticker = Failing(error)
    with pytest.raises(ProviderError) as caught:
        YahooOptions(road.transport, library_with(ticker)).option_chain("GME")
    assert type(caught.value) is kind
    assert type(error).__name__ in str(caught.value)
    assert len(ticker.asked) == times
    assert [row.success for row in road.audit.calls] == [True] + [False] * times


def test_a_rate_limit_waits_a_minute(road) -> None:
    with pytest.raises(RateLimited):
        YahooOptions(road.transport, library_with(Failing(YFRateLimitError("slow down")))).option_chain("GME")
    assert max(road.slept) >= 60


def test_a_stock_without_options_is_not_found(road) -> None:
    ticker = Ticker("GME")
    ticker.options = ()
    with pytest.raises(NotFound, match="lists no options on 'GME'"):
        YahooOptions(road.transport, library_with(ticker)).option_chain("GME")


def test_a_bug_of_ours_is_not_dressed_up_as_the_libraries(road) -> None:
    with pytest.raises(ZeroDivisionError):
        YahooOptions(road.transport, library_with(Failing(ZeroDivisionError()))).option_chain("GME")


def test_without_the_library_it_says_what_to_install(road, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(PermanentError, match=r"pip install 'amc_assets\[yahoo\]'"):
        YahooOptions(road.transport).option_chain("GME")
    assert road.audit.calls == []
    monkeypatch.setitem(sys.modules, "yfinance", SimpleNamespace(Ticker=Ticker))
    assert load_yfinance().Ticker is Ticker


def test_a_library_without_its_exceptions_module_still_works(road) -> None:
    bare = SimpleNamespace(Ticker=lambda _symbol: Failing(ConnectionError("down")))
    with pytest.raises(Unreachable):
        YahooOptions(road.transport, lambda: bare).option_chain("GME")


@pytest.mark.real_data
def test_a_recorded_answer_in_the_librarys_frames(shared_data) -> None:
    path = shared_data / "options/yahoo_v7_options_AAPL_201609.json.gz"
    recorded = json.loads(gzip.decompress(path.read_bytes()))["optionChain"]["result"][0]
    sides = recorded["options"][0]
    request = option_chain_request("AAPL", date(2016, 9, 9))
    body = frames_to_json(frame(sides["calls"]), frame(sides["puts"]), recorded["quote"], request)
    parsed = parse_option_chain(body, request)
    assert parsed.table.num_rows == len(sides["calls"]) + len(sides["puts"])
    assert parsed.rejected == {}
    row = parsed.table.to_pylist()[1]
    assert (row["contract_symbol"], row["bid_usd"], row["ask_usd"]) == ("AAPL160909C00090000", 17.6, 17.9)
    assert (row["quote_date"], row["expiration_date"]) == (date(2016, 9, 6), date(2016, 9, 9))
    assert (row["underlying_usd"], row["vendor_iv_frac"]) == (107.68, 0.9765627343750001)
    assert parsed.table.column("volume_contracts").to_pylist() == [
        contract_.get("volume") for side in ("calls", "puts") for contract_ in sides[side]
    ]


def test_the_request_names_the_expiry() -> None:
    assert REQUEST.params == {"symbol": "GME", "date": EXPIRATION.isoformat()}

"""What the server says is what the market holds, read with the project's own requests and parsers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from amc_assets.providers.alpha_vantage import bars as av_bars
from amc_assets.providers.alpha_vantage import company as av_company
from amc_assets.providers.alpha_vantage import news as av_news
from amc_assets.providers.alpha_vantage import options as av_options
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.finra import files, partitions, reg_sho, threshold, token
from amc_assets.providers.nasdaq import halts, screener
from amc_assets.providers.nasdaq import threshold as nasdaq_threshold
from amc_assets.providers.news import headlines
from amc_assets.providers.nyse import threshold as nyse_threshold
from amc_assets.providers.polygon import aggregates, details, options, session, shorts, snapshot
from amc_assets.providers.polygon import news as polygon_news
from amc_assets.providers.sec import company, fails, filings, index
from amc_assets.providers.treasury import rates
from amc_assets.replay.site import CLIENT_ID, CLIENT_SECRET
from amc_assets_tests.replay.asking import Asker
from amc_assets_tests.replay.rich_market import BILLS, DAY, NOON, OTC_SYMBOL, RichMarket


def only(table: pa.Table) -> dict[str, Any]:
    """Return the only row."""
    assert table.num_rows == 1
    row: dict[str, Any] = table.to_pylist()[0]
    return row


def by_symbol(parsed: Parsed) -> dict[str, dict[str, Any]]:
    """Return the rows by source symbol; nothing was rejected."""
    assert not parsed.rejected, (parsed.rejected, parsed.samples)
    return {row["source_symbol"]: row for row in parsed.table.to_pylist()}


def test_facilities_add_up_to_the_file(asker: Asker) -> None:
    api = asker.url("FINRA_API")
    answer = asker.send(reg_sho.reg_sho_request(api, DAY))
    assert len(answer.json()) == int(answer.headers["Record-Total"]) > 600, "several rows a symbol"
    parts = asker.read(reg_sho.reg_sho_request(api, DAY), reg_sho.parse_reg_sho).table
    names = ("short_volume_shares", "short_exempt_volume_shares", "total_volume_shares")
    sums = parts.group_by("source_symbol").aggregate([(name, "sum") for name in names]).to_pylist()
    by_file = by_symbol(asker.read(files.short_volume_request(asker.url("FINRA_CDN"), DAY), files.parse_short_volume))
    assert {row["source_symbol"] for row in sums} == by_file.keys()
    for row in sums:
        for name in names:
            assert row[f"{name}_sum"] == pytest.approx(by_file[row["source_symbol"]][name], abs=1e-6), row


def test_dates_of_the_api_and_the_otc_file(asker: Asker) -> None:
    dates = asker.read(partitions.trade_dates_request(asker.url("FINRA_API")), partitions.parse_trade_dates)
    assert max(dates.table.column(0).to_pylist()) == DAY
    otc = asker.read(files.otc_short_volume_request(asker.url("FINRA_CDN"), DAY), files.parse_short_volume)
    assert otc.table.num_rows == 0, "the simulated market has no OTC names"


def test_four_threshold_lists(asker: Asker, rich_market: RichMarket) -> None:
    names = rich_market.names
    otc = asker.read(threshold.otc_threshold_request(asker.url("FINRA_API"), DAY), threshold.parse_otc_threshold)
    assert set(by_symbol(otc)) == {OTC_SYMBOL}
    nasdaq = asker.read(
        nasdaq_threshold.threshold_request(asker.url("NASDAQ"), DAY), nasdaq_threshold.parse_threshold_list
    )
    assert set(by_symbol(nasdaq)) == {names.nasdaq}
    found = set()
    for market in nyse_threshold.MARKETS:
        request = nyse_threshold.threshold_request(asker.url("NYSE"), DAY, market)
        found |= set(by_symbol(asker.read(request, nyse_threshold.parse_threshold_list)))
    assert found == {names.nyse, names.american}


def test_a_token_is_given_and_honoured(asker: Asker) -> None:
    address = asker.environment["FINRA_TOKEN_URL"]
    given = asker.send(token.token_request(address, CLIENT_ID, CLIENT_SECRET))
    assert not token.parse_token(given.content, token.token_request(address, CLIENT_ID, CLIENT_SECRET)).rejected
    request = partitions.settlements_request(asker.url("FINRA_API"))
    with_token = {"Authorization": f"Bearer {given.json()['access_token']}"}
    assert asker.send(_with_secrets(request, with_token)).status_code == 200
    assert asker.send(_with_secrets(request, {"Authorization": "Bearer stale"})).status_code == 401
    assert asker.send(token.token_request(address, CLIENT_ID, "other")).status_code == 401


def _with_secrets(request: Any, secrets: dict[str, str]) -> Any:
    from dataclasses import replace

    return replace(request, secrets=secrets)


def test_bars_of_one_ticker(asker: Asker, rich_market: RichMarket) -> None:
    symbol = rich_market.names.class_share
    request = aggregates.aggregates_request(*asker.polygon, symbol, date(2024, 5, 1), DAY, span="day", adjusted=False)
    rows = asker.read(request, aggregates.parse_aggregates).table.to_pylist()
    bars = rich_market.bars(DAY)
    assert bars is not None
    place = bars.symbols.tolist().index(symbol)
    assert len(rows) == 11, "the sessions from May 1 to May 15"
    assert rows[-1]["close_usd"] == bars.close_usd[place]
    assert rows[-1]["volume_shares"] == bars.volume_shares[place]


def test_the_snapshot_has_today_and_the_day_before(asker: Asker, rich_market: RichMarket) -> None:
    rows = by_symbol(asker.read(snapshot.market_snapshot_request(*asker.polygon), snapshot.parse_market_snapshot))
    for day, column in ((DAY, "day_close_usd"), (DAY - timedelta(days=1), "previous_close_usd")):
        bars = rich_market.bars(day)
        assert bars is not None
        wanted = dict(zip(bars.symbols.tolist(), bars.close_usd.tolist(), strict=True))
        found = {symbol: row[column] for symbol, row in rows.items() if row[column] is not None}
        assert found == {symbol: wanted[symbol] for symbol in found}
        assert len(found) > 300


def test_details_know_what_was_filed_by_then(asker: Asker, rich_market: RichMarket) -> None:
    request = details.ticker_details_request(*asker.polygon, rich_market.names.nasdaq, DAY)
    row = only(asker.read(request, details.parse_ticker_details).table)
    assert row["outstanding_shares"] == 50_000_000
    assert row["cik"] == "0000320193"
    unknown = asker.send(details.ticker_details_request(*asker.polygon, "NOSUCH", DAY))
    assert (unknown.status_code, unknown.json()["status"]) == (404, "NOT_FOUND")


def test_option_chains_of_both_vendors_agree(asker: Asker, rich_market: RichMarket) -> None:
    symbol = rich_market.names.nasdaq
    request = options.option_snapshot_request(*asker.polygon, symbol)
    answer = asker.send(request)
    assert len(answer.json()["results"]) == 250
    rest = asker.send(_follow(request, answer.json()["next_url"]))
    assert len(rest.json()["results"]) == 50
    assert "next_url" not in rest.json()
    snapshot_rows = options.parse_option_snapshot(answer.content, request).table.to_pylist()
    request = av_options.historical_options_request(*asker.alpha_vantage, symbol, DAY)
    chain = asker.read(request, av_options.parse_historical_options).table.to_pylist()
    assert len(chain) == 300
    of_contract = {row["contract_symbol"].removeprefix("O:"): row for row in chain}
    names = ("strike_usd", "is_call", "expiration_date", "bid_usd", "ask_usd", "vendor_iv_frac", "vendor_delta")
    for row in snapshot_rows:
        other = of_contract[row["contract_symbol"].removeprefix("O:")]
        assert {name: row[name] for name in names} == {name: other[name] for name in names}
    unquoted = of_contract[f"{symbol}240621P00002000"]
    assert [unquoted[name] for name in ("bid_usd", "vendor_iv_frac", "vendor_gamma")] == [None, None, None]
    assert {row["quote_date"] for row in chain} == {DAY}


def _follow(request: Any, url: str) -> Any:
    from dataclasses import replace

    return replace(request, url=url, params={})


def test_short_lists_of_polygon_agree_with_finra(asker: Asker) -> None:
    request = shorts.short_volume_request(*asker.polygon, DAY)
    rows = by_symbol(asker.read(request, shorts.parse_short_volume))
    file_rows = by_symbol(asker.read(files.short_volume_request(asker.url("FINRA_CDN"), DAY), files.parse_short_volume))
    assert {symbol.replace(".", "/") for symbol in rows} == set(file_rows)
    for symbol, row in rows.items():
        assert row["short_volume_shares"] == file_rows[symbol.replace(".", "/")]["short_volume_shares"]
    request = shorts.short_interest_request(*asker.polygon, date(2024, 4, 30))
    interest = by_symbol(asker.read(request, shorts.parse_short_interest))
    assert len(interest) > 300
    assert any("." in symbol for symbol in interest), "in Polygon's own spelling"


def test_market_hours(asker: Asker) -> None:
    status = only(asker.read(session.market_status_request(*asker.polygon), session.parse_market_status).table)
    assert "closed" in status.values()
    days = asker.read(session.market_holidays_request(*asker.polygon), session.parse_market_holidays)
    assert not days.rejected
    found = {row["holiday_date"] for row in days.table.to_pylist()}
    assert {date(2024, 5, 27), date(2024, 7, 3), date(2024, 12, 25)} <= found
    assert date(2024, 3, 29) not in found


def test_news_of_five_wires(asker: Asker, rich_market: RichMarket) -> None:
    symbol, other = rich_market.names.nasdaq, rich_market.names.class_share
    since = NOON - timedelta(days=1)
    polygon = asker.read(polygon_news.news_request(*asker.polygon, since), polygon_news.parse_news)
    vantage = asker.read(
        av_news.news_sentiment_request(*asker.alpha_vantage, symbol, since), av_news.parse_news_sentiment
    )
    globe = asker.read(headlines.globenewswire_request(asker.url("GLOBENEWSWIRE")), headlines.parse_globenewswire)
    pr = asker.read(headlines.prnewswire_request(asker.url("PRNEWSWIRE")), headlines.parse_prnewswire)
    yahoo = asker.read(headlines.yahoo_request(asker.url("YAHOO_FEEDS"), symbol), headlines.parse_yahoo_headlines)
    for parsed in (polygon, vantage, globe, pr, yahoo):
        assert not parsed.rejected
        rows = sorted(parsed.table.to_pylist(), key=lambda row: row["published_at"])
        assert [row["published_at"] for row in rows] == [NOON - timedelta(hours=1), NOON]
        assert rows[1]["title"].startswith("Acme & Sons")
        assert rows[1]["url"].endswith("?a=1&b=2")
        assert symbol in rows[1]["source_symbols"].split(",")
    assert max(row["vendor_sentiment"] for row in vantage.table.to_pylist()) == pytest.approx(0.4213)
    assert all(other in row["source_symbols"] for row in globe.table.to_pylist()), "two categories"
    nobody = asker.read(headlines.yahoo_request(asker.url("YAHOO_FEEDS"), "ZZZZ"), headlines.parse_yahoo_headlines)
    assert nobody.table.num_rows == 0


def test_company_data_of_alpha_vantage(asker: Asker, rich_market: RichMarket) -> None:
    symbol = rich_market.names.nasdaq
    overview = only(
        asker.read(av_company.overview_request(*asker.alpha_vantage, symbol), av_company.parse_overview).table
    )
    assert overview["outstanding_shares"] == 50_000_000
    assert overview["float_shares"] > 0
    assert overview["sector"] is None, "nobody observed it"
    quote = only(
        asker.read(av_company.global_quote_request(*asker.alpha_vantage, symbol), av_company.parse_global_quote).table
    )
    bars = rich_market.bars(DAY)
    assert bars is not None
    assert quote["trade_date"] == DAY
    assert quote["close_usd"] == bars.close_usd[bars.symbols.tolist().index(symbol)]
    fund = asker.send(av_company.overview_request(*asker.alpha_vantage, rich_market.names.fund))
    assert fund.json() == {}
    assert asker.send(av_company.global_quote_request(*asker.alpha_vantage, "NOSUCH")).json() == {"Global Quote": {}}


def test_series_of_alpha_vantage_are_the_same_in_json_and_csv(asker: Asker, rich_market: RichMarket) -> None:
    symbol = rich_market.names.nasdaq
    daily, daily_csv = (
        asker.read(av_bars.daily_request(*asker.alpha_vantage, symbol, as_csv=as_csv), parser).table
        for as_csv, parser in ((False, av_bars.parse_daily), (True, av_bars.parse_daily_csv))
    )
    assert daily.equals(daily_csv)
    assert daily.num_rows > 90
    intraday, intraday_csv = (
        asker.read(av_bars.intraday_request(*asker.alpha_vantage, symbol, DAY, as_csv=as_csv), parser).table
        for as_csv, parser in ((False, av_bars.parse_intraday), (True, av_bars.parse_intraday_csv))
    )
    assert intraday.equals(intraday_csv)
    rows = sorted(intraday.to_pylist(), key=lambda row: row["bar_start_at"])
    assert len(rows) == 24
    assert rows[0]["bar_start_at"] == datetime(2024, 5, 15, 13, 30, tzinfo=UTC)
    assert {row["volume_shares"] for row in rows} == {500.0}


def test_filings(asker: Asker, rich_market: RichMarket) -> None:
    request = filings.filings_request(asker.url("SEC"), "8-K")
    rows = asker.read(request, filings.parse_filings).table.to_pylist()
    assert [row["form"] for row in rows] == ["8-K/A", "8-K"], "newest first, and the prefix matches"
    assert [row["filing_items"] for row in rows] == ["2.02", "2.02,9.01"]
    assert rows[1]["published_at"] == NOON - timedelta(hours=2)
    assert "Acmé & Sons" in rows[0]["title"]
    request = filings.filings_request(asker.url("SEC"), "SC 13D")
    assert len(asker.read(request, filings.parse_filings).table) == 1
    assert asker.send(request).text.count("<entry>") == 2, "once per role"


def test_company_lists_of_the_sec(asker: Asker, rich_market: RichMarket) -> None:
    tickers = by_symbol(asker.read(company.tickers_request(asker.url("SEC")), company.parse_company_tickers))
    assert tickers[rich_market.names.nasdaq]["cik"] == "0000320193"
    facts = only(asker.read(company.facts_request(asker.url("SEC_DATA"), "320193"), company.parse_company_facts).table)
    assert (facts["end_date"], facts["filed_date"]) == (date(2024, 1, 26), date(2024, 2, 2))
    assert facts["outstanding_shares"] == 50_000_000
    assert asker.send(company.facts_request(asker.url("SEC_DATA"), "1")).status_code == 404


def test_trade_halts(asker: Asker, rich_market: RichMarket) -> None:
    rows = by_symbol(asker.read(halts.trade_halts_request(asker.url("NASDAQ"), DAY), halts.parse_trade_halts))
    paused = rows[rich_market.names.nasdaq]
    assert paused["halted_at"] == datetime(2024, 5, 15, 14, 30, tzinfo=UTC)
    assert paused["resumption_trade_at"] == datetime(2024, 5, 15, 14, 40, tzinfo=UTC)
    assert paused["reason_code"] == "LUDP"
    assert rows[rich_market.names.class_share]["resumption_trade_at"] is None


def test_the_screener_is_the_market_without_funds(asker: Asker, rich_market: RichMarket) -> None:
    rows = by_symbol(asker.read(screener.screener_request(asker.url("NASDAQ_API")), screener.parse_screener))
    bars = rich_market.bars(DAY)
    assert bars is not None
    symbol = rich_market.names.class_share
    row = rows[symbol.replace(".", "/")]
    place = bars.symbols.tolist().index(symbol)
    assert row["close_usd"] == pytest.approx(bars.close_usd[place], rel=1e-3)
    assert row["volume_shares"] == bars.volume_shares[place]
    assert rich_market.names.fund not in rows


def test_bill_rates(asker: Asker) -> None:
    rows = asker.read(rates.bill_rates_request(asker.url("TREASURY"), 2024), rates.parse_bill_rates).table.to_pylist()
    of_day = {row["term_days"] / 7: row["yield_frac"] for row in rows if row["quote_date"] == DAY}
    assert of_day == pytest.approx({float(weeks): rate for weeks, rate in BILLS.items()})
    assert len(rows) == 3 * 4 - 2


def test_fails_and_their_index() -> None:
    from amc_assets.clock import FixedClock
    from amc_assets.replay.server import ReplayServer

    market = RichMarket()
    with ReplayServer(market, clock=FixedClock(datetime(2024, 6, 3, tzinfo=UTC))) as server:
        asker = Asker(server.environment())
        listed = asker.read(index.index_request(asker.url("SEC")), index.parse_fails_index).table.to_pylist()
        assert [row["file_name"] for row in listed] == ["cnsfails202405a.zip"]
        rows = by_symbol(asker.read(fails.fails_request(asker.url("SEC"), date(2024, 5, 1)), fails.parse_fails))
    assert rows[market.names.nasdaq]["fails_shares"] == 12_345
    assert rows[market.names.class_share.replace(".", "/")]["price_usd"] is None

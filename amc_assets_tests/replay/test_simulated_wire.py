"""What the simulated market says beside bars and shorts, read back over HTTP with the project's own parsers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from amc_assets.clock import FixedClock
from amc_assets.providers.alpha_vantage import news as av_news
from amc_assets.providers.alpha_vantage import options as av_options
from amc_assets.providers.nasdaq import halts as nasdaq_halts
from amc_assets.providers.nasdaq import threshold as nasdaq_threshold
from amc_assets.providers.news import headlines
from amc_assets.providers.polygon import news as polygon_news
from amc_assets.providers.polygon import options as polygon_options
from amc_assets.providers.sec import company, fails, filings
from amc_assets.providers.treasury import rates
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.replay.asking import Asker

DAY = date(2024, 5, 15)
EVENING = datetime(2024, 5, 16, 3, 30, tzinfo=UTC)
CONTROLS = frozenset(chr(number) for number in range(32)) | {"\x7f", "\u202e", "\u202c", "\u200b"}


@pytest.fixture(scope="module")
def asker(small_market: SimulatedMarket) -> Iterator[Asker]:
    """Serve the market as of one evening."""
    with ReplayServer(small_market, clock=FixedClock(EVENING)) as server:
        yield Asker(server.environment())


def test_every_feed_is_read_without_a_reject(asker: Asker, small_market: SimulatedMarket) -> None:
    since = datetime(2024, 5, 13, tzinfo=UTC)
    told = small_market.news(since, EVENING)
    symbol = next(row.symbols[0] for row in reversed(told) if row.wire == "yahoo" and row.symbols)
    named = next(row.symbols[0] for row in reversed(told) if row.wire == "alpha_vantage" and row.symbols)
    parsed = {
        "globenewswire": asker.read(
            headlines.globenewswire_request(asker.url("GLOBENEWSWIRE")), headlines.parse_globenewswire
        ),
        "prnewswire": asker.read(headlines.prnewswire_request(asker.url("PRNEWSWIRE")), headlines.parse_prnewswire),
        "yahoo": asker.read(headlines.yahoo_request(asker.url("YAHOO_FEEDS"), symbol), headlines.parse_yahoo_headlines),
        "polygon": asker.read(polygon_news.news_request(*asker.polygon, since), polygon_news.parse_news),
        "alpha_vantage": asker.read(
            av_news.news_sentiment_request(*asker.alpha_vantage, named, since), av_news.parse_news_sentiment
        ),
    }
    for wire, answer in parsed.items():
        rows = answer.table.to_pylist()
        assert rows, wire
        assert not answer.rejected, (wire, answer.samples)
        published = {row.published_at for row in told if row.wire == wire}
        if wire != "globenewswire":  # its times have no seconds
            assert {row["published_at"] for row in rows if row["published_at"] >= since} <= published
        assert not any(CONTROLS & set(row["title"]) for row in rows), "hostile characters are gone"


def test_the_hostile_text_is_really_sent(small_market: SimulatedMarket) -> None:
    titles = [row.title for row in small_market.news(datetime(2024, 4, 1, tzinfo=UTC), EVENING)]
    assert any(CONTROLS & set(title) for title in titles)
    assert any("<" in title for title in titles)


def test_filings_companies_and_counts(asker: Asker, small_market: SimulatedMarket) -> None:
    read = asker.read(filings.filings_request(asker.url("SEC"), "8-K"), filings.parse_filings)
    rows = read.table.to_pylist()
    assert not read.rejected
    told = small_market.filings(datetime(2024, 5, 1, tzinfo=UTC), EVENING)
    assert {row["published_at"] for row in rows} <= {row.accepted_at for row in told if row.form.startswith("8-K")}
    assert any(row["filing_items"] == "2.02,9.01" for row in rows)
    tickers = asker.read(company.tickers_request(asker.url("SEC")), company.parse_company_tickers)
    ciks = {row["cik"] for row in tickers.table.to_pylist()}
    assert len(ciks) > 200
    assert {row["cik"] for row in rows} <= ciks
    newest = [row for row in small_market.share_counts() if row.filed_date <= DAY][-1]
    facts = asker.read(company.facts_request(asker.url("SEC_DATA"), str(newest.cik)), company.parse_company_facts)
    assert newest.outstanding_shares in facts.table["outstanding_shares"].to_pylist()


def test_halts_lists_fails_and_rates(small_market: SimulatedMarket) -> None:
    with ReplayServer(small_market) as server:
        asker = Asker(server.environment())
        day = next(day for day in (DAY, date(2024, 5, 16), date(2024, 5, 17)) if small_market.halts(day))
        halted = asker.read(nasdaq_halts.trade_halts_request(asker.url("NASDAQ"), day), nasdaq_halts.parse_trade_halts)
        assert halted.table.num_rows == len(small_market.halts(day))
        failed = asker.read(fails.fails_request(asker.url("SEC"), date(2024, 5, 1)), fails.parse_fails)
        listed = asker.read(
            nasdaq_threshold.threshold_request(asker.url("NASDAQ"), DAY), nasdaq_threshold.parse_threshold_list
        )
        bills = asker.read(rates.bill_rates_request(asker.url("TREASURY"), 2024), rates.parse_bill_rates)
    told = small_market.fails(date(2024, 5, 1), date(2024, 5, 15))
    assert told is not None
    assert failed.table.num_rows == len(told)
    exchange = {row.symbol: row.exchange for row in small_market.directory(DAY)}
    symbols = small_market.threshold_symbols(DAY)
    assert symbols
    assert listed.table.num_rows == sum(exchange[symbol] == "Q" for symbol in symbols)
    of_day = {row["term_days"]: row["yield_frac"] for row in bills.table.to_pylist() if row["quote_date"] == DAY}
    assert of_day == pytest.approx({7 * weeks: rate for weeks, rate in small_market.bill_rates(DAY) or ()})
    for parsed in (halted, failed, listed, bills):
        assert not parsed.rejected, parsed.samples


def test_chains_of_both_vendors(asker: Asker, small_market: SimulatedMarket) -> None:
    symbols = [row.symbol for row in small_market.directory(DAY) if small_market.option_chain(row.symbol, DAY)]
    symbol = next(name for name in symbols if "." not in name)
    chain = small_market.option_chain(symbol, DAY)
    assert chain is not None
    request = av_options.historical_options_request(*asker.alpha_vantage, symbol, DAY)
    read = asker.read(request, av_options.parse_historical_options)
    other = polygon_options.option_snapshot_request(*asker.polygon, symbol)
    snapshot = asker.read(other, polygon_options.parse_option_snapshot)
    crossed = int((chain.bid_usd > chain.ask_usd).sum())
    assert read.table.num_rows >= len(chain.strike_usd) - crossed
    assert snapshot.table.num_rows >= min(250, len(chain.strike_usd)) - crossed
    assert set(read.table["contract_symbol"].to_pylist()) <= set(chain.contract_symbols.tolist())

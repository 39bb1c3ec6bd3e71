"""The recorded option days, fails, counts and halts: what the files say, on the right session, and nothing else."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from amc_assets.market.calendar import FIRST_DAY, is_session
from amc_assets.providers.alpha_vantage import options as av_options
from amc_assets.providers.nasdaq import halts as nasdaq_halts
from amc_assets.providers.sec import fails as sec_fails
from amc_assets.replay.recorded import RecordedDataError, RecordedMarket
from amc_assets.replay.recorded_chains import index_of
from amc_assets.replay.recorded_options import RecordedOptionDays
from amc_assets.replay.server import ReplayServer
from amc_assets_tests.replay.asking import Asker

FIFTEEN = {
    "AAPL", "AMC", "BB", "CLOV", "F", "FIZZ", "FUBO", "GE", "GME", "KO", "LGND", "NOK", "PLTR", "SPCE", "TLRY",
}  # fmt: skip
FRIDAY = date(2026, 7, 10)


@pytest.fixture(scope="module")
def option_days(shared_data: Path) -> RecordedOptionDays:
    """Return the recorded option days; skips where the data is absent."""
    return RecordedOptionDays(shared_data)


@pytest.mark.real_data
def test_a_sundays_chain_is_that_of_the_friday(option_days: RecordedOptionDays) -> None:
    found = option_days.chain_days()
    assert {symbol for symbol, day in found if day == FRIDAY} == FIFTEEN | {"BAC"}
    assert all(is_session(day) for _, day in found if day >= FIRST_DAY)
    bac = [day for symbol, day in found if symbol == "BAC"]
    assert bac == [date(2026, 7, 8), date(2026, 7, 9), FRIDAY, date(2026, 8, 19), date(2026, 8, 21)]
    assert option_days.first_day == date(2019, 2, 22), "the oldest halt; chains of 2014 lie before the calendar"
    assert option_days.last_day == date(2026, 8, 21)
    assert option_days.option_chain("GME", date(2026, 7, 12)) is None
    assert option_days.option_chain("GME", date(2021, 1, 27)) is None, "no chain of January 2021 was recorded"


@pytest.mark.real_data
def test_a_snapshot_is_what_the_file_says(option_days: RecordedOptionDays, shared_data: Path) -> None:
    path = shared_data / "options" / "optionsdesk_chain_20260712" / "GME.json.gz"
    said = json.loads(gzip.decompress(path.read_bytes()))
    chain = option_days.option_chain("GME", FRIDAY)
    assert chain is not None
    assert chain.underlying_usd == pytest.approx(said["underlyingPrice"], abs=1e-4)
    assert len(chain.strike_usd) == len(said["quotes"]) == 779
    for row, quote in list(enumerate(said["quotes"]))[::37]:
        assert chain.contract_symbols[row] == quote["symbol"]
        assert str(chain.expiration_dates[row]) == quote["expiration"]
        assert chain.is_call[row] == (quote["side"] == "call")
        for name, column in (("bid", chain.bid_usd), ("volume", chain.volume_contracts), ("iv", chain.iv_frac)):
            assert np.isnan(column[row]) if quote[name] is None else column[row] == quote[name]
    assert np.isnan(chain.volume_contracts).any(), "what was not sent stays missing"


@pytest.mark.real_data
def test_archived_days_have_no_quotes(option_days: RecordedOptionDays) -> None:
    chain = option_days.option_chain("GOOG", date(2015, 12, 24))
    assert chain is not None
    assert chain.underlying_usd == 748.40
    assert len(chain.strike_usd) == 2016
    assert np.isnan(chain.bid_usd).all()
    assert np.isnan(chain.last_usd[chain.volume_contracts == 0]).all()
    assert np.isfinite(chain.iv_frac).mean() > 0.5
    uncomputed = option_days.option_chain("AAPL", date(2014, 6, 6))
    assert uncomputed is not None
    assert not (uncomputed.iv_frac == 0).any(), "a zero there stands for not computed"


@pytest.mark.real_data
def test_a_chain_goes_over_the_wire(option_days: RecordedOptionDays) -> None:
    with ReplayServer(option_days) as server:
        asker = Asker(server.environment())
        request = av_options.historical_options_request(*asker.alpha_vantage, "GME", FRIDAY)
        parsed = asker.read(request, av_options.parse_historical_options)
        other = av_options.historical_options_request(*asker.alpha_vantage, "GME", date(2021, 1, 27))
        assert asker.read(other, av_options.parse_historical_options).table.num_rows == 0
        older = av_options.historical_options_request(*asker.alpha_vantage, "GOOG", date(2015, 12, 24))
        assert asker.read(older, av_options.parse_historical_options).table.num_rows == 0, "no session of the calendar"
    chain = option_days.option_chain("GME", FRIDAY)
    assert chain is not None
    assert parsed.table.num_rows == len(chain.strike_usd)
    assert set(parsed.table["quote_date"].to_pylist()) == {FRIDAY}
    bid = dict(zip(parsed.table["contract_symbol"].to_pylist(), parsed.table["bid_usd"].to_pylist(), strict=True))
    assert bid[chain.contract_symbols[0]] == pytest.approx(chain.bid_usd[0])


@pytest.mark.real_data
def test_the_market_of_option_days_has_nothing_else(option_days: RecordedOptionDays) -> None:
    assert option_days.bars(FRIDAY) is None
    assert option_days.short_volume(FRIDAY) is None
    assert option_days.short_volume_file(FRIDAY) is None
    assert option_days.settlements() == []
    assert option_days.short_interest(FRIDAY) is None
    assert option_days.short_interest_file(FRIDAY) is None
    assert not option_days.floats()
    assert not option_days.splits(FRIDAY, FRIDAY)
    assert {row.symbol for row in option_days.directory(FRIDAY)} >= FIFTEEN


@pytest.mark.real_data
def test_the_recorded_halts_are_served_with_new_yorks_time(option_days: RecordedOptionDays) -> None:
    halts = {halt.symbol: halt for halt in option_days.halts(date(2023, 6, 16))}
    assert set(halts) == {"HCNE", "HCNEU", "HCNEW", "ROCC"}
    assert halts["ROCC"].halted_at == datetime(2023, 6, 16, 23, 50, 1, tzinfo=UTC)
    assert halts["ROCC"].reason_code == "T12"
    assert halts["ROCC"].resumed_at is None
    assert not option_days.halts(date(2023, 6, 19)), "none began on the day of the feed, a holiday"
    with ReplayServer(option_days) as server:
        asker = Asker(server.environment())
        request = nasdaq_halts.trade_halts_request(asker.url("NASDAQ"), date(2023, 6, 16))
        table = asker.read(request, nasdaq_halts.parse_trade_halts).table
    assert set(table["source_symbol"].to_pylist()) == set(halts)


@pytest.mark.real_data
def test_the_recorded_fails_and_counts(recorded_market: RecordedMarket) -> None:
    rows = recorded_market.fails(date(2021, 1, 16), date(2021, 1, 31))
    assert rows is not None
    assert len({row.symbol for row in rows}) == 22
    gme = {row.settlement_date: row for row in rows if row.symbol == "GME"}
    assert gme[date(2021, 1, 20)].fails_shares == 1_007_562
    assert gme[date(2021, 1, 20)].cusip == "36467W109"
    assert len({(row.symbol, row.settlement_date) for row in rows}) == len(rows), "joined files overlap"
    assert "OSTK" in {row.symbol for row in rows}, "under the name of the time, not today's"
    assert recorded_market.fails(date(2019, 1, 1), date(2019, 1, 31)) is None
    counts = recorded_market.share_counts()
    assert {row.symbol for row in counts} == {"GME"}
    known = [row for row in counts if row.filed_date <= date(2021, 1, 28)]
    assert known[-1].outstanding_shares == 69_746_960
    assert recorded_market.option_chain("GME", date(2021, 1, 27)) is None
    assert recorded_market.bill_rates(date(2021, 1, 27)) is None


@pytest.mark.real_data
def test_recorded_fails_go_over_the_wire(recorded_market: RecordedMarket) -> None:
    half = date(2021, 1, 16)
    with ReplayServer(recorded_market) as server:
        asker = Asker(server.environment())
        parsed = asker.read(sec_fails.fails_request(asker.url("SEC"), half), sec_fails.parse_fails)
    rows = recorded_market.fails(half, date(2021, 1, 31))
    assert rows is not None
    assert parsed.table.num_rows == len(rows)
    assert not parsed.rejected


def _snapshot(folder: Path, name: str, updated: str, price: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    body = {"symbol": name.split("_", maxsplit=1)[0], "updated": updated, "underlyingPrice": price, "quotes": []}
    (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(body).encode()))


def test_the_session_is_read_from_the_stamp(tmp_path: Path) -> None:
    folder = tmp_path / "options" / "any"
    _snapshot(folder, "AAA_1", "2026-07-08T22:35:37Z", 1.0)  # 18:35 in New York: the close of that day
    _snapshot(folder, "BBB_1", "2026-07-09T01:53:46Z", 2.0)  # still the evening of the 8th there
    _snapshot(folder, "CCC_1", "2026-07-08T09:15:00-04:00", 3.0)  # before the open: the day before
    _snapshot(folder, "DDD_1", "2026-07-08T11:18:40-04:00", 4.0)  # in the session: no close is shown
    _snapshot(folder, "EEE_1", "2026-07-12T06:26:15-04:00", 5.0)  # a Sunday
    _snapshot(folder, "FFF_1", "2026-07-08T16:30:00-04:00", 6.0)
    _snapshot(folder, "FFF_2", "2026-07-08T20:00:00-04:00", 7.0)  # the later of two
    found = index_of(tmp_path / "options")
    assert {key[0]: key[1] for key in found} == {
        "AAA": date(2026, 7, 8), "BBB": date(2026, 7, 8), "CCC": date(2026, 7, 7), "EEE": FRIDAY,
        "FFF": date(2026, 7, 8),
    }  # fmt: skip
    assert found["FFF", date(2026, 7, 8)].name == "FFF_2.json.gz"


def test_a_folder_without_chains_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordedDataError, match=r"no recorded option chains.*simulated market"):
        RecordedOptionDays(tmp_path)

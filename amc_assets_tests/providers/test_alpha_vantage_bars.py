"""Alpha Vantage's bars: New York wall times become instants, repeated members are seen, CSV and JSON agree."""

import gzip
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market.calendar import NEW_YORK
from amc_assets.providers.alpha_vantage.bars import (
    daily_request,
    intraday_request,
    parse_daily,
    parse_daily_csv,
    parse_intraday,
    parse_intraday_csv,
)
from amc_assets.providers.alpha_vantage.walltimes import canonical_zone, instants_of
from amc_assets.providers.errors import MalformedBody
from amc_assets_tests.providers.cards import alpha_vantage_bodies as wire
from amc_assets_tests.providers.cards.alpha_vantage import ADDRESS, DAILY, DAILY_CSV, INTRADAY, INTRADAY_CSV
from amc_assets_tests.providers.roads import KEY

BARS = wire.intraday_rows(60)


def starts(body: bytes, request=INTRADAY) -> list[datetime]:
    """Return the instants at which the kept bars start."""
    return list(parse_intraday(body, request).table.column("bar_start_at").to_pylist())


def test_a_bar_arrives_as_sent() -> None:
    table = parse_intraday(wire.intraday([(f"{wire.DAY} 09:30:00", wire.bar())]), INTRADAY).table
    assert table.to_pylist() == [
        {
            "source_symbol": "GME", "bar_start_at": datetime(2026, 11, 20, 14, 30, tzinfo=UTC), "open_usd": 22.63,
            "high_usd": 23.17, "low_usd": 22.14, "close_usd": 22.93, "volume_shares": 90628.0,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-03-06 09:30:00", "2026-03-06T14:30:00+00:00"), ("2026-03-09 09:30:00", "2026-03-09T13:30:00+00:00"),
        ("2026-10-30 19:55:00", "2026-10-30T23:55:00+00:00"), ("2026-11-02 19:55:00", "2026-11-03T00:55:00+00:00"),
    ],
)  # fmt: skip
def test_wall_times_are_new_yorks_on_both_sides_of_a_clock_change(wall, instant) -> None:
    request = intraday_request(ADDRESS, KEY, "GME", date.fromisoformat(wall[:10]))
    assert starts(wire.intraday([(wall, wire.bar())]), request) == [datetime.fromisoformat(instant)]


def test_a_wall_time_that_is_skipped_or_repeated_is_no_instant() -> None:
    walls = ["2026-03-08 01:59:59", "2026-03-08 02:30:00", "2026-03-08 03:00:00", "2026-11-01 01:30:00"]
    utc_seconds, ambiguous = instants_of(np.array(walls, dtype="datetime64[s]").astype(np.int64))
    assert ambiguous.tolist() == [False, True, False, True]
    assert utc_seconds[2] - utc_seconds[0] == 1


@pytest.mark.parametrize(
    ("wall", "reason"),
    [
        ("2026-11-01 01:30:00", "ambiguous_time"), ("2026-11-20 03:59:59", "outside_hours"),
        ("2026-10-30 10:00:00", "wrong_date"), ("2026-12-01 10:00:00", "wrong_date"),
        ("2026-11-31 10:00:00", "unreadable_time"), ("20.11.2026", "unreadable_time"), ("", "unreadable_time"),
        ("2026-11-20 10:00:00Z", "unreadable_time"), ("2026-11-20", "outside_hours"),
    ],
)  # fmt: skip
def test_a_bad_time_is_refused_by_name_and_the_others_stay(wall, reason) -> None:
    parsed = parse_intraday(wire.intraday([*BARS, (wall, wire.bar())]), INTRADAY)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 60
    assert parsed.samples[0].startswith(f"{reason}: {wall}")


def test_the_skipped_hour_of_march_is_refused() -> None:
    request = intraday_request(ADDRESS, KEY, "GME", date(2026, 3, 1))
    rows = [(f"2026-03-09 10:{n:02d}:00", wire.bar()) for n in range(40)]
    parsed = parse_intraday(wire.intraday([*rows, ("2026-03-08 02:30:00", wire.bar())]), request)
    assert parsed.rejected == {"ambiguous_time": 1}


@given(
    st.lists(
        st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2037-12-31")),
        min_size=1,
        max_size=40,
    )
)
def test_whole_columns_give_what_pytz_gives_one_by_one(walls) -> None:
    walls = [wall.replace(microsecond=0) for wall in walls]
    seconds = np.array([round((wall - datetime.fromisoformat("1970-01-01")).total_seconds()) for wall in walls])
    utc_seconds, ambiguous = instants_of(seconds)
    for row, wall in enumerate(walls):
        try:
            expected = NEW_YORK.localize(wall, is_dst=None).timestamp()
        except pytz.InvalidTimeError:
            assert ambiguous[row]
        else:
            assert utc_seconds[row] == expected
            assert not ambiguous[row]


def test_the_zone_is_new_york_by_either_name_and_no_other() -> None:
    assert canonical_zone("US/Eastern") == canonical_zone("America/New_York") == NEW_YORK.zone
    assert len(starts(wire.intraday(BARS, Time_Zone="America/New_York"))) == 60
    for other in ("UTC", "US/Pacific", "Europe/London", ""):
        with pytest.raises(MalformedBody, match="time zone"):
            parse_intraday(wire.intraday(BARS, Time_Zone=other), INTRADAY)


def test_another_symbol_or_interval_is_not_what_was_asked_for() -> None:
    with pytest.raises(MalformedBody, match="asked for 'GME'"):
        parse_intraday(wire.intraday(BARS, Symbol="AMC"), INTRADAY)
    with pytest.raises(MalformedBody, match="5min bars"):
        parse_intraday(wire.intraday(BARS, Interval="1min"), INTRADAY)
    with pytest.raises(MalformedBody, match="Daily bars"):
        parse_daily(wire.intraday(BARS), DAILY)


def test_a_bar_at_eight_in_the_evening_shows_that_ends_are_labelled() -> None:
    rows = [(f"{wire.DAY} 20:00:00", wire.bar()), (f"{wire.DAY} 04:05:00", wire.bar())]
    parsed = parse_intraday(wire.intraday(rows), INTRADAY)
    assert parsed.notes == {"label": "end"}
    assert [at.isoformat() for at in parsed.table.column("bar_start_at").to_pylist()] == [
        "2026-11-21T00:55:00+00:00", "2026-11-20T09:00:00+00:00",
    ]  # fmt: skip
    assert parse_intraday(wire.intraday(rows[1:]), INTRADAY).notes == {"label": "start"}


def test_members_of_one_name_are_seen_although_json_keeps_the_last() -> None:
    time, first = BARS[0]
    same = parse_intraday(wire.intraday([*BARS, (time, first)]), INTRADAY)
    assert (same.table.num_rows, same.rejected) == (60, {"duplicate_row": 1})
    torn = parse_intraday(wire.intraday([*BARS, (time, {**first, "close": "22.50"})]), INTRADAY)
    assert (torn.table.num_rows, torn.rejected) == (59, {"conflicting_duplicate": 2})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"high": "22.7"}, "inconsistent_ohlc"), ({"low": "22.65"}, "inconsistent_ohlc"),
        ({"low": "0"}, "price_not_positive"), ({"volume": "-1"}, "negative_volume"),
        ({"volume": "-"}, "missing_number"), ({"open": "None"}, "missing_number"),
        ({"open": "1,000"}, "unreadable_field"), ({"open": " 22.63"}, "unreadable_field"),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("is_csv", [False, True], ids=["json", "csv"])
def test_a_bad_bar_is_refused_by_name(changes, reason, is_csv) -> None:
    rows = [*BARS, (f"{wire.DAY} 15:00:00", wire.bar(**changes))]
    if is_csv and any("," in text for text in changes.values()):
        reason = "wrong_field_count"
    parsed = (
        parse_intraday_csv(wire.bars_csv(rows), INTRADAY_CSV)
        if is_csv
        else parse_intraday(wire.intraday(rows), INTRADAY)
    )
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 60


def test_a_bar_without_trades_stays() -> None:
    assert parse_intraday(wire.intraday([(f"{wire.DAY} 05:00:00", wire.bar(volume="0"))]), INTRADAY).table.num_rows == 1


def test_csv_and_json_give_the_same_table() -> None:
    assert (
        parse_intraday(wire.intraday(BARS), INTRADAY).table
        == parse_intraday_csv(wire.bars_csv(BARS), INTRADAY_CSV).table
    )
    rows = wire.daily_rows(60)
    assert parse_daily(wire.daily(rows), DAILY).table == parse_daily_csv(wire.bars_csv(rows), DAILY_CSV).table


@pytest.mark.parametrize(
    "header",
    ["timestamp,open,high,low,close", "date,open,high,low,close,volume", "timestamp,time,open,high,low,close,volume",
     "timestamp,open,open,high,low,close,volume"],
)  # fmt: skip
def test_a_header_without_the_columns_is_refused(header) -> None:
    with pytest.raises(MalformedBody, match="header"):
        parse_daily_csv(wire.bars_csv(wire.daily_rows(3), header), DAILY_CSV)


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_a_file_cut_inside_its_last_line_is_truncated(cut) -> None:
    body = wire.bars_csv(wire.daily_rows(60)).replace(b"\r\n", b"\n")
    with pytest.raises(MalformedBody, match="truncated"):
        parse_daily_csv(body[:-cut], DAILY_CSV)


def test_csv_columns_are_found_by_name() -> None:
    body = b"volume,close,low,high,open,split_coefficient,timestamp\n7,3,1,4,2,1.0,2026-11-20\n"
    (row,) = parse_daily_csv(body, DAILY_CSV).table.to_pylist()
    assert (row["open_usd"], row["high_usd"], row["low_usd"], row["close_usd"], row["volume_shares"]) == (2, 4, 1, 3, 7)


_TEXT = st.floats(0.0001, 1e6).map(lambda value: f"{value:.4f}").filter(lambda text: float(text) > 0)


@given(st.lists(st.tuples(_TEXT, _TEXT, _TEXT, _TEXT, st.integers(0, 10**12)), max_size=30))
def test_what_was_written_is_read_back(rows) -> None:
    sent = []
    for n, (a, b, c, d, volume) in enumerate(rows):
        low, one, two, high = sorted((a, b, c, d), key=float)
        day = str(wire.DAY - timedelta(days=n))
        sent.append((day, wire.bar(open=one, close=two, high=high, low=low, volume=str(volume))))
    for parsed in (parse_daily(wire.daily(sent), DAILY), parse_daily_csv(wire.bars_csv(sent), DAILY_CSV)):
        assert parsed.rejected == {}
        assert [str(row["trade_date"]) for row in parsed.table.to_pylist()] == [day for day, _ in sent]
        for name in ("open", "high", "low", "close"):
            assert parsed.table.column(f"{name}_usd").to_pylist() == [float(texts[name]) for _, texts in sent]


def test_a_request_not_built_here_is_a_bug_and_says_so() -> None:
    with pytest.raises(ValueError, match="intraday_request"):
        parse_intraday_csv(wire.bars_csv(BARS), DAILY_CSV)


@pytest.mark.real_data
def test_recorded_intraday_json_of_2017(shared_data) -> None:
    body = (shared_data / "wire_fixtures/alpha_vantage_romeltorres/mock_time_series").read_bytes()
    request = intraday_request(ADDRESS, KEY, "MSFT", date(2017, 12, 1), interval="1min")
    parsed = parse_intraday(body, request)
    assert (parsed.table.num_rows, parsed.rejected) == (100, {})
    assert parsed.table.to_pylist()[0] == {
        "source_symbol": "MSFT", "bar_start_at": datetime(2017, 12, 18, 19, 56, tzinfo=UTC), "open_usd": 86.49,
        "high_usd": 86.5, "low_usd": 86.475, "close_usd": 86.5, "volume_shares": 10494.0,
    }  # fmt: skip


@pytest.mark.real_data
def test_recorded_intraday_csv_of_the_older_endpoint_labels_ends(shared_data) -> None:
    """11,190 bars of a month over two calendar months: the last of a day is at 20:00:00, the first at 04:01:00."""
    body = gzip.decompress(
        (shared_data / "wire_fixtures/alpha_vantage_romeltorres/mock_time_series_extended.gz").read_bytes()
    )
    request = intraday_request(ADDRESS, KEY, "IBM", date(2020, 12, 1), interval="1min", as_csv=True)
    with pytest.raises(MalformedBody, match="wrong_date"):  # the slice runs from 23 November to 18 December
        parse_intraday_csv(body, request)
    header, _, rest = body.partition(b"\r\n")
    december = b"".join(line for line in rest.splitlines(keepends=True) if line.startswith(b"2020-12"))
    parsed = parse_intraday_csv(header + b"\r\n" + december, request)
    assert parsed.notes == {"label": "end"}
    assert parsed.rejected == {}
    assert parsed.table.num_rows == december.count(b"\n")
    walls = [at.astimezone(NEW_YORK) for at in parsed.table.column("bar_start_at").to_pylist()]
    assert (min(wall.time() for wall in walls).hour, max(wall.time() for wall in walls).hour) == (4, 19)


@pytest.mark.real_data
def test_recorded_adjusted_files_give_prices_as_traded(shared_data) -> None:
    folder = shared_data / "wire_fixtures/alpha_vantage_daily_adjusted_csv"
    files = sorted(folder.glob("*.csv.gz"))
    assert len(files) == 27
    for path in files:
        body = gzip.decompress(path.read_bytes())
        symbol = path.name.partition(".")[0]
        parsed = parse_daily_csv(body, daily_request(ADDRESS, KEY, symbol, as_csv=True))
        refused = sum(parsed.rejected.values())
        assert parsed.table.num_rows + refused == body.count(b"\n") - 1
        assert refused <= 5, (path.name, parsed.rejected, parsed.samples)
        assert parsed.table.num_rows >= 235
    gme = parse_daily_csv(gzip.decompress((folder / "GME.csv.gz").read_bytes()), DAILY_CSV).table.to_pylist()
    assert gme[0]["close_usd"] == 13.31
    assert gme[0]["trade_date"] == date(2020, 12, 11)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["mock_sector", "mock_foreign_exchange", "mock_crypto_currencies.gz", "mock_fundamental_data"]
)
@pytest.mark.parametrize(
    ("parse", "request_"), [(parse_intraday, INTRADAY), (parse_daily, DAILY)], ids=["intraday", "daily"]
)
def test_recorded_bodies_of_other_functions_are_refused(shared_data, name, parse, request_) -> None:
    body = (shared_data / "wire_fixtures/alpha_vantage_romeltorres" / name).read_bytes()
    with pytest.raises(MalformedBody):
        parse(gzip.decompress(body) if name.endswith(".gz") else body, request_)

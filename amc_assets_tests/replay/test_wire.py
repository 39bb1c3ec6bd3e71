"""Exact bytes of small bodies, the spelling rules, and the time each large body takes."""

import json
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market.spellings import Spelling, canonical_spelling, parts_of, spellings_of
from amc_assets.replay import spelling, wire, wire_polygon
from amc_assets.replay.market import BarsOfDay, Listing, ShortInterestReport, ShortVolumeOfDay, text_array
from amc_assets.replay.simulated import SimulatedMarket

DAY = date(2026, 6, 26)


def test_the_daily_file_to_the_byte() -> None:
    volume = ShortVolumeOfDay(
        text_array(["BRK.B", "ABRpD", "AAC.WS", "NA"]),
        np.array([17705180.795191, 10.0, 0.5, 0.0]),
        np.array([133288.0, 0.0, 0.0, 0.0]),
        np.array([49047927.127418, 20.0, 1.25, 0.0]),
        text_array(["B,Q,N", "Q", "Q,N", "N"]),
    )
    assert wire.short_volume_file(DAY, volume) == (
        b"Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market\n"
        b"20260626|BRK/B|17705180.795191|133288|49047927.127418|B,Q,N\n"
        b"20260626|ABRpD|10|0|20|Q\n"
        b"20260626|AAC/WS|0.5|0|1.25|Q,N\n"
        b"20260626|NA|0|0|0|N\n"
        b"4\n"
    )


def test_the_interest_file_to_the_byte() -> None:
    report = ShortInterestReport(
        settlement_date=date(2021, 1, 15),
        symbols=text_array(["BRKB", "XYZ"]),
        issue_names=text_array(["BERKSHIRE HATHAWAY Class B", "Xyz Inc."]),
        exchange_codes=text_array(["A", "R"]),
        market_classes=text_array(["NYSE", "NNM"]),
        short_interest_shares=np.array([10992891.0, 5.0]),
        previous_short_interest_shares=np.array([10518988.0, 0.0]),
        average_daily_volume_shares=np.array([4935420.0, 0.0]),
        days_to_cover=np.array([2.23, 999.99]),
        change_pct=np.array([4.51, 100.0]),
        is_split_flagged=np.array([False, True]),
        is_revision_flagged=np.array([False, True]),
    )
    lines = wire.short_interest_file(report).decode().splitlines()
    assert lines[1:] == [
        "20210115|BRKB|BERKSHIRE HATHAWAY Class B|A|NYSE|10992891|10518988||4935420|2.23||4.51|473903|2021-01-15",
        "20210115|XYZ|Xyz Inc.|R|NNM|5|0|S|0|999.99|R|100.00|5|2021-01-15",
    ]


def test_directory_lines_of_each_kind() -> None:
    listings = [
        Listing("BRK.B", "Berkshire Class B", "N", False, False, "CS"),
        Listing("ABRpD", "Arbor | Series D", "N", False, False, "PFD"),
        Listing("AAC.WS", "Ares Warrants", "N", False, False, "WARRANT"),
        Listing("QQQ", "Invesco QQQ", "Q", True, False, "ETF"),
        Listing("ZVZZT", "Test", "Q", False, True, None),
    ]
    assert wire.directory_file(DAY, listings).decode().split("\r\n")[1:-1] == [
        "Y|BRK.B|Berkshire Class B|N| |N|100|N||BRK.B|BRK.B|N",
        "Y|ABR$D|Arbor   Series D|N| |N|100|N||ABRpD|ABR-D|N",
        "Y|AAC.W|Ares Warrants|N| |N|100|N||AAC.WS|AAC+|N",
        "Y|QQQ|Invesco QQQ|Q|Q|Y|100|N|N||QQQ|N",
        "Y|ZVZZT|Test|Q|Q|N|100|Y|N||ZVZZT|N",
        "File Creation Time: 0626202621:30|||||||||||",
    ]


def test_a_missing_value_is_a_missing_key() -> None:
    ones = np.array([1.0, 2.0])
    bars = BarsOfDay(text_array(["A", "B"]), ones, ones, ones, ones, ones, np.array([np.nan, 2.0]), None)
    body = json.loads(wire_polygon.grouped_daily(DAY, bars, is_adjusted=False, path="/x"))
    assert ["vw" in row for row in body["results"]] == [False, True]
    assert all("n" not in row for row in body["results"])
    assert list(body["results"][1]) == ["T", "v", "vw", "o", "c", "h", "l", "t"]


@given(st.lists(st.floats(0, 1e10).map(lambda value: round(value, 6)), max_size=20))
def test_quantities_keep_their_value_and_six_decimals(values: list[float]) -> None:
    texts = wire.quantities(np.array(values, dtype=float))
    assert [float(text) for text in texts] == pytest.approx(values, abs=5e-7)
    assert all(len(text.partition(".")[2]) <= 6 and not text.endswith(".") for text in texts)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_request_ids_differ_when_paths_do(one: bytes, other: bytes) -> None:
    ids = [wire_polygon.request_id(path.hex()) for path in (one, other)]
    assert (ids[0] == ids[1]) == (one == other)


@pytest.mark.parametrize(
    ("rule", "reader"),
    [
        (spelling.finra_daily, Spelling.FINRA_DAILY),
        (spelling.finra_interest, Spelling.FINRA_INTEREST),
        (spelling.directory_symbol, Spelling.NASDAQ),
        (spelling.directory_nasdaq_symbol, Spelling.NASDAQ),
    ],
)
def test_spellings_agree_with_the_readers_own_table(
    full_market: SimulatedMarket, rule: Callable[[str], str], reader: Spelling
) -> None:
    symbols = {row.symbol for row in full_market.directory(full_market.first_day)} | {"BRK.B", "CEQPp", "ABRpD"}
    strange = {symbol: rule(symbol) for symbol in symbols if rule(symbol) not in spellings_of(parts_of(symbol), reader)}
    assert strange == {}
    assert rule("BRK.B") != rule("ABRpD"), "the comparison has something to compare"


def test_screener_spellings_become_canonical() -> None:
    texts = ["BF/A", "C.PRK", "A^B", "ACIC.WS", "STAR ", "GME"]
    canonical = [spelling.canonical_from_screener(text) for text in texts]
    assert canonical == ["BF.A", "CpK", "ApB", "ACIC.WS", "STAR", "GME"]
    assert [canonical_spelling(text.strip(), Spelling.NASDAQ) for text in texts] == canonical

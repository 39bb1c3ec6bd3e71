"""Threshold lists of Nasdaq and the NYSE group: flags, the stamp that proves a list whole, lists that are not out."""

from datetime import date
from pathlib import Path

import httpx
import pytest

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import MalformedBody, NotFound, NotYetPublished, ServerFault
from amc_assets.providers.nasdaq.client import Nasdaq
from amc_assets.providers.nasdaq.threshold import parse_threshold_list, threshold_request
from amc_assets.providers.nyse.client import Nyse
from amc_assets.providers.nyse.threshold import threshold_request as nyse_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.nasdaq_bodies import DAY, NYSE_LIST_HEADER, threshold, threshold_row
from amc_assets_tests.providers.roads import EVENING, QUICK, Handler, Road, in_turn, open_road

REQUEST = threshold_request(BASE, DAY)
PAGE = b"<!DOCTYPE html><html><body>not here</body></html>"


def road_to(tmp_path: Path, handler: Handler) -> Road:
    """Return a road on which both providers are known."""
    return open_road(tmp_path, handler, dict.fromkeys(("nasdaq", "nyse"), QUICK))


def nyse(*lines: str, stamp: str = "20261120220201") -> httpx.Response:
    """Return one market's list."""
    return httpx.Response(200, content=threshold(lines, NYSE_LIST_HEADER, stamp))


def test_only_rows_flagged_y_are_on_the_list() -> None:
    lines = [
        threshold_row("MOVE"),
        "DROP|Drop Corp|S|N|Y|",
        threshold_row("BRK.B", " Y "),
        threshold_row("AAPD", "Y", "ETF"),
    ]
    parsed = parse_threshold_list(threshold(lines), REQUEST)
    assert parsed.table.to_pylist() == [
        {"source_symbol": "MOVE", "trade_date": DAY, "name": "MOVE CORP COM"},
        {"source_symbol": "BRK.B", "trade_date": DAY, "name": "BRK.B CORP COM"},
        {"source_symbol": "AAPD", "trade_date": DAY, "name": "ETF"},
    ]
    assert parsed.rejected == {}
    assert parsed.notes == {"created_at_new_york": "2026-11-20T23:00:20", "not_flagged": "1"}


def test_an_empty_list_with_its_stamp_is_an_empty_table() -> None:
    assert parse_threshold_list(threshold([]), REQUEST).table.num_rows == 0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (threshold([threshold_row("A")]).rpartition(b"2026")[0], "stamp is missing"),
        (threshold([], stamp=""), "stamp is missing"),
        (threshold([threshold_row("A")], stamp="2026112023"), "stamp is missing"),
        (threshold([], stamp="20261399000000"), "is no time"),
        (threshold([], stamp="20261119230020"), "before the day"),
        (threshold([], header="Symbol|Security Name"), "header"),
        (PAGE, "web page"), (b"", "empty"), (b"Symbol", "only one line"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_not_a_whole_list_of_the_day_is_refused(body, why) -> None:
    with pytest.raises(MalformedBody, match=why):
        parse_threshold_list(body, REQUEST)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("|No symbol|G|Y|N|", "bad_symbol"), ("20261120|x|G|Y|N|", "bad_symbol"), ("X|Name|G|?|N|", "unknown_flag"),
        ("X|Name|G|Y", "wrong_field_count"), ("X|a\x1bb|G|Y|N|", "unreadable_field"), ("", "wrong_field_count"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_line_is_refused_by_name(line, reason) -> None:
    usual = [threshold_row(f"T{letter}") for letter in "ABCDEFGHIJKLMNOPQRST"]
    parsed = parse_threshold_list(threshold([*usual, line]), REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (20, {reason: 1})


@pytest.mark.parametrize(
    "answer", [httpx.Response(404, content=PAGE), httpx.Response(200, content=PAGE)], ids=["404", "200"]
)
@pytest.mark.parametrize(
    ("day", "error"),
    [
        (date(2026, 11, 20), NotYetPublished), (date(2026, 11, 17), NotYetPublished), (date(2026, 11, 16), NotFound),
        (date(2026, 11, 15), NotFound), (date(1999, 1, 4), NotFound), (date(2026, 11, 23), NotYetPublished),
    ],
    ids=["today", "3 sessions ago", "4 sessions ago", "a Sunday", "before the calendar", "Monday"],
)  # fmt: skip
def test_a_list_that_is_not_there_is_not_yet_or_never(tmp_path, answer, day, error) -> None:
    road = road_to(tmp_path, in_turn(answer))
    with pytest.raises((NotFound, NotYetPublished)) as caught:
        Nasdaq(road.transport, BASE, BASE, FixedClock(EVENING)).threshold_list(day)
    assert type(caught.value) is error
    assert len(road.asked) == 1


def test_without_a_clock_nothing_is_called_recent(tmp_path) -> None:
    road = road_to(tmp_path, in_turn(httpx.Response(404)))
    with pytest.raises(NotFound):
        Nasdaq(road.transport, BASE, BASE).threshold_list(DAY)


def test_the_three_lists_of_the_nyse_are_one(tmp_path) -> None:
    answers = [nyse("BRK.B|Berkshire B|NYSE|Y||"), nyse(), nyse("XRT|SPDR Retail|NYSE Arca|Y||", "NO|No|NYSE Arca|N||")]
    road = road_to(tmp_path, in_turn(*answers))
    fetched = Nyse(road.transport, BASE, road.clock).threshold_list(DAY)
    assert fetched.parsed.table.column("source_symbol").to_pylist() == ["BRK.B", "XRT"]
    assert fetched.parsed.notes == {"created_at_new_york": "2026-11-20T22:02:01", "not_flagged": "1", "pages": "3"}
    assert [sent.url.params["market"] for sent in road.asked] == ["NYSE", "NYSE American", "NYSE Arca"]
    assert {sent.url.params["selectedDate"] for sent in road.asked} == {"20-Nov-2026"}


def test_one_list_missing_is_an_error_not_two_thirds(tmp_path) -> None:
    road = road_to(tmp_path, in_turn(nyse("A|A|NYSE|Y||"), httpx.Response(500)))
    with pytest.raises(ServerFault):
        Nyse(road.transport, BASE, road.clock).threshold_list(DAY)


def test_three_empty_lists_with_the_stamp_of_no_list_are_not_published(tmp_path) -> None:
    unmade = nyse(stamp="20261120210500")
    road = road_to(tmp_path, in_turn(unmade))
    with pytest.raises(NotYetPublished):
        Nyse(road.transport, BASE, road.clock).threshold_list(DAY)
    road = road_to(tmp_path, in_turn(unmade, unmade, nyse(stamp="20261120220201")))
    assert Nyse(road.transport, BASE, road.clock).threshold_list(DAY).parsed.table.num_rows == 0


def test_a_market_without_a_list_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="NYSE American"):
        nyse_request(BASE, DAY, "NYSE Chicago")

"""FINRA's short interest: recorded bodies and their identities, paging to the announced total, the fallback file."""

import gzip
import json
import re
from collections.abc import Sequence
from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.errors import MalformedBody, NotFound, NotYetPublished, ServerFault
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.finra.interest import (
    interest_file_request,
    interest_request,
    parse_interest_file,
    parse_interest_page,
)
from amc_assets.providers.finra.query import LAST_OFFSET
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import API, SETTLEMENT, SYMBOLS, interest_file, page, position
from amc_assets_tests.providers.roads import Handler, Road, open_road

PAGE, FILE = interest_request(API, SETTLEMENT), interest_file_request(BASE, SETTLEMENT)
POSITIONS = [position(symbol) for symbol in SYMBOLS]
GONE = httpx.Response(403, content=b"<Error><Code>AccessDenied</Code></Error>")


def finra(road: Road) -> Finra:
    """Return the client on a road."""
    return Finra(road.transport, API, BASE, road.clock)


@pytest.mark.real_data
def test_twelve_real_files_parse_to_the_row(shared_data) -> None:
    files = sorted((shared_data / "finra_short_interest").glob("shrt*.csv.gz"))
    assert len(files) == 12
    for path in files:
        body = gzip.decompress(path.read_bytes())
        text = re.findall(r"\d{8}", path.name)[0]
        settlement = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        parsed = parse_interest_file(body, interest_file_request(BASE, settlement))
        assert parsed.rejected == {}
        assert parsed.table.num_rows == body.count(b"\n") - 1
        cells = [line.split(b"|") for line in body.splitlines()[1:]]
        unknown = sum(1 for cell in cells if float(cell[9]) >= 999.99 or float(cell[8]) == 0)
        assert (
            int(parsed.notes["sentinel"]) == parsed.table.column("days_to_cover_reported").null_count == unknown > 2000
        )
        assert parsed.table.column("short_interest_shares").to_pylist() == [float(cell[5]) for cell in cells]
        if settlement == date(2021, 1, 15):
            rows = {row["source_symbol"]: row for row in parsed.table.to_pylist()}
            assert rows["GME"]["short_interest_shares"] == 61_782_730
            assert rows["KOSS"]["short_interest_shares"] == 12_755
            assert '"B"' in rows["TIRTZ"]["issue_name"]  # a quotation mark is a letter here
            assert "\x16" not in rows["AMBEF"]["issue_name"]


@pytest.mark.real_data
def test_the_recorded_reply_keeps_finras_identities(shared_data) -> None:
    """Change, change in percent, days to cover and the previous position agree with each other on 418 rows."""
    recorded = json.loads(
        gzip.decompress((shared_data / "wire_fixtures/openbb_finra_recorded/short_interest.json.gz").read_bytes())
    )[0]
    sent = json.loads(recorded["text"])
    assert len(sent) == int(recorded["headers"]["record-total"]) == 418
    by_settlement: dict[str, list[dict[str, object]]] = {}
    for row in sent:
        by_settlement.setdefault(row["settlementDate"], []).append(row)
    wire = {(row["symbolCode"], row["settlementDate"]): row for row in sent}
    table: dict[tuple[str, str], dict[str, object]] = {}
    for text, rows in by_settlement.items():
        parsed = parse_interest_page(page(rows), interest_request(API, date.fromisoformat(text)))
        assert (parsed.table.num_rows, parsed.rejected) == (len(rows), {})
        table |= {(row["source_symbol"], text): row for row in parsed.table.to_pylist()}
    assert len(table) == 418
    dates = sorted(by_settlement)
    floored = compared = 0
    for (symbol, text), row in table.items():
        short, before = row["short_interest_shares"], row["previous_short_interest_shares"]
        assert short - before == wire[symbol, text]["changePreviousNumber"]
        assert 100 * (short - before) / before == pytest.approx(wire[symbol, text]["changePercent"], abs=0.0051)
        cover = short / row["reported_average_volume_shares"]
        floored += cover < 1
        assert row["days_to_cover_reported"] == pytest.approx(max(cover, 1.0), abs=0.0051)
        earlier = dates[dates.index(text) - 1] if text != dates[0] else None
        flagged = row["is_split_flagged"] or row["is_revision_flagged"]
        if earlier and not flagged and (symbol, earlier) in table:
            assert before == table[symbol, earlier]["short_interest_shares"]
            compared += 1
    assert floored >= 1
    assert compared == 395  # 418 rows less the first of each symbol and 21 flagged ones


def test_sentinels_are_null_and_counted_and_the_floor_stays() -> None:
    odd = [
        position("A", daysToCoverQuantity=999.99), position("B", averageDailyVolumeQuantity=0, daysToCoverQuantity=1),
        position("C", daysToCoverQuantity=1), position("D", daysToCoverQuantity=None, averageDailyVolumeQuantity=None),
    ]  # fmt: skip
    parsed = parse_interest_page(page(odd), PAGE)
    assert parsed.table.column("days_to_cover_reported").to_pylist() == [None, None, 1.0, None]
    assert parsed.notes["sentinel"] == "2"
    assert parsed.table.column("reported_average_volume_shares").to_pylist() == [500.0, 0.0, 500.0, None]


def test_flags_and_empty_texts() -> None:
    odd = [position("A", stockSplitFlag="S"), position("B", revisionFlag="R"), position("C", marketClassCode=None)]
    for parsed in (parse_interest_page(page(odd), PAGE), parse_interest_file(interest_file(odd), FILE)):
        assert parsed.table.column("is_split_flagged").to_pylist() == [True, False, False]
        assert parsed.table.column("is_revision_flagged").to_pylist() == [False, True, False]
        assert parsed.table.column("market_class").to_pylist() == ["NNM", "NNM", None]


def test_page_and_file_say_the_same() -> None:
    assert parse_interest_page(page(POSITIONS), PAGE).table.equals(
        parse_interest_file(interest_file(POSITIONS), FILE).table
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currentShortPositionQuantity": -1}, "negative_number"),
        ({"currentShortPositionQuantity": "1000"}, "unreadable_row"),
        ({"currentShortPositionQuantity": None}, "unreadable_row"),
        ({"currentShortPositionQuantity": True}, "unreadable_row"),
        ({"previousShortPositionQuantity": -5}, "negative_number"),
        ({"averageDailyVolumeQuantity": -5}, "negative_number"),
        ({"daysToCoverQuantity": -5}, "negative_number"),
        ({"settlementDate": "2026-10-15"}, "wrong_date"),
        ({"symbolCode": ""}, "bad_symbol"), ({"symbolCode": "A B"}, "bad_symbol"),
        ({"symbolCode": None}, "unreadable_row"), ({"symbolCode": "<script>"}, "bad_symbol"),
        ({"symbolCode": "X" * 21}, "bad_symbol"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_position_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = parse_interest_page(page([*POSITIONS, position("X", **changes)]), PAGE)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 60
    assert parsed.samples[0].startswith(reason)
    assert parsed.notes["rows_received"] == "61"


def test_a_quotation_mark_is_a_letter_wherever_it_stands() -> None:
    names = ['"Quoted" Corp', '"Half', 'Half"', '""', '"']
    odd = [position(f"Q{number}", issueName=name) for number, name in enumerate(names)]
    parsed = parse_interest_file(interest_file([*odd, *POSITIONS]), FILE)
    assert parsed.rejected == {}
    assert parsed.table.column("issue_name").to_pylist()[: len(names)] == names


def test_a_file_in_latin_1_is_read() -> None:
    body = interest_file(POSITIONS).decode("utf-8").encode("latin-1")
    assert parse_interest_file(body, FILE).table.column("issue_name")[0].as_py() == 'S000 "Inc" Común'


def server(pages: Sequence[Sequence[object]], total: object, file: httpx.Response = GONE) -> Handler:
    """Return a server that hands out these pages by offset, then the file."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return file
        offset, seen = json.loads(request.content)["offset"], 0
        headers = {} if total is None else {"Record-Total": str(total)}
        for rows in pages:
            if seen == offset:
                return httpx.Response(200 if rows else 204, content=page(rows) if rows else b"", headers=headers)
            seen += len(rows)
        return httpx.Response(200, content=b"[]", headers=headers)

    return handler


@pytest.mark.parametrize("total", [60, None], ids=["announced", "not announced"])
def test_short_pages_are_read_to_the_end(tmp_path, total) -> None:
    """A page may be short although more rows exist: FINRA caps it at 3 MB."""
    road = open_road(tmp_path, server([POSITIONS[:25], POSITIONS[25:30], POSITIONS[30:]], total))
    fetched = finra(road).short_interest(SETTLEMENT)
    assert fetched.parsed.table.column("source_symbol").to_pylist() == SYMBOLS
    assert [json.loads(request.content)["offset"] for request in road.asked] == [0, 25, 30] + ([] if total else [60])
    assert fetched.parsed.notes["rows_received"] == "60"
    assert fetched.source == "finra.short_interest"


def test_an_empty_page_before_the_total_is_an_error_and_never_a_half_read_list(tmp_path) -> None:
    road = open_road(tmp_path, server([POSITIONS[:25], []], 60))
    with pytest.raises(MalformedBody, match=r"the pages end after 25 of 60 announced rows.*the file instead"):
        finra(road).short_interest(SETTLEMENT)


def test_a_total_that_changes_between_pages_is_an_error(tmp_path) -> None:
    replies = [("60", POSITIONS[:25]), ("61", POSITIONS[25:])]

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return GONE
        total, rows = replies.pop(0)
        return httpx.Response(200, content=page(rows), headers={"Record-Total": total})

    with pytest.raises(MalformedBody, match="data changed between two pages"):
        finra(open_road(tmp_path, handler)).short_interest(SETTLEMENT)


def test_rows_repeated_over_a_page_border_are_kept_once(tmp_path) -> None:
    pages = [POSITIONS[:30], [POSITIONS[29], *POSITIONS[30:]]]
    fetched = finra(open_road(tmp_path, server(pages, 61))).short_interest(SETTLEMENT)
    assert fetched.parsed.table.num_rows == 60
    assert fetched.parsed.rejected == {"duplicate_row": 1}


def test_the_offset_wall_is_named(tmp_path, monkeypatch) -> None:
    assert LAST_OFFSET == 500_000  # FINRA's; a nearer wall here, for the time it takes to get there
    monkeypatch.setattr("amc_assets.providers.finra.query.LAST_OFFSET", 2000)
    width = 500
    many = [position(f"{number:05d}") for number in range(width)]
    body = page(many)
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=body) if request.method == "POST" else GONE

    with pytest.raises(MalformedBody, match="more than 2000 rows"):
        finra(open_road(tmp_path, handler)).short_interest(SETTLEMENT)
    assert len(asked) == 6  # five pages, then the file


def test_a_server_that_forgets_the_offset_is_not_asked_for_ever(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("amc_assets.providers.finra.query.MOST_PAGES", 3)
    body = page(POSITIONS)
    road = open_road(tmp_path, lambda r: httpx.Response(200, content=body) if r.method == "POST" else GONE)
    with pytest.raises(MalformedBody, match="or 3 pages for one date"):
        finra(road).short_interest(SETTLEMENT)
    assert [request.method for request in road.asked] == ["POST", "POST", "POST", "GET"]


@pytest.mark.parametrize(
    "api",
    [
        httpx.Response(204),
        httpx.Response(200, content=b"[]"),
        httpx.Response(401),
        httpx.Response(500),
        httpx.Response(404),
    ],
    ids=["204", "empty", "credentials now needed", "down", "renamed"],
)
def test_the_plain_file_answers_where_the_api_does_not(tmp_path, api) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return api if request.method == "POST" else httpx.Response(200, content=interest_file(POSITIONS))

    fetched = finra(open_road(tmp_path, handler)).short_interest(SETTLEMENT)
    assert fetched.source == "finra.short_interest_file"
    assert fetched.parsed.table.num_rows == 60


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, NotYetPublished), (404, NotYetPublished), (500, ServerFault)],
    ids=["refused: the file tells", "renamed: the file tells", "ill: that is the news"],
)
def test_a_missing_file_beside_a_failing_api(tmp_path, status, error) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status) if request.method == "POST" else GONE

    with pytest.raises(error):
        finra(open_road(tmp_path, handler)).short_interest(date(2026, 11, 13))


def test_both_down_names_both(tmp_path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500 if request.method == "POST" else 502)

    with pytest.raises(ServerFault, match=r"answered 500 .*the file instead: .*answered 502"):
        finra(open_road(tmp_path, handler)).short_interest(SETTLEMENT)


@pytest.mark.parametrize(
    ("settlement", "error"),
    [(date(2026, 11, 13), NotYetPublished), (date(2026, 10, 30), NotFound), (date(2026, 11, 14), NotFound)],
    ids=["five sessions ago", "fifteen sessions ago", "a Saturday"],
)
def test_an_unknown_settlement_is_not_yet_or_never(tmp_path, settlement, error) -> None:
    with pytest.raises(error):
        finra(open_road(tmp_path, server([[]], 0))).short_interest(settlement)


def test_hostile_names_come_out_plain() -> None:
    odd = position("A", issueName="Evil\u202e\x1b[31m\u200bCo" + "x" * 600, marketClassCode="N\x00NM")
    table = parse_interest_page(page([odd, *POSITIONS]), PAGE).table
    name = table.column("issue_name")[0].as_py()
    assert name.isprintable()
    assert name.startswith("Evil[31mCo")
    assert len(name) == 500
    assert table.column("market_class")[0].as_py() == "NNM"


_SHARES = st.integers(0, 10**12)


@given(st.lists(st.tuples(st.text("ABCNUL", min_size=1, max_size=6), _SHARES, _SHARES, _SHARES), max_size=30,
                unique_by=lambda row: row[0]))  # fmt: skip
def test_what_was_written_is_read_back_from_both_forms(rows) -> None:
    sent = [
        position(symbol, currentShortPositionQuantity=now, previousShortPositionQuantity=before,
                 averageDailyVolumeQuantity=volume)
        for symbol, now, before, volume in rows
    ]  # fmt: skip
    for table in (parse_interest_page(page(sent), PAGE).table, parse_interest_file(interest_file(sent), FILE).table):
        assert table.column("source_symbol").to_pylist() == [row[0] for row in rows]
        assert table.column("short_interest_shares").to_pylist() == [float(row[1]) for row in rows]
        assert table.column("previous_short_interest_shares").to_pylist() == [float(row[2]) for row in rows]
        assert table.column("reported_average_volume_shares").to_pylist() == [float(row[3]) for row in rows]

"""Daily short volume from FINRA's query API: facilities sum to the file's row, and no half of a sum is ever given."""

import gzip
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.finra.files import parse_short_volume, short_volume_request
from amc_assets.providers.finra.reg_sho import KEYS, parse_reg_sho, reg_sho_request, sum_facilities
from amc_assets.providers.wire.pages import merge_pages
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import API, DAY, FACILITIES, SYMBOLS, facility, page
from amc_assets_tests.providers.roads import EVENING, Handler, open_road

REQUEST = reg_sho_request(API, DAY)
ROWS = [facility(symbol, code, market) for symbol in SYMBOLS for code, market in FACILITIES]
SYMBOL = "securitiesInformationProcessorSymbolIdentifier"


def server(pages: Sequence[Sequence[object]], total: object = None) -> Handler:
    """Return a query API that hands out these pages by offset."""

    def handler(request: httpx.Request) -> httpx.Response:
        offset, seen = json.loads(request.content)["offset"], 0
        headers = {} if total is None else {"Record-Total": str(total)}
        for rows in pages:
            if seen == offset:
                return httpx.Response(200, content=page(rows), headers=headers)
            seen += len(rows)
        return httpx.Response(204, headers=headers)

    return handler


def summed(folder: Path, *pages: Sequence[object]) -> Fetched:
    """Return what the client makes of these pages."""
    road = open_road(folder, server(pages, sum(map(len, pages))))
    return Finra(road.transport, API, BASE, road.clock).reg_sho_daily(DAY)


def by_symbol(fetched: Fetched) -> dict[str, dict[str, object]]:
    """Return the rows by symbol."""
    return {row["source_symbol"]: row for row in fetched.parsed.table.to_pylist()}


@pytest.mark.real_data
def test_recorded_facilities_sum_to_the_recorded_consolidated_rows(shared_data, tmp_path) -> None:
    """38 sessions of GME: the facilities' lines, spelled as API rows, become the consolidated line to the share."""
    text = (shared_data / "finra_regsho" / "finra_GME_shortvol_CNMS_and_TRFs_20210104_20210226.txt").read_text()
    codes = {market: code for code, market in FACILITIES}
    by_day: dict[str, list[list[str]]] = {}
    for line in text.splitlines()[1:]:
        by_day.setdefault(line[:8], []).append(line.split("|"))
    assert len(by_day) == 38
    for day_text, (consolidated, *parts) in by_day.items():
        day = date.fromisoformat(f"{day_text[:4]}-{day_text[4:6]}-{day_text[6:]}")
        rows = [
            facility("GME", codes[part[5]], part[5], tradeReportDate=day.isoformat(), shortParQuantity=int(part[2]),
                     shortExemptParQuantity=int(part[3]), totalParQuantity=int(part[4]))
            for part in reversed(parts)
        ]  # fmt: skip
        request = reg_sho_request(API, day)
        fetched = Fetched(parse_reg_sho(page(rows), request), EVENING, "finra.reg_sho_daily")
        line = "|".join(consolidated)
        body = f"Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market\n{line}\n1"
        expected = parse_short_volume(body.encode(), short_volume_request(BASE, day)).table
        assert sum_facilities([fetched], fetched, request).parsed.table.to_pylist() == expected.to_pylist()


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["otc_aggregate_symbol", "short_interest"])
def test_recorded_bodies_of_other_datasets_are_refused(shared_data, name) -> None:
    folder = shared_data / "wire_fixtures/openbb_finra_recorded"
    for recorded in json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes())):
        with pytest.raises(MalformedBody, match=r"unreadable_row \d+; such as .*missing required field"):
            parse_reg_sho(recorded["text"].encode(), REQUEST)


def test_short_pages_are_read_to_the_end_and_summed_over_their_borders(tmp_path) -> None:
    fetched = summed(tmp_path, ROWS[:61], ROWS[61:62], ROWS[62:])
    rows = by_symbol(fetched)
    assert sorted(rows) == sorted(SYMBOLS)
    assert rows["NA"] == {
        "source_symbol": "NA", "trade_date": DAY, "short_volume_shares": 120.0, "short_exempt_volume_shares": 3.0,
        "total_volume_shares": 300.0, "market_codes": "B,Q,N",
    }  # fmt: skip
    assert fetched.source == "finra.reg_sho_daily"
    assert fetched.parsed.notes["rows_received"] == str(len(ROWS))


def test_the_over_the_counter_facility_stays_out_and_is_counted(tmp_path) -> None:
    otc = [facility("OTCQF", "ORF", "O"), facility("NA", "ORF", "O")]
    fetched = summed(tmp_path, [*ROWS, *otc])
    assert "OTCQF" not in by_symbol(fetched)
    assert by_symbol(fetched)["NA"]["total_volume_shares"] == 300.0
    assert fetched.parsed.notes["otc_rows"] == "2"


def test_an_exempt_volume_that_was_not_sent_leaves_the_sum_without_one(tmp_path) -> None:
    rows = [*ROWS[:-1], {**ROWS[-1], "shortExemptParQuantity": None}]
    row = by_symbol(summed(tmp_path, rows))[SYMBOLS[-1]]
    assert row["short_exempt_volume_shares"] is None  # missing, not two thirds of it
    assert row["short_volume_shares"] == 120.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"shortParQuantity": -1}, "negative_volume"), ({"totalParQuantity": -1}, "negative_volume"),
        ({"shortExemptParQuantity": -1}, "negative_volume"), ({"shortParQuantity": 101}, "short_above_total"),
        ({"shortExemptParQuantity": 41}, "exempt_above_short"), ({"tradeReportDate": "2026-11-19"}, "wrong_date"),
        ({"shortParQuantity": None}, "unreadable_row"), ({"totalParQuantity": "100"}, "unreadable_row"),
        ({"marketCode": None}, "unreadable_row"), ({"marketCode": "Q,N"}, "unreadable_field"),
        ({"reportingFacilityCode": ""}, "unreadable_field"),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("first_page", [len(ROWS), 60], ids=["one page", "two pages"])
def test_a_symbol_with_a_refused_row_has_no_sum(tmp_path, changes, reason, first_page) -> None:
    rows = [*ROWS[:-1], {**ROWS[-1], **changes}]
    pages = [rows] if first_page == len(ROWS) else [rows[:first_page], rows[first_page:]]
    fetched = summed(tmp_path, *pages)
    assert fetched.parsed.rejected == {reason: 1, "incomplete_symbol": 1}
    assert sorted(by_symbol(fetched)) == sorted(SYMBOLS[:-1])
    assert not any("TRUE" in note for note in fetched.parsed.notes.values())


@pytest.mark.parametrize("first_page", [0, 60], ids=["one page", "over a page border"])
def test_facilities_that_disagree_leave_no_sum_and_equal_ones_count_once(tmp_path, first_page) -> None:
    disagreeing, equal = {**ROWS[-1], "shortParQuantity": 39}, ROWS[-4]
    rows = [disagreeing, equal, *ROWS]
    pages = [rows[:first_page], rows[first_page:]] if first_page else [rows]
    fetched = summed(tmp_path, *pages)
    assert fetched.parsed.rejected == {"conflicting_duplicate": 2, "duplicate_row": 1, "incomplete_symbol": 1}
    assert by_symbol(fetched)[SYMBOLS[-2]]["total_volume_shares"] == 300.0
    assert SYMBOLS[-1] not in by_symbol(fetched)


def test_a_row_that_names_no_symbol_refuses_the_whole_unless_it_says_so(tmp_path) -> None:
    nobody = facility("X")
    nobody[SYMBOL] = None
    kept = summed(tmp_path / "null", [*ROWS, nobody])
    assert (kept.parsed.table.num_rows, kept.parsed.rejected) == (60, {"unreadable_row": 1})
    for number, odd in enumerate(({**nobody, SYMBOL: 5}, "text", 7, {})):
        with pytest.raises(MalformedBody, match="1 rows without a readable symbol"):
            summed(tmp_path / str(number), [*ROWS, odd])


def test_rows_that_prove_the_exempt_part_to_be_inside_are_counted() -> None:
    proof = facility("P", shortParQuantity=100, shortExemptParQuantity=1, totalParQuantity=100)
    assert parse_reg_sho(page([*ROWS, proof]), REQUEST).notes["exempt_inside_rows"] == "1"
    assert parse_reg_sho(page(ROWS), REQUEST).notes["exempt_inside_rows"] == "0"


def test_a_day_the_api_does_not_hold_is_empty(tmp_path) -> None:
    fetched = summed(tmp_path, [])
    assert fetched.parsed.table.num_rows == 0
    assert fetched.parsed.table.column_names[-1] == "market_codes"


_MILLIONTHS = st.integers(0, 10**13)


@given(
    st.dictionaries(
        st.tuples(st.text("ABNUL", min_size=1, max_size=4), st.sampled_from(FACILITIES)),
        st.tuples(_MILLIONTHS, _MILLIONTHS, _MILLIONTHS),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_sums_are_those_of_a_plain_loop_however_the_pages_are_cut(volumes, cut) -> None:
    rows, expected = [], {}
    for (symbol, (code, market)), shares in volumes.items():
        exempt, short, total = (value / 1e6 for value in sorted(shares))
        rows.append(facility(symbol, code, market, shortParQuantity=short, shortExemptParQuantity=exempt,
                             totalParQuantity=total))  # fmt: skip
        before = expected.get(symbol, (0.0, 0.0, 0.0))
        expected[symbol] = tuple(a + b for a, b in zip(before, (short, exempt, total), strict=True))
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    pages = [Fetched(parse_reg_sho(page(part), REQUEST), EVENING, "finra.reg_sho_daily") for part in parts]
    fetched = sum_facilities(pages, merge_pages(pages, REQUEST, KEYS), REQUEST)
    assert fetched.parsed.rejected == {}
    held = {
        symbol: ",".join(market for code, market in FACILITIES if (symbol, (code, market)) in volumes)
        for symbol in expected
    }
    symbols = fetched.parsed.table.column("source_symbol").to_pylist()
    assert dict(zip(symbols, fetched.parsed.table.column("market_codes").to_pylist(), strict=True)) == held
    assert symbols == sorted(held)
    got = {
        row["source_symbol"]: (
            row["short_volume_shares"],
            row["short_exempt_volume_shares"],
            row["total_volume_shares"],
        )
        for row in fetched.parsed.table.to_pylist()
    }
    assert got.keys() == expected.keys()
    for symbol, sums in expected.items():
        assert got[symbol] == pytest.approx(sums)

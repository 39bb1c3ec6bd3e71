"""Daily bill rates: any set of terms, blanks left out, and no number out of a line that was cut."""

import os
import random
from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.errors import MalformedBody, ProviderError
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.treasury.client import Treasury
from amc_assets.providers.treasury.rates import bill_rates_request, parse_bill_rates
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.treasury import DAYS, WEEKS, YEAR, csv, header, line
from amc_assets_tests.providers.roads import QUICK, in_turn, open_road
from amc_assets_tests.providers.test_mutations import mutate

REQUEST = bill_rates_request(BASE, YEAR)
LINES = [line(day) for day in DAYS]
CELLS = len(DAYS) * len(WEEKS)


def values(parsed: Parsed) -> dict[tuple[date, float], float]:
    """Return the yields by day and term."""
    return {(row["quote_date"], row["term_days"]): row["yield_frac"] for row in parsed.table.to_pylist()}


def test_the_coupon_equivalent_is_read_and_not_the_discount(tmp_path) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(200, content=csv(LINES))), {"treasury": QUICK})
    parsed = Treasury(road.transport, BASE).bill_rates(YEAR).parsed
    found = values(parsed)
    assert found[DAYS[0], 28.0] == pytest.approx(0.0370)  # four weeks; the discount beside it says 3.60
    assert {term for _, term in found} == {28.0, 42.0, 56.0, 91.0, 119.0, 182.0, 364.0}
    assert len(found) == CELLS
    assert road.asked[0].url.params["type"] == "daily_treasury_bill_rates"


@pytest.mark.parametrize(
    "names",
    [
        'Date,"52 WEEKS COUPON EQUIVALENT","4 WEEKS COUPON EQUIVALENT"', "date,52 Weeks Coupon Equivalent,4 wk coupon",
        'DATE,"COUPON EQUIVALENT 52-WEEK","COUPON EQUIVALENT 4-WEEK"',
        "Date,52 WK Investment Rate,4 WK Investment Rate",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["%m/%d/%Y", "%Y-%m-%d"])
def test_columns_are_known_by_what_they_say(names, form) -> None:
    """The wire format is not verified: order, case and wording may differ."""
    body = f"{names}\n{DAYS[0].strftime(form)},4.05,3.64\n".encode()
    assert values(parse_bill_rates(body, REQUEST)) == pytest.approx({(DAYS[0], 364.0): 0.0405, (DAYS[0], 28.0): 0.0364})


def test_a_term_that_did_not_exist_yet_is_blank_and_counted() -> None:
    early = [line(day, {6: "", 17: "N/A"}) for day in DAYS[10:]]
    parsed = parse_bill_rates(csv([*LINES[:10], *early]), REQUEST)
    assert parsed.notes["blank"] == str(2 * len(early))
    assert parsed.table.num_rows == CELLS - 2 * len(early)
    assert parsed.rejected == {}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (LINES[0].rpartition(",")[0], "wrong_field_count"), (LINES[0] + ",1.00", "wrong_field_count"),
        ("", "wrong_field_count"), (line(date(2025, 11, 20)), "wrong_date"),
        (LINES[0].replace("11/20/2026", "2026"), "unreadable_date"),
        (LINES[0].replace("11/20", "02/30"), "unreadable_date"),
        (LINES[0].replace("3.70", "3.7O"), "unreadable_field"), (LINES[0].replace("3.70", "٣.70"), "unreadable_field"),
        (LINES[0].replace("3.70", "30.01"), "rate_out_of_range"),
        (LINES[0].replace("3.70", "-5.01"), "rate_out_of_range"),
        (LINES[0] + "\u202e", "unreadable_field"), (LINES[0].replace("3.70", '"3.70'), "unreadable_field"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name_and_the_rest_stays(row, reason) -> None:
    parsed = parse_bill_rates(csv([*LINES[1:10], row, *LINES[10:]]), REQUEST)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows in (CELLS - len(WEEKS), CELLS - 1)  # the line, or one cell of it
    assert parsed.samples[0].startswith(reason)
    assert parsed.samples[0].isprintable()


def test_rates_below_zero_are_rates() -> None:
    parsed = parse_bill_rates(csv([line(DAYS[0], {4: "-0.05"}), *LINES[1:]]), REQUEST)
    assert values(parsed)[DAYS[0], 28.0] == pytest.approx(-0.0005)


def test_another_year_is_another_file() -> None:
    with pytest.raises(MalformedBody, match=f"wrong_date {len(LINES)}"):
        parse_bill_rates(csv(LINES), bill_rates_request(BASE, 2025))


@pytest.mark.parametrize("first", [header().replace("COUPON EQUIVALENT", "CLOSE"), "Date", 'Date,"4 WEEKS"'])
def test_a_file_without_a_coupon_equivalent_is_refused(first) -> None:
    with pytest.raises(MalformedBody, match="no column is a coupon equivalent"):
        parse_bill_rates(csv([], first), REQUEST)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"], ids=repr)
def test_ends_of_lines_and_of_the_file(ending) -> None:
    text = csv(LINES).decode().rstrip("\n").replace("\n", "\r\n" if "\r" in ending else "\n") + ending
    parsed = parse_bill_rates(b"\xef\xbb\xbf" + text.encode(), REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (CELLS, {})


def test_no_cut_of_the_file_makes_a_number_that_was_not_sent() -> None:
    body = csv(LINES)
    whole = values(parse_bill_rates(body, REQUEST)).items()
    read = 0
    for cut in range(len(body)):
        try:
            found = values(parse_bill_rates(body[:cut], REQUEST)).items()
        except MalformedBody:
            continue
        read += 1
        assert found <= whole, body[max(0, cut - 30) : cut]
    assert read > 500


def test_injured_files_lose_no_value_in_silence() -> None:
    """Every value of a line that still has its shape is given, blank or refused: counted here without the parser."""
    randomness = random.Random(2026)
    body = csv(LINES)
    counted = 0
    for _ in range(max(int(os.environ.get("AMC_FUZZ_BODIES", "12000")) // 10, 500)):
        injured = mutate(body, randomness)
        try:
            parsed = parse_bill_rates(injured, REQUEST)
        except ProviderError:
            continue
        if injured.partition(b"\n")[0] != body.partition(b"\n")[0]:
            continue
        lines = injured.partition(b"\n")[2].rstrip(b"\r\n").split(b"\n")
        given = parsed.table.num_rows + int(parsed.notes["blank"])
        refused = sum(parsed.rejected.values())
        assert given + refused <= len(WEEKS) * len(lines)
        assert given + len(WEEKS) * refused >= len(WEEKS) * len(lines)  # a refusal is one cell, or at most one line
        counted += 1
    assert counted > 100


_DAYS = st.dates(date(YEAR, 1, 1), date(YEAR, 12, 31))


@given(
    st.lists(
        st.tuples(_DAYS, st.lists(st.integers(-500, 3000), min_size=7, max_size=7)),
        max_size=30,
        unique_by=lambda row: row[0],
    )
)  # fmt: skip
def test_what_was_written_is_read_back(rows) -> None:
    lines = [
        line(day, {term: f"{bp / 100:.2f}" for term, bp in zip(WEEKS, points, strict=True)}) for day, points in rows
    ]
    parsed = parse_bill_rates(csv(lines), REQUEST)
    expected = {(day, 7.0 * term): bp / 1e4 for day, points in rows for term, bp in zip(WEEKS, points, strict=True)}
    assert parsed.rejected == {}
    assert values(parsed) == pytest.approx(expected)

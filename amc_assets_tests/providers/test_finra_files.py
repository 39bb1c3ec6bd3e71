"""FINRA's daily short-volume file: real days to the row, odd rows by reason, round trips."""

import gzip
import hashlib
import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.finra.files import otc_short_volume_request, parse_short_volume, short_volume_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import DAY, SYMBOLS, short_volume

REQUEST = short_volume_request(BASE, DAY)
GOOD = [(symbol, 10, 0, 20) for symbol in SYMBOLS]


def on(day: date) -> object:
    """Return the request for that day."""
    return short_volume_request(BASE, day)


def day_of(path: Path) -> date:
    """Return the day in a file name."""
    found = re.search(r"(\d{4})(\d\d)(\d\d)\D", path.name)
    assert found
    return date(*map(int, found.groups()))


@pytest.mark.real_data
def test_sixty_real_days_parse_to_the_row(shared_data) -> None:
    files = sorted((shared_data / "nyse_short_volume").glob("NYSEGRPshvol*.gz"))
    assert len(files) == 60
    refused: dict[str, int] = {}
    rows = 0
    for path in files:
        body = gzip.decompress(path.read_bytes())
        parsed = parse_short_volume(body, short_volume_request(BASE, day_of(path)))
        rows += parsed.table.num_rows
        assert parsed.table.num_rows + sum(parsed.rejected.values()) == int(body.split()[-1])
        for reason, count in parsed.rejected.items():
            refused[reason] = refused.get(reason, 0) + count
    # five rows of the re-laid files claim short volume without any volume
    assert refused == {"short_above_total": 6}
    assert rows == sum(int(gzip.decompress(path.read_bytes()).split()[-1]) for path in files) - 6


@pytest.mark.real_data
def test_a_real_finra_day(shared_data) -> None:
    body = gzip.decompress(next((shared_data / "finra_regsho").glob("CNMSshvol20250910*.gz")).read_bytes())
    parsed = parse_short_volume(body, short_volume_request(BASE, date(2025, 9, 10)))
    assert (parsed.table.num_rows, parsed.rejected) == (10795, {})
    rows = {row["source_symbol"]: row for row in parsed.table.to_pylist()}
    assert rows["AA"] == {
        "source_symbol": "AA", "trade_date": date(2025, 9, 10), "short_volume_shares": 1122641.0,
        "short_exempt_volume_shares": 5907.0, "total_volume_shares": 2804988.0, "market_codes": "B,Q,N",
    }  # fmt: skip
    assert "AACT/WS" in rows
    assert any(symbol != symbol.upper() for symbol in rows), "preferreds carry a lower-case p: nothing is upper-cased"


@pytest.mark.real_data
def test_a_real_truncated_file_and_a_real_missing_day_are_refused(shared_data) -> None:
    folder = shared_data / "finra_regsho"
    with pytest.raises(MalformedBody, match="announces 9311 rows and holds"):
        parse_short_volume(
            (folder / "CNMSshvol20210127.PARTIAL.txt").read_bytes(), short_volume_request(BASE, date(2021, 1, 27))
        )
    with pytest.raises(MalformedBody, match="web page"):
        parse_short_volume((folder / "CNMSshvol20210320.missing_day_response.html").read_bytes(), REQUEST)


@pytest.mark.real_data
def test_real_facility_files_with_spaces_in_their_header(shared_data) -> None:
    path = next((shared_data / "finra_regsho").glob("finra_trf_FNSQ*.gz"))
    lines = [
        line for line in gzip.decompress(path.read_bytes()).splitlines() if line.startswith((b"Date", b"20210127|"))
    ]
    assert len(lines) > 20
    body = b"\n".join([*lines, str(len(lines) - 1).encode()])
    parsed = parse_short_volume(body, short_volume_request(BASE, date(2021, 1, 27)))
    assert parsed.table.num_rows == len(lines) - 1


@pytest.mark.real_data
def test_facilities_sum_to_the_consolidated_row(shared_data) -> None:
    """The identity of the recorded lines, through the parser: CNMS = sum of the TRFs, every day."""
    path = shared_data / "finra_regsho" / "finra_GME_shortvol_CNMS_and_TRFs_20210104_20210226.txt"
    by_day: dict[str, list[bytes]] = {}
    for line in path.read_bytes().splitlines()[1:]:
        by_day.setdefault(line[:8].decode(), []).append(line)
    assert len(by_day) == 38
    header = b"Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"
    for text, lines in by_day.items():
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        named = [line.replace(b"|GME|", b"|GME%d|" % n) for n, line in enumerate(lines)]
        body = b"\n".join([header, *named, str(len(named)).encode()])
        table = parse_short_volume(body, short_volume_request(BASE, day)).table
        for name in ("short_volume_shares", "short_exempt_volume_shares", "total_volume_shares"):
            consolidated, *facilities = table.column(name).to_pylist()
            assert consolidated == sum(facilities)


def test_the_layout_without_an_exempt_column() -> None:
    lines = ["Date|Symbol|ShortVolume|TotalVolume|Market"] + [f"{DAY:%Y%m%d}|{s}|1|2|Q" for s in SYMBOLS] + ["60"]
    parsed = parse_short_volume("\n".join(lines).encode(), REQUEST)
    assert parsed.table.column("short_exempt_volume_shares").null_count == 60  # missing, not zero
    assert parsed.table.column("total_volume_shares").to_pylist() == [2.0] * 60
    assert parsed.notes["has_exempt"] == "false"


def test_fractions_zero_volume_and_spellings_survive() -> None:
    rows = [
        *GOOD,
        ("BRK/B", "17705180.795191", "133288", "49047927.127418"),
        ("ABRpD", "0", "0", "0"),
        ("A WS", 1, 1, 1),
    ]
    table = parse_short_volume(short_volume(rows), REQUEST).table
    kept = {row["source_symbol"]: row for row in table.to_pylist()}
    assert kept["BRK/B"]["short_volume_shares"] == 17705180.795191
    assert kept["ABRpD"]["total_volume_shares"] == 0.0
    assert "A WS" in kept


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n", " \n"], ids=repr)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=repr)
def test_line_ends_and_marks_of_the_beginning(ending, bom, newline) -> None:
    body = bom + (short_volume(GOOD).decode().replace("\n", newline) + ending).encode()
    parsed = parse_short_volume(body, REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (60, {})
    assert set(parsed.table.column("market_codes").to_pylist()) == {"B,Q,N"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("X", -1, 0, 5), "negative_volume"), (("X", 1, -1, 5), "negative_volume"),
        (("X", 1, 0, -5), "negative_volume"), (("X", 9, 0, 5), "short_above_total"),
        (("X", "", 0, 5), "missing_number"), (("X", "abc", 0, 5), "unreadable_field"),
        (("X", "nan", 0, 5), "missing_number"), (("X", "inf", 0, "inf"), "missing_number"),
        (("", 1, 0, 5), "bad_symbol"), (("X" * 21, 1, 0, 5), "bad_symbol"),
        (("X\x1b[31m", 1, 0, 5), "unreadable_field"), (("<b>X", 1, 0, 5), "unreadable_field"),
        (("X|Y", 1, 0, 5), "wrong_field_count"), (("X", "1", 0, "5|9"), "wrong_field_count"),
        (("Ü", 1, 0, 5), "unreadable_field"), (("X'; DROP TABLE x", 1, 0, 5), "unreadable_field"),
        (("S000", 11, 0, 20), "conflicting_duplicate"), (("S000", 10, 0, 20), "duplicate_row"),
        (("X", "0x10", 0, 50), "unreadable_field"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_row_is_refused_by_name_and_the_others_stay(row, reason) -> None:
    parsed = parse_short_volume(short_volume([*GOOD, row]), REQUEST)
    lost = 2 if reason == "conflicting_duplicate" else 1
    assert parsed.rejected == {reason: lost}
    assert parsed.table.num_rows == 61 - lost
    assert parsed.samples[0].startswith(reason)
    assert parsed.samples[0].isprintable()


def test_a_row_of_another_day_a_blank_line_and_broken_utf8_are_counted() -> None:
    body = short_volume(GOOD)
    parsed = parse_short_volume(body.replace(b"20261120|S001", b"20261119|S001"), REQUEST)
    assert parsed.rejected == {"wrong_date": 1}
    lines = body.splitlines()
    with_blank = b"\n".join([*lines[:-1], b"", b"61"])
    assert parse_short_volume(with_blank, REQUEST).rejected == {"wrong_field_count": 1}
    broken = parse_short_volume(body.replace(b"|S001|", b"|S\xff01|"), REQUEST)
    assert broken.rejected == {"not_utf8": 1}
    lonely = parse_short_volume(body.replace(b"|S001|", b"|S\r01|"), REQUEST)
    assert lonely.rejected == {"unreadable_field": 1}


def test_more_than_twenty_rows_and_one_in_twenty_refused_is_a_malformed_body() -> None:
    bad = [(f"B{number}", -1, 0, 5) for number in range(21)]
    parsed = parse_short_volume(short_volume([*GOOD, *bad[:20]]), REQUEST)
    assert (parsed.table.num_rows, parsed.rejected) == (60, {"negative_volume": 20})
    with pytest.raises(MalformedBody, match=r"21 of 81 rows were refused \(negative_volume 21; such as .*B0"):
        parse_short_volume(short_volume([*GOOD, *bad]), REQUEST)


def test_last_years_file_is_not_taken_for_todays() -> None:
    with pytest.raises(MalformedBody, match="wrong_date 60"):
        parse_short_volume(short_volume(GOOD).replace(b"20261120|", b"20251120|"), REQUEST)


@pytest.mark.parametrize("count", [0, 59, 61, 10**30])
def test_a_wrong_row_count_is_truncation(count) -> None:
    with pytest.raises(MalformedBody, match="truncated"):
        parse_short_volume(short_volume(GOOD, count), REQUEST)


def test_a_file_posted_again_with_another_content_has_another_sha256() -> None:
    """FINRA re-posts a file as Updated without a rule for it: only the body tells."""
    body, updated = short_volume(GOOD), short_volume([("S000", 11, 0, 20), *GOOD[1:]])
    first, again, other = (parse_short_volume(text, REQUEST) for text in (body, body, updated))
    assert first.notes["sha256"] == again.notes["sha256"] == hashlib.sha256(body).hexdigest()
    assert other.notes["sha256"] != first.notes["sha256"]


def test_the_otc_file_has_the_same_layout_under_another_name() -> None:
    request = otc_short_volume_request(BASE, DAY)
    assert request.url.endswith("/equity/regsho/daily/FORFshvol20261120.txt")
    parsed = parse_short_volume(short_volume(GOOD).replace(b"|B,Q,N", b"|O"), request)
    assert set(parsed.table.column("market_codes").to_pylist()) == {"O"}
    with pytest.raises(MalformedBody) as caught:
        parse_short_volume(b"<html>", request)
    assert caught.value.dataset == "otc_short_volume"


@pytest.mark.real_data
def test_recorded_short_volume_includes_the_exempt_part(shared_data) -> None:
    """Exempt beside short could not exceed the total together with it; exempt inside short cannot exceed short."""
    lines: list[list[bytes]] = []
    for path in sorted((shared_data / "finra_regsho").glob("*")):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines += [cells for line in body.splitlines() if len(cells := line.split(b"|")) == 6 and cells[0].isdigit()]
    rows = [(float(cells[2]), float(cells[3]), float(cells[4])) for cells in lines]
    assert len(rows) > 37_000
    assert not [row for row in rows if row[1] > row[0]]
    assert sum(short + exempt > total for short, exempt, total in rows) == 100


_VOLUME = st.integers(0, 10**15).map(lambda millionths: millionths / 1e6)
_ROWS = st.lists(
    st.tuples(st.text("ABCDEFGHNUL/p", min_size=1, max_size=8), _VOLUME, _VOLUME, _VOLUME),
    max_size=40,
    unique_by=lambda row: row[0],
)


@given(_ROWS)
def test_what_was_written_is_read_back(rows) -> None:
    sent = [(symbol, min(a, b), exempt, max(a, b)) for symbol, a, b, exempt in rows]
    parsed = parse_short_volume(short_volume([(s, f"{a:.6f}", f"{e:.6f}", f"{t:.6f}") for s, a, e, t in sent]), REQUEST)
    table: pa.Table = parsed.table
    assert parsed.rejected == {}
    assert table.column("source_symbol").to_pylist() == [row[0] for row in sent]
    for name, position in (("short_volume_shares", 1), ("short_exempt_volume_shares", 2), ("total_volume_shares", 3)):
        assert table.column(name).to_pylist() == pytest.approx([row[position] for row in sent], abs=1e-6)

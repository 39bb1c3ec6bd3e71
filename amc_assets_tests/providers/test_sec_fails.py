"""Fails to deliver: the archive and its bombs, the two last lines, odd lines, dates of the half month, the page."""

import csv
import gzip
import io
import random
import re
import zipfile
from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.providers.errors import MalformedBody, ProviderError, TooLarge
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.sec.archive import only_member
from amc_assets.providers.sec.fails import fails_request, half_month_name, parse_fails
from amc_assets.providers.sec.index import index_request, parse_fails_index
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.sec import HALF, fail, fails_file, fails_text, page, zipped
from amc_assets_tests.providers.test_mutations import mutate

REQUEST = fails_request(BASE, HALF)
USUAL = [fail(number) for number in range(40)]


def with_row(line: str) -> Parsed:
    """Parse the usual file with one more line."""
    return parse_fails(fails_file([*USUAL, line]), REQUEST)


def test_names_of_files() -> None:
    assert half_month_name(date(2021, 1, 1)) == "cnsfails202101a.zip"
    assert half_month_name(date(2021, 12, 16)) == "cnsfails202112b.zip"
    with pytest.raises(ValueError, match="1st or 16th"):
        half_month_name(date(2021, 1, 15))


def test_every_field_of_a_row() -> None:
    rows = parse_fails(fails_file([fail(0), fail(1, price="."), fail(2, price=".0451"), fail(3, price="")]), REQUEST)
    assert rows.table.to_pylist()[0] == {
        "source_symbol": "S000", "settlement_date": date(2026, 10, 1), "cusip": "000000109", "fails_shares": 100.0,
        "price_usd": 193.60, "description": "GAMESTOP CORP (HLDG CO) CL A COMÚN",
    }  # fmt: skip
    assert rows.table.column("price_usd").to_pylist() == [193.60, None, 0.0451, None]


@pytest.mark.parametrize("symbol", ["NA", "NULL", "TRUE", "BRK/B", "BRKB", "BRK.B", "ABRpD", "0000A"])
def test_symbols_are_kept_as_spelled(symbol) -> None:
    assert with_row(fail(50, symbol=symbol)).table.column("source_symbol").to_pylist()[-1] == symbol


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (fail(50, symbol=""), "bad_symbol"), (fail(50, symbol=" "), "bad_symbol"),
        (fail(50, symbol="A B"), "bad_symbol"),
        (fail(50, symbol="<b>"), "bad_symbol"), (fail(50, date="20261101"), "wrong_date"),
        (fail(50, date="20261031"), "wrong_date"), (fail(50, date="20260931"), "wrong_date"),
        (fail(50, date="2026-10-01"), "unreadable_field"), (fail(50, price="-1.5"), "unreadable_field"),
        (fail(50, price="1e5"), "unreadable_field"), (fail(50, price="NaN"), "unreadable_field"),
        (fail(50, quantity=""), "unreadable_field"), (fail(50, quantity="-5"), "unreadable_field"),
        ("20261001|X|S999", "wrong_field_count"), ("", "wrong_field_count"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_line_is_refused_by_name(line, reason) -> None:
    parsed = with_row(line)
    assert (parsed.table.num_rows, parsed.rejected) == (40, {reason: 1})


def test_what_real_files_hold_is_read() -> None:
    separators, nul = with_row(fail(50, description="BERKSHIRE|HATHAWAY|A")), with_row(fail(50, symbol="GONE\x00\x00"))
    assert separators.table.to_pylist()[-1]["description"] == "BERKSHIRE HATHAWAY A"
    assert separators.table.to_pylist()[-1]["price_usd"] == 193.60
    assert nul.table.to_pylist()[-1]["source_symbol"] == "GONE"
    odd = with_row(fail(50, description="A\xa0B\xadC\x85D \x1b[31m é")).table.to_pylist()[-1]["description"]
    assert odd.isprintable()
    assert odd.endswith("é")
    two_papers = with_row(fail(0, cusip="999999999")).table
    assert two_papers.column("source_symbol").to_pylist().count("S000") == 2  # one symbol, two CUSIPs, one day


def test_lines_may_end_either_way_and_have_blanks_after() -> None:
    text = fails_text(USUAL)
    for body in (text.replace(b"\r\n", b"\n"), text + b"\r\n  \r\n", text.rstrip()):
        assert parse_fails(zipped(body), REQUEST).table.num_rows == 40


@pytest.mark.parametrize(
    "text",
    [
        fails_text(USUAL, count=41), fails_text(USUAL, count=39), fails_text(USUAL, total=1),
        fails_text(USUAL).rsplit(b"Trailer", 1)[0], fails_text(USUAL).rsplit(b"Trailer", 2)[0],
        fails_text(USUAL).replace(b"|137|", b"|138|"), b"\r\n".join(fails_text(USUAL).split(b"\r\n")[3:]),
        fails_text(USUAL).replace(b"Trailer record count 40", b"Trailer record count"), b"", b"\n", b"<html></html>",
    ],
    ids=[
        "count+1", "count-1", "total", "no total", "no trailers", "one number", "no head", "no count", "empty",
        "line end", "html",
    ],
)  # fmt: skip
def test_what_differs_from_its_own_last_lines_is_refused(text) -> None:
    with pytest.raises(MalformedBody):
        parse_fails(zipped(text), REQUEST)


def test_dates_of_each_half() -> None:
    second = fails_request(BASE, date(2026, 10, 16))
    assert parse_fails(fails_file([fail(0, date="20261017"), fail(1, date="20261031")]), second).table.num_rows == 2
    assert parse_fails(fails_file([fail(0, date="20261016"), fail(1, date="20261015")]), REQUEST).table.num_rows == 2
    for body, request in ((fails_file(USUAL), second), (fails_file([fail(0, date="20261020")]), REQUEST)):
        with pytest.raises(MalformedBody, match="wrong_date"):
            parse_fails(body, request)


class TestArchive:
    """Archives that are none, and such that would not fit."""

    @pytest.mark.parametrize(
        "body",
        [
            zipped(),
            zipped(fails_text(USUAL), fails_text(USUAL)),
            zipped(fails_text(USUAL))[:-30],
            b"PK\x03\x04",
            b"PK",
            b"not a zip at all",
        ],
        ids=["none", "two", "cut", "mark", "letters", "text"],
    )
    def test_only_one_whole_file_is_taken(self, body) -> None:
        with pytest.raises(MalformedBody):
            parse_fails(body, REQUEST)

    def test_an_encrypted_or_oddly_packed_file_is_refused(self) -> None:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("x.txt", fails_text(USUAL))
        encrypted = bytearray(fails_file(USUAL))
        encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
        for body in (target.getvalue(), bytes(encrypted)):
            with pytest.raises(MalformedBody, match="encrypted or packed"):
                parse_fails(body, REQUEST)

    def test_a_bomb_is_refused_by_the_size_it_states(self) -> None:
        body = zipped(b"0" * 80_000_000)
        assert len(body) < 100_000
        with pytest.raises(TooLarge, match="says it holds 80000000 bytes"):
            parse_fails(body, REQUEST)

    def test_a_bomb_that_lies_about_its_size_is_refused_too(self) -> None:
        body, size = bytearray(zipped(b"0" * 5_000_000)), (5_000_000).to_bytes(4, "little")
        for at in [found.start() for found in re.finditer(re.escape(size), bytes(body))]:
            body[at : at + 4] = (1000).to_bytes(4, "little")
        with pytest.raises(MalformedBody):
            only_member(bytes(body), REQUEST, 1_000_000)

    def test_bytes_are_counted_while_they_come_out(self, monkeypatch) -> None:
        original = zipfile.ZipFile.infolist

        def lying(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
            (member,) = original(archive)
            small = zipfile.ZipInfo(member.filename)
            small.compress_type, small.file_size = member.compress_type, 10
            opened = archive.open
            monkeypatch.setattr(archive, "open", lambda _: opened(member))
            return [small]

        monkeypatch.setattr(zipfile.ZipFile, "infolist", lying)
        with pytest.raises(TooLarge, match="gave more than"):
            only_member(zipped(b"0" * 5_000_000), REQUEST, 1_000_000)

    def test_a_hostile_name_inside_is_never_used(self, tmp_path, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        body = zipped(fails_text(USUAL), name="../../etc/passwd")
        assert parse_fails(body, REQUEST).table.num_rows == 40
        assert list(tmp_path.iterdir()) == []

    @given(st.binary(max_size=200))
    def test_any_bytes_are_refused(self, noise: bytes) -> None:
        for body in (noise, b"PK\x03\x04" + noise, noise + zipped(b"x")[-22:]):
            with pytest.raises(ProviderError):
                parse_fails(body, REQUEST)


def test_injured_texts_in_whole_archives_are_refused_or_accounted_for() -> None:
    randomness = random.Random("sec fails 2026")
    read = refused = rows = 0
    said: list[str] = []
    text = fails_text(USUAL)
    for _ in range(1500):
        body = mutate(text, randomness)
        try:
            parsed = parse_fails(zipped(body), REQUEST)
        except ProviderError as error:
            refused += 1
            said.append(str(error))
            continue
        read += 1
        lines = body.replace(b"\r\n", b"\n").partition(b"\n")[2].split(b"Trailer record count")[0].count(b"\n")
        assert parsed.table.num_rows + sum(parsed.rejected.values()) == lines, body
        rows += sum(parsed.rejected.values())
        assert all(symbol and symbol.isprintable() for symbol in parsed.table.column("source_symbol").to_pylist())
    assert all(text.isprintable() for text in said)
    assert min(read, refused, rows) > 10


def test_the_sum_catches_what_the_count_does_not() -> None:
    with pytest.raises(MalformedBody, match=r"announces 4780 shares in all and holds 4781"):
        parse_fails(zipped(fails_text(USUAL).replace(b"|137|", b"|138|")), REQUEST)


@pytest.mark.real_data
def test_recorded_fails_pass_when_laid_out_again(shared_data) -> None:
    text = gzip.decompress(
        (shared_data / "reference/sec_fails_to_deliver_selected_20200601_20210331.csv.gz").read_bytes()
    )
    halves: dict[date, dict[tuple[str, str], str]] = defaultdict(dict)
    total = 0
    for row in csv.DictReader(io.StringIO(text.decode())):
        if "_" in row["file"].removesuffix("_ftd.csv"):
            continue  # a second file of the same security
        day = date.fromisoformat(row["date"])
        symbol = row["symbol"] or row["file"].split("_")[0]
        line = f"{day:%Y%m%d}|{row['cusip']}|{symbol}|{row['quantity']}|{symbol} INC|{row['price'] or '.'}"
        halves[day.replace(day=1 if day.day < 16 else 16)][row["date"], symbol] = line
        total += 1
    kept = 0
    gamestop: dict[date, tuple[float, float]] = {}
    for half, lines in halves.items():
        parsed = parse_fails(fails_file(list(lines.values())), fails_request(BASE, half))
        assert parsed.rejected == {}
        kept += parsed.table.num_rows
        for item in parsed.table.to_pylist():
            if item["source_symbol"] == "GME":
                gamestop[item["settlement_date"]] = (item["fails_shares"], item["price_usd"])
    assert (len(halves), kept, total) == (20, total, total)
    assert gamestop[date(2021, 1, 26)] == (2_099_572, 76.79)
    assert gamestop[date(2021, 1, 29)] == (138_179, 193.60)


class TestPage:
    """The page that links the files."""

    def read(self, *links: str) -> dict[str, str]:
        """Return half month -> path of these links."""
        rows = parse_fails_index(page(links), index_request(BASE)).table.to_pylist()
        return {f"{row['half_month_date']} {row['file_name']}": row["path"] for row in rows}

    def test_links_are_known_by_their_file_name_alone(self) -> None:
        found = self.read(
            "/files/data/fails-deliver-data/cnsfails202610a.zip", "https://www.sec.gov/files/node/add/x/cnsfails201706b.zip",
            "//evil.test/files/cnsfails202101a.zip", "/files/cnsfails202609b_0.zip?x=1", "/files/cnsp_sec_200402.zip",
        )  # fmt: skip
        assert found == {
            "2026-10-01 cnsfails202610a.zip": "/files/data/fails-deliver-data/cnsfails202610a.zip",
            "2021-01-01 cnsfails202101a.zip": "/files/cnsfails202101a.zip",
            "2017-06-16 cnsfails201706b.zip": "/files/node/add/x/cnsfails201706b.zip",
        }

    def test_a_path_that_leads_elsewhere_is_refused_and_counted(self) -> None:
        odd = ["/a/../../b/cnsfails202610a.zip", "/a%0d%0aX/cnsfails202609a.zip", "javascript:/cnsfails202608a.zip"]
        usual = [f"/files/cnsfails{2020 + n // 12}{1 + n % 12:02d}a.zip" for n in range(70)]
        parsed = parse_fails_index(page([*usual, *odd[:2]]), index_request(BASE))
        assert (parsed.table.num_rows, parsed.rejected) == (70, {"unreadable_field": 2})
        assert parsed.samples[0].startswith("unreadable_field")

    @pytest.mark.parametrize("links", [[], ["/files/readme.zip"], ["/files/cnsfails202613a.zip"]])
    def test_a_page_without_files_is_empty_or_another_page(self, links) -> None:
        assert self.read(*links) == {}
        with pytest.raises(MalformedBody, match="links no file"):
            parse_fails_index(page(links).replace(b"Fails-to-Deliver", b"Other"), index_request(BASE))

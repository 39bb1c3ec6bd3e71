"""Nasdaq's symbol directory: the last line that proves the file whole, flags, names with quotation marks."""

import csv
import gzip
import io

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.nasdaq.symbols import parse_symbols, symbols_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.nasdaq_bodies import (
    DIRECTORY_HEADER,
    TICKERS,
    directory,
    directory_row,
)

REQUEST = symbols_request(BASE)
USUAL = [directory_row(symbol) for symbol in TICKERS]


def with_rows(*lines: str) -> bytes:
    """Return the usual directory with these lines added."""
    return directory([*USUAL, *lines])


def test_flags_names_and_the_files_own_time() -> None:
    lines = [
        directory_row("ZVZZT", **{"Test Issue": "Y"}),
        directory_row("SPY", **{"ETF": "Y", "Listing Exchange": "P", "Security Name": "SPDR"}),
        directory_row("ABR$D", **{"Listing Exchange": " ", "ETF": ""}),
    ]
    parsed = parse_symbols(with_rows(*lines), REQUEST)
    kept = {item["source_symbol"]: item for item in parsed.table.to_pylist()}
    assert kept["ZVZZT"]["is_test_issue"]
    assert kept["SPY"] == {
        "source_symbol": "SPY", "name": "SPDR", "exchange": "P", "is_etf": True, "is_test_issue": False,
    }  # fmt: skip
    assert (kept["ABR$D"]["exchange"], kept["ABR$D"]["is_etf"]) == (None, None)
    assert kept["NA"]["name"] == 'NA "A" Corp. - Common Stock'
    assert parsed.notes == {"created": "1120202621:30"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (directory_row(""), "bad_symbol"), (directory_row("a b"), "bad_symbol"),
        (directory_row("X", **{"Test Issue": "?"}), "unknown_test_flag"),
        (directory_row("X") + "|more", "wrong_field_count"), ("", "wrong_field_count"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_line_is_refused_by_name(line, reason) -> None:
    parsed = parse_symbols(with_rows(line), REQUEST)
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 30


def test_lines_that_disagree_are_both_refused() -> None:
    more = [directory_row(f"T{letter}") for letter in "ABCDEFGHIJKLMNOP"]
    parsed = parse_symbols(with_rows(*more, directory_row("SAA", **{"Security Name": "Other"})), REQUEST)
    assert parsed.rejected == {"conflicting_duplicate": 2}
    assert parsed.table.num_rows == 45


@pytest.mark.parametrize("trailer", ["", "File Creation Time:", "File Creation Time: 11202026", "60"])
def test_without_its_last_line_the_file_is_truncated(trailer) -> None:
    with pytest.raises(MalformedBody, match="truncated"):
        parse_symbols(directory(USUAL, trailer), REQUEST)


@pytest.mark.real_data
def test_the_directory_of_2021_passes_when_laid_out_again(shared_data) -> None:
    text = gzip.decompress((shared_data / "reference/nasdaqtraded_symbols_valid_meta.csv.gz").read_bytes()).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert "|".join(rows[0]) == DIRECTORY_HEADER
    body = "\n".join(["|".join(cells) for cells in rows] + ["File Creation Time: 0203202121:31|||||||||||"]).encode()
    parsed = parse_symbols(body, REQUEST)
    assert parsed.table.num_rows + sum(parsed.rejected.values()) == len(rows) - 1
    assert (parsed.table.num_rows, parsed.rejected) == (2642, {})
    kept = {item["source_symbol"]: item for item in parsed.table.to_pylist()}
    assert kept["AMC"] == {
        "source_symbol": "AMC", "name": "AMC Entertainment Holdings, Inc. Class A Common Stock", "exchange": "N",
        "is_etf": False, "is_test_issue": False,
    }  # fmt: skip

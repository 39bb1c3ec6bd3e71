"""Short volume per facility adds up exactly; OTC rows are in the OTC file only; sorting and tokens are FINRA's."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.replay import wire
from amc_assets.replay.finra_query import DAILY, QueryRefused, read_query
from amc_assets.replay.finra_tables import FACILITY_OF_CODE, FacilityTable
from amc_assets.replay.market import ShortVolumeOfDay, text_array

DAY = date(2024, 5, 15)
SHARES = st.integers(0, 10**15).map(lambda millionths: millionths / 10**6)
CODES = st.lists(st.sampled_from(sorted(FACILITY_OF_CODE)), min_size=1, max_size=5, unique=True).map(",".join)


def volume_of(rows: list[tuple[str, float, float, float, str]]) -> ShortVolumeOfDay:
    """Return the volume of (symbol, short, exempt, total, codes)."""
    symbols, short, exempt, total, codes = zip(*rows, strict=True)
    return ShortVolumeOfDay(text_array(symbols), np.array(short), np.array(exempt), np.array(total), text_array(codes))


def shares(table: FacilityTable, name: str) -> list[Decimal]:
    """Return a column as exact decimals, as it stands in the JSON."""
    return [Decimal(str(value)) for value in table.column(name, np.arange(len(table.symbols)))]


@given(st.tuples(SHARES, SHARES, SHARES).map(sorted), CODES)
def test_facilities_add_up_to_the_last_decimal(quantities: list[float], codes: str) -> None:
    exempt, short, total = quantities
    table = FacilityTable(DAY, volume_of([("AB", short, exempt, total, codes)]))
    columns = [shares(table, name) for name in ("shortExemptParQuantity", "shortParQuantity", "totalParQuantity")]
    for column, value in zip(columns, quantities, strict=True):
        assert sum(column) == Decimal(str(value))
    for part_exempt, part_short, part_total in zip(*columns, strict=True):
        assert 0 <= part_exempt <= part_short <= part_total
    assert len(table.symbols) == codes.count(",") + 1


def test_otc_rows_are_in_the_otc_file_only() -> None:
    volume = volume_of([("AB", 5.0, 0.0, 10.0, "Q,N"), ("QQOTF", 1.0, 0.0, 2.0, "O")])
    listed = wire.short_volume_file(DAY, wire.of_venue(volume, is_otc=False)).decode().splitlines()
    otc = wire.short_volume_file(DAY, wire.of_venue(volume, is_otc=True)).decode().splitlines()
    assert listed[1:] == ["20240515|AB|5|0|10|Q,N", "1"]
    assert otc[1:] == ["20240515|QQOTF|1|0|2|O", "1"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"sortFields":["securitiesInformationProcessorSymbolIdentifier"]}', "needs an EQUAL filter"),
        (
            b'{"sortFields":["totalParQuantity"],"compareFilters":'
            b'[{"fieldName":"tradeReportDate","fieldValue":"2024-05-15"}]}',
            "Sorting by totalParQuantity is not supported",
        ),
        (b'{"fields":["symbolCode"]}', "Invalid field name"),
    ],
)
def test_a_question_that_finra_refuses(body: bytes, sentence: str) -> None:
    with pytest.raises(QueryRefused, match=sentence):
        read_query(body, {}, DAILY)

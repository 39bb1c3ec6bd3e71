"""When a row was public: as its source says, and never later than it arrived."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from amc_assets.lake.arrow_types import INSTANT
from amc_assets.pipeline.stamping import stamped
from amc_assets.providers.exchange import Fetched, Parsed

FETCHED_AT = datetime(2021, 1, 27, 22, tzinfo=UTC)
STEP = timedelta(microseconds=1)
TABLE = pa.table({"symbol": ["GME"]})


def known_at(public_at: datetime | None, *, is_column: bool) -> datetime:
    given = pa.chunked_array([pa.array([public_at], INSTANT)]) if is_column or public_at is None else public_at
    table = stamped(TABLE, Fetched(Parsed(TABLE), FETCHED_AT, "test"), given, is_simulated=False)
    (found,) = table["known_at"].to_pylist()
    return found


@pytest.mark.parametrize("is_column", [True, False])
@pytest.mark.parametrize(
    ("public_at", "wanted"),
    [
        (FETCHED_AT - STEP, FETCHED_AT - STEP),
        (FETCHED_AT, FETCHED_AT),
        (FETCHED_AT + STEP, FETCHED_AT),
        (None, FETCHED_AT),
    ],
)
def test_a_row_is_never_known_later_than_it_arrived(is_column: bool, public_at: datetime | None, wanted: datetime):
    assert known_at(public_at, is_column=is_column) == wanted

"""Sources are those of the rows that were read: distinct, without datasets that gave nothing."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from amc_assets.features.snapshot import InputAge
from amc_assets.features.sources import sources_in, with_sources
from amc_assets.reasons import Reason
from amc_assets_tests.strategies.snapshots import feature_of

AT = datetime(2021, 1, 27, 23, 0, tzinfo=UTC)


def rows(*sources: str) -> pa.Table:
    return pa.table({"source": list(sources)})


def source_of(source: str, *lines: InputAge) -> str:
    feature = feature_of("days_to_cover", np.array([1.0]))
    named = type(feature)(**{**vars(feature), "source": source})
    return with_sources({"days_to_cover": named}, lines)["days_to_cover"].source


def read(name: str, source: str) -> InputAge:
    return InputAge(name, source, AT, 0.75, Reason.PRESENT, "", date(2021, 1, 15))


def absent(name: str) -> InputAge:
    return InputAge(name, name, None, None, Reason.NOT_RECORDED)


@pytest.mark.parametrize(
    ("table", "joined", "source"),
    [
        (rows("polygon.floats", "alpha_vantage.overview", "polygon.floats"), " or ",
         "alpha_vantage.overview or polygon.floats"),
        (rows("sec.filings", "news.prnewswire+sec.filings"), "+", "news.prnewswire+sec.filings"),
        (rows(), "+", "usual"),
    ],
)  # fmt: skip
def test_all_sources_of_the_rows_are_named_once(table: pa.Table, joined: str, source: str):
    assert sources_in(table, "usual", joined) == source


def test_a_value_names_what_its_rows_came_from():
    lines = (read("short_interest", "finra.short_interest_file"), read("daily_bars", "nasdaq.screener"))
    assert (
        source_of("finra.short_interest + polygon.daily_bars", *lines) == "finra.short_interest_file + nasdaq.screener"
    )


def test_a_dataset_that_gave_nothing_is_no_source():
    lines = (read("short_volume", "nyse_short_volume (for finra.daily_short_volume)"), absent("threshold_list"))
    assert (
        source_of("finra.short_volume + threshold_list", *lines) == "nyse_short_volume (for finra.daily_short_volume)"
    )


def test_a_dataset_that_was_collected_and_holds_nothing_is_a_source():
    collected = InputAge("trade_halts", "nasdaq.trade_halts", None, None, Reason.PRESENT, "no halt known")
    assert source_of("nasdaq.trade_halts", collected) == "nasdaq.trade_halts"

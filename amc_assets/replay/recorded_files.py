"""Reading the recorded FINRA files: pipe-separated text in which ``NA`` and ``NULL`` are tickers, not nulls."""

import io
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from amc_assets.replay.market import FloatArray, ShortInterestReport, TextArray, text_array

_TEXT = pa.string()
_SHORT_INTEREST_TEXT = (
    "symbolCode", "issueName", "issuerServicesGroupExchangeCode", "marketClassCode", "stockSplitFlag", "revisionFlag",
)  # fmt: skip


def read_pipe_table(body: bytes) -> pa.Table:
    """Return a pipe-separated body with header; symbols and codes stay text, nothing is read as null."""
    return pacsv.read_csv(
        io.BytesIO(body),
        parse_options=pacsv.ParseOptions(delimiter="|", quote_char=False),
        convert_options=pacsv.ConvertOptions(
            null_values=[],
            strings_can_be_null=False,
            column_types={"Symbol": _TEXT, "Market": _TEXT} | dict.fromkeys(_SHORT_INTEREST_TEXT, _TEXT),
        ),
        read_options=pacsv.ReadOptions(encoding="latin-1"),
    )


def text_column(table: pa.Table, name: str) -> TextArray:
    """Return a text column as an array of Python strings."""
    return text_array(table[name].to_pylist())


def read_short_interest(settlement: date, body: bytes) -> ShortInterestReport:
    """Return the recorded ``shrt`` file of ``settlement`` as arrays; ``changePreviousNumber`` follows from them."""
    table = read_pipe_table(body)

    def number(name: str) -> FloatArray:
        values: FloatArray = table[name].to_numpy().astype(np.float64)
        return values

    return ShortInterestReport(
        settlement_date=settlement,
        symbols=text_column(table, "symbolCode"),
        issue_names=text_column(table, "issueName"),
        exchange_codes=text_column(table, "issuerServicesGroupExchangeCode"),
        market_classes=text_column(table, "marketClassCode"),
        short_interest_shares=number("currentShortPositionQuantity"),
        previous_short_interest_shares=number("previousShortPositionQuantity"),
        average_daily_volume_shares=number("averageDailyVolumeQuantity"),
        days_to_cover=number("daysToCoverQuantity"),
        change_pct=number("changePercent"),
        is_split_flagged=text_column(table, "stockSplitFlag") == "S",
        is_revision_flagged=text_column(table, "revisionFlag") == "R",
    )

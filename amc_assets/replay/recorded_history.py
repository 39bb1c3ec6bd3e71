"""Short interest of all settlement dates in one Parquet file, as the reports that FINRA published."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amc_assets.replay.market import FloatArray, ShortInterestReport, TextArray, text_array
from amc_assets.replay.recorded_folder import RecordedDataError

_COLUMNS = (
    "settlement_date", "symbol", "shares_short", "previous", "average_daily_volume", "days_to_cover_reported",
    "market_class", "split_flag", "revision_flag",
)  # fmt: skip
_OPTIONAL = ("issue_name", "volume_agrees")


def read_reports(path: Path) -> Mapping[date, ShortInterestReport]:
    """Return the report of each settlement date; positions are as reported, on the share basis of their own date.

    Rows whose ``volume_agrees`` is false are left out: they are of another company, or of another share basis. Issue
    names are empty where the file has none. Raises RecordedDataError for a file without the columns.
    """
    try:
        held = pq.read_schema(path).names
    except pa.ArrowInvalid as error:
        raise RecordedDataError(f"{path} is no Parquet file: {error}. Next: replace it") from error
    missing = [name for name in _COLUMNS if name not in held]
    if missing:
        raise RecordedDataError(f"{path} lacks the column {missing[0]}. Next: it needs {', '.join(_COLUMNS)}")
    table = pq.read_table(path, columns=[*_COLUMNS, *(name for name in _OPTIONAL if name in held)])
    if "volume_agrees" in held:
        table = table.filter(pc.field("volume_agrees"))
    table = table.sort_by([("settlement_date", "ascending"), ("symbol", "ascending")])
    dates = table["settlement_date"].to_numpy().astype("datetime64[D]")
    starts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1]]) if len(dates) else np.empty(0, np.int64)
    stops = np.r_[starts[1:], len(dates)]
    days = [day.astype(object) for day in dates[starts]]
    return {
        day: _report(day, table.slice(start, stop - start))
        for day, start, stop in zip(days, starts.tolist(), stops.tolist(), strict=False)
    }


def _report(settlement: date, rows: pa.Table) -> ShortInterestReport:
    short, previous = _numbers(rows, "shares_short"), _numbers(rows, "previous")
    with np.errstate(divide="ignore", invalid="ignore"):
        change_pct = np.where(previous > 0, 100.0 * (short / previous - 1.0), 0.0)
    nothing = text_array([""] * rows.num_rows)
    return ShortInterestReport(
        settlement_date=settlement,
        symbols=_texts(rows, "symbol"),
        issue_names=_texts(rows, "issue_name") if "issue_name" in rows.column_names else nothing,
        exchange_codes=nothing,
        market_classes=_texts(rows, "market_class"),
        short_interest_shares=short,
        previous_short_interest_shares=previous,
        average_daily_volume_shares=_numbers(rows, "average_daily_volume"),
        days_to_cover=_numbers(rows, "days_to_cover_reported").round(2),
        change_pct=change_pct.round(2),
        is_split_flagged=_texts(rows, "split_flag") == "S",
        is_revision_flagged=_texts(rows, "revision_flag") == "R",
    )


def _texts(rows: pa.Table, name: str) -> TextArray:
    return text_array([text or "" for text in rows[name].to_pylist()])


def _numbers(rows: pa.Table, name: str) -> FloatArray:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy())

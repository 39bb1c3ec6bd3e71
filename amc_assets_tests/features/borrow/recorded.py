"""The recorded winter of 2020-21 as lake tables: bars, short-interest reports, fails and floats of ../shared/data."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from amc_assets.features.panel import BarHistory
from amc_assets.lake.tables import DAILY_BARS, FAILS_TO_DELIVER, SHORT_INTEREST
from amc_assets.market.calendar import sessions_between
from amc_assets.market.publication import daily_bar_published_at, fails_published_at, published_at
from amc_assets_tests.features.panels import splits_table
from amc_assets_tests.lake.rows import stored


def stamped(count: int, known_at, source: str) -> dict[str, pa.Array]:
    return {
        "source": pa.array([source] * count),
        "known_at": pa.array([known_at] * count, pa.timestamp("us", tz="UTC")),
        "is_simulated": pa.array([False] * count),
    }


def bars(folder: Path) -> BarHistory:
    rows = pq.read_table(folder / "bars" / "daily_bars.parquet").filter(pc.field("complete_for_replay"))
    rows = rows.sort_by([("trade_date", "ascending"), ("symbol", "ascending")])
    sessions = sessions_between(date(2020, 7, 1), date(2021, 3, 31))
    index = np.array(rows["trade_date"].to_pylist(), dtype="datetime64[D]")
    tables = {}
    for day in sessions:
        low, high = np.searchsorted(index, np.datetime64(day)), np.searchsorted(index, np.datetime64(day), "right")
        cut = rows.slice(low, high - low)
        names = ("trade_date", "symbol", "open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")
        columns = {
            **{name: cut[name] for name in names},
            "vwap_usd": pa.nulls(cut.num_rows, pa.float64()),
            "basis_date": pa.array([date(2021, 1, 27)] * cut.num_rows),
            **stamped(cut.num_rows, daily_bar_published_at(day), "polygon.daily_bars"),
        }
        tables[day] = stored(columns, DAILY_BARS)
    return BarHistory.from_tables(sessions, tables, splits_table())


def interest(folder: Path) -> pa.Table:
    """Every recorded report, known from its publication on; names in FINRA's spelling."""
    parse = arrow_csv.ParseOptions(delimiter="|", quote_char=False)
    tables = []
    for path in sorted((folder / "finra_short_interest").glob("shrt*.csv.gz")):
        raw = arrow_csv.read_csv(
            pa.BufferReader(gzip.decompress(path.read_bytes())),
            parse_options=parse,
            convert_options=arrow_csv.ConvertOptions(
                column_types={"symbolCode": pa.string(), "stockSplitFlag": pa.string(), "settlementDate": pa.date32()},
                null_values=[],
            ),
        )
        count, settlement = raw.num_rows, raw["settlementDate"][0].as_py()
        columns = {
            "settlement_date": raw["settlementDate"],
            "symbol": raw["symbolCode"],
            "short_interest_shares": raw["currentShortPositionQuantity"].cast(pa.float64()),
            "previous_short_interest_shares": pa.nulls(count, pa.float64()),
            "reported_average_volume_shares": pa.nulls(count, pa.float64()),
            "days_to_cover_reported": pa.nulls(count, pa.float64()),
            "is_split_flagged": pc.not_equal(raw["stockSplitFlag"], ""),
            "is_revision_flagged": pa.array([False] * count),
            "market_class": raw["marketClassCode"].cast(pa.string()),
            **stamped(count, published_at(settlement), "finra.short_interest"),
        }
        tables.append(stored(columns, SHORT_INTEREST))
    return pa.concat_tables(tables)


def fails(folder: Path) -> pa.Table:
    """The recorded balances of fifteen names, known when the SEC's file of their half month counts as published."""
    rows = []
    with gzip.open(folder / "reference" / "sec_fails_to_deliver_selected_20200601_20210331.csv.gz", "rt") as text:
        for row in csv.DictReader(text):
            day = date.fromisoformat(row["date"])
            symbol = row["symbol"] or row["ticker"] or row["file"].split("_")[0]
            rows.append(
                (day, symbol, float(row["quantity"]), fails_published_at(day.replace(day=1 if day.day < 16 else 16)))
            )
    columns = {
        "settlement_date": [row[0] for row in rows],
        "symbol": [row[1] for row in rows],
        "fails_shares": [row[2] for row in rows],
        "price_usd": pa.nulls(len(rows), pa.float64()),
        "source": ["sec.fails_to_deliver"] * len(rows),
        "known_at": [row[3] for row in rows],
        "is_simulated": [False] * len(rows),
    }
    return stored(columns, FAILS_TO_DELIVER)


def floats(folder: Path) -> dict[str, tuple[float, float]]:
    """Float and shares outstanding as shown on 2021-01-28, by ticker."""
    found = {}
    with gzip.open(folder / "reference" / "ShortInterest_01-15-21_01-28-21.csv.gz", "rt") as text:
        for row in csv.DictReader(text):
            numbers = []
            for name in ("Public_Float", "Shares_Outstanding"):
                try:
                    numbers.append(float(row[name]))
                except ValueError:
                    numbers.append(float("nan"))
            found[row["Ticker"]] = (numbers[0], numbers[1])
    return found

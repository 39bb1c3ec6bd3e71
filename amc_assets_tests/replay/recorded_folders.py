"""Folders of recorded days made for tests: a small market of 2019 that needs no shared data, and one cut from history.

Both lack a screener, fails and floats, and some of their sessions have no short-volume file.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amc_assets.market.calendar import sessions_between
from amc_assets.replay.wire import SHORT_INTEREST_HEADER, SHORT_VOLUME_HEADER

FIRST, LAST = date(2019, 3, 1), date(2019, 6, 28)
SETTLEMENTS = tuple(date(2019, *at) for at in ((3, 29), (4, 15), (4, 30), (5, 15), (5, 31), (6, 14)))
NO_SHORT_VOLUME = frozenset({date(2019, 5, 30), date(2019, 6, 4)})
WATCHED = ("QAB", "QAC")
DESCRIPTION = """
name = "small-2019"
first_day = 2019-03-01
last_day = 2019-06-28
watch = ["QAB", "QAC"]

[bars]
file = "bars/daily.parquet"

[short_interest]
pattern = "finra/shrt{date:%Y%m%d}.csv.gz"

[short_volume]
pattern = "volume/CNMSshvol{date:%Y%m%d}.txt"

[not_recorded]
datasets = ["options", "news"]
"""


@dataclass(frozen=True)
class Interest:
    """One line of a short-interest report."""

    symbol: str
    name: str
    market_class: str
    short: int
    previous: int
    volume: int


def small_folder(folder: Path, description: str = DESCRIPTION) -> Path:
    """Write a market of forty common stocks and one fund, and return its folder."""
    symbols = [f"Q{first}{second}" for first in "ABCD" for second in "ABCDEFGHIJ"]
    sessions = sessions_between(FIRST, LAST)
    draws = np.random.default_rng(2019).normal(0.0, 0.03, (len(sessions), len(symbols)))
    close = 20.0 * np.exp(np.cumsum(draws, axis=0))
    write_bars(folder / "bars" / "daily.parquet", sessions, symbols, close)
    for number, settlement in enumerate(SETTLEMENTS):
        short = [500_000 + 1_000 * (index + number) for index in range(len(symbols))]
        rows = [
            Interest(symbol, f"{symbol} Holdings Inc", "NYSE" if index % 2 else "NNM", short[index], 500_000, 900_000)
            for index, symbol in enumerate(symbols)
        ]
        write_interest(folder / "finra" / f"shrt{settlement:%Y%m%d}.csv.gz", settlement, rows)
    for day in sessions:
        if day not in NO_SHORT_VOLUME:
            write_short_volume(folder / "volume" / f"CNMSshvol{day:%Y%m%d}.txt", day, symbols)
    (folder / "market.toml").write_text(description, encoding="utf-8")
    return folder


def write_bars(path: Path, sessions: Sequence[date], symbols: Sequence[str], close: np.ndarray) -> None:
    """Write bars around ``close`` (sessions, symbols), a million shares each, more on the last days."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = len(symbols)
    flat = close.ravel()
    volume = np.where(np.arange(len(sessions)) > len(sessions) - 20, 3_000_000, 1_000_000)
    table = pa.table(
        {
            "symbol": list(symbols) * len(sessions),
            "trade_date": pa.array(np.repeat(np.array(sessions, dtype="datetime64[D]"), count)),
            "open_usd": flat * 0.99,
            "high_usd": flat * 1.02,
            "low_usd": flat * 0.98,
            "close_usd": flat,
            "volume_shares": np.repeat(volume, count),
        }
    )
    pq.write_table(table, path)


def write_interest(path: Path, settlement: date, rows: Sequence[Interest]) -> None:
    """Write a report in FINRA's layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{settlement:%Y%m%d}|{row.symbol}|{row.name}|A|{row.market_class}|{row.short}|{row.previous}||{row.volume}|"
        f"{max(row.short / max(row.volume, 1), 1.0):.2f}||{_change(row):.2f}|{row.short - row.previous}|{settlement}"
        for row in rows
    ]
    path.write_bytes(gzip.compress("\n".join([SHORT_INTEREST_HEADER, *lines, ""]).encode("latin-1")))


def _change(row: Interest) -> float:
    return 100.0 * (row.short / row.previous - 1.0) if row.previous else 100.0


def write_short_volume(path: Path, day: date, symbols: Sequence[str]) -> None:
    """Write a daily file in FINRA's layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{day:%Y%m%d}|{symbol}|{40_000 + day.day * 100}|100|100000|Q,N" for symbol in symbols]
    path.write_text("\n".join([SHORT_VOLUME_HEADER, *lines, str(len(lines)), ""]), encoding="ascii")


HISTORY_DESCRIPTION = """
name = "cut-from-history-2019"
first_day = 2019-03-01
last_day = 2019-07-31
price_basis_date = 2021-03-31
watch = ["AMC", "BYND", "KOSS"]

[bars]
files = ["bars.parquet"]

[short_interest]
pattern = "finra/shrt{date:%Y%m%d}.csv.gz"

[short_volume]
pattern = "volume/CNMSshvol{date:%Y%m%d}.txt"

[splits]
file = "splits.csv"
"""


def folder_from_history(folder: Path, history: Path, symbols: Sequence[str]) -> Path:
    """Cut ``symbols`` and five months of 2019 out of the recorded history, in the layout of a replayable folder."""
    first, last = date(2019, 3, 1), date(2019, 7, 31)
    chosen = pa.array(sorted(symbols))
    folder.mkdir(parents=True, exist_ok=True)
    bars = pq.read_table(history / "bars.parquet")
    inside = pc.and_(pc.greater_equal(bars["trade_date"], first), pc.less_equal(bars["trade_date"], last))
    pq.write_table(bars.filter(pc.and_(inside, pc.is_in(bars["symbol"], chosen))), folder / "bars.parquet")
    reports = pq.read_table(history / "short_interest.parquet")
    reports = reports.filter(pc.is_in(reports["symbol"].cast(pa.string()), chosen))
    for settlement in sorted(set(reports["settlement_date"].to_pylist())):
        if first <= settlement <= last:
            rows = reports.filter(pc.equal(reports["settlement_date"], settlement)).to_pylist()
            write_interest(
                folder / "finra" / f"shrt{settlement:%Y%m%d}.csv.gz", settlement, [_line(row) for row in rows]
            )
    for day in sessions_between(first, last)[::2]:
        write_short_volume(folder / "volume" / f"CNMSshvol{day:%Y%m%d}.txt", day, sorted(symbols))
    _copy_splits(history / "splits.csv", folder / "splits.csv", frozenset(symbols))
    (folder / "market.toml").write_text(HISTORY_DESCRIPTION, encoding="utf-8")
    return folder


def _line(row: dict[str, object]) -> Interest:
    return Interest(
        str(row["symbol"]), "", str(row["market_class"]), int(str(row["shares_short"])), int(str(row["previous"])),
        int(str(row["average_daily_volume"])),
    )  # fmt: skip


def _copy_splits(source: Path, target: Path, symbols: frozenset[str]) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["symbol"] in symbols]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["symbol", "effective_date", "ratio"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)

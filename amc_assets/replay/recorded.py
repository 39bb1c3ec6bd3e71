"""The recorded market: real days of July 2020 to March 2021, read from a data folder that does not ship.

Nothing is filled in: what the folder does not hold is absent on the wire. The short-volume files are those of the
NYSE-group venues and stand in for FINRA's; served in FINRA's spelling (recorded_spelling.py). Prices
are on the share basis of 2021-01-27, so grouped answers say ``adjusted`` whatever was asked.
"""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amc_assets.replay.market import (
    BarsOfDay,
    FailRow,
    FloatRow,
    Listing,
    ShareCountRow,
    ShortInterestReport,
    ShortVolumeOfDay,
    SplitRow,
    TextArray,
)
from amc_assets.replay.recorded_events import read_fails, read_share_counts
from amc_assets.replay.recorded_files import read_pipe_table, read_short_interest, text_column
from amc_assets.replay.recorded_reference import read_directory, read_floats
from amc_assets.replay.recorded_spelling import in_finra_spelling
from amc_assets.replay.unrecorded import Unrecorded

FIRST_DAY, LAST_DAY = date(2020, 7, 1), date(2021, 3, 31)
BASIS_DATE = date(2021, 1, 27)
_PRICES = ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")


class RecordedDataError(FileNotFoundError):
    """The data folder is missing or lacks a file; the message names it and what to do."""


@dataclass(frozen=True)
class _Panel:
    """All bars, sorted by day: columns of shape (rows,), and the slice of each day."""

    symbols: TextArray
    columns: Mapping[str, np.ndarray]
    slice_of_day: Mapping[date, slice]


class RecordedMarket(Unrecorded):
    """Serve the days recorded in ``data_dir``; files are read on first use and kept.

    All symbols with bars are served, because universe filters belong to the reader; ``include_incomplete=False`` keeps
    those that also have short interest, float and short volume. Raises RecordedDataError without the folder.
    """

    name = "recorded"
    is_simulated = False
    first_day = FIRST_DAY
    last_day = LAST_DAY
    bars_basis_date: date | None = BASIS_DATE

    def __init__(self, data_dir: Path, include_incomplete: bool = True) -> None:
        self._dir = data_dir
        self._include_incomplete = include_incomplete
        if not (data_dir / "bars" / "daily_bars.parquet").is_file():
            raise RecordedDataError(
                f"no recorded market at {data_dir}: bars/daily_bars.parquet is not there. Give the folder that holds "
                "it, or use the simulated market, which needs no data."
            )

    def directory(self, day: date) -> Sequence[Listing]:  # noqa: ARG002 - one directory was recorded, early 2021
        """Return the listings of early 2021, the same for every day."""
        return self._listings

    def bars(self, day: date) -> BarsOfDay | None:
        """Return the bars of ``day``; VWAP and trade counts were not recorded."""
        rows = self._panel.slice_of_day.get(day)
        if rows is None:
            return None
        values = (self._panel.columns[name][rows] for name in _PRICES)
        return BarsOfDay(self._panel.symbols[rows], *values)

    def short_volume(self, day: date) -> ShortVolumeOfDay | None:
        """Return the short volume of ``day`` in FINRA's spelling; None for a day that was not recorded."""
        body = self.short_volume_file(day)
        if body is None:
            return None
        table = read_pipe_table(body[: body.rstrip().rfind(b"\n") + 1])
        short, exempt, total = (
            table[name].to_numpy().astype(np.float64) for name in ("ShortVolume", "ShortExemptVolume", "TotalVolume")
        )
        return ShortVolumeOfDay(text_column(table, "Symbol"), short, exempt, total, text_column(table, "Market"))

    def short_volume_file(self, day: date) -> bytes | None:
        """Return the recorded file of ``day`` in FINRA's spelling of symbols."""
        body = _unzipped(self._dir / "nyse_short_volume" / f"NYSEGRPshvol{day:%Y%m%d}.txt.gz")
        return None if body is None else in_finra_spelling(body)

    def settlements(self) -> list[date]:
        """Return the twelve recorded settlement dates."""
        return self._settlements

    def short_interest(self, settlement: date) -> ShortInterestReport | None:
        """Return the report of ``settlement``."""
        if settlement not in self._reports:
            body = self.short_interest_file(settlement)
            if body is None:
                return None
            self._reports[settlement] = read_short_interest(settlement, body)
        return self._reports[settlement]

    def short_interest_file(self, settlement: date) -> bytes | None:
        """Return the recorded bytes of ``settlement``."""
        return _unzipped(self._dir / "finra_short_interest" / f"shrt{settlement:%Y%m%d}.csv.gz")

    def floats(self) -> Sequence[FloatRow]:
        """Return the floats shown to the public on 2021-01-28."""
        return self._floats

    def splits(self, first: date, last: date) -> Sequence[SplitRow]:  # noqa: ARG002 - none was recorded
        """Return nothing: the bars are on one share basis already and no split table was recorded."""
        return ()

    def fails(self, first: date, last: date) -> Sequence[FailRow] | None:
        """Return the recorded fails of 22 symbols from ``first`` to ``last``; None when none of the days was recorded.

        The SEC's whole files were not recorded: a symbol that is not among the 22 is unknown, not without fails.
        """
        return [row for row in self._fails if first <= row.settlement_date <= last] or None

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return the shares outstanding of GME as its filings stated them; no other company's facts were recorded."""
        return self._share_counts

    @cached_property
    def _fails(self) -> list[FailRow]:
        return read_fails(self._dir / "reference")

    @cached_property
    def _share_counts(self) -> list[ShareCountRow]:
        return read_share_counts(self._dir / "reference")

    @cached_property
    def _reports(self) -> dict[date, ShortInterestReport]:
        return {}

    @cached_property
    def _settlements(self) -> list[date]:
        files = (self._dir / "finra_short_interest").glob("shrt*.csv.gz")
        return sorted(date.fromisoformat(path.name[4:12]) for path in files)

    @cached_property
    def _floats(self) -> list[FloatRow]:
        return read_floats(self._dir / "reference")

    @cached_property
    def _listings(self) -> list[Listing]:
        newest = self.short_interest(date(2021, 1, 15))
        return read_directory(self._dir / "reference", newest, frozenset(self._panel.symbols.tolist()))

    @cached_property
    def _panel(self) -> _Panel:
        table = pq.read_table(self._dir / "bars" / "daily_bars.parquet", read_dictionary=["symbol"])
        if not self._include_incomplete:
            table = table.filter(pc.field("complete_for_replay"))
        return _panel(table)


def _panel(table: pa.Table) -> _Panel:
    table = table.combine_chunks()
    coded = table["symbol"].unify_dictionaries().combine_chunks()
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    days = table["trade_date"].to_numpy().astype("datetime64[D]")
    order = np.argsort(days, kind="stable")
    days = days[order]
    names = np.array(coded.dictionary.to_pylist(), dtype=object)
    columns = {name: table[name].to_numpy().astype(np.float64)[order] for name in _PRICES}
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
    stops = np.r_[starts[1:], len(days)]
    slices = {days[start].astype(object): slice(start, stop) for start, stop in zip(starts, stops, strict=True)}
    return _Panel(names[coded.indices.to_numpy()[order]], columns, slices)


def _unzipped(path: Path) -> bytes | None:
    try:
        return gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        return None

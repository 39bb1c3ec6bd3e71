"""Recorded daily bars sorted by day: on the share basis of their files or, where splits are known, as traded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amc_assets.replay.market import BarsOfDay, FloatArray, SplitRow, TextArray
from amc_assets.replay.recorded_folder import RecordedDataError, RecordedFolder

PRICES = ("open_usd", "high_usd", "low_usd", "close_usd")
VALUES = (*PRICES, "volume_shares")
COMPLETE = "complete_for_replay"


@dataclass(frozen=True)
class BarPanel:
    """All bars, sorted by day: ``codes`` (rows,) index ``names``, ``values`` (rows,) by column name."""

    names: TextArray
    codes: npt.NDArray[np.int64]
    days: npt.NDArray[np.datetime64]
    values: Mapping[str, FloatArray]
    rows_of_day: Mapping[date, slice]

    def bars(self, day: date) -> BarsOfDay | None:
        """Return the bars of ``day``; None when there are none."""
        rows = self.rows_of_day.get(day)
        if rows is None:
            return None
        return BarsOfDay(self.names[self.codes[rows]], *(self.values[name][rows] for name in VALUES))


def read_panel(folder: RecordedFolder, *, include_incomplete: bool = True) -> BarPanel:
    """Return the bars of every file of the folder.

    Columns: symbol, trade_date, and open, high, low, close and volume, each with its unit (``open_usd``,
    ``volume_shares``) or without. Raises RecordedDataError for a file without them or a day that two files tell.
    """
    tables = [_read(folder, number, include_incomplete=include_incomplete) for number in range(len(folder.bar_files))]
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    symbols = table["symbol"].combine_chunks()
    symbols = symbols.chunk(0) if isinstance(symbols, pa.ChunkedArray) else symbols
    days = table["trade_date"].to_numpy().astype("datetime64[D]")
    order = np.argsort(days, kind="stable")
    days, codes = days[order], symbols.indices.to_numpy().astype(np.int64)[order]
    names = np.array(symbols.dictionary.to_pylist(), dtype=object)
    _refuse_repeats(folder, names, codes, days)
    values = {name: table[name].to_numpy().astype(np.float64)[order] for name in VALUES}
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]]) if len(days) else np.empty(0, np.int64)
    stops = np.r_[starts[1:], len(days)]
    rows_of_day = {days[start].astype(object): slice(start, stop) for start, stop in zip(starts, stops, strict=False)}
    return BarPanel(names, codes, days, values, rows_of_day)


def as_traded(panel: BarPanel, splits: Sequence[SplitRow], basis: date) -> BarPanel:
    """Return bars that are on the share basis of ``basis`` as they were traded on their own days.

    A split between a bar and the basis was taken out of its price (divided by new shares per old) and is put back.
    """
    if not splits:
        return panel
    values = {name: column.copy() for name, column in panel.values.items()}
    by_symbol = np.argsort(panel.codes, kind="stable")
    edges = np.searchsorted(panel.codes[by_symbol], np.arange(len(panel.names) + 1))
    code_of = {name: code for code, name in enumerate(panel.names.tolist())}
    for split in splits:
        code = code_of.get(split.symbol)
        if code is None:
            continue
        rows = by_symbol[edges[code] : edges[code + 1]]
        is_before = panel.days[rows] < np.datetime64(split.execution_date)
        is_inside = split.execution_date <= basis
        ratio = (split.split_to / split.split_from) ** (1.0 if is_inside else -1.0)
        changed = rows[is_before if is_inside else ~is_before]
        for name in PRICES:
            values[name][changed] *= ratio
        values["volume_shares"][changed] /= ratio
    return replace(panel, values=values)


def _read(folder: RecordedFolder, number: int, *, include_incomplete: bool) -> pa.Table:
    path = folder.bar_files[number]
    try:
        held = pq.read_schema(path).names
    except pa.ArrowInvalid as error:
        raise RecordedDataError(f"{path} is no Parquet file: {error}. Next: replace it") from error
    spelled = {name: name if name in held else name.partition("_")[0] for name in VALUES}
    wanted = ["symbol", "trade_date", *spelled.values(), *(() if include_incomplete else (COMPLETE,))]
    missing = [name for name in wanted if name not in held]
    if missing:
        raise RecordedDataError(f"{path} lacks the column {missing[0]}. Next: bars need {', '.join(wanted)}")
    table = pq.read_table(path, columns=wanted, read_dictionary=["symbol"])
    if not include_incomplete:
        table = table.filter(pc.field(COMPLETE))
    types = {"symbol": pa.dictionary(pa.int32(), pa.string()), "trade_date": pa.date32()}
    columns = {name: table[name].cast(kind) for name, kind in types.items()}
    return pa.table({**columns, **{name: table[column].cast(pa.float64()) for name, column in spelled.items()}})


def _refuse_repeats(
    folder: RecordedFolder, names: TextArray, codes: npt.NDArray[np.int64], days: npt.NDArray[np.datetime64]
) -> None:
    keys = days.astype(np.int64) * max(len(names), 1) + codes
    order = np.argsort(keys, kind="stable")
    repeated = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    if len(repeated):
        row = order[repeated[0]]
        raise folder.error("bars", f"{names[codes[row]]} has two bars on {days[row]}. Next: keep one of them")

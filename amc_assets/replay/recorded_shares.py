"""Recorded floats, splits and shares outstanding: what one page showed, what was measured, what filings stated."""

import gzip
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec
import pyarrow.parquet as pq

from amc_assets.replay.market import FloatRow, ShareCountRow, SplitRow
from amc_assets.replay.recorded_folder import RecordedFolder
from amc_assets.replay.recorded_tables import csv_rows
from amc_assets.replay.spelling import canonical_from_screener

_NOT_STATED = frozenset({"", "NA"})
_LARGEST_DENOMINATOR = 10_000


def read_floats(folder: RecordedFolder) -> list[FloatRow]:
    """Return every recorded float by symbol; rows without one are left out, not guessed."""
    rows = [*_shown(folder), *_counted(folder)]
    return sorted(rows, key=lambda row: (row.symbol, row.effective_date))


def _shown(folder: RecordedFolder) -> list[FloatRow]:
    """Return the floats of section ``float``: columns Ticker, Public_Float, Shares_Outstanding."""
    said = folder.description.float_
    if said is None:
        return []
    columns = ("Ticker", "Public_Float", "Shares_Outstanding")
    return [
        FloatRow(
            canonical_from_screener(row["Ticker"]), said.known_on, float(row["Public_Float"]),
            _number(row["Shares_Outstanding"]),
        )
        for row in csv_rows(folder.path / said.file, columns)
        if row["Public_Float"] not in _NOT_STATED
    ]  # fmt: skip


def _counted(folder: RecordedFolder) -> list[FloatRow]:
    """Return the floats of section ``share_counts``: columns symbol, as_of, float_shares, shares_outstanding.

    A symbol that ``other_issuer`` names was another company's once: it has no float on any day.
    """
    said = folder.description.share_counts
    if said is None:
        return []
    reused: set[str] = set()
    if said.other_issuer:
        reused = set(pq.read_table(folder.path / said.other_issuer, columns=["symbol"])["symbol"].to_pylist())
    columns = ("symbol", "as_of", "float_shares", "shares_outstanding")
    return [
        FloatRow(
            row["symbol"], date.fromisoformat(row["as_of"]), float(row["float_shares"]),
            _number(row["shares_outstanding"]),
        )
        for row in csv_rows(folder.path / said.file, columns)
        if row["float_shares"] not in _NOT_STATED and row["symbol"] not in reused
    ]  # fmt: skip


def read_splits(folder: RecordedFolder) -> list[SplitRow]:
    """Return the recorded splits by date and symbol: columns symbol, effective_date, ratio (new shares per old)."""
    said = folder.description.splits
    if said is None:
        return []
    rows = csv_rows(folder.path / said.file, ("symbol", "effective_date", "ratio"))
    found = [_split(folder, row["symbol"], row["effective_date"], row["ratio"]) for row in rows]
    return sorted(found, key=lambda row: (row.execution_date, row.symbol))


def _split(folder: RecordedFolder, symbol: str, day: str, ratio: str) -> SplitRow:
    exact = Fraction(ratio).limit_denominator(_LARGEST_DENOMINATOR)
    if exact <= 0:
        raise folder.error("splits.file", f"the ratio of {symbol} on {day} is {ratio}. Next: give new shares per old")
    return SplitRow(symbol, date.fromisoformat(day), exact.denominator, exact.numerator)


def read_share_counts(folder: RecordedFolder) -> list[ShareCountRow]:
    """Return the shares outstanding that recorded company facts state, a row per filing, oldest filing first."""
    rows = []
    for symbol, path in folder.facts_files:
        facts: Any = msgspec.json.decode(gzip.decompress(path.read_bytes()))
        stated = facts["facts"]["dei"]["EntityCommonStockSharesOutstanding"]["units"]["shares"]
        rows += [
            ShareCountRow(
                symbol=symbol,
                cik=facts["cik"],
                end_date=date.fromisoformat(entry["end"]),
                filed_date=date.fromisoformat(entry["filed"]),
                outstanding_shares=float(entry["val"]),
                form=entry["form"],
            )
            for entry in stated
        ]
    return sorted(rows, key=lambda row: (row.filed_date, row.end_date))


def _number(text: str) -> float | None:
    return None if text in _NOT_STATED else float(text)

"""Events near a symbol: filings and halts that can move a share, and filings that bring new shares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.instants import NAT_US, micros
from amc_assets.features.news.rows import NewsRows, windows_ago
from amc_assets.features.news.vocabulary import read_vocabulary
from amc_assets.features.short_part import RunFrame
from amc_assets.features.snapshot import BOOL, F64

I64 = NDArray[np.int64]


@dataclass(frozen=True)
class EventTable:
    """events.toml, typed: weights 0..1 by item of form 8-K, by halt code and by dilution, and how they fade."""

    filing_items: Mapping[str, float]
    halts: Mapping[str, float]
    dilution: Mapping[str, float]
    event_sessions: int
    dilution_sessions: int
    pauses: frozenset[str]
    resumptions: frozenset[str]


@dataclass(frozen=True)
class HaltRows:
    """Halts (n,) of the symbols of a run known at as_of; newest_us is the newest known_at of the whole table."""

    symbol: I64
    window: I64
    codes: list[str]
    resumed: BOOL
    newest_us: int
    dropped: int


def event_table() -> EventTable:
    """Return the weights of events.toml."""
    raw: dict[str, Any] = read_vocabulary("events")
    return EventTable(
        raw["filing_items"],
        raw["halts"],
        raw["dilution"],
        raw["fading"]["event_sessions"],
        raw["fading"]["dilution_sessions"],
        frozenset(raw["pauses"]["codes"]),
        frozenset(raw["pauses"]["resumptions"]),
    )


def read_halts(table: pa.Table, frame: RunFrame) -> HaltRows:
    """Return the halts that began by as_of; rows known or begun later are dropped and counted."""
    as_of = micros(frame.as_of)
    known = np.asarray(table["known_at"].cast(pa.int64()).to_numpy(), np.int64)
    halted = np.asarray(table["halted_at"].cast(pa.int64()).to_numpy(), np.int64)
    in_time = (known <= as_of) & (halted <= as_of)
    at = {symbol: place for place, symbol in enumerate(frame.symbols.tolist())}
    place = np.array([at.get(symbol, -1) for symbol in table["symbol"].to_pylist()], np.int64)
    kept = np.flatnonzero(in_time & (place >= 0))
    rows = table.take(pa.array(kept))
    resumed_us = [NAT_US if at is None else micros(at) for at in rows["resumed_at"].to_pylist()]
    resumed = np.array([us != NAT_US and us <= as_of for us in resumed_us], np.bool_)
    return HaltRows(
        symbol=place[kept],
        window=windows_ago(frame, halted[kept]),
        codes=rows["reason_code"].to_pylist(),
        resumed=resumed,
        newest_us=int(known[in_time].max(initial=NAT_US)),
        dropped=int(np.count_nonzero(~in_time)),
    )


def is_halted(halts: HaltRows, events: EventTable, count: int) -> F64:
    """Return 1 where a halt has not ended at as_of, else 0, F64 (N,).

    A pause of minutes without an end is over by the next session: its end was simply never collected.
    """
    flags = np.zeros(count)
    for symbol, window, code, resumed in zip(halts.symbol, halts.window, halts.codes, halts.resumed, strict=True):
        is_over = resumed or code in events.resumptions or (code in events.pauses and window != 0)
        if not is_over:
            flags[symbol] = 1.0
    return flags


def event_proximity(rows: NewsRows, halts: HaltRows, events: EventTable, count: int) -> F64:
    """Return the strongest event of each symbol, faded linearly over five sessions, F64 (N,) in 0..1; 0 without one."""
    found = [(symbol, window, events.filing_items.get(item, 0.0)) for symbol, window, item in _items_of_filings(rows)]
    found += [
        (int(symbol), int(window), events.halts.get(code, 0.0))
        for symbol, window, code in zip(halts.symbol, halts.window, halts.codes, strict=True)
    ]
    return _strongest(found, events.event_sessions, count)


def dilution_proximity(rows: NewsRows, events: EventTable, count: int) -> F64:
    """Return how near new shares are, 0..1, faded linearly over ten sessions, F64 (N,): the higher, the worse."""
    found = [(symbol, window, events.dilution.get(item, 0.0)) for symbol, window, item in _items_of_filings(rows)]
    for at in np.flatnonzero(rows.is_filing).tolist():
        form = rows.forms[at].upper().removesuffix("/A")
        found.append((int(rows.symbol[at]), int(rows.window[at]), events.dilution.get(form, 0.0)))
    return _strongest(found, events.dilution_sessions, count)


def _items_of_filings(rows: NewsRows) -> list[tuple[int, int, str]]:
    return [
        (int(rows.symbol[at]), int(rows.window[at]), item.strip())
        for at in np.flatnonzero(rows.is_filing).tolist()
        for item in rows.filing_items[at].split(",")
        if item.strip()
    ]


def _strongest(found: Iterable[tuple[int, int, float]], sessions: int, count: int) -> F64:
    values = np.zeros(count)
    for symbol, window, weight in found:
        if 0 <= window < sessions:
            values[symbol] = max(values[symbol], weight * (1.0 - window / sessions))
    return values

"""Columns out of decoded rows: numbers, instants and texts; what was not sent is null, never zero."""

import re
import struct
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.wire.rejects import BoolArray
from amc_assets.providers.wire.text import clean_text

INSTANT = pa.timestamp("us", tz="UTC")
EARLIEST_NS, LATEST_NS = 946_684_800 * 10**9, 4_102_444_800 * 10**9  # 2000-01-01 to 2100-01-01
_CIK = re.compile(r"\d{1,10}\Z", re.ASCII)
_FIGI = re.compile(r"BBG[0-9A-Z]{9}\Z", re.ASCII)
FloatArray = np.ndarray[tuple[int], np.dtype[np.float64]]
WholeArray = np.ndarray[tuple[int], np.dtype[np.int64]]
Nanoseconds = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | float | None
"""A wire instant since 1970; whole numbers keep every digit."""


def floats(values: Sequence[float | None]) -> FloatArray:
    """Return the values as doubles, NaN where nothing was sent.

    Packing is twice as fast as numpy's own reading of a list, and takes numbers only.
    """
    try:
        return np.frombuffer(struct.pack(f"{len(values)}d", *values))
    except struct.error:  # a None is among them
        return np.array(values, dtype=np.float64)


def positive(values: Sequence[float | None]) -> FloatArray:
    """Return doubles with NaN for what was not sent and for the zeros Polygon writes where there is no value yet."""
    numbers = floats(values).copy()
    numbers[numbers == 0] = np.nan
    return numbers


def below_zero(columns: Sequence[FloatArray]) -> BoolArray:
    """Return in which rows any of the columns is below zero; NaN is not."""
    mask: BoolArray = np.logical_or.reduce([column < 0 for column in columns])
    return mask


def nullable(numbers: FloatArray) -> pa.Array:
    """Return an Arrow column, null for NaN."""
    return pa.array(numbers, pa.float64(), from_pandas=True)


def nanoseconds(values: Sequence[int | float | None]) -> tuple[WholeArray, BoolArray]:
    """Return whole nanoseconds since 1970 (zero for none), and which are no instant of 2000 to 2100.

    A wrong unit (milliseconds, seconds) falls into 1970 and is found by the second.
    """
    sent = [value or 0 for value in values]
    try:
        whole: WholeArray = np.frombuffer(struct.pack(f"{len(sent)}q", *sent), dtype=np.int64)
    except struct.error:  # a float is among them
        whole = np.array([int(min(max(value, -1), LATEST_NS)) for value in sent], dtype=np.int64)
    bad: BoolArray = (whole != 0) & ((whole < EARLIEST_NS) | (whole >= LATEST_NS))
    return whole, bad


def instants(values: Sequence[int | float | None]) -> tuple[pa.Array, BoolArray]:
    """Return ``nanoseconds`` as UTC instants, null for none, zero and what is no instant, and the mask of the last."""
    whole, bad = nanoseconds(values)
    return pa.array(whole // 1000, mask=bad | (whole == 0)).cast(INSTANT), bad


def texts(values: Sequence[str | None], most: int) -> pa.Array:
    """Return text made by strangers on one line and cut, null when nothing is left."""
    return pa.array([clean_text(value, most) or None for value in values], pa.string())


def ciks(values: Sequence[str | int | None]) -> pa.Array:
    """Return SEC numbers as ten digits, null for what is none."""
    sent = [str(value) if value else "" for value in values]
    return pa.array([text.zfill(10) if _CIK.match(text) and int(text) else None for text in sent], pa.string())


def figis(values: Sequence[str | None]) -> pa.Array:
    """Return FIGIs (``BBG`` and nine more), null for what is none."""
    return pa.array([value if value and _FIGI.match(value) else None for value in values], pa.string())


def iso_dates(values: Sequence[str | None]) -> pa.Array:
    """Return dates, null for what is none: a field beside the point must not refuse its row."""
    return pa.array([_iso_date(value) for value in values], pa.date32())


def _iso_date(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None

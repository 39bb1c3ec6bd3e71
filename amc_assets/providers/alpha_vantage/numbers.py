"""Strings to numbers, dates and times, whole columns at once: the one place that knows what Alpha Vantage leaves out.

Every number comes as text. ``None``, ``-``, ``.`` and nothing at all mean "not sent": such a value is missing, never
zero. Anything else that is no number is a fault of the row.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.wire.rejects import BoolArray

FloatArray = np.ndarray[tuple[int], np.dtype[np.float64]]
MISSING = ("None", "-", ".", "")
_MISSING = pa.array(MISSING, pa.string())


def numbers(texts: Sequence[str | None]) -> tuple[FloatArray, BoolArray]:
    """Return the values as float64, NaN where nothing was sent, and a mask of the texts that are no finite number."""
    column = pa.array(texts, pa.string())
    try:
        read, bad = column.cast(pa.float64()), _none_of(len(column))  # every text is a number, the usual case
    except pa.ArrowInvalid:
        read, bad = cast_texts(without_missing(column), pa.float64())
    values: FloatArray = read.to_numpy(zero_copy_only=False)
    odd = ~np.isfinite(values)
    if odd.any():
        bad = bad | (odd & pc.is_valid(read).to_numpy(zero_copy_only=False))  # "inf", "nan" and "1e999" are no numbers
        values = np.where(odd, np.nan, values)
    return values, bad


def without_missing(texts: pa.Array) -> pa.Array:
    """Return the column with a null wherever the text says that nothing was sent."""
    return pc.if_else(pc.is_in(texts, _MISSING), pa.scalar(None, pa.string()), texts)


def cast_texts(texts: pa.Array, kind: pa.DataType) -> tuple[pa.Array, BoolArray]:
    """Return the column as ``kind``, null where it was null or cannot be read, and a mask of those that cannot."""
    try:
        return texts.cast(kind), _none_of(len(texts))
    except pa.ArrowInvalid:
        pass  # one at least: look at each
    read = pa.array([_one(text, kind) for text in texts], kind)
    return read, (pc.is_valid(texts).to_numpy(zero_copy_only=False)) & (pc.is_null(read).to_numpy(zero_copy_only=False))


def _one(text: pa.Scalar, kind: pa.DataType) -> object:
    try:
        return text.cast(kind).as_py()
    except pa.ArrowInvalid:
        return None


def _none_of(count: int) -> BoolArray:
    return np.zeros(count, dtype=bool)

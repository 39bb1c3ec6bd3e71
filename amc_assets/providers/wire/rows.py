"""Decodes JSON into typed structs: an array of rows whole at once, or row by row when one of them is odd.

msgspec refuses what JSON refuses (NaN, Infinity) and what the declared types refuse; it never fills a missing field in.
Broken UTF-8 and nesting without end are not among its own errors: NOT_JSON is everything that says "no such JSON".
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from amc_assets.providers.wire.rejects import SAMPLES

RowT = TypeVar("RowT", bound=msgspec.Struct)
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode_rows(raw: bytes | msgspec.Raw, row_type: type[RowT]) -> tuple[list[RowT], int, tuple[str, ...]]:
    """Return the rows of a JSON array, how many were refused, and some of those.

    Raises one of NOT_JSON when it is no array or no JSON.
    """
    try:
        return msgspec.json.decode(raw, type=list[row_type]), 0, ()  # type: ignore[valid-type]
    except (msgspec.ValidationError, UnicodeDecodeError):
        return _one_by_one(msgspec.json.decode(raw, type=list[msgspec.Raw]), row_type)


def _one_by_one(raws: Sequence[msgspec.Raw], row_type: type[RowT]) -> tuple[list[RowT], int, tuple[str, ...]]:
    rows: list[RowT] = []
    refused: list[str] = []
    for raw in raws:
        try:
            rows.append(msgspec.json.decode(raw, type=row_type))
        except NOT_JSON as error:
            refused.append(f"unreadable_row: {error}: {bytes(raw)[:100].decode('utf-8', 'replace')}")
    return rows, len(refused), tuple(refused[:SAMPLES])

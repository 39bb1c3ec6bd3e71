"""Decodes a JSON array of rows into typed structs: whole at once, or row by row when one of them is odd.

msgspec refuses what JSON refuses (NaN, Infinity) and what the declared types refuse; it never fills a missing field in.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from amc_assets.providers.rejects import SAMPLES

RowT = TypeVar("RowT", bound=msgspec.Struct)


def decode_rows(raw: msgspec.Raw, row_type: type[RowT]) -> tuple[list[RowT], int, tuple[str, ...]]:
    """Return the rows of a JSON array, how many were refused, and some of those.

    Raises msgspec.DecodeError (ValidationError among them) when it is no array or no JSON.
    """
    try:
        return msgspec.json.decode(raw, type=list[row_type]), 0, ()  # type: ignore[valid-type]
    except msgspec.ValidationError:
        return _one_by_one(msgspec.json.decode(raw, type=list[msgspec.Raw]), row_type)


def _one_by_one(raws: Sequence[msgspec.Raw], row_type: type[RowT]) -> tuple[list[RowT], int, tuple[str, ...]]:
    rows: list[RowT] = []
    refused: list[str] = []
    for raw in raws:
        try:
            rows.append(msgspec.json.decode(raw, type=row_type))
        except msgspec.ValidationError as error:
            refused.append(f"unreadable_row: {error}: {bytes(raw)[:100].decode('utf-8', 'replace')}")
    return rows, len(refused), tuple(refused[:SAMPLES])

"""Decodes JSON into typed structs: an array of rows whole at once, or row by row when one of them is odd.

msgspec refuses what JSON refuses (NaN, Infinity) and what the declared types refuse; it never fills a missing field in.
Broken UTF-8 and nesting without end are not among its own errors: NOT_JSON is everything that says "no such JSON".
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from amc_assets.providers.wire.rejects import SAMPLES, Unread, readable_symbol

RowT = TypeVar("RowT", bound=msgspec.Struct)
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SYMBOL_FIELDS = frozenset({
    "ticker", "T", "symbol", "symbolCode", "issueSymbolIdentifier", "securitiesInformationProcessorSymbolIdentifier",
})  # fmt: skip
"""Under which name a source sends the symbol of a row."""


def decode_rows(raw: bytes | msgspec.Raw, row_type: type[RowT]) -> tuple[list[RowT], Unread]:
    """Return the rows of a JSON array, and those that could not be read.

    Raises one of NOT_JSON when it is no array or no JSON.
    """
    try:
        return msgspec.json.decode(raw, type=list[row_type]), Unread()  # type: ignore[valid-type]
    except (msgspec.ValidationError, UnicodeDecodeError):
        return decode_each(msgspec.json.decode(raw, type=list[msgspec.Raw]), row_type)


def decode_each(raws: Iterable[msgspec.Raw], row_type: type[RowT]) -> tuple[list[RowT], Unread]:
    """Return the rows that are as declared, one by one, and those that could not be read."""
    rows: list[RowT] = []
    refused: list[str] = []
    symbols: list[str] = []
    for raw in raws:
        try:
            rows.append(msgspec.json.decode(raw, type=row_type))
        except NOT_JSON as error:
            refused.append(f"unreadable_row: {error}: {bytes(raw)[:100].decode('utf-8', 'replace')}")
            symbols += _symbol_in(raw, row_type)
    return rows, Unread(len(refused), tuple(refused[:SAMPLES]), tuple(symbols))


def _symbol_in(raw: msgspec.Raw, row_type: type[msgspec.Struct]) -> list[str]:
    """Return the symbol of a row of which another field is odd; nothing when that is odd too."""
    names = [field.encode_name for field in msgspec.structs.fields(row_type) if field.encode_name in _SYMBOL_FIELDS]
    try:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        sent = [msgspec.json.decode(members[name]) for name in names if name in members]
    except NOT_JSON:
        return []
    return [symbol for text in sent[:1] if (symbol := readable_symbol(text))]

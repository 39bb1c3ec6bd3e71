"""FINRA's twice-monthly short interest: query API pages and the plain file.

Positions as of a settlement date, public seven sessions later. ``days_to_cover_reported`` is FINRA's: floored at 1, and
999.99 where there was nothing to divide by; that sentinel becomes null and is counted in the note ``sentinel``. No
ratio to the float is sent. Symbols come without separators (``BRKB``).
"""

import re
from datetime import date
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.finra.query import PROVIDER, SYMBOL_PATTERN, decode_page, plain_texts, query_request
from amc_assets.providers.wire.delimited import Layout, malformed, read_lines, split_header, text_body
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

SHORT_INTEREST = "short_interest"
SHORT_INTEREST_FILE = "short_interest_file"
NO_DAYS_TO_COVER = 999.99

FIELDS = (
    "settlementDate", "symbolCode", "issueName", "marketClassCode", "currentShortPositionQuantity",
    "previousShortPositionQuantity", "averageDailyVolumeQuantity", "daysToCoverQuantity", "stockSplitFlag",
    "revisionFlag",
)  # fmt: skip
_FILE_COLUMNS = (
    "accountingYearMonthNumber", "symbolCode", "issueName", "issuerServicesGroupExchangeCode", "marketClassCode",
    "currentShortPositionQuantity", "previousShortPositionQuantity", "stockSplitFlag", "averageDailyVolumeQuantity",
    "daysToCoverQuantity", "revisionFlag", "changePercent", "changePreviousNumber", "settlementDate",
)  # fmt: skip
_NUMERIC = FIELDS[4:8]
_NAMES = ("issueName", "marketClassCode")  # what strangers wrote, unlike symbols, dates and flags
_NUMBER = r"(?:-?\d{1,15}(?:\.\d{0,9})?)?"
_TEXT = r"[^|]*"
_LINE = r"\|".join(_NUMBER if name in _NUMERIC else _TEXT for name in _FILE_COLUMNS)
_LAYOUT = Layout(
    _FILE_COLUMNS,
    {name: pa.float64() if name in _NUMERIC else pa.string() for name in _FILE_COLUMNS},
    re.compile(_LINE),
    symbol="symbolCode",
)
_NO_CONTROL = bytes(byte if byte in (10, 13) or 32 <= byte != 127 else 32 for byte in range(256))


class _Position(msgspec.Struct, frozen=True, gc=False):
    symbolCode: str  # noqa: N815 - FINRA's names
    settlementDate: str  # noqa: N815
    currentShortPositionQuantity: float  # noqa: N815
    previousShortPositionQuantity: float | None = None  # noqa: N815
    averageDailyVolumeQuantity: float | None = None  # noqa: N815
    daysToCoverQuantity: float | None = None  # noqa: N815
    stockSplitFlag: str | None = None  # noqa: N815
    revisionFlag: str | None = None  # noqa: N815
    marketClassCode: str | None = None  # noqa: N815
    issueName: str | None = None  # noqa: N815


def interest_request(api_base_url: str, settlement: date, offset: int = 0) -> Request:
    """Return the request for one page of the positions of ``settlement``, from row ``offset`` on."""
    partition = ("settlementDate", settlement)
    return query_request(api_base_url, "consolidatedShortInterest", SHORT_INTEREST, FIELDS, partition, offset)


def interest_file_request(cdn_base_url: str, settlement: date) -> Request:
    """Return the request for the plain file of ``settlement``."""
    return Request(
        PROVIDER,
        SHORT_INTEREST_FILE,
        "GET",
        f"{cdn_base_url.rstrip('/')}/equity/otcmarket/biweekly/shrt{settlement:%Y%m%d}.csv",
        for_date=settlement,
        max_bytes=32 * 1024 * 1024,
    )


def parse_interest_page(body: bytes, request: Request) -> Parsed:
    """Read one JSON page (or the empty body of a 204) into the columns of ``_named``.

    The note ``rows_received`` counts the rows as sent, for paging. Raises MalformedBody.
    """
    rows, rejects, notes = decode_page(body, _Position, request)
    columns = {name: _column(name, [getattr(row, name) for row in rows]) for name in FIELDS}
    return _finish(pa.table(columns), rejects, request, notes)


def _column(name: str, values: list[Any]) -> pa.Array:
    if name in _NUMERIC:
        return pa.array(values, pa.float64())
    return pa.array(plain_texts(values) if name in _NAMES else values, pa.string())


def parse_interest_file(body: bytes, request: Request) -> Parsed:
    """Read the plain file (pipes, despite its name) into the columns of ``_named``; raise MalformedBody.

    It has no row count; the only sign of truncation is a last line without its end or with too few fields.
    """
    body = _readable(text_body(body, request))
    header, start = split_header(body, request)
    if tuple(header.split("|")) != _FILE_COLUMNS:
        raise malformed(request, f"the header is not the documented one: {header[:160]!r}")
    last = body[max(body.rfind(b"\n") + 1, start) :]
    if last and last.count(b"|") < len(_FILE_COLUMNS) - 1:
        raise malformed(request, f"the file is truncated: it ends {last[-60:]!r}")
    lines = read_lines(body + b"\n" if last else body, _LAYOUT, start)
    rejects = Rejects(lines.table.num_rows)
    rejects.before_parsing(lines.refused, lines.samples, lines.symbols)
    notes = {"rows_received": str(lines.table.num_rows + sum(lines.refused.values()))}
    return _finish(lines.table.select(list(FIELDS)), rejects, request, notes)


def _readable(data: bytes) -> bytes:
    """Return the data as UTF-8 without control characters: one issue name has held one since 2020 (AMBEF)."""
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("latin-1").encode()
    return data.translate(_NO_CONTROL)


def _finish(table: pa.Table, rejects: Rejects, request: Request, notes: dict[str, str]) -> Parsed:
    """Refuse what cannot be, turn sentinels into nulls and name the columns with their units."""
    if request.for_date is None:
        raise ValueError("a short-interest request names its settlement date; build it with interest_request")

    describe = describer(table)
    numbers = {name: table.column(name).to_numpy(zero_copy_only=False) for name in _NUMERIC}
    short, before, volume, cover = (numbers[name] for name in _NUMERIC)
    bad_symbol = pc.invert(pc.match_substring_regex(table.column("symbolCode"), SYMBOL_PATTERN)).to_numpy()
    wrong_date = pc.not_equal(table.column("settlementDate"), request.for_date.isoformat()).to_numpy()
    rejects.where(wrong_date, "wrong_date", describe)
    rejects.where(bad_symbol, "bad_symbol", describe)
    rejects.where(~np.isfinite(short), "missing_number", describe)
    rejects.where(np.isinf(before) | np.isinf(volume) | np.isinf(cover), "infinite_number", describe)
    rejects.where((short < 0) | (before < 0) | (volume < 0) | (cover < 0), "negative_number", describe)
    named = _named(table, request, rejects, notes)
    refuse_repeats(rejects, named, ("source_symbol",), describe)
    return rejects.finish(named, request, notes)


def _named(table: pa.Table, request: Request, rejects: Rejects, notes: dict[str, str]) -> pa.Table:
    cover = table.column("daysToCoverQuantity")
    nothing_to_divide = pc.or_(
        pc.fill_null(pc.greater_equal(cover, NO_DAYS_TO_COVER), fill_value=False),
        pc.fill_null(pc.equal(table.column("averageDailyVolumeQuantity"), 0), fill_value=False),
    )
    sentinels = int((nothing_to_divide.to_numpy() & rejects.kept).sum())
    notes["sentinel"] = str(sentinels)
    return pa.table(
        {
            "source_symbol": table.column("symbolCode"),
            "settlement_date": pa.repeat(pa.scalar(request.for_date, pa.date32()), table.num_rows),
            "short_interest_shares": table.column("currentShortPositionQuantity"),
            "previous_short_interest_shares": table.column("previousShortPositionQuantity"),
            "reported_average_volume_shares": table.column("averageDailyVolumeQuantity"),
            "days_to_cover_reported": pc.if_else(nothing_to_divide, pa.scalar(None, pa.float64()), cover),
            "is_split_flagged": pc.fill_null(pc.equal(table.column("stockSplitFlag"), "S"), fill_value=False),
            "is_revision_flagged": pc.fill_null(pc.equal(table.column("revisionFlag"), "R"), fill_value=False),
            "market_class": _text(table.column("marketClassCode")),
            "issue_name": _text(table.column("issueName")),
        }
    )


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the text with the file's empty fields as nulls."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)

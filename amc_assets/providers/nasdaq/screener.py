"""Nasdaq's stock screener: the whole market in one call, as of the call; the keyless source of closes and volumes.

Last sale, change, volume and capitalisation only: no open, high or low, and no date. Numbers come as text (``$1.30``,
``-1.515%``, blanks); a capitalisation of 0.00 (units, warrants) means that it is not known. Class shares are spelled
with ``/``, preferreds with ``^``.
"""

import re

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.errors import ServerFault
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.nasdaq.symbols import PROVIDER
from amc_assets.providers.wire.agent import BROWSER_LIKE
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows
from amc_assets.providers.wire.text import TITLE_CHARACTERS, clean_text

SCREENER = "screener"
MOST_ROWS = 10_000
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_NOTHING = frozenset({"", "NA", "N/A", "--", "UNCH"})
_SYMBOL = r"^[A-Z][A-Z0-9./^-]{0,13}$"
_Cell = str | int | float | None


class _Row(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    name: str | None = None
    lastsale: _Cell = None
    pctchange: _Cell = None
    volume: _Cell = None
    marketCap: _Cell = None  # noqa: N815 - Nasdaq's name
    sector: str | None = None
    industry: str | None = None
    country: str | None = None


_NO_ROWS = msgspec.Raw(b"null")


class _Table(msgspec.Struct):
    rows: msgspec.Raw = _NO_ROWS


class _Data(msgspec.Struct):
    rows: msgspec.Raw = _NO_ROWS
    table: _Table | None = None
    totalrecords: int | None = None


class _Answer(msgspec.Struct):
    data: _Data | None


def screener_request(api_base_url: str) -> Request:
    """Return the request for all rows; a browser-like user agent is required."""
    return Request(
        PROVIDER, SCREENER, "GET", f"{api_base_url.rstrip('/')}/api/screener/stocks",
        params={"tableonly": "true", "limit": str(MOST_ROWS), "download": "true"},
        headers={"User-Agent": BROWSER_LIKE, "Accept": "application/json, text/plain, */*"},
        max_bytes=16 * 1024 * 1024,
    )  # fmt: skip


def parse_screener(body: bytes, request: Request) -> Parsed:
    """Read the rows, from either place they are sent in, into the columns of ``screener`` in docs/providers.md.

    What a row does not hold is null; the note ``sentinel`` counts prices and capitalisations of zero that became null.
    Raises ServerFault when ``data`` is null (its way to fail with status 200), MalformedBody otherwise.
    """
    try:
        body.decode()  # msgspec looks at the texts it was asked for only: bytes that are no UTF-8 are no JSON anywhere
        data = msgspec.json.decode(body, type=_Answer).data
        raw = _rows_of(data, request)
        rows, unread = decode_rows(raw, _Row)
    except NOT_JSON as error:
        raise malformed(request, f"the body is not the screener's JSON ({error}): {body[:60]!r}") from None
    if data and data.totalrecords is not None and len(rows) + unread.count < data.totalrecords:
        raise malformed(
            request, f"{len(rows) + unread.count} of {data.totalrecords} rows were sent: one page is not the market"
        )
    rejects = Rejects(len(rows))
    rejects.unread(unread)
    return _finish(rows, rejects, request)


def _rows_of(data: _Data | None, request: Request) -> msgspec.Raw:
    if data is None:
        raise ServerFault(PROVIDER, SCREENER, "the answer holds no data, with status 200", "it is tried again")
    for raw in (data.rows, data.table.rows if data.table else _NO_ROWS):
        if bytes(raw) != b"null":
            return raw
    raise malformed(request, "there are rows neither in data.rows nor in data.table.rows")


def _finish(rows: list[_Row], rejects: Rejects, request: Request) -> Parsed:
    table = pa.table(
        {
            "source_symbol": pa.array([row.symbol.strip() for row in rows], pa.string()),
            "name": _texts([row.name for row in rows]),
            "close_usd": _numbers([row.lastsale for row in rows]),
            "change_pct": _numbers([row.pctchange for row in rows]),
            "volume_shares": _numbers([row.volume for row in rows]),
            "market_cap_usd": _numbers([row.marketCap for row in rows]),
            "sector": _texts([row.sector for row in rows]),
            "industry": _texts([row.industry for row in rows]),
            "country": _texts([row.country for row in rows]),
        }
    )
    describe = describer(table)
    bad_symbol = pc.invert(pc.match_substring_regex(table.column("source_symbol"), _SYMBOL)).to_numpy()
    rejects.where(bad_symbol, "bad_symbol", describe)
    numbers = ("close_usd", "change_pct", "volume_shares", "market_cap_usd")
    unreadable = np.zeros(table.num_rows, dtype=bool)
    negative = np.zeros(table.num_rows, dtype=bool)
    for name in numbers:
        values = table.column(name).to_numpy()
        unreadable |= np.isinf(values)
        negative |= (values < 0) & (name != "change_pct")
    rejects.where(unreadable, "unreadable_number", describe)
    rejects.where(negative, "negative_number", describe)
    table, sentinels = _without_zeros(table, rejects)
    refuse_repeats(rejects, table, ("source_symbol",), describe)
    return rejects.finish(table, request, {"sentinel": str(sentinels)})


def _without_zeros(table: pa.Table, rejects: Rejects) -> tuple[pa.Table, int]:
    """Return the table with prices and capitalisations of zero as null, and how many of the kept rows' were."""
    sentinels = 0
    for name in ("close_usd", "market_cap_usd"):
        column = table.column(name)
        zero = pc.fill_null(pc.equal(column, 0), fill_value=False)
        sentinels += int((zero.to_numpy() & rejects.kept).sum())
        replaced = pc.if_else(zero, pa.scalar(None, pa.float64()), column)
        table = table.set_column(table.column_names.index(name), name, replaced)
    return table, sentinels


def _numbers(cells: list[_Cell]) -> pa.Array:
    """Return the numbers, null for blanks; infinity marks what is no number."""
    return pa.array([_number(cell) for cell in cells], pa.float64())


def _number(cell: _Cell) -> float | None:
    if cell is None:
        return None
    text = str(cell).strip().replace(",", "").replace("$", "").removesuffix("%")
    if text.upper() in _NOTHING:
        return None
    return float(text) if _NUMBER.fullmatch(text) else float("inf")


def _texts(cells: list[str | None]) -> pa.Array:
    return pa.array([clean_text(cell, TITLE_CHARACTERS) or None for cell in cells], pa.string())

"""Reads pipe-separated provider files into Arrow, every ticker as it is spelled (``NA`` and ``NULL`` are tickers).

The fast road is pyarrow.csv with null handling and quoting off. A body it cannot take whole, or that holds anything
unusual (control characters, blank lines, bytes outside UTF-8), goes line by line through ``sift`` first, which refuses
the lines that do not have the declared shape; so lines = rows + refused lines always holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import csv

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.rejects import SAMPLES, readable_symbol

PRINTABLE = bytes(range(32, 127))


@dataclass(frozen=True)
class Layout:
    """Columns of a file in order with their types, the bytes a usual file is made of, and the shape of every line.

    A file of ``plain`` bytes only (and line ends) may take the fast road; any other is looked at line by line. The
    column ``symbol`` says whose a line is that cannot be used.
    """

    names: tuple[str, ...]
    types: Mapping[str, pa.DataType]
    line: re.Pattern[str]
    plain: bytes = PRINTABLE
    symbol: str = ""


@dataclass
class Lines:
    """Rows read, and the lines that never became rows."""

    table: pa.Table
    refused: dict[str, int] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    """One entry per refused line whose symbol could still be read."""


def text_body(body: bytes, request: Request) -> bytes:
    """Return the body without a mark of the beginning; raise MalformedBody for HTML, XML, JSON or nothing at all."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    start = body[:64].lstrip()
    if start[:1] in (b"<", b"{", b"["):
        raise malformed(request, f"the body is a web page or a message, not the file: {start[:40]!r}")
    if not start:
        raise malformed(request, "the body is empty")
    return body


def split_header(body: bytes, request: Request) -> tuple[str, int]:
    """Return the header line and where the data begins; raise MalformedBody when there is no line end."""
    end = body.find(b"\n")
    if end < 0:
        raise malformed(request, f"there is only one line: {body[:80]!r}")
    return body[:end].decode("utf-8", "replace").strip(), end + 1


def read_lines(body: bytes, layout: Layout, start: int = 0, end: int | None = None) -> Lines:
    """Read the lines from ``start`` to ``end``, each with its line end, in the declared layout."""
    end = len(body) if end is None else end
    count = body.count(b"\n", start, end)
    if count and not body.translate(None, layout.plain + b"\r\n"):
        try:
            table = _read(pa.py_buffer(body).slice(start, end - start), layout)
        except pa.ArrowInvalid:
            pass  # one line at least is not what was declared: find it
        else:
            if table.num_rows == count:
                return Lines(table)
    return _sift(body[start:end].replace(b"\r\n", b"\n"), layout)


def _sift(data: bytes, layout: Layout) -> Lines:
    kept: list[str] = []
    refused: dict[str, int] = {}
    samples: list[str] = []
    symbols: list[str] = []
    lines = data.split(b"\n")[:-1] if data.endswith(b"\n") else data.split(b"\n")
    for raw in lines if data else []:
        line, reason = _judge(raw, layout)
        if not reason:
            kept.append(line)
            continue
        refused[reason] = refused.get(reason, 0) + 1
        symbols += _symbol_in(line, layout)
        if len(samples) < SAMPLES:
            samples.append(f"{reason}: {line}")
    if not kept:
        nothing = pa.table({name: pa.array([], layout.types[name]) for name in layout.names})
        return Lines(nothing, refused, tuple(samples), tuple(symbols))
    table = _read(pa.py_buffer(("\n".join(kept) + "\n").encode()), layout)
    return Lines(table, refused, tuple(samples), tuple(symbols))


def _symbol_in(line: str, layout: Layout) -> list[str]:
    """Return what stands where the symbol should, when it looks like one."""
    cells = line.split("|")
    place = layout.names.index(layout.symbol) if layout.symbol else len(cells)
    return [symbol for cell in cells[place : place + 1] if (symbol := readable_symbol(cell.strip()))]


def _judge(raw: bytes, layout: Layout) -> tuple[str, str]:
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), "not_utf8"
    if line.count("|") != len(layout.names) - 1:
        return line, "wrong_field_count"
    return line, "" if line.isprintable() and layout.line.fullmatch(line) else "unreadable_field"


def _read(data: pa.Buffer, layout: Layout) -> pa.Table:
    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=list(layout.names), use_threads=False, block_size=data.size + 1),
        parse_options=csv.ParseOptions(delimiter="|", quote_char=False),
        convert_options=csv.ConvertOptions(
            column_types=dict(layout.types), null_values=[""], strings_can_be_null=False, check_utf8=False
        ),
    )


def malformed(request: Request, what: str) -> MalformedBody:
    """Return the error for a body that is not the documented file."""
    return MalformedBody(
        request.provider, request.dataset, what, "nothing of it was used; it is fetched again on the next run"
    )

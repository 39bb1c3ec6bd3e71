"""Nasdaq Trader's symbol directory (``nasdaqtraded.txt``): every security traded on Nasdaq's systems, all exchanges.

A file of today only: there is no history. The last line says when it was made; without it the file is truncated.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.delimited import Layout, malformed, read_lines, split_header, text_body
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

PROVIDER = "nasdaq"
SYMBOLS = "symbol_directory"
_COLUMNS = (
    "Nasdaq Traded", "Symbol", "Security Name", "Listing Exchange", "Market Category", "ETF", "Round Lot Size",
    "Test Issue", "Financial Status", "CQS Symbol", "NASDAQ Symbol", "NextShares",
)  # fmt: skip
_LAYOUT = Layout(_COLUMNS, {name: pa.string() for name in _COLUMNS}, re.compile(r"[^\n]*"), symbol="Symbol")
_SYMBOL = r"^[A-Z][A-Za-z0-9./+=^*#$-]{0,13}$"
_TRAILER = re.compile(rb"File Creation Time:\s*(\d{10}:\d{2})\|*\s*")


def symbols_request(base_url: str) -> Request:
    """Return the request for the directory."""
    return Request(PROVIDER, SYMBOLS, "GET", f"{base_url.rstrip('/')}/dynamic/SymDir/nasdaqtraded.txt", max_bytes=2**24)


def parse_symbols(body: bytes, request: Request) -> Parsed:
    """Read the directory: ``source_symbol, name, exchange, is_etf, is_test_issue``.

    ``exchange`` is the letter of the listing exchange (Q Nasdaq, N NYSE, A NYSE American, P NYSE Arca, Z Cboe, V IEX),
    null when not sent; ``is_etf`` is null when not sent. The note ``created`` is the file's own stamp, MMDDYYYYHH:MM
    New York. Raises MalformedBody for another file, a missing last line (truncated) or too many refused rows.
    """
    body = text_body(body, request)
    header, start = split_header(body, request)
    if tuple(header.split("|")) != _COLUMNS:
        raise malformed(request, f"the header is not the documented one: {header[:160]!r}")
    stripped = body.rstrip()
    end = stripped.rfind(b"\n") + 1
    trailer = _TRAILER.fullmatch(stripped[max(end, start) :])
    if trailer is None:
        raise malformed(request, f"the file is truncated: its creation time is missing, it ends {stripped[-60:]!r}")
    lines = read_lines(body, _LAYOUT, start, end)
    table = lines.table
    rejects = Rejects(table.num_rows)
    rejects.before_parsing(lines.refused, lines.samples, lines.symbols)

    describe = describer(table)
    named = _named(table)
    bad_symbol = pc.invert(pc.match_substring_regex(table.column("Symbol"), _SYMBOL)).to_numpy()
    rejects.where(bad_symbol, "bad_symbol", describe)
    rejects.where(pc.is_null(named.column("is_test_issue")).to_numpy(), "unknown_test_flag", describe)
    refuse_repeats(rejects, named, ("source_symbol",), describe)
    return rejects.finish(named, request, {"created": trailer[1].decode()})


def _named(table: pa.Table) -> pa.Table:
    exchange = pc.utf8_trim_whitespace(table.column("Listing Exchange"))
    return pa.table(
        {
            "source_symbol": table.column("Symbol"),
            "name": pc.utf8_trim_whitespace(table.column("Security Name")),
            "exchange": pc.if_else(pc.equal(exchange, ""), pa.scalar(None, pa.string()), exchange),
            "is_etf": _flag(table.column("ETF")),
            "is_test_issue": _flag(table.column("Test Issue")),
        }
    )


def _flag(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return Y as true, N as false and anything else as null."""
    known = pc.or_(pc.equal(column, "Y"), pc.equal(column, "N"))
    return pc.if_else(known, pc.equal(column, "Y"), pa.scalar(None, pa.bool_()))

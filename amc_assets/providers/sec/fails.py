"""Fails to deliver of half a month (``cnsfailsYYYYMM{a,b}.zip``): balances, not flows, one row per symbol and day.

The text in the archive is Latin-1 with two last lines, the number of rows and the sum of their shares: both must match.
A security without a row on a day had no fails, or none were reported. Descriptions may hold the separator itself.
"""

import re
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.sec.answer import PROVIDER, refuse_block_page
from amc_assets.providers.sec.archive import only_member
from amc_assets.providers.wire.delimited import Layout, malformed, read_lines, split_header, text_body
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

FAILS = "fails_to_deliver"
FAILS_KEY = ("source_symbol", "settlement_date", "cusip")
FOLDER = "/files/data/fails-deliver-data"
SECOND_HALF_DAY = 16
MOST_TEXT_BYTES = 64 * 1024 * 1024  # the largest files are about 6 MB
BORDER_DAYS = 2  # which file a settlement date at the middle of the month is in is nowhere written down

_COLUMNS = ("SETTLEMENT DATE", "CUSIP", "SYMBOL", "QUANTITY (FAILS)", "DESCRIPTION", "PRICE")
_TYPES = {name: pa.string() for name in _COLUMNS} | {"SETTLEMENT DATE": pa.int32(), "QUANTITY (FAILS)": pa.float64()}
_LAYOUT = Layout(_COLUMNS, _TYPES, re.compile(r"\d{8}\|[^|]*\|[^|]*\|\d{1,15}\|[^|]*\|[^|]*"), symbol="SYMBOL")
_SYMBOL = r"^[A-Za-z0-9][A-Za-z0-9./+=^*#$-]{0,19}$"
_PRICE = r"^(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})$"
_NO_PRICE = pa.array(["", "."])
_PRINTABLE = bytes(
    byte if byte == ord("\n") or 32 <= byte < 127 or (byte > 160 and byte != 173) else 32 for byte in range(256)
)
_TRAILERS = re.compile(
    rb"Trailer record count\s+(\d{1,12})\s*\nTrailer total quantity of shares\s+(\d{1,18})\s*\Z", re.IGNORECASE
)


def half_month_name(half_month: date) -> str:
    """Return the file's name; ``half_month`` is the 1st or the 16th, else ValueError."""
    if half_month.day not in (1, SECOND_HALF_DAY):
        raise ValueError(f"half a month is named by its 1st or {SECOND_HALF_DAY}th, not by {half_month}")
    return f"cnsfails{half_month:%Y%m}{'a' if half_month.day == 1 else 'b'}.zip"


def fails_request(base_url: str, half_month: date, path: str = "") -> Request:
    """Return the request for the file of ``half_month``, in the usual folder or at ``path`` of the same host."""
    return Request(
        PROVIDER,
        FAILS,
        "GET",
        base_url.rstrip("/") + (path or f"{FOLDER}/{half_month_name(half_month)}"),
        for_date=half_month,
        max_bytes=32 * 1024 * 1024,
    )


def parse_fails(body: bytes, request: Request) -> Parsed:
    """Read the archive: ``source_symbol, settlement_date, cusip, fails_shares, price_usd, description``.

    ``price_usd`` (the close of the day before) is null where the file has a point. Raises MalformedBody for anything
    else than the file, a count or sum that differs from its last lines, too many refused rows; TooLarge.
    """
    refuse_block_page(body, request)
    if not body.startswith(b"PK"):
        text_body(body, request)  # names a web page or an empty body as such
    text = only_member(body, request, MOST_TEXT_BYTES).replace(b"\r\n", b"\n").translate(_PRINTABLE)
    header, start = split_header(text, request)
    if tuple(cell.strip() for cell in header.upper().split("|")) != _COLUMNS:
        raise malformed(request, f"the header is not the documented one: {header[:160]!r}")
    data = _checked_lines(text, start, request)
    lines = read_lines(data.decode("latin-1").encode(), _LAYOUT)
    rejects = Rejects(lines.table.num_rows)
    rejects.before_parsing(lines.refused, lines.samples, lines.symbols)
    return _finish(lines.table, rejects, request)


def _checked_lines(text: bytes, start: int, request: Request) -> bytes:
    """Return the data lines, six fields each; raise MalformedBody when they differ from the last two lines."""
    trailers = _TRAILERS.search(text, max(start, len(text) - 400))
    if trailers is None:
        raise malformed(request, f"the file is truncated: its two last lines are missing, it ends {text[-60:]!r}")
    rows = text[start : trailers.start()].split(b"\n")[:-1]
    count, total = int(trailers[1]), int(trailers[2])
    if len(rows) != count:
        raise malformed(request, f"the file is truncated: it announces {count} rows and holds {len(rows)}")
    fields = [row.split(b"|", 4) for row in rows]
    found = sum(int(field[3]) for field in fields if len(field) > 3 and re.fullmatch(rb"\d{1,15}", field[3]))
    if found != total:
        raise malformed(request, f"the file is damaged: it announces {total} shares in all and holds {found}")
    most = len(_COLUMNS) - 1
    return b"".join((_described(row) if row.count(b"|") > most else row) + b"\n" for row in rows)


def _described(row: bytes) -> bytes:
    """Return a row whose description holds the separator with that made a blank: the price is always last."""
    *first, rest = row.split(b"|", 4)
    description, _, price = rest.rpartition(b"|")
    return b"|".join([*first, description.replace(b"|", b" "), price])


def _finish(table: pa.Table, rejects: Rejects, request: Request) -> Parsed:
    describe = describer(table)
    symbol, price = (pc.utf8_trim_whitespace(table.column(name)) for name in ("SYMBOL", "PRICE"))
    no_price = pc.is_in(price, _NO_PRICE)
    bad_price = pc.and_(pc.invert(no_price), pc.invert(pc.match_substring_regex(price, _PRICE)))
    days = pa.array([int(f"{day:%Y%m%d}") for day in _days_of_file(request)], pa.int32())
    wrong_date = pc.invert(pc.is_in(table.column("SETTLEMENT DATE"), days))
    rejects.where(wrong_date.to_numpy(), "wrong_date", describe)
    rejects.where(pc.invert(pc.match_substring_regex(symbol, _SYMBOL)).to_numpy(), "bad_symbol", describe)
    rejects.where(bad_price.to_numpy(), "unreadable_field", describe)
    text = pc.if_else(wrong_date, "", pc.cast(table.column("SETTLEMENT DATE"), pa.string()))
    usable_price = pc.if_else(pc.or_(no_price, bad_price), pa.scalar(None, pa.string()), price)
    named = pa.table(
        {
            "source_symbol": symbol,
            "settlement_date": pc.cast(pc.strptime(text, "%Y%m%d", "s", error_is_null=True), pa.date32()),
            "cusip": pc.utf8_trim_whitespace(table.column("CUSIP")),
            "fails_shares": table.column("QUANTITY (FAILS)"),
            "price_usd": pc.cast(usable_price, pa.float64()),
            "description": pc.utf8_trim_whitespace(table.column("DESCRIPTION")),
        }
    )
    refuse_repeats(rejects, named, FAILS_KEY, describe)
    return rejects.finish(named, request)


def _days_of_file(request: Request) -> list[date]:
    """Return the dates that may stand in the file: its half of the month, and some days over the middle."""
    first = request.for_date
    if first is None:
        raise ValueError("a request for fails names its half month; build it with fails_request")
    middle = first.replace(day=SECOND_HALF_DAY)
    if first.day == 1:
        days = [first + timedelta(days=n) for n in range(SECOND_HALF_DAY - 1 + BORDER_DAYS)]
    else:
        days = [middle + timedelta(days=n) for n in range(-BORDER_DAYS, 16)]
    return [day for day in days if day.month == first.month]

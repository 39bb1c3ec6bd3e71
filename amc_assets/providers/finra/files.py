"""FINRA's daily short-volume files (``CNMSshvolYYYYMMDD.txt``, OTC names in ``FORFshvolYYYYMMDD.txt``).

Where they are, what they say, when their absence is normal. One row per symbol, facilities already summed, off-exchange
volume only. ``ShortVolume`` includes the exempt part: in 27 of the 10,795 rows of 2025-09-10 the two together exceed
the total, and exempt above short occurs in no recorded row. Quantities are fractional since 2026 and rows with zero
volume are real. The last line is the number of data rows. The spelling of symbols is FINRA's (``BRK/B``, ``ABRpD``):
nothing is upper-cased, a preferred would become another ticker. A file may be posted again, changed, without a mark:
the note ``sha256`` tells.
"""

import hashlib
import re
import string
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.clock import Clock
from amc_assets.market.calendar import CalendarRangeError, exchange_date, is_session, sessions_between
from amc_assets.providers.errors import NotFound, NotYetPublished, ProviderError
from amc_assets.providers.exchange import Parsed, Refusal, RefusalReader, Request
from amc_assets.providers.finra.query import PROVIDER
from amc_assets.providers.wire.delimited import Layout, malformed, read_lines, split_header, text_body
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

SHORT_VOLUME = "daily_short_volume"
OTC_SHORT_VOLUME = "otc_short_volume"
RECENT_SESSIONS = 3
ROUNDING_SHARES = 1e-3  # quantities carry six decimals, summed over facilities

_NUMBER = r"\d{1,15}(?:\.\d{0,9})?"
_LONGEST_SYMBOL = 20
_SYMBOL = rf"[A-Za-z0-9 ./+=^*#$@!~-]{{1,{_LONGEST_SYMBOL}}}"
_PLAIN = (string.ascii_letters + string.digits + " ./+=^*#$@!~-,|").encode()
_VOLUME = {"Date": pa.int32(), "Symbol": pa.string(), "ShortVolume": pa.float64(), "TotalVolume": pa.float64()}
_EXEMPT = {"ShortExemptVolume": pa.float64(), "Market": pa.string()}
_LAYOUT = Layout(
    ("Date", "Symbol", "ShortVolume", "ShortExemptVolume", "TotalVolume", "Market"),
    _VOLUME | _EXEMPT,
    re.compile(rf"\d{{8}}\|{_SYMBOL}\|-?{_NUMBER}\|-?{_NUMBER}\|-?{_NUMBER}\|[A-Za-z, ]*"),
    _PLAIN,
    "Symbol",
)
_OLD_LAYOUT = Layout(  # before 2011-02-28
    ("Date", "Symbol", "ShortVolume", "TotalVolume", "Market"),
    _VOLUME | {"Market": pa.string()},
    re.compile(rf"\d{{8}}\|{_SYMBOL}\|-?{_NUMBER}\|-?{_NUMBER}\|[A-Za-z, ]*"),
    _PLAIN,
    "Symbol",
)
_LAYOUTS = {
    "date|symbol|shortvolume|shortexemptvolume|totalvolume|market": _LAYOUT,
    "date|symbol|shortvolume|shortexemptvolume|totalvolume|marketcenter": _LAYOUT,
    "date|symbol|shortvolume|totalvolume|market": _OLD_LAYOUT,
    "date|symbol|shortvolume|totalvolume|marketcenter": _OLD_LAYOUT,
}


def short_volume_request(cdn_base_url: str, day: date) -> Request:
    """Return the request for the consolidated file of the session ``day``."""
    return _request(cdn_base_url, SHORT_VOLUME, "CNMS", day)


def otc_short_volume_request(cdn_base_url: str, day: date) -> Request:
    """Return the request for the file of over-the-counter names of the session ``day``; they are not in the other."""
    return _request(cdn_base_url, OTC_SHORT_VOLUME, "FORF", day)


def _request(cdn_base_url: str, dataset: str, prefix: str, day: date) -> Request:
    return Request(
        PROVIDER,
        dataset,
        "GET",
        f"{cdn_base_url.rstrip('/')}/equity/regsho/daily/{prefix}shvol{day:%Y%m%d}.txt",
        for_date=day,
        max_bytes=16 * 1024 * 1024,
    )


def parse_short_volume(body: bytes, request: Request) -> Parsed:
    """Read one day's file into source_symbol, trade_date and shares.

    Columns: ``source_symbol, trade_date, short_volume_shares, short_exempt_volume_shares`` (null in files before
    2011-02-28, which lack it), ``total_volume_shares, market_codes``. The note ``sha256`` is that of the body. Raises
    MalformedBody for another file, a row count that differs from the trailer (truncated), or too many refused rows.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    body = text_body(body, request)
    header, start = split_header(body, request)
    layout = _LAYOUTS.get(header.lower().replace(" ", ""))
    if layout is None:
        raise malformed(request, f"the header is not the documented one: {header[:120]!r}")
    lines = read_lines(body, layout, start, _trailer_start(body, start, request))
    table = lines.table
    rejects = Rejects(table.num_rows)
    rejects.before_parsing(lines.refused, lines.samples, lines.symbols)
    _refuse_bad_rows(rejects, table, request)
    notes = {"has_exempt": str(layout is _LAYOUT).lower(), "sha256": sha256}
    return rejects.finish(_named(table, request), request, notes)


def _trailer_start(body: bytes, start: int, request: Request) -> int:
    """Return where the last line, the row count, begins; raise MalformedBody when it is missing or does not fit."""
    stripped = body.rstrip()
    end = stripped.rfind(b"\n") + 1
    trailer = stripped[max(end, start) :]
    if not trailer.isdigit():
        raise malformed(request, f"the file is truncated: no row count at the end, it ends {trailer[-60:]!r}")
    if (found := body.count(b"\n", start, end)) != int(trailer[:12]):
        raise malformed(request, f"the file is truncated: it announces {trailer[:12].decode()} rows and holds {found}")
    return end


def _refuse_bad_rows(rejects: Rejects, table: pa.Table, request: Request) -> None:
    if request.for_date is None:
        raise ValueError("a short-volume request names its day; build it with short_volume_request")

    describe = describer(table)
    short, total = (table.column(name).to_numpy() for name in ("ShortVolume", "TotalVolume"))
    exempt = table.column("ShortExemptVolume").to_numpy() if "ShortExemptVolume" in table.column_names else 0 * short
    length = pc.binary_length(table.column("Symbol")).to_numpy()  # its characters are known to be plain
    wrong_date = table.column("Date").to_numpy() != int(f"{request.for_date:%Y%m%d}")
    rejects.where(wrong_date, "wrong_date", describe)
    rejects.where((length < 1) | (length > _LONGEST_SYMBOL), "bad_symbol", describe)
    rejects.where(~np.isfinite(short + total + exempt), "missing_number", describe)
    rejects.where((short < 0) | (total < 0) | (exempt < 0), "negative_volume", describe)
    rejects.where(short > total + ROUNDING_SHARES, "short_above_total", describe)
    refuse_repeats(rejects, table, ("Symbol",), describe)


def _named(table: pa.Table, request: Request) -> pa.Table:
    rows = table.num_rows
    has_exempt = "ShortExemptVolume" in table.column_names
    return pa.table(
        {
            "source_symbol": table.column("Symbol"),
            "trade_date": pa.repeat(pa.scalar(request.for_date, pa.date32()), rows),
            "short_volume_shares": table.column("ShortVolume"),
            "short_exempt_volume_shares": table.column("ShortExemptVolume")
            if has_exempt
            else pa.nulls(rows, pa.float64()),
            "total_volume_shares": table.column("TotalVolume"),
            "market_codes": table.column("Market"),
        }
    )


def absent_file(clock: Clock, grace_sessions: int = RECENT_SESSIONS) -> RefusalReader:
    """Return a reader of 403 and 404 from FINRA's file server: it answers so, with XML or HTML, for files it lacks.

    Not older than ``grace_sessions`` sessions: the file is not out yet; older: there is none and will be none.
    """

    def read(refusal: Refusal, request: Request) -> ProviderError | None:
        day = request.for_date
        if refusal.status not in (403, 404) or day is None or refusal.body.lstrip()[:1] not in (b"<", b""):
            return None
        today = exchange_date(clock.now())
        attempted = f"GET {request.endpoint} was answered {refusal.status}: there is no such file"
        where = (request.provider, request.dataset)
        if not _is_session(day):
            return NotFound(*where, f"{attempted}, {day} is no session", "ask for a day on which the exchanges trade")
        if day >= today or _sessions_after(day, today) <= grace_sessions:
            return NotYetPublished(*where, attempted, f"it is not out on {today}; the next run asks again")
        return NotFound(*where, attempted, "FINRA keeps no file for that day; ask for another one")

    return read


def _is_session(day: date) -> bool:
    """Return whether ``day`` may have a file; a day outside the calendar's table may."""
    try:
        return is_session(day)
    except CalendarRangeError:
        return True


def _sessions_after(day: date, today: date) -> int:
    """Return how many sessions follow ``day`` up to ``today``; a day outside the calendar's table is old."""
    try:
        return len([session for session in sessions_between(day, today) if session > day])
    except CalendarRangeError:
        return (today - day).days

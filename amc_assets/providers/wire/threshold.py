"""Reads a Reg SHO threshold list as Nasdaq and the NYSE group publish it: pipes, a flag, a stamp as the last line.

A name is on the list when its flag is Y; rows flagged N are there for other rules. The rows carry no date: the stamp
(``20260615230020``, New York) is both the mark of a whole file and the only sign of its day. ETFs are included.
"""

import re
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.clock import Clock
from amc_assets.market.calendar import CalendarRangeError, exchange_date, is_session, sessions_between
from amc_assets.providers.errors import NotFound, NotYetPublished, ProviderError
from amc_assets.providers.exchange import Parsed, Refusal, RefusalReader, Request
from amc_assets.providers.wire.delimited import Layout, malformed, read_lines, split_header, text_body
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.text import TITLE_CHARACTERS, clean_text

RECENT_SESSIONS = 3
_COLUMNS = ("Symbol", "Security Name", "Market Category", "Flag", "Rule", "Filler")
_HEADER = re.compile(r"Symbol\|Security Name\|Market Category\|Reg SHO Threshold Flag\|[A-Za-z0-9 ]{1,20}\|Filler\s*")
_LAYOUT = Layout(_COLUMNS, {name: pa.string() for name in _COLUMNS}, re.compile(r"[^\n]*"), symbol="Symbol")
_SYMBOL = r"^[A-Z][A-Za-z0-9./+=^*#$ -]{0,13}$"
_STAMP = re.compile(rb"(\d{14})\|*")


def read_threshold_list(body: bytes, request: Request) -> Parsed:
    """Read a list: ``source_symbol, trade_date, name`` of the rows flagged Y.

    ``trade_date`` is the day asked for. Notes: ``created_at_new_york`` (the stamp), ``not_flagged`` (rows flagged N).
    Raises MalformedBody for another file, a missing stamp (truncated), one from before the day (another day's file) or
    too many refused rows.
    """
    if request.for_date is None:
        raise ValueError("a threshold request names its day; build it with the provider's threshold_request")
    body = text_body(body, request)
    header, start = split_header(body, request)
    if not _HEADER.fullmatch(header):
        raise malformed(request, f"the header is not the documented one: {header[:160]!r}")
    created_at, end = _stamp(body, start, request.for_date, request)
    lines = read_lines(body, _LAYOUT, start, end)
    table = lines.table
    rejects = Rejects(table.num_rows)
    rejects.before_parsing(lines.refused, lines.samples, lines.symbols)

    describe = describer(table)
    flag = pc.utf8_trim_whitespace(table.column("Flag"))
    bad_symbol = pc.invert(pc.match_substring_regex(table.column("Symbol"), _SYMBOL)).to_numpy()
    rejects.where(bad_symbol, "bad_symbol", describe)
    rejects.where(pc.invert(pc.is_in(flag, pa.array(["Y", "N"]))).to_numpy(), "unknown_flag", describe)
    named = _named(table, flag, request.for_date)
    refuse_repeats(rejects, named, ("source_symbol",), describe)
    parsed = rejects.finish(named, request)
    flagged = parsed.table.filter(parsed.table.column("is_flagged")).drop_columns(["is_flagged"])
    notes = {
        "created_at_new_york": created_at.isoformat(),
        "not_flagged": str(parsed.table.num_rows - flagged.num_rows),
    }
    return replace(parsed, table=flagged, notes=notes)


def _stamp(body: bytes, start: int, day: date, request: Request) -> tuple[datetime, int]:
    """Return the stamp and where its line begins."""
    stripped = body.rstrip()
    end = stripped.rfind(b"\n") + 1
    last = stripped[max(end, start) :]
    found = _STAMP.fullmatch(last)
    if found is None:
        raise malformed(request, f"the file is truncated: its stamp is missing, it ends {last[-60:]!r}")
    try:
        created_at = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - kept as New York's wall time
    except ValueError:
        raise malformed(request, f"the stamp {found[1]!r} is no time") from None
    if created_at.date() < day:
        raise malformed(request, f"the file was made at {created_at}, before the day it was asked for ({day})")
    return created_at, end


def _named(table: pa.Table, flag: pa.ChunkedArray, day: date) -> pa.Table:
    names = [clean_text(name, TITLE_CHARACTERS) for name in table.column("Security Name").to_pylist()]
    return pa.table(
        {
            "source_symbol": pc.utf8_rtrim_whitespace(table.column("Symbol")),
            "trade_date": pa.repeat(pa.scalar(day, pa.date32()), table.num_rows),
            "name": pa.array(names, pa.string()),
            "is_flagged": pc.equal(flag, "Y"),
        }
    )


def absent_list(clock: Clock | None) -> RefusalReader:
    """Return a reader of 404: the list is not out yet for a recent session, and will never be for any other day.

    Lists appear at about 23:00 New York of their day. Without a clock nothing is called recent.
    """

    def read(refusal: Refusal, request: Request) -> ProviderError | None:
        if refusal.status != 404 or request.for_date is None:
            return None
        return no_list(request, clock, f"GET {request.endpoint} was answered 404: there is no such list")

    return read


def no_list(request: Request, clock: Clock | None, attempted: str) -> ProviderError:
    """Return NotYetPublished for a session at most three sessions old, else NotFound."""
    where = (request.provider, request.dataset)
    if request.for_date is not None and clock is not None and _is_recent(request.for_date, exchange_date(clock.now())):
        return NotYetPublished(*where, attempted, "it comes out at 23:00 New York; the next run asks again")
    return NotFound(*where, attempted, "ask for a session of the last years; none is made on other days")


def _is_recent(day: date, today: date) -> bool:
    try:
        if not is_session(day):
            return False
        return day >= today or len(sessions_between(day, today)) - 1 <= RECENT_SESSIONS
    except CalendarRangeError:
        return day >= today

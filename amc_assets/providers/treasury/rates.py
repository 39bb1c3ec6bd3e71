"""The U.S. Treasury's daily bill rates: one CSV per year, two columns per term (bank discount, coupon equivalent).

Only the coupon equivalent is read: a yield on a 365-day year; the bank discount is quoted on 360 days against face
and reads some hundredths lower. Terms come and go (17 weeks since 2022, 6 weeks since 2025), so columns are known by
what their names say and never by position; a term without a value that day is blank. The file has no count and no end
mark, and its last line may lack an end: there the last number is used only if it is written out like the others.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.delimited import malformed, split_header, text_body
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

PROVIDER = "treasury"
BILL_RATES = "bill_rates"
FRESH_SECONDS = 6 * 3600.0  # published once a business day
USABLE_SECONDS = 7 * 86_400.0
DAYS_A_WEEK = 7
LOWEST_PCT, HIGHEST_PCT = -5.0, 30.0  # bills paid some 16 % in 1981 and a little below zero in 2015 and 2020
_YEAR = "field_tdr_date_value"
_PATH = "/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv"
_COUPON = re.compile(r"coupon|investment\s+rate", re.IGNORECASE)
_TERM = re.compile(r"\b(\d{1,2})\s*-?\s*(?:weeks?|wks?)\b", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d{1,6})?")
_BLANK = frozenset({"", "N/A", "NA", "ND", "-"})
_DATES = ((re.compile(r"\d{2}/\d{2}/\d{4}"), "%m/%d/%Y"), (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"))
_COLUMNS = {"quote_date": pa.date32(), "term_days": pa.float64(), "yield_frac": pa.float64()}


def bill_rates_request(base_url: str, year: int) -> Request:
    """Return the request for all bill rates of a year."""
    return Request(
        PROVIDER,
        BILL_RATES,
        "GET",
        f"{base_url.rstrip('/')}{_PATH}/{year}/all",
        params={"type": "daily_treasury_bill_rates", _YEAR: str(year), "page": "", "_format": "csv"},
        headers={"Accept": "text/csv"},
        max_bytes=4 * 1024 * 1024,
        fresh_seconds=FRESH_SECONDS,
        usable_seconds=USABLE_SECONDS,
    )


@dataclass
class _Cells:
    """The values read, one per day and term, and what was not."""

    rows: list[tuple[date, float, float]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    blank: int = 0

    def refuse(self, reason: str, line: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1
        self.samples.append(f"{reason}: {line}")


def parse_bill_rates(body: bytes, request: Request) -> Parsed:
    """Read a year into ``quote_date``, ``term_days`` (weeks x 7) and ``yield_frac`` (coupon equivalent, per year).

    The note ``blank`` counts terms without a value. A line that cannot be read is one refused row, else each cell is.
    Raises MalformedBody for another file, one without a coupon equivalent, or too many refused rows.
    """
    body = text_body(body, request)
    header, start = split_header(body, request)
    names = _split(header) or []
    if not names or names[0].strip().lower() != "date":
        raise malformed(request, f"the header does not begin with Date: {header[:120]!r}")
    terms = _terms(names, request)
    cells = _Cells()
    year = int(request.params[_YEAR])
    ends_open = not body.endswith(b"\n")
    raw_lines = body[start:].rstrip(b"\r\n").split(b"\n") if body[start:].strip() else []
    lines = [_text(raw, cells) for raw in raw_lines]
    usual = max((len(cell.partition(".")[2]) for line in lines if line for cell in line[1:]), default=0)
    for number, line in enumerate(lines):
        if line is not None:
            is_open = ends_open and number == len(lines) - 1
            _read_line(line, len(names), terms, year, cells, decimals=usual if is_open else None)
    return _finish(cells, request)


def _text(raw: bytes, cells: _Cells) -> list[str] | None:
    """Return the cells of a line; None, and counted, when it is no line of text."""
    try:
        text = raw.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        cells.refuse("not_utf8", raw.decode("utf-8", "replace"))
        return None
    line = _split(text) if text.isprintable() else None
    if line is None:
        cells.refuse("unreadable_field", text)
    return line


def _split(line: str) -> list[str] | None:
    """Return the cells of one line; None when its quoting is broken."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None


def _terms(names: Sequence[str], request: Request) -> dict[int, float]:
    """Return the columns with a coupon equivalent and their terms in days."""
    terms = {
        position: float(int(found[1]) * DAYS_A_WEEK)
        for position, name in enumerate(names)
        if _COUPON.search(name) and (found := _TERM.search(name))
    }
    if not terms:
        raise malformed(request, f"no column is a coupon equivalent: {', '.join(names)[:160]!r}")
    if len(set(terms.values())) != len(terms) or 0.0 in terms.values():
        raise malformed(request, f"two columns are of one term, or of none: {', '.join(names)[:160]!r}")
    return terms


def _read_line(
    line: list[str], width: int, terms: dict[int, float], year: int, cells: _Cells, *, decimals: int | None
) -> None:
    """Read one line; ``decimals``, of a line without an end, is how its last number must be written to be whole."""
    shown = ",".join(line)
    day = _date(line[0]) if line else None
    if len(line) != width:
        cells.refuse("wrong_field_count", shown)
        return
    if day is None or day.year != year:
        cells.refuse("unreadable_date" if day is None else "wrong_date", shown)
        return
    for position, term_days in terms.items():
        cell = line[position].strip()
        if decimals is not None and position == width - 1 and len(cell.partition(".")[2]) < max(decimals, 1):
            cells.refuse("cut_number", shown)
        elif cell.upper() in _BLANK:
            cells.blank += 1
        elif not (_NUMBER.fullmatch(cell) and cell.isascii()):
            cells.refuse("unreadable_field", shown)
        elif not LOWEST_PCT <= float(cell) <= HIGHEST_PCT:
            cells.refuse("rate_out_of_range", shown)
        else:
            cells.rows.append((day, term_days, float(cell) / 100))


def _date(text: str) -> date | None:
    for shape, code in _DATES:
        if shape.fullmatch(text.strip()) and text.isascii():
            try:
                return datetime.strptime(text.strip(), code).date()  # noqa: DTZ007 - a date, no instant
            except ValueError:
                return None
    return None


def _finish(cells: _Cells, request: Request) -> Parsed:
    columns = list(zip(*cells.rows, strict=True)) or [(), (), ()]
    table = pa.table({name: pa.array(c, kind) for (name, kind), c in zip(_COLUMNS.items(), columns, strict=True)})
    rejects = Rejects(table.num_rows)
    rejects.before_parsing(cells.refused, tuple(cells.samples))
    refuse_repeats(rejects, table, ("quote_date", "term_days"), describer(table))
    return rejects.finish(table, request, {"blank": str(cells.blank)})

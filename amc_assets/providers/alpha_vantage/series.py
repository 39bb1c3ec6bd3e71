"""Time series of bars as they stand on the wire, in JSON and in CSV: columns of text, nothing interpreted yet.

JSON keys carry ordinals (``4. close``) and the interval (``Time Series (5min)``). CSV columns are found by name, so a
file with more of them (the adjusted series) is read too. Both come newest first.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from amc_assets.providers.alpha_vantage.answer import RawObject, open_object, raw_object
from amc_assets.providers.alpha_vantage.refusals import refuse
from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.delimited import malformed, split_header, text_body
from amc_assets.providers.wire.rejects import SAMPLES, Rejects, Unread
from amc_assets.providers.wire.rows import NOT_JSON

FIELDS = ("open", "high", "low", "close", "volume")
_META = "Meta Data"
_SERIES = "Time Series"
_TIME_NAMES = ("timestamp", "time")


class _Bar(msgspec.Struct, frozen=True, gc=False):
    open: str = msgspec.field(name="1. open")
    high: str = msgspec.field(name="2. high")
    low: str = msgspec.field(name="3. low")
    close: str = msgspec.field(name="4. close")
    volume: str = msgspec.field(name="5. volume")


@dataclass(frozen=True)
class Series:
    """Bars as sent: a text of the time and five texts per bar; ``meta`` without ordinals, ``kind`` such as ``5min``."""

    times: Sequence[str]
    texts: Mapping[str, Sequence[str]]
    rejects: Rejects
    kind: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)
    time_name: str = "timestamp"


def read_json(body: bytes, request: Request) -> Series:
    """Read a JSON time series; raise what a refusal stands for, or MalformedBody for anything else."""
    members = open_object(body, request)
    names = [name for name in members if name.startswith(_SERIES)]
    if len(names) != 1 or _META not in members:
        raise malformed(request, f"a time series was asked for and the answer has {str(sorted(members))[:120]}")
    bars = members[names[0]]
    times, rows, unread = _bars_of(bars, request)
    rejects = Rejects(len(rows))
    rejects.unread(unread)
    texts = {name: [getattr(row, name) for row in rows] for name in FIELDS}
    return Series(times, texts, rejects, _in_brackets(names[0]), _meta(members, request))


def read_csv(body: bytes, request: Request) -> Series:
    """Read a CSV time series; a refusal comes as JSON here too. Raises like ``read_json``, also when the end is cut."""
    if body[:64].lstrip()[:1] == b"{":
        refuse(body, request)
    body = text_body(body, request)
    header, start = split_header(body, request)
    names = [name.strip().lower() for name in header.split(",")]
    time_names = [name for name in _TIME_NAMES if name in names]
    if len(time_names) != 1 or not set(FIELDS) <= set(names) or len(set(names)) != len(names):
        raise malformed(request, f"the header is not the documented one: {header[:120]!r}")
    if not body.endswith(b"\n"):
        raise malformed(request, f"the file is truncated: its last line has no end: {body[-60:]!r}")
    lines = body[start:].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")[:-1]
    rows = [line.split(",") for line in lines]
    short = [line for line, row in zip(lines, rows, strict=True) if len(row) != len(names)]
    rows = [row for row in rows if len(row) == len(names)]
    rejects = Rejects(len(rows))
    rejects.before_parsing({"wrong_field_count": len(short)} if short else {}, tuple(short[:SAMPLES]))
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    texts = {name: columns[name] for name in FIELDS}
    return Series(columns[time_names[0]], texts, rejects, time_name=time_names[0])


def _bars_of(raw: msgspec.Raw, request: Request) -> tuple[list[str], list[_Bar], Unread]:
    """Return times, bars, and the bars that could not be read.

    A JSON object keeps the last of two members of one name: when bars are fewer than were written, or one is odd, they
    are read again one by one, repeated ones included.
    """
    try:
        bars = msgspec.json.decode(raw, type=dict[str, _Bar])
    except msgspec.ValidationError:
        bars = {}
    except NOT_JSON as error:
        raise malformed(request, f"the bars are not readable ({error})") from None
    if bars and bytes(raw).count(b'"1. open"') == len(bars):
        return list(bars), list(bars.values()), Unread()
    return _one_by_one(raw, request)


def _one_by_one(raw: msgspec.Raw, request: Request) -> tuple[list[str], list[_Bar], Unread]:
    if not bytes(raw).lstrip().startswith(b"{"):
        raise malformed(request, f"the bars are no JSON object: {bytes(raw)[:60]!r}")
    times: list[str] = []
    rows: list[_Bar] = []
    refused: list[str] = []
    try:
        pairs = json.loads(bytes(raw), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise malformed(request, f"the bars are not readable ({error})") from None
    for time, members in pairs:
        try:
            rows.append(msgspec.convert(dict(members), _Bar))
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            refused.append(f"unreadable_row: {error}: {time}")
        else:
            times.append(time)
    return times, rows, Unread(len(refused), tuple(refused[:SAMPLES]))


def _meta(members: RawObject, request: Request) -> dict[str, str]:
    found = raw_object(members[_META], request)
    try:
        return {_unnumbered(name): msgspec.json.decode(value, type=str) for name, value in found.items()}
    except NOT_JSON as error:
        raise malformed(request, f"the head of the series is not readable ({error})") from None


def _unnumbered(name: str) -> str:
    """Return ``2. Symbol`` as ``Symbol``: the ordinals differ from series to series."""
    return name.partition(". ")[2] or name


def _in_brackets(name: str) -> str | None:
    return name.partition("(")[2].rstrip(")") or None

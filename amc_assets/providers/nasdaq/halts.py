"""Trade halts of all US exchanges, from Nasdaq Trader's RSS feed.

Times are New York's without a zone; ``pubDate`` only repeats the date and is not read. A halt is one row, updated in
place when its resumption becomes known: the key is symbol and instant of the halt. Codes: T1 news pending, T12
information requested, LUDP and M volatility pauses, H10 suspended by the SEC, D deleted, MWC1-3 the whole market.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.nasdaq.symbols import PROVIDER
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.feeds import Entry, Feed, open_feed
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.wall_time import new_york_instant

TRADE_HALTS = "trade_halts"
TTL_SECONDS = 60.0  # the feed's own <ttl>
USABLE_SECONDS = 900.0
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d\d):(\d\d)(?: ?\.(\d{1,6}))?")
_SYMBOL = re.compile(r"[A-Z][A-Za-z0-9./+=^*#$-]{0,13}")
_REASON = re.compile(r"[A-Z0-9]{1,10}")
_PRICE = re.compile(r"\$?\d{1,9}(?:\.\d{1,6})?")
_INSTANT = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("source_symbol", pa.string()), ("name", pa.string()), ("market", pa.string()), ("reason_code", pa.string()),
        ("halted_at", _INSTANT), ("resumption_quote_at", _INSTANT), ("resumption_trade_at", _INSTANT),
        ("pause_threshold_usd", pa.float64()), ("problem", pa.string()),
    ]
)  # fmt: skip


class _Odd(ValueError):
    """Says under which reason a row is refused."""


def trade_halts_request(base_url: str, day: date | None = None) -> Request:
    """Return the request for the halts that began on ``day``, or for the current feed."""
    params = {"feed": "tradehalts"} | ({"haltdate": f"{day:%m%d%Y}"} if day else {})
    return Request(
        PROVIDER, TRADE_HALTS, "GET", f"{base_url.rstrip('/')}/rss.aspx", params=params, for_date=day,
        max_bytes=4 * 1024 * 1024, fresh_seconds=TTL_SECONDS, usable_seconds=USABLE_SECONDS,
    )  # fmt: skip


def parse_trade_halts(body: bytes, request: Request) -> Parsed:
    """Read the feed: one row per halt, the columns of ``trade_halts`` in docs/providers.md.

    Resumption times and the price of a volatility pause are null while not known. Raises MalformedBody for what is no
    whole feed (``ndaq:numItems`` counts the items) or when too many of the halts were refused.
    """
    feed = open_feed(body, request)
    _refuse_odd_feed(feed, request)
    rows = [_row(entry, request.for_date) for entry in feed.entries]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    rejects = Rejects(table.num_rows)
    describe = describer(table)
    problems = table.column("problem")
    for problem in sorted(pc.unique(problems).drop_null().to_pylist()):
        rejects.where(pc.fill_null(pc.equal(problems, problem), fill_value=False).to_numpy(), problem, describe)
    named = table.drop_columns(["problem"])
    refuse_repeats(rejects, named, ("source_symbol", "halted_at"), describe)
    return rejects.finish(named, request, feed.notes)


def _refuse_odd_feed(feed: Feed, request: Request) -> None:
    """Refuse what a wire may send and this feed, made by a machine each minute, never does."""
    if "ill_formed" in feed.notes:
        raise malformed(request, f"the feed is not well formed ({feed.notes['ill_formed'][:100]})")
    announced = feed.channel.get("ndaq_numitems", "")
    if announced and announced != str(len(feed.entries)):
        raise malformed(request, f"the feed announces {announced[:20]!r} halts and holds {len(feed.entries)}")


def _row(entry: Entry, day: date | None) -> dict[str, object]:
    extra = entry.extra
    row: dict[str, object] = {
        "source_symbol": extra.get("ndaq_issuesymbol", ""),
        "name": extra.get("ndaq_issuename") or None,
        "market": extra.get("ndaq_market") or extra.get("ndaq_mkt") or None,
        "reason_code": extra.get("ndaq_reasoncode", ""),
    }
    try:
        _refuse_other(_SYMBOL, extra.get("ndaq_issuesymbol", ""), "bad_symbol")
        _refuse_other(_REASON, extra.get("ndaq_reasoncode", ""), "bad_reason_code")
        row |= _times(extra, day)
        row["pause_threshold_usd"] = _price(extra.get("ndaq_pausethresholdprice", ""))
    except _Odd as reason:
        row["problem"] = str(reason)
    return row


def _refuse_other(pattern: re.Pattern[str], text: str, reason: str) -> None:
    if not pattern.fullmatch(text):
        raise _Odd(reason)


def _times(extra: Mapping[str, str], day: date | None) -> dict[str, object]:
    halted_on = extra.get("ndaq_haltdate", "")
    halted_at = _instant(halted_on, extra.get("ndaq_halttime", ""))
    if halted_at is None:
        raise _Odd("no_halt_time")
    if day is not None and _date(halted_on) > day:
        raise _Odd("wrong_date")
    resumed_on = extra.get("ndaq_resumptiondate", "")
    quote_at = _instant(resumed_on, extra.get("ndaq_resumptionquotetime", ""))
    trade_at = _instant(resumed_on, extra.get("ndaq_resumptiontradetime", ""))
    if any(at is not None and at < halted_at for at in (quote_at, trade_at)):
        raise _Odd("resumed_before_halt")
    return {"halted_at": halted_at, "resumption_quote_at": quote_at, "resumption_trade_at": trade_at}


def _instant(day_text: str, time_text: str) -> datetime | None:
    """Return the instant of a date and a time of New York; None when either is blank, as before a resumption."""
    if not day_text or not time_text:
        return None
    found = _TIME.fullmatch(time_text)
    if found is None:
        raise _Odd("unreadable_time")
    day = _date(day_text)
    microseconds = int((found[4] or "0").ljust(6, "0"))
    try:
        wall = datetime(day.year, day.month, day.day, int(found[1]), int(found[2]), int(found[3]), microseconds)  # noqa: DTZ001
    except ValueError:
        raise _Odd("unreadable_time") from None
    at = new_york_instant(wall)
    if at is None:
        raise _Odd("ambiguous_time")
    return at


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise _Odd("unreadable_date")
    try:
        return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        raise _Odd("unreadable_date") from None


def _price(text: str) -> float | None:
    if not text:
        return None
    if not _PRICE.fullmatch(text):
        raise _Odd("unreadable_price")
    return float(text.removeprefix("$"))

"""Yesterday's question: the request that asks for the session, settlement or half month before the one named.

For the fault "stale file": its answer is then sent under today's name, which is what a host does that copied too early.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from amc_assets.market.calendar import previous_session
from amc_assets.replay.feed_text import day_month_year, month_number
from amc_assets.replay.site import WireRequest

SettlementBefore = Callable[[str], str | None]
_ISO = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d{6})(?!\d)")
_AMERICAN = re.compile(r"(?<=haltdate=)(\d{8})")
_WRITTEN = re.compile(r"(?<!\d)(\d{2})-([A-Z][a-z]{2})-(\d{4})")
_HALF = re.compile(r"(?<=cnsfails)(\d{4})(\d{2})([ab])")


def earlier(request: WireRequest, settlement_before: SettlementBefore) -> tuple[str, bytes] | None:
    """Return target and body of the question for the day before; None when the request names no day."""
    is_settlement = "shortinterest" in request.target.lower() or "/shrt" in request.target
    before: Callable[[date], date | None] = (
        (lambda day: _settlement(day, settlement_before)) if is_settlement else _session
    )
    target = _moved(request.target, before)
    body = _moved(request.body.decode("latin-1"), before).encode("latin-1")
    return None if (target, body) == (request.target, request.body) else (target, body)


def _moved(text: str, before: Callable[[date], date | None]) -> str:
    text = _HALF.sub(_half, text)
    text = _AMERICAN.sub(lambda found: _american(found[1], before), text)
    text = _WRITTEN.sub(lambda found: _written(found, before), text)
    text = _ISO.sub(lambda found: _shifted(found[1], before, "%Y-%m-%d"), text)
    return _COMPACT.sub(lambda found: _shifted(found[1], before, "%Y%m%d"), text)


def _shifted(text: str, before: Callable[[date], date | None], form: str) -> str:
    try:
        moved = before(date.fromisoformat(text))
    except ValueError:
        return text
    return text if moved is None else f"{moved:{form}}"


def _american(text: str, before: Callable[[date], date | None]) -> str:
    iso = f"{text[4:]}-{text[:2]}-{text[2:4]}"
    moved = _shifted(iso, before, "%m%d%Y")
    return text if moved == iso else moved


def _written(found: re.Match[str], before: Callable[[date], date | None]) -> str:
    try:
        moved = before(date(int(found[3]), month_number(found[2]), int(found[1])))
    except ValueError:
        return found[0]
    return found[0] if moved is None else day_month_year(moved)


def _half(found: re.Match[str]) -> str:
    if found[3] == "b":
        return f"{found[1]}{found[2]}a"
    last_month = date(int(found[1]), int(found[2]), 1) - timedelta(days=1)
    return f"{last_month:%Y%m}b"


def _session(day: date) -> date | None:
    return previous_session(day)


def _settlement(day: date, settlement_before: SettlementBefore) -> date | None:
    found = settlement_before(day.isoformat())
    return None if found is None else date.fromisoformat(found)

"""What each kind of fault makes of an answer: another body, a broken connection, or a body that is not one."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus

from amc_assets.clock import SystemClock
from amc_assets.replay import alpha_vantage_refusals, plans, wire_sec
from amc_assets.replay.answers import HTML_HEADERS, JSON_HEADERS, Answer
from amc_assets.replay.fault_rows import Reorder, repeated, shuffled, with_rows
from amc_assets.replay.fault_rule import FaultKind, FaultRule, provider_of
from amc_assets.replay.fault_values import redated, scaled, thinned

INTERSTITIAL = (
    b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>\n"
)
WRONG_CONTENT = b'{"status":"OK","message":"Welcome to the API"}'
BOMB_BYTES = 200 * 1024 * 1024
ENDLESS_CHUNK = b"0" * 1024
ENDLESS_MOST_SECONDS = 60.0
ENDLESS_PAUSE_SECONDS = 0.01
_PAGE_COUNTS = ("Record-Total", "Total-Records-On-Page")


@dataclass(frozen=True)
class Delivery:
    """How the server sends an answer: after a wait, whole or cut off, in chunks that do not end, or not at all."""

    answer: Answer
    wait_seconds: float = 0.0
    is_reset: bool = False
    cut_after_bytes: int | None = None
    chunks: Callable[[], Iterator[bytes]] | None = None


@dataclass(frozen=True)
class Asked:
    """A request as faults see it; ``answer`` and ``stale`` are not called unless a fault or the delivery needs them."""

    dataset: str
    path: str
    answer: Callable[[], Answer]
    stale: Callable[[], Answer | None] = lambda: None


def broken(rule: FaultRule, asked: Asked) -> Delivery | None:
    """Return the delivery that ``rule`` makes of a request; None when it cannot touch this answer."""
    make = _EFFECTS.get(rule.kind)
    if make is not None:
        return make(rule, asked)
    reorder = _REORDERS[rule.kind]
    return _reordered(asked.answer(), reorder)


@cache
def gzip_bomb() -> bytes:
    """Return about 200 kB of gzip that inflate to 200 MB of blanks."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    chunk = b" " * (1024 * 1024)
    packed = b"".join(packer.compress(chunk) for _ in range(BOMB_BYTES // len(chunk)))
    return packed + packer.flush()


def endless_chunks() -> Iterator[bytes]:
    """Yield blanks, slowly, until nobody listens or a minute has passed."""
    clock = SystemClock()
    until = clock.monotonic() + ENDLESS_MOST_SECONDS
    while clock.monotonic() < until:
        yield ENDLESS_CHUNK
        clock.sleep(ENDLESS_PAUSE_SECONDS)


def _status(rule: FaultRule, asked: Asked) -> Delivery:  # noqa: ARG001
    headers = {} if rule.retry_after_seconds is None else {"Retry-After": f"{rule.retry_after_seconds:g}"}
    body = f'{{"status":"ERROR","error":"{_phrase(rule.status)}"}}'.encode()
    return Delivery(Answer(rule.status, body, JSON_HEADERS | headers))


def _shorten(rule: FaultRule, asked: Asked) -> Delivery:
    whole = asked.answer()
    return Delivery(replace(whole, body=whole.body[: int(len(whole.body) * rule.keep_frac)]))


def _truncate(rule: FaultRule, asked: Asked) -> Delivery:
    whole = asked.answer()
    return Delivery(whole, cut_after_bytes=int(len(whole.body) * rule.keep_frac))


def _wrong_type(rule: FaultRule, asked: Asked) -> Delivery:  # noqa: ARG001
    whole = asked.answer()
    is_html = whole.headers.get("Content-Type", "").startswith("text/html")
    wrong = "application/json" if is_html else "text/html; charset=utf-8"
    return Delivery(replace(whole, headers=dict(whole.headers) | {"Content-Type": wrong}))


def _bomb(rule: FaultRule, asked: Asked) -> Delivery:  # noqa: ARG001
    whole = asked.answer()
    headers: Mapping[str, str] = {"Content-Type": whole.headers.get("Content-Type", "application/json")}
    return Delivery(Answer(200, gzip_bomb(), dict(headers) | {"Content-Encoding": "gzip"}))


def _endless(rule: FaultRule, asked: Asked) -> Delivery:  # noqa: ARG001
    whole = asked.answer()
    content_type = whole.headers.get("Content-Type", "application/json")
    return Delivery(Answer(200, b"", {"Content-Type": content_type}), chunks=endless_chunks)


def _stale(rule: FaultRule, asked: Asked) -> Delivery | None:  # noqa: ARG001
    answer = asked.stale()
    return None if answer is None or answer.status != 200 else Delivery(answer)


def _repeat(rule: FaultRule, asked: Asked) -> Delivery | None:  # noqa: ARG001
    earlier = asked.stale()
    today = asked.answer()
    if earlier is None or earlier.status != 200 or today.status != 200:
        return None
    body = redated(earlier.body, today.body)
    return None if body is None else Delivery(replace(earlier, body=body))


def _quota(rule: FaultRule, asked: Asked) -> Delivery:  # noqa: ARG001
    provider = provider_of(asked.dataset)
    if provider == "alpha_vantage":
        return Delivery(alpha_vantage_refusals.day_spent("XXXXXXXXXXXXXXXX"))
    if provider == "polygon":
        return Delivery(plans.polygon_throttled(asked.path))
    if provider == "finra":
        return Delivery(plans.finra_throttled(asked.path))
    if provider == "sec":
        return Delivery(Answer(403, wire_sec.TOO_FAST, HTML_HEADERS))
    return Delivery(Answer(429, b"Too Many Requests\r\n", HTML_HEADERS))


def _reordered(whole: Answer, reorder: Reorder) -> Delivery | None:
    body = with_rows(whole.body, reorder) if whole.status == 200 else None
    if body is None:
        return None
    headers = dict(whole.headers)
    headers.pop("ETag", None)
    if "Total-Records-On-Page" in headers:
        count = int(headers["Total-Records-On-Page"])
        extra = len(reorder(range(count))) - count
        headers |= {name: str(int(headers[name]) + extra) for name in _PAGE_COUNTS if name in headers}
    return Delivery(replace(whole, body=body, headers=headers))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


_EFFECTS: Mapping[FaultKind, Callable[[FaultRule, Asked], Delivery | None]] = {
    FaultKind.STATUS: _status,
    FaultKind.RESET: lambda _rule, _asked: Delivery(Answer(200, b""), is_reset=True),
    FaultKind.TRUNCATE: _truncate,
    FaultKind.SHORTEN: _shorten,
    FaultKind.HTML: lambda _rule, _asked: Delivery(Answer(200, INTERSTITIAL, HTML_HEADERS)),
    FaultKind.WRONG_CONTENT: lambda _rule, _asked: Delivery(Answer(200, WRONG_CONTENT)),
    FaultKind.WRONG_TYPE: _wrong_type,
    FaultKind.GZIP_BOMB: _bomb,
    FaultKind.ENDLESS: _endless,
    FaultKind.STALE: _stale,
    FaultKind.QUOTA: _quota,
    FaultKind.FEW_ROWS: lambda rule, asked: _reordered(asked.answer(), thinned(rule.keep_frac)),
    FaultKind.SCALE: lambda rule, asked: _reordered(asked.answer(), scaled(rule.columns, rule.factor)),
    FaultKind.REPEAT: _repeat,
}
_REORDERS: Mapping[FaultKind, Reorder] = {
    FaultKind.DUPLICATE_ROWS: repeated,
    FaultKind.UNSORTED_ROWS: shuffled,
}

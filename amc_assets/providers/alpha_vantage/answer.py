"""What all of Alpha Vantage's answers share: the one address, the key as a parameter, JSON that may be a refusal."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import msgspec

from amc_assets.providers.alpha_vantage.refusals import Said, refusal_in, refuse
from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows

PROVIDER = "alpha_vantage"
RowT = TypeVar("RowT", bound=msgspec.Struct)
RawObject = dict[str, msgspec.Raw]


def request_to(
    base_url: str,
    api_key: str,
    dataset: str,
    params: Mapping[str, str],
    *,
    for_date: date | None = None,
    fresh_seconds: float = 0.0,
    usable_seconds: float = 0.0,
) -> Request:
    """Return a GET request; the key can only be sent as a parameter, which is never shown."""
    return Request(
        PROVIDER,
        dataset,
        "GET",
        base_url.rstrip("/"),
        params=dict(params),
        secret_params={"apikey": api_key},
        for_date=for_date,
        max_bytes=32 * 1024 * 1024,
        fresh_seconds=fresh_seconds,
        usable_seconds=usable_seconds,
    )


class RowsAnswer(Said):
    """An answer whose rows stand under one key; a subclass names it and types the rows."""


def open_rows(
    body: bytes, request: Request, answer_type: type[RowsAnswer], raw_type: type[RowsAnswer], row_type: type[RowT]
) -> tuple[RowsAnswer, list[RowT], Rejects]:
    """Return the answer, its rows and the rows that could not be read.

    ``answer_type`` has ``rows: list[row_type]``, ``raw_type`` the same as ``msgspec.Raw``: one pass over the body when
    all rows are as declared. Raises what a refusal in a 200 stands for, and MalformedBody for anything else.
    """
    try:
        answer = msgspec.json.decode(body, type=answer_type)
        _raise_refusal(answer, request)
        whole: list[RowT] = getattr(answer, "rows")  # noqa: B009 - declared by the subclass
        return answer, whole, Rejects(len(whole))
    except (msgspec.ValidationError, UnicodeDecodeError):
        refuse(body, request)  # no rows at all, or one of them is odd
    except NOT_JSON as error:
        raise malformed(request, f"the body is not JSON ({error}): {body[:60]!r}") from None
    try:
        raw = msgspec.json.decode(body, type=raw_type)
        rows, unread = decode_rows(getattr(raw, "rows"), row_type)  # noqa: B009
    except NOT_JSON as error:
        raise malformed(request, f"the body is not Alpha Vantage's answer ({error}): {body[:60]!r}") from None
    _raise_refusal(raw, request)
    rejects = Rejects(len(rows))
    rejects.unread(unread)
    return raw, rows, rejects


def open_object(body: bytes, request: Request) -> RawObject:
    """Return the members of a JSON object, undecoded; raise what a refusal stands for, or MalformedBody."""
    refuse(body, request)
    return raw_object(body, request)


def raw_object(raw: bytes | msgspec.Raw, request: Request) -> RawObject:
    """Return the members of a JSON object, undecoded; raise MalformedBody when it is none."""
    try:
        return msgspec.json.decode(raw, type=RawObject)
    except NOT_JSON as error:
        raise malformed(request, f"the body is not a JSON object ({error}): {bytes(raw)[:60]!r}") from None


def _raise_refusal(said: Said, request: Request) -> None:
    error = refusal_in(said, request)
    if error is not None:
        raise error

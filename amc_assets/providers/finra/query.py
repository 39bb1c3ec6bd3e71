"""FINRA's query API, whatever the dataset: one partition asked for by POST, read in pages, and what its refusals mean.

A page ends at 5,000 rows or at 3 MB, whichever comes first, so a page may be short although more rows follow: reading
goes on by rows received until ``Record-Total``. Rows come in no order.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

import msgspec

from amc_assets.providers.errors import ProviderError, Unauthorized
from amc_assets.providers.exchange import Fetched, Refusal, RefusalReader, Request
from amc_assets.providers.road.answers import excerpt
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows
from amc_assets.providers.wire.text import TITLE_CHARACTERS, clean_text

PROVIDER = "finra"
PAGE_ROWS = 5000
LAST_OFFSET = 500_000
MOST_PAGES = 400  # four times what 500,000 rows need: a server that forgets the offset would be asked for ever
MOST_PAGE_BYTES = 16 * 1024 * 1024
SYMBOL_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9./+=^*#$-]{0,19}$"
_JSON = {"Accept": "application/json"}  # without it the API answers CSV
RowT = TypeVar("RowT", bound=msgspec.Struct)


def query_request(
    api_base_url: str, address: str, dataset: str, fields: Sequence[str], partition: tuple[str, date], offset: int
) -> Request:
    """Return the request for one page of a partition (its field and its date), from row ``offset`` on."""
    field, day = partition
    return Request(
        PROVIDER,
        dataset,
        "POST",
        f"{api_base_url.rstrip('/')}/{address}",
        headers=_JSON,
        json_body={
            "fields": list(fields),
            "compareFilters": [{"compareType": "EQUAL", "fieldName": field, "fieldValue": day.isoformat()}],
            "limit": PAGE_ROWS,
            "offset": offset,
        },
        for_date=day,
        max_bytes=MOST_PAGE_BYTES,
        is_part=offset > 0,
    )


def decode_page(body: bytes, row_type: type[RowT], request: Request) -> tuple[list[RowT], Rejects, dict[str, str]]:
    """Return the rows of a page (none for the empty body of a 204), the unreadable ones, and ``rows_received``.

    The note counts the rows as sent: paging goes on by it. Raises MalformedBody for anything but a JSON array.
    """
    try:
        body.decode()  # text of a field that is not read would else be taken as it comes
        rows, unread = decode_rows(body if body.strip() else b"[]", row_type)
    except NOT_JSON as error:
        what = f"the body is not a JSON array of rows ({error}){excerpt(body, request)}"
        raise malformed(request, what) from None
    rejects = Rejects(len(rows))
    rejects.unread(unread)
    return rows, rejects, {"rows_received": str(len(rows) + unread.count)}


def plain_texts(values: Sequence[str | None]) -> list[str | None]:
    """Return names as printable text of at most 500 characters: one issue name has held a control character."""
    return [
        value
        if value is None or (value.isprintable() and len(value) <= TITLE_CHARACTERS)
        else clean_text(value, TITLE_CHARACTERS)
        for value in values
    ]


def read_pages(fetch: Callable[[int], Fetched], request: Request) -> list[Fetched]:
    """Return all pages of a partition; ``fetch`` gets the offset of a page, ``request`` names the read in errors.

    Raises MalformedBody when the pages end before the announced total, the total changes between two pages, or the
    rows go on behind FINRA's last offset or for 400 pages; a half-read partition is never returned.
    """
    pages: list[Fetched] = []
    offset = 0
    total: int | None = None
    while True:
        page = fetch(offset)
        pages.append(page)
        received = int(page.parsed.notes["rows_received"])
        total = _total(page, request, total)
        offset += received
        if total is not None and offset >= total:
            return pages
        if not received:  # a short page is usual, an empty one is the end
            if total is not None:
                raise malformed(request, f"the pages end after {offset} of {total} announced rows")
            return pages
        if offset > LAST_OFFSET or len(pages) >= MOST_PAGES:
            raise malformed(request, f"more than {LAST_OFFSET} rows or {MOST_PAGES} pages for one date")


def _total(page: Fetched, request: Request, before: int | None) -> int | None:
    text = page.headers.get("record-total", "").strip()
    total = int(text) if text.isascii() and text.isdigit() else None
    if before is not None and total != before:
        raise malformed(request, f"the data changed between two pages: {before} rows announced, then {text[:20]!r}")
    return total


def refused_query(*, has_token: bool) -> RefusalReader:
    """Return a reader of 401 and 403 from the query API: both mean that it wants credentials, or other ones."""
    if has_token:
        next_step = "check FINRA_CLIENT_ID and FINRA_CLIENT_SECRET and what they are entitled to in FINRA's API Console"
    else:
        next_step = "FINRA asks for credentials now: set FINRA_CLIENT_ID and FINRA_CLIENT_SECRET"

    def read(refusal: Refusal, request: Request) -> ProviderError | None:
        if refusal.status not in (401, 403):
            return None
        said = excerpt(refusal.body, request)
        attempted = f"{request.method} {request.endpoint} was answered {refusal.status}{said}"
        return Unauthorized(request.provider, request.dataset, attempted, next_step)

    return read

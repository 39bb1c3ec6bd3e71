"""FINRA without a key: daily short volume, short interest with its fallback, and the settlement dates on offer."""

from datetime import date

from amc_assets.clock import Clock
from amc_assets.providers.errors import BadRequest, NotEntitled, NotFound, NotYetPublished, ProviderError, Unauthorized
from amc_assets.providers.exchange import Fetched, Request
from amc_assets.providers.finra.files import RECENT_SESSIONS, absent_file, parse_short_volume, short_volume_request
from amc_assets.providers.finra.interest import (
    LAST_OFFSET,
    interest_file_request,
    interest_request,
    parse_interest_file,
    parse_interest_page,
    parse_settlements,
    settlements_request,
)
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.pages import merge_pages

PUBLICATION_SESSIONS = 7
_REFUSALS = (BadRequest, NotFound, NotEntitled, Unauthorized)


class Finra:
    """Reads FINRA's public data; the two base addresses are the query API's and the file server's."""

    def __init__(self, transport: Transport, api_base_url: str, cdn_base_url: str, clock: Clock) -> None:
        self._transport = transport
        self._api_base_url = api_base_url
        self._cdn_base_url = cdn_base_url
        self._clock = clock

    def short_volume(self, day: date) -> Fetched:
        """Return the off-exchange short volume of the session ``day``, whole market.

        Raises NotYetPublished (at most three sessions old), NotFound, MalformedBody and the transport's errors.
        """
        request = short_volume_request(self._cdn_base_url, day)
        return self._transport.fetch(request, parse_short_volume, absent_file(self._clock))

    def short_interest(self, settlement: date) -> Fetched:
        """Return all positions of a settlement date: from the query API, else from the plain file.

        ``source`` says which one answered. Raises NotYetPublished within ten sessions of the settlement, NotFound
        later, and the API's error (with the file's) when both fail.
        """
        failure: ProviderError | None = None
        try:
            fetched = self._interest_pages(settlement)
        except ProviderError as error:
            failure = error
        else:
            if fetched.parsed.table.num_rows:
                return fetched
        try:
            return self._interest_file(settlement)
        except ProviderError as error:
            # an API that only refuses us says nothing about the date, the file does; one that is ill is the news itself
            if failure is None or (isinstance(failure, _REFUSALS) and isinstance(error, NotYetPublished | NotFound)):
                raise
            failure.add(f"the file instead: {error}")
        raise failure

    def settlements(self) -> list[date]:
        """Return the settlement dates the API holds, newest first; empty when it does not offer the list."""
        try:
            fetched = self._transport.fetch(settlements_request(self._api_base_url), parse_settlements)
        except _REFUSALS:
            return []
        days: list[date] = fetched.parsed.table.column("settlement_date").to_pylist()
        return days

    def _interest_file(self, settlement: date) -> Fetched:
        request = interest_file_request(self._cdn_base_url, settlement)
        absent = absent_file(self._clock, PUBLICATION_SESSIONS + RECENT_SESSIONS)
        return self._transport.fetch(request, parse_interest_file, absent)

    def _interest_pages(self, settlement: date) -> Fetched:
        pages: list[Fetched] = []
        offset = 0
        total: int | None = None
        while True:
            request = interest_request(self._api_base_url, settlement, offset)
            page = self._transport.fetch(request, parse_interest_page)
            pages.append(page)
            received = int(page.parsed.notes["rows_received"])
            total = _total(page, request, total)
            offset += received
            if total is not None and offset >= total:
                break
            if not received:  # a short page is usual (3 MB cap), an empty one is the end
                _refuse_early_end(request, offset, total)
                break
            if offset > LAST_OFFSET:
                raise malformed(request, f"more than {LAST_OFFSET} rows for one settlement date")
        return merge_pages(pages, request, ("source_symbol",))


def _total(page: Fetched, request: Request, before: int | None) -> int | None:
    text = page.headers.get("record-total", "").strip()
    total = int(text) if text.isdigit() else None
    if before is not None and total != before:
        raise malformed(request, f"the data changed between two pages: {before} rows announced, then {text!r}")
    return total


def _refuse_early_end(request: Request, received: int, total: int | None) -> None:
    if total is not None and received < total:
        raise malformed(request, f"the pages end after {received} of {total} announced rows")

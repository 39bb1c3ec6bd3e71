"""FINRA's public data: daily short volume and short interest, each with its fallback, OTC lists, the dates on offer.

No key is needed; with a TokenSource the query API is asked with a token. The file server never sees one.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from amc_assets.clock import Clock
from amc_assets.market.errors import CalendarRangeError
from amc_assets.market.publication import short_volume_published_at
from amc_assets.providers.errors import (
    BadRequest,
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    Unauthorized,
)
from amc_assets.providers.exchange import Fetched, Parser, Request
from amc_assets.providers.finra import files, interest, partitions, reg_sho, threshold
from amc_assets.providers.finra.query import read_pages, refused_query
from amc_assets.providers.finra.token import TokenSource
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.pages import merge_pages

PUBLICATION_SESSIONS = 7
_REFUSALS = (BadRequest, NotFound, NotEntitled, Unauthorized)


class Finra:
    """Reads FINRA's data; the two base addresses are the query API's and the file server's."""

    def __init__(
        self,
        transport: Transport,
        api_base_url: str,
        cdn_base_url: str,
        clock: Clock,
        token: TokenSource | None = None,
    ) -> None:
        self._transport = transport
        self._api_base_url = api_base_url
        self._cdn_base_url = cdn_base_url
        self._clock = clock
        self._token = token

    def short_volume(self, day: date) -> Fetched:
        """Return the off-exchange short volume of the session ``day``, whole market: from the file, else from the API.

        ``source`` says which one answered; the columns are the same. The API is not asked for a file that never
        existed or is not due yet. Raises NotYetPublished (at most three sessions old), NotFound, MalformedBody and the
        transport's errors: the file's, with the API's in its sentence when both fail.
        """
        request = files.short_volume_request(self._cdn_base_url, day)
        try:
            return self._transport.fetch(request, files.parse_short_volume, files.absent_file(self._clock))
        except NotFound:
            raise
        except ProviderError as error:
            if isinstance(error, NotYetPublished) and not self._is_due(day):
                raise
            failure = error
        try:
            fetched = self.reg_sho_daily(day)
        except ProviderError as error:
            failure.add(f"the query API instead: {error}")
            raise failure from None
        if not fetched.parsed.table.num_rows:
            failure.add("the query API has no rows for that day either")
            raise failure
        return fetched

    def _is_due(self, day: date) -> bool:
        try:
            return short_volume_published_at(day) <= self._clock.now()
        except CalendarRangeError:
            return True

    def reg_sho_daily(self, day: date) -> Fetched:
        """Return the short volume of ``day`` from the query API, facilities summed; empty when it holds no such day."""
        request = reg_sho.reg_sho_request(self._api_base_url, day)
        pages = self._pages(
            lambda offset: reg_sho.reg_sho_request(self._api_base_url, day, offset), reg_sho.parse_reg_sho
        )
        return reg_sho.sum_facilities(pages, merge_pages(pages, request, reg_sho.KEYS), request)

    def otc_short_volume(self, day: date) -> Fetched:
        """Return the short volume of the over-the-counter names, which the consolidated file lacks; errors as there."""
        request = files.otc_short_volume_request(self._cdn_base_url, day)
        return self._transport.fetch(request, files.parse_short_volume, files.absent_file(self._clock))

    def otc_threshold_list(self, day: date) -> Fetched:
        """Return the over-the-counter names on Regulation SHO's threshold list of ``day``; empty when there is none."""
        request = threshold.otc_threshold_request(self._api_base_url, day)
        pages = self._pages(
            lambda offset: threshold.otc_threshold_request(self._api_base_url, day, offset),
            threshold.parse_otc_threshold,
        )
        return merge_pages(pages, request, threshold.KEYS)

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
        return self._dates(partitions.settlements_request(self._api_base_url), partitions.parse_settlements)

    def trade_dates(self) -> list[date]:
        """Return the sessions whose short volume the API holds, newest first; empty when it does not offer the list."""
        return self._dates(partitions.trade_dates_request(self._api_base_url), partitions.parse_trade_dates)

    def _dates(self, request: Request, parse: Parser) -> list[date]:
        try:
            fetched = self._ask(request, parse)
        except _REFUSALS:
            return []
        days: list[date] = fetched.parsed.table.column(0).to_pylist()
        return days

    def _interest_file(self, settlement: date) -> Fetched:
        request = interest.interest_file_request(self._cdn_base_url, settlement)
        absent = files.absent_file(self._clock, PUBLICATION_SESSIONS + files.RECENT_SESSIONS)
        return self._transport.fetch(request, interest.parse_interest_file, absent)

    def _interest_pages(self, settlement: date) -> Fetched:
        request = interest.interest_request(self._api_base_url, settlement)
        pages = self._pages(
            lambda offset: interest.interest_request(self._api_base_url, settlement, offset),
            interest.parse_interest_page,
        )
        return merge_pages(pages, request, ("source_symbol",))

    def _pages(self, request_at: Callable[[int], Request], parse: Parser) -> list[Fetched]:
        return read_pages(lambda offset: self._ask(request_at(offset), parse), request_at(0))

    def _ask(self, request: Request, parse: Parser) -> Fetched:
        if self._token is None:
            return self._transport.fetch(request, parse, refused_query(has_token=False))
        signed = replace(request, secrets=self._token.header())
        try:
            return self._transport.fetch(signed, parse, refused_query(has_token=True))
        except Unauthorized:
            self._token.forget()
            raise

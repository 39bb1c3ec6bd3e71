"""The SEC without a key but never without a contact: filings, tickers, shares outstanding, fails to deliver."""

from datetime import date, datetime

from amc_assets.providers.errors import NotFound, NotYetPublished, ProviderError
from amc_assets.providers.exchange import Fetched, Parser, Request
from amc_assets.providers.sec.answer import read_refusal, without_contact
from amc_assets.providers.sec.company import (
    facts_request,
    parse_company_facts,
    parse_company_tickers,
    tickers_request,
)
from amc_assets.providers.sec.fails import fails_request, half_month_name, parse_fails
from amc_assets.providers.sec.filing_pages import MOST_PAGES, merge_filings, reaches
from amc_assets.providers.sec.filings import PAGE_ENTRIES, filings_request, parse_filings
from amc_assets.providers.sec.index import index_request, parse_fails_index
from amc_assets.providers.transport import Transport


class Sec:
    """Reads the SEC's public data; the two base addresses are the site's and the data host's.

    The transport's User-Agent must name a contact; ``has_contact`` says whether it does. Without one nothing is asked:
    every method raises Unauthorized.
    """

    def __init__(self, transport: Transport, base_url: str, data_base_url: str, has_contact: bool) -> None:
        self._transport = transport
        self._base_url = base_url
        self._data_base_url = data_base_url
        self._has_contact = has_contact

    def filings(self, form: str, since: datetime) -> Fetched:
        """Return the current filings of ``form`` and its variants, back to the instant ``since`` (rows before it stay).

        At most ten pages are read; the note ``is_complete`` is false when they end before ``since``.
        """
        if since.tzinfo is None:
            raise ValueError(f"{since} has no time zone; send the instant in UTC")
        pages: list[Fetched] = []
        is_complete = False
        while not is_complete and len(pages) < MOST_PAGES:
            pages.append(self._fetch(filings_request(self._base_url, form, len(pages) * PAGE_ENTRIES), parse_filings))
            is_complete = reaches(pages[-1], since)
        return merge_filings(pages, filings_request(self._base_url, form), is_complete=is_complete)

    def company_tickers(self) -> Fetched:
        """Return every ticker with its CIK: today's list, there is no history."""
        return self._fetch(tickers_request(self._base_url), parse_company_tickers)

    def company_facts(self, cik: str) -> Fetched:
        """Return the shares outstanding that a company's filings stated; raise NotFound for a CIK without facts."""
        return self._fetch(facts_request(self._data_base_url, cik), parse_company_facts)

    def fails_index(self) -> Fetched:
        """Return which files of fails to deliver are out."""
        return self._fetch(index_request(self._base_url), parse_fails_index)

    def fails_to_deliver(self, half_month: date) -> Fetched:
        """Return the fails of half a month, named by its first day (the 1st or the 16th).

        A file that is not in the usual folder is looked up on the SEC's page. Raises NotYetPublished when it is newer
        than all files there, NotFound when it is older or left out.
        """
        try:
            return self._fetch(fails_request(self._base_url, half_month), parse_fails)
        except NotFound as error:
            path = self._path_on_page(half_month, error)
        return self._fetch(fails_request(self._base_url, half_month, path), parse_fails)

    def _path_on_page(self, half_month: date, absent: NotFound) -> str:
        try:
            rows = self.fails_index().parsed.table.to_pylist()
        except ProviderError as error:
            absent.add(f"the page of all files instead: {error}")
            raise absent from None
        paths = {row["half_month_date"]: row["path"] for row in rows}
        usual = fails_request("", half_month).url
        if (path := paths.get(half_month, usual)) != usual:
            return str(path)
        if not paths:
            absent.add("the page of all files links none")
        elif half_month > max(paths):
            where = (absent.provider, absent.dataset)
            attempted = f"{half_month_name(half_month)} is not out: the newest file is of {max(paths)}"
            raise NotYetPublished(*where, attempted, "the next run asks again") from None
        raise absent

    def _fetch(self, request: Request, parse: Parser) -> Fetched:
        if not self._has_contact:
            raise without_contact(request)
        return self._transport.fetch(request, parse, read_refusal)

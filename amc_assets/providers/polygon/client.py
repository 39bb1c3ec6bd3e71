"""Polygon (Massive): grouped daily bars, splits, tickers and free floats with a key."""

from datetime import date

from amc_assets.providers.exchange import Fetched, Parser, Request
from amc_assets.providers.polygon.answer import next_page, read_refusal
from amc_assets.providers.polygon.bars import grouped_daily_request, parse_grouped_daily
from amc_assets.providers.polygon.reference import (
    FLOAT_KEY,
    SPLIT_KEY,
    TICKER_KEY,
    floats_request,
    parse_floats,
    parse_splits,
    parse_tickers,
    splits_request,
    tickers_request,
)
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.pages import merge_pages

MOST_PAGES = 200


class Polygon:
    """Reads Polygon's stocks data; the key is only ever sent in the Authorization header."""

    def __init__(self, transport: Transport, base_url: str, api_key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._api_key = api_key

    def __repr__(self) -> str:
        """Name the address, never the key."""
        return f"Polygon(base_url={self._base_url!r})"

    def grouped_daily(self, day: date, adjusted: bool = False) -> Fetched:
        """Return one bar per stock of the session ``day``, as traded unless ``adjusted``; no rows on a closed day."""
        request = grouped_daily_request(self._base_url, self._api_key, day, adjusted=adjusted)
        return self._transport.fetch(request, parse_grouped_daily, read_refusal)

    def splits(self, first: date, last: date) -> Fetched:
        """Return the splits executed from ``first`` to ``last``, both included."""
        return self._all_pages(splits_request(self._base_url, self._api_key, first, last), parse_splits, SPLIT_KEY)

    def tickers(self, day: date) -> Fetched:
        """Return the stocks listed on ``day``."""
        return self._all_pages(tickers_request(self._base_url, self._api_key, day), parse_tickers, TICKER_KEY)

    def floats(self) -> Fetched:
        """Return the newest free float of every stock; its effective date is mostly later than a replayed day."""
        return self._all_pages(floats_request(self._base_url, self._api_key), parse_floats, FLOAT_KEY)

    def _all_pages(self, first: Request, parse: Parser, keys: tuple[str, ...]) -> Fetched:
        pages: list[Fetched] = []
        asked: set[str] = set()
        request: Request | None = first
        while request is not None:
            if request.url in asked or len(asked) >= MOST_PAGES:
                raise malformed(first, f"the pages never end: page {len(asked) + 1} came before or is one too many")
            asked.add(request.url)
            page = self._transport.fetch(request, parse, read_refusal)
            pages.append(page)
            request = next_page(request, page.parsed, self._base_url)
        return merge_pages(pages, first, keys)

"""Polygon (Massive) with a key: bars, the running session, reference lists, option chains, news, shorts."""

from dataclasses import replace
from datetime import date, datetime
from functools import partial

from amc_assets.providers.exchange import Fetched, Parsed, Parser, Request
from amc_assets.providers.polygon import aggregates, bars, details, news, options, reference, session, shorts, snapshot
from amc_assets.providers.polygon.answer import next_page
from amc_assets.providers.polygon.refusals import read_refusal
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.pages import merge_pages

MOST_PAGES = 200


class Polygon:
    """Reads Polygon's stocks and options data; the key is only ever sent in the Authorization header.

    Every method raises a ProviderError: what the plan does not include is NotEntitled, today's data on an end-of-day
    plan NotYetPublished. Lists in pages come whole or not at all.
    """

    def __init__(self, transport: Transport, base_url: str, api_key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._api_key = api_key

    def __repr__(self) -> str:
        """Name the address, never the key."""
        return f"Polygon(base_url={self._base_url!r})"

    def grouped_daily(self, day: date, adjusted: bool = False) -> Fetched:
        """Return one bar per stock of the session ``day``, as traded unless ``adjusted``; no rows on a closed day."""
        request = bars.grouped_daily_request(self._base_url, self._api_key, day, adjusted=adjusted)
        return self._one(request, bars.parse_grouped_daily)

    def aggregates(
        self, symbol: str, first: date, last: date, span: aggregates.Span = "day", adjusted: bool = False
    ) -> Fetched:
        """Return the bars of one ticker from ``first`` to ``last``, both included, a bar a ``day`` or a ``minute``."""
        request = aggregates.aggregates_request(
            self._base_url, self._api_key, symbol, first, last, span=span, adjusted=adjusted
        )
        return self._all_pages(request, aggregates.parse_aggregates, aggregates.AGGREGATE_KEY)

    def market_snapshot(self) -> Fetched:
        """Return the running session of every stock."""
        request = snapshot.market_snapshot_request(self._base_url, self._api_key)
        return self._one(request, snapshot.parse_market_snapshot)

    def splits(self, first: date, last: date) -> Fetched:
        """Return the splits executed from ``first`` to ``last``, both included."""
        request = reference.splits_request(self._base_url, self._api_key, first, last)
        return self._all_pages(request, reference.parse_splits, reference.SPLIT_KEY)

    def tickers(self, day: date) -> Fetched:
        """Return the stocks listed on ``day``."""
        request = reference.tickers_request(self._base_url, self._api_key, day)
        return self._all_pages(request, reference.parse_tickers, reference.TICKER_KEY)

    def ticker_details(self, symbol: str, day: date) -> Fetched:
        """Return shares outstanding, capitalisation and type of one ticker as of ``day``."""
        request = details.ticker_details_request(self._base_url, self._api_key, symbol, day)
        return self._one(request, details.parse_ticker_details)

    def floats(self) -> Fetched:
        """Return the newest free float of every stock; its effective date is mostly later than a replayed day."""
        request = reference.floats_request(self._base_url, self._api_key)
        return self._all_pages(request, reference.parse_floats, reference.FLOAT_KEY)

    def option_snapshot(self, underlying: str) -> Fetched:
        """Return the option chain of one underlying as it stands."""
        request = options.option_snapshot_request(self._base_url, self._api_key, underlying)
        return self._all_pages(request, options.parse_option_snapshot, options.CONTRACT_KEY)

    def news(self, since: datetime) -> Fetched:
        """Return the news published at ``since`` (an instant) or later, oldest first."""
        request = news.news_request(self._base_url, self._api_key, since)
        return self._all_pages(request, news.parse_news, news.NEWS_KEY)

    def market_status(self) -> Fetched:
        """Return whether the market is open now, by Polygon's clock."""
        request = session.market_status_request(self._base_url, self._api_key)
        return self._one(request, session.parse_market_status)

    def market_holidays(self) -> Fetched:
        """Return the coming holidays and half days, per exchange."""
        request = session.market_holidays_request(self._base_url, self._api_key)
        return self._one(request, session.parse_market_holidays)

    def short_interest(self, settlement: date) -> Fetched:
        """Return all positions of one settlement date."""
        request = shorts.short_interest_request(self._base_url, self._api_key, settlement)
        return self._all_pages(request, shorts.parse_short_interest, shorts.SHORT_KEY)

    def short_volume(self, day: date) -> Fetched:
        """Return the off-exchange short volume of every stock on ``day``."""
        request = shorts.short_volume_request(self._base_url, self._api_key, day)
        return self._all_pages(request, shorts.parse_short_volume, shorts.SHORT_KEY)

    def _one(self, request: Request, parse: Parser) -> Fetched:
        return self._transport.fetch(request, parse, read_refusal)

    def _all_pages(self, first: Request, parse: Parser, keys: tuple[str, ...]) -> Fetched:
        pages: list[Fetched] = []
        asked: set[str] = set()
        request: Request | None = first
        while request is not None:
            if request.url in asked or len(asked) >= MOST_PAGES:
                raise malformed(first, f"the pages never end: page {len(asked) + 1} came before or is one too many")
            asked.add(request.url)
            # what was asked stands in the first address; that of a later page is the provider's own affair
            asked_for = replace(first, is_part=bool(pages))
            page = self._transport.fetch(request, partial(_as_asked, parse, asked_for), read_refusal)
            pages.append(page)
            request = next_page(request, page.parsed, self._base_url)
        return merge_pages(pages, first, keys)


def _as_asked(parse: Parser, asked_for: Request, body: bytes, _page: Request) -> Parsed:
    return parse(body, asked_for)

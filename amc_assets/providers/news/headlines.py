"""Requests for and parsers of the three headline feeds, each with its own way to say which tickers an item is about.

GlobeNewswire tags its items with exchange and ticker. PR Newswire writes them in brackets into the text. Yahoo does
not say: it is asked for one symbol at a time, and what it answers is about that symbol.
"""

import re

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.news.exchanges import MOST_TICKERS, tag_ticker, tickers_in
from amc_assets.providers.news.table import news_table
from amc_assets.providers.wire.agent import BROWSER_LIKE
from amc_assets.providers.wire.feeds import Entry, open_feed

PROVIDER = "news"
GLOBENEWSWIRE = "globenewswire"
PRNEWSWIRE = "prnewswire"
YAHOO_HEADLINES = "yahoo_headlines"
MOST_BYTES = 2 * 1024 * 1024
FRESH_SECONDS = 60.0
USABLE_SECONDS = 3600.0
_YAHOO_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:-[A-Z0-9]{1,3})?")
_GLOBENEWSWIRE_PATH = "/RssFeed/orgclass/1/feedTitle/GlobeNewswire%20-%20News%20about%20Public%20Companies"


def globenewswire_request(base_url: str) -> Request:
    """Return the request for GlobeNewswire's feed of public companies."""
    return _request(GLOBENEWSWIRE, f"{base_url.rstrip('/')}{_GLOBENEWSWIRE_PATH}", {})


def prnewswire_request(base_url: str) -> Request:
    """Return the request for PR Newswire's feed of all releases; other user agents than browsers' are refused."""
    return _request(PRNEWSWIRE, f"{base_url.rstrip('/')}/rss/news-releases-list.rss", {}, is_browser_like=True)


def yahoo_request(base_url: str, symbol: str) -> Request:
    """Return the request for Yahoo's headlines of one symbol, in Yahoo's spelling (``BRK-B``)."""
    if not _YAHOO_SYMBOL.fullmatch(symbol):
        raise ValueError(f"{symbol!r} is no symbol in Yahoo's spelling: letters and digits, a class after a hyphen")
    params = {"s": symbol, "region": "US", "lang": "en-US"}
    return _request(YAHOO_HEADLINES, f"{base_url.rstrip('/')}/rss/2.0/headline", params, is_browser_like=True)


def parse_globenewswire(body: bytes, request: Request) -> Parsed:
    """Read GlobeNewswire's feed into the columns of news; tickers from its stock tags. Raises MalformedBody."""
    return news_table(open_feed(body, request), request, _tagged, "GlobeNewswire")


def parse_prnewswire(body: bytes, request: Request) -> Parsed:
    """Read PR Newswire's feed into the columns of news; tickers from title and summary. Raises MalformedBody."""
    return news_table(open_feed(body, request), request, _written, "PR Newswire")


def parse_yahoo_headlines(body: bytes, request: Request) -> Parsed:
    """Read Yahoo's headlines of the symbol asked for into the columns of news. Raises MalformedBody."""
    symbol = request.params["s"]
    return news_table(open_feed(body, request), request, lambda _: [symbol], None)


def _request(dataset: str, url: str, params: dict[str, str], *, is_browser_like: bool = False) -> Request:
    headers = {"User-Agent": BROWSER_LIKE} if is_browser_like else {}
    return Request(
        PROVIDER, dataset, "GET", url, params=params, headers=headers, max_bytes=MOST_BYTES,
        fresh_seconds=FRESH_SECONDS, usable_seconds=USABLE_SECONDS,
    )  # fmt: skip


def _tagged(entry: Entry) -> list[str]:
    terms = [tag.term for tag in entry.tags if tag.scheme.lower().rstrip("/").endswith("/rss/stock")]
    return list(dict.fromkeys(ticker for term in terms if (ticker := tag_ticker(term))))


def _written(entry: Entry) -> list[str]:
    return list(dict.fromkeys([*tickers_in(entry.title), *tickers_in(entry.summary)]))[:MOST_TICKERS]

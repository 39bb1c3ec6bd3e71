"""Exact bytes of the three wires' RSS feeds: how each names its companies and prints its times.

GlobeNewswire: a category per ticker, times without seconds. PR Newswire: the ticker only in the text. Yahoo: no ticker
at all, only the question says whom the items are about.
"""

from collections.abc import Mapping, Sequence

from amc_assets.replay.feed_text import escaped, rfc822
from amc_assets.replay.market import NewsRow

GLOBE_EXCHANGES = {"Q": "Nasdaq", "N": "NYSE", "A": "NYSE American", "P": "NYSE Arca", "Z": "Cboe"}
TEXT_EXCHANGES = {"Q": "NASDAQ", "N": "NYSE", "A": "NYSE American", "P": "NYSE Arca", "Z": "Cboe"}
_STOCK_DOMAIN = "https://www.globenewswire.com/rss/stock"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def globenewswire(items: Sequence[NewsRow], exchanges: Mapping[str, str]) -> bytes:
    """Return GlobeNewswire's feed; ``exchanges`` maps a symbol to the directory's letter."""
    body = "".join(_globe_item(item, exchanges) for item in items)
    title = "GlobeNewswire - News about Public Companies"
    text = (
        f'{_HEAD}<rss version="2.0" xmlns:dc="http://dublincore.org/documents/dcmi-namespace/"><channel>\n'
        f"<title>{title}</title><link>https://www.globenewswire.com</link><description>{title}</description>\n"
        f"{body}</channel></rss>\n"
    )
    return text.encode()


def prnewswire(items: Sequence[NewsRow], exchanges: Mapping[str, str]) -> bytes:
    """Return PR Newswire's feed; tickers stand in the description, as ``(NASDAQ: SSAT)``."""
    body = "".join(
        f"<item><title>{escaped(item.title)}</title><link>{escaped(item.url)}</link>"
        f'<guid isPermaLink="true">{escaped(item.url)}</guid>'
        f"<pubDate>{rfc822(item.published_at, zone='+0000')}</pubDate>"
        f"<description>{escaped(_dateline(item, exchanges))}</description></item>\n"
        for item in items
    )
    text = (
        f'{_HEAD}<rss version="2.0"><channel><title>All News Releases</title>'
        "<link>https://www.prnewswire.com/rss/news-releases-list.rss</link>"
        f"<description>All News Releases from PR Newswire</description>\n{body}</channel></rss>\n"
    )
    return text.encode()


def yahoo_headlines(items: Sequence[NewsRow], asked: str) -> bytes:
    """Return Yahoo's feed for the symbols ``asked``."""
    body = "".join(
        f"<item><description>{escaped(item.summary)}</description>"
        f'<guid isPermaLink="false">{escaped(item.item_id)}</guid><link>{escaped(item.url)}</link>'
        f"<pubDate>{rfc822(item.published_at, zone='+0000')}</pubDate><title>{escaped(item.title)}</title></item>\n"
        for item in items
    )
    text = (
        f'{_HEAD}<rss version="2.0"><channel><copyright>Copyright</copyright>'
        f"<description>Latest Financial News for {escaped(asked)}</description><language>en-US</language>"
        f"<title>Yahoo! Finance: {escaped(asked)} News</title>\n{body}</channel></rss>\n"
    )
    return text.encode()


def _globe_item(item: NewsRow, exchanges: Mapping[str, str]) -> str:
    tags = "".join(
        f'<category domain="{_STOCK_DOMAIN}">{GLOBE_EXCHANGES.get(exchanges[symbol], "")}:{escaped(symbol)}</category>'
        for symbol in item.symbols
        if symbol in exchanges
    )
    return (
        f'<item><guid isPermaLink="true">{escaped(item.url)}</guid><link>{escaped(item.url)}</link>{tags}'
        f"<title>{escaped(item.title)}</title><description>{escaped(item.summary)}</description>"
        f"<pubDate>{rfc822(item.published_at, with_seconds=False)}</pubDate>"
        f"<dc:identifier>{escaped(item.item_id)}</dc:identifier><dc:language>en</dc:language>"
        f"<dc:publisher>GlobeNewswire Inc.</dc:publisher><dc:contributor>{escaped(item.publisher)}</dc:contributor>"
        "</item>\n"
    )


def _dateline(item: NewsRow, exchanges: Mapping[str, str]) -> str:
    named = [
        f"({TEXT_EXCHANGES.get(exchanges[symbol], '')}: {symbol})" for symbol in item.symbols if symbol in exchanges
    ]
    stamp = f"{item.published_at:%B} {item.published_at.day}, {item.published_at.year}"
    return f"{stamp} /PRNewswire/ -- {item.publisher} {' '.join(named)} {item.summary}".replace("  ", " ")

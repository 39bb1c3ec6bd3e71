"""The wires' part of the server: GlobeNewswire, PR Newswire and Yahoo headlines, each an RSS feed of its own make."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from amc_assets.replay import wire_news
from amc_assets.replay.answers import HTML_HEADERS, Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.market import NewsRow
from amc_assets.replay.site import Routed, Site, WireRequest
from amc_assets.replay.spelling import canonical_from_dashed

NEWS_DAYS = 5
_PATHS = {"/rss/news-releases-list.rss": Dataset.PRNEWSWIRE, "/rss/2.0/headline": Dataset.YAHOO_HEADLINES}
_MOST_ITEMS = {Dataset.GLOBENEWSWIRE: 100, Dataset.PRNEWSWIRE: 100, Dataset.YAHOO_HEADLINES: 20}
_WIRES = {Dataset.GLOBENEWSWIRE: "globenewswire", Dataset.PRNEWSWIRE: "prnewswire", Dataset.YAHOO_HEADLINES: "yahoo"}
_TYPES = {
    Dataset.GLOBENEWSWIRE: "application/rss+xml; charset=utf-8",
    Dataset.PRNEWSWIRE: "text/xml; charset=UTF-8",
    Dataset.YAHOO_HEADLINES: "application/rss+xml;charset=utf-8",
}


class NewsRoutes:
    """Answers the three feeds for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a path; every feed of GlobeNewswire gives the same items here."""
        return Dataset.GLOBENEWSWIRE if path.startswith("/RssFeed/") else _PATHS.get(path)

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:
        """Return 429 when Yahoo is asked without a user agent."""
        if routed.dataset is not Dataset.YAHOO_HEADLINES or request.headers.get("user-agent", "").strip():
            return None
        self._site.refusals.count("news", "no_user_agent")
        return Answer(429, b"Too Many Requests\r\n", HTML_HEADERS)

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002
        """Return one feed, newest item first."""
        items = self._items(routed)[: _MOST_ITEMS[routed.dataset]]
        if routed.dataset is Dataset.GLOBENEWSWIRE:
            body = wire_news.globenewswire(items, self._exchanges(items))
        elif routed.dataset is Dataset.PRNEWSWIRE:
            body = wire_news.prnewswire(items, self._exchanges(items))
        else:
            body = wire_news.yahoo_headlines(items, routed.params.get("s", ""))
        newest = items[0].published_at if items else None
        return Answer(200, body, {"Content-Type": _TYPES[routed.dataset]}, newest)

    def _items(self, routed: Routed) -> list[NewsRow]:
        now = self._site.gate.now
        wire = _WIRES[routed.dataset]
        asked = {canonical_from_dashed(symbol) for symbol in routed.params.get("s", "").split(",") if symbol}
        found = [
            item
            for item in self._site.market.news(now - timedelta(days=NEWS_DAYS), now)
            if item.wire == wire and item.published_at <= now
        ]
        if wire == "yahoo":
            found = [item for item in found if asked & set(item.symbols)]
        return found[::-1]

    def _exchanges(self, items: Sequence[NewsRow]) -> dict[str, str]:
        named = {symbol for item in items for symbol in item.symbols}
        listings = self._site.listings() if named else {}
        return {symbol: listings[symbol].exchange for symbol in named if symbol in listings}

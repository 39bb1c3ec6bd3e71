"""Contract cards of the headline feeds."""

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.errors import NotEntitled, NotFound, RateLimited
from amc_assets.providers.exchange import Request
from amc_assets.providers.news.catalog import DATASETS
from amc_assets.providers.news.headlines import globenewswire_request, prnewswire_request, yahoo_request
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status
from amc_assets_tests.providers.cards.nasdaq import feed_items
from amc_assets_tests.providers.cards.news_bodies import item, rss, stock

_PAGE = b"<!DOCTYPE html><html><body>Too Many Requests</body></html>"
_ITEMS = [item(n, extra=stock("Nasdaq:ACME")) for n in range(30)]


def _card(dataset: Dataset, request: Request, address: str) -> Card:
    return Card(
        dataset,
        request,
        ("GET", address),
        good=Body(rss(_ITEMS), rows=30),
        keys=("item_id",),
        small=rss(_ITEMS[:8]),
        rows_sent=feed_items,
        empty=Body(rss([]), rows=0),
        not_found=Status(404, NotFound, _PAGE),
        statuses={
            "403": Status(403, NotEntitled, _PAGE),
            "404": Status(404, NotFound, _PAGE),
            "429": Status(429, RateLimited, b"Too Many Requests", {"Retry-After": "9"}),
        },
        error_in_200={
            "web page": Body(_PAGE, error=REFUSED),
            "text": Body(b"Too Many Requests", error=REFUSED),
            "json": Body(b'{"error": 1}', error=REFUSED),
            "nothing": Body(b"", error=REFUSED),
            "other xml": Body(b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", error=REFUSED),
        },
        duplicated={
            "same": Body(rss([*_ITEMS, _ITEMS[0]]), 30, {"duplicate_row": 1}),
            "other": Body(rss([*_ITEMS, item(0, title="Other")]), 29, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(rss(_ITEMS[::-1]), 30),
        wrong_column={"date": Body(rss(_ITEMS).replace(b"pubDate", b"when"), error=REFUSED)},
        not_applicable={
            "401": "asked without a key: nothing to refuse",
            "key_in_no_output": "no key is sent",
            "not_a_number": "it holds no numbers",
        },
    )


CARDS: tuple[Card, ...] = (
    _card(
        DATASETS[0],
        globenewswire_request(BASE),
        "/RssFeed/orgclass/1/feedTitle/GlobeNewswire%20-%20News%20about%20Public%20Companies",
    ),
    _card(DATASETS[1], prnewswire_request(BASE), "/rss/news-releases-list.rss"),
    _card(DATASETS[2], yahoo_request(BASE, "BRK-B"), "/rss/2.0/headline?s=BRK-B&region=US&lang=en-US"),
)

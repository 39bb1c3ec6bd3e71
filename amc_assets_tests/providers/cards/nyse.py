"""Contract cards of the NYSE group: the threshold list of one market."""

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import NotEntitled, NotYetPublished, RateLimited
from amc_assets.providers.nyse.catalog import DATASETS
from amc_assets.providers.nyse.threshold import threshold_request
from amc_assets.providers.wire.threshold import absent_list
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status
from amc_assets_tests.providers.cards.nasdaq import list_rows
from amc_assets_tests.providers.cards.nasdaq_bodies import DAY, NYSE_LIST_HEADER, TICKERS, threshold
from amc_assets_tests.providers.roads import EVENING

_STAMP = "20261120220201"
_LIST = [f"{symbol}|{symbol} Corp|NYSE|Y||" for symbol in TICKERS]


def _listed(*lines: str) -> bytes:
    return threshold(lines, NYSE_LIST_HEADER, _STAMP)


_BANNED = b"<!DOCTYPE html><html><title>Attention Required!</title></html>"

CARDS: tuple[Card, ...] = (
    Card(
        DATASETS[0],
        threshold_request(BASE, DAY, "NYSE American"),
        ("GET", "/api/regulatory/threshold-securities/download?selectedDate=20-Nov-2026&market=NYSE+American"),
        good=Body(_listed(*_LIST, "OTHER|Other|NYSE|N||"), rows=30),
        keys=("source_symbol",),
        small=_listed(*_LIST),
        rows_sent=list_rows,
        empty=Body(_listed(), rows=0),
        not_found=Status(404, NotYetPublished, b"{}"),
        statuses={
            "403": Status(403, NotEntitled, _BANNED),
            "404": Status(404, NotYetPublished, b"{}"),
            "429": Status(429, RateLimited, b"", {"Retry-After": "9"}),
        },
        error_in_200={
            "web page": Body(_BANNED, error=REFUSED),
            "json": Body(b'{"error": 1}', error=REFUSED),
            "nothing": Body(b"", error=REFUSED),
        },
        duplicated={
            "same": Body(_listed(*_LIST, _LIST[0]), 30, {"duplicate_row": 1}),
            "other": Body(_listed(*_LIST, "SAA|Other|NYSE|Y||"), 29, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(_listed(*_LIST[::-1]), 30),
        wrong_column={"renamed": Body(_listed(*_LIST).replace(b"Threshold Flag", b"Flag"), error=REFUSED)},
        read_refusal=absent_list(FixedClock(EVENING)),
        not_applicable={
            "401": "asked without a key: nothing to refuse",
            "key_in_no_output": "no key is sent",
            "not_a_number": "it holds no numbers",
        },
    ),
)

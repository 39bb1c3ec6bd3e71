"""The NYSE group's Reg SHO threshold lists, one per market, from nyse.com.

For a day that it has not published the site answers 200 with an empty list stamped 21:05:00 of that day; a list that
is really empty cannot be told from it by itself.
"""

from datetime import date

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.threshold import read_threshold_list

PROVIDER = "nyse"
THRESHOLD_LIST = "nyse_threshold_list"
MARKETS = ("NYSE", "NYSE American", "NYSE Arca")
NOT_MADE_YET = "T21:05:00"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def threshold_request(base_url: str, day: date, market: str) -> Request:
    """Return the request for the list of one market (of ``MARKETS``) on the session ``day``."""
    if market not in MARKETS:
        raise ValueError(f"{market!r} is no market with a list: use one of {', '.join(MARKETS)}")
    return Request(
        PROVIDER,
        THRESHOLD_LIST,
        "GET",
        f"{base_url.rstrip('/')}/api/regulatory/threshold-securities/download",
        params={"selectedDate": f"{day:%d}-{_MONTHS[day.month - 1]}-{day.year}", "market": market},
        for_date=day,
        max_bytes=2**20,
    )


def parse_threshold_list(body: bytes, request: Request) -> Parsed:
    """Read one market's list: ``source_symbol, trade_date, name`` of the rows flagged Y; raise MalformedBody."""
    return read_threshold_list(body, request)

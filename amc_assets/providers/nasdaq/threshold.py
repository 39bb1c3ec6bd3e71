"""Nasdaq's Reg SHO threshold list (``nasdaqthYYYYMMDD.txt``), out at about 23:00 New York of its day."""

from datetime import date

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.nasdaq.symbols import PROVIDER
from amc_assets.providers.wire.threshold import read_threshold_list

THRESHOLD_LIST = "nasdaq_threshold_list"


def threshold_request(base_url: str, day: date) -> Request:
    """Return the request for the list of the session ``day``."""
    url = f"{base_url.rstrip('/')}/dynamic/symdir/regsho/nasdaqth{day:%Y%m%d}.txt"
    return Request(PROVIDER, THRESHOLD_LIST, "GET", url, for_date=day, max_bytes=2**20)


def parse_threshold_list(body: bytes, request: Request) -> Parsed:
    """Read the list: ``source_symbol, trade_date, name`` of the rows flagged Y; raise MalformedBody."""
    return read_threshold_list(body, request)

"""Nasdaq without a key: the symbol directory, trade halts, the threshold list and the screener."""

from datetime import date

from amc_assets.clock import Clock
from amc_assets.providers.exchange import Fetched, Parsed, Request
from amc_assets.providers.nasdaq.halts import parse_trade_halts, trade_halts_request
from amc_assets.providers.nasdaq.screener import parse_screener, screener_request
from amc_assets.providers.nasdaq.symbols import parse_symbols, symbols_request
from amc_assets.providers.nasdaq.threshold import parse_threshold_list, threshold_request
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.threshold import absent_list, no_list


class Nasdaq:
    """Reads Nasdaq Trader's files and feeds (``base_url``) and the screener of nasdaq.com (``api_base_url``)."""

    def __init__(self, transport: Transport, base_url: str, api_base_url: str, clock: Clock | None = None) -> None:
        self._transport = transport
        self._base_url = base_url
        self._api_base_url = api_base_url
        self._clock = clock

    def symbols(self) -> Fetched:
        """Return today's symbol directory."""
        return self._transport.fetch(symbols_request(self._base_url), parse_symbols)

    def trade_halts(self, day: date | None = None) -> Fetched:
        """Return the halts that began on ``day``; without a day today's and every older one that still lasts."""
        return self._transport.fetch(trade_halts_request(self._base_url, day), parse_trade_halts)

    def threshold_list(self, day: date) -> Fetched:
        """Return the threshold list of the session ``day``.

        Raises NotYetPublished for a session at most three sessions old, NotFound for other days without a list.
        """

        def parse(body: bytes, request: Request) -> Parsed:
            if body.lstrip()[:1] == b"<":  # a file that is not there is answered 200 with the site's own page
                raise no_list(request, self._clock, f"GET {request.endpoint} was answered with a web page")
            return parse_threshold_list(body, request)

        return self._transport.fetch(threshold_request(self._base_url, day), parse, absent_list(self._clock))

    def screener(self) -> Fetched:
        """Return last sale, change, volume and capitalisation of every listed symbol, as of the call."""
        return self._transport.fetch(screener_request(self._api_base_url), parse_screener)

"""The NYSE group without a key: its three threshold lists as one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from amc_assets.clock import Clock
from amc_assets.providers.errors import NotYetPublished
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.nyse.threshold import MARKETS, NOT_MADE_YET, parse_threshold_list, threshold_request
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.pages import merge_pages
from amc_assets.providers.wire.threshold import absent_list


class Nyse:
    """Reads nyse.com."""

    def __init__(self, transport: Transport, base_url: str, clock: Clock | None = None) -> None:
        self._transport = transport
        self._base_url = base_url
        self._clock = clock

    def threshold_list(self, day: date, markets: Sequence[str] = MARKETS) -> Fetched:
        """Return the lists of NYSE, NYSE American and NYSE Arca of the session ``day``: all three or an error.

        ``markets`` may name fewer: one call each. Raises NotYetPublished when all that were asked for are empty with
        the stamp of a day that is not made yet.
        """
        requests = [threshold_request(self._base_url, day, market) for market in markets]
        parts = [replace(request, is_part=True) for request in requests]
        absent = absent_list(self._clock)
        pages = [self._transport.fetch(request, parse_threshold_list, absent) for request in parts]
        if all(_is_not_made_yet(page) for page in pages):
            attempted = f"the lists of {day} are empty, with the stamp of a day that is not published"
            raise NotYetPublished(requests[0].provider, requests[0].dataset, attempted, "the next run asks again")
        return merge_pages(pages, requests[0], ("source_symbol",))


def _is_not_made_yet(page: Fetched) -> bool:
    parsed = page.parsed
    is_empty = not parsed.table.num_rows and parsed.notes["not_flagged"] == "0" and not parsed.rejected
    return is_empty and parsed.notes["created_at_new_york"].endswith(NOT_MADE_YET)

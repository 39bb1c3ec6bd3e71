"""The U.S. Treasury without a key: daily bill rates."""

from amc_assets.providers.exchange import Fetched
from amc_assets.providers.transport import Transport
from amc_assets.providers.treasury.rates import bill_rates_request, parse_bill_rates


class Treasury:
    """Reads the Treasury's daily rates."""

    def __init__(self, transport: Transport, base_url: str) -> None:
        self._transport = transport
        self._base_url = base_url

    def bill_rates(self, year: int) -> Fetched:
        """Return the yields of all bills on all days of ``year`` so far; empty before its first business day.

        Raises MalformedBody and the transport's errors.
        """
        return self._transport.fetch(bill_rates_request(self._base_url, year), parse_bill_rates)

"""Headlines without a key: two press wires, and Yahoo's per symbol."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from amc_assets.providers.errors import NotFound
from amc_assets.providers.exchange import Fetched, Request
from amc_assets.providers.news.headlines import (
    globenewswire_request,
    parse_globenewswire,
    parse_prnewswire,
    parse_yahoo_headlines,
    prnewswire_request,
    yahoo_request,
)
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.pages import refuse_again
from amc_assets.providers.wire.rejects import Rejects


class News:
    """Reads the feeds of GlobeNewswire, PR Newswire and Yahoo; each address is the host's."""

    def __init__(
        self, transport: Transport, globenewswire_base_url: str, prnewswire_base_url: str, yahoo_base_url: str
    ) -> None:
        self._transport = transport
        self._globenewswire_base_url = globenewswire_base_url
        self._prnewswire_base_url = prnewswire_base_url
        self._yahoo_base_url = yahoo_base_url

    def globenewswire(self) -> Fetched:
        """Return the newest releases of public companies."""
        return self._transport.fetch(globenewswire_request(self._globenewswire_base_url), parse_globenewswire)

    def prnewswire(self) -> Fetched:
        """Return the newest releases of all issuers."""
        return self._transport.fetch(prnewswire_request(self._prnewswire_base_url), parse_prnewswire)

    def yahoo_headlines(self, symbols: Sequence[str]) -> Fetched:
        """Return the headlines of the symbols, one call each; an item under several of them names all of those.

        A symbol that Yahoo does not know is left out and named in the note ``unknown_symbols``. Raises ValueError
        without any symbol, NotFound when none is known, and the first other error.
        """
        if not symbols:
            raise ValueError("no symbols: Yahoo's headlines are asked for by symbol")
        pages: list[Fetched] = []
        unknown: list[str] = []
        missing: NotFound | None = None
        for symbol in dict.fromkeys(symbols):
            try:
                request = replace(yahoo_request(self._yahoo_base_url, symbol), is_part=True)
                pages.append(self._transport.fetch(request, parse_yahoo_headlines))
            except NotFound as error:
                unknown.append(symbol)
                missing = error
        if not pages:
            raise missing or ValueError("no symbols")
        return _joined(pages, unknown, replace(request, is_part=False))


def _joined(pages: Sequence[Fetched], unknown: Sequence[str], request: Request) -> Fetched:
    """Put the answers together: an item once, as it was first sent, with the symbols of all answers it came in."""
    items: dict[str, dict[str, str]] = {}
    for page in pages:
        for row in page.parsed.table.to_pylist():
            kept = items.setdefault(row["item_id"], row)
            if kept is not row:
                symbols = [*kept["source_symbols"].split(","), *row["source_symbols"].split(",")]
                kept["source_symbols"] = ",".join(dict.fromkeys(symbols))
    table = pa.Table.from_pylist(list(items.values()), schema=pages[0].parsed.table.schema)
    rejects = Rejects(table.num_rows)
    for page in pages:
        refuse_again(rejects, page.parsed)
    notes = {"pages": str(len(pages)), "unknown_symbols": ",".join(unknown)}
    last = pages[-1]
    is_cached = any(page.is_cached for page in pages)
    fetched_at = min(page.fetched_at for page in pages) if is_cached else last.fetched_at
    return Fetched(rejects.finish(table, request, notes), fetched_at, last.source, last.headers, is_cached)

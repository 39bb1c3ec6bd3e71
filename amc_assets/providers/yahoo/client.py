"""Yahoo's option chains through yfinance, by opt-in (``AMC_YAHOO_OPTIONS``): the library makes its own calls.

Every call still goes through ``Transport.call``: its limit, breaker, retries and audit. There is no history: a chain is
of now, whatever day is asked for.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

import pyarrow as pa

from amc_assets.providers.errors import (
    MalformedBody,
    NotFound,
    PermanentError,
    ProviderError,
    RateLimited,
    ServerFault,
    Unreachable,
)
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.providers.road.scrub import scrub
from amc_assets.providers.transport import Transport
from amc_assets.providers.wire.chain import CHAIN_KEY
from amc_assets.providers.wire.pages import merge_pages
from amc_assets.providers.yahoo.chain import (
    OPTION_CHAIN,
    PROVIDER,
    frames_to_json,
    option_chain_request,
    parse_option_chain,
)

MOST_EXPIRATIONS = 8  # weekly ones reach 56 days, past the 30 that matter; each is a call of its own
RATE_LIMITED_SECONDS = 60.0
_WHERE = (PROVIDER, OPTION_CHAIN)
_ODD = (KeyError, IndexError, AttributeError, TypeError, ValueError)  # what the library raises over an odd answer
AnswerT = TypeVar("AnswerT")


def load_yfinance() -> Any:
    """Return the library; raise PermanentError when the extra is not installed."""
    try:
        return import_module("yfinance")
    except ImportError as error:
        raise PermanentError(
            *_WHERE,
            f"the library yfinance cannot be imported ({error})",
            "pip install 'amc_assets[yahoo]', or set AMC_YAHOO_OPTIONS=false",
        ) from error


class YahooOptions:
    """Reads today's option chain of one stock, the nearest expiries first."""

    def __init__(
        self,
        transport: Transport,
        load: Callable[[], Any] = load_yfinance,
        most_expirations: int = MOST_EXPIRATIONS,
    ) -> None:
        self._transport = transport
        self._load = load
        self._most_expirations = most_expirations

    def option_chain(self, symbol: str) -> Fetched:
        """Return the contracts of the nearest expiries of ``symbol`` (Yahoo's spelling: ``BRK-B``).

        The note ``expirations_listed`` says how many there are in all. Raises NotFound when no options are listed,
        PermanentError without the library, and the other ProviderErrors.
        """
        library = self._load()
        ticker = _heard(library, symbol, partial(library.Ticker, symbol))
        listed = self._transport.call(*_WHERE, partial(_expirations, library, ticker, symbol))
        days: list[date] = listed.parsed.table.column("expiration_date").to_pylist()
        pages = [
            self._transport.call(*_WHERE, partial(_chain, library, ticker, symbol, day))
            for day in days[: self._most_expirations]
        ]
        whole = merge_pages(pages, option_chain_request(symbol, days[0]), CHAIN_KEY)
        notes = {**whole.parsed.notes, "expirations_listed": str(len(days))}
        return replace(whole, parsed=replace(whole.parsed, notes=notes))


def _expirations(library: Any, ticker: Any, symbol: str) -> Parsed:
    texts = _heard(library, symbol, lambda: list(ticker.options))
    if not texts:
        raise NotFound(*_WHERE, f"Yahoo lists no options on {symbol!r}", "check its spelling (BRK-B); many have none")
    days = _heard(library, symbol, lambda: sorted({date.fromisoformat(text) for text in texts}))
    return Parsed(pa.table({"expiration_date": pa.array(days, pa.date32())}))


def _chain(library: Any, ticker: Any, symbol: str, expiration: date) -> Parsed:
    request = replace(option_chain_request(symbol, expiration), is_part=True)

    def ask() -> bytes:
        chain = ticker.option_chain(expiration.isoformat())
        return frames_to_json(chain.calls, chain.puts, chain.underlying, request)

    return parse_option_chain(_heard(library, symbol, ask), request)


def _heard(library: Any, symbol: str, ask: Callable[[], AnswerT]) -> AnswerT:
    """Return what ``ask`` returns, with the library's exceptions as ours."""
    try:
        return ask()
    except ProviderError:
        raise
    except _kinds(library, "YFRateLimitError") as error:
        fault: ProviderError = RateLimited(
            *_WHERE, _said(error, symbol), "it is tried again after a pause", retry_after_seconds=RATE_LIMITED_SECONDS
        )
    except _kinds(library, "YFTickerMissingError") as error:
        fault = NotFound(*_WHERE, _said(error, symbol), "check the spelling of the symbol (BRK-B, not BRK.B)")
    except _kinds(library, "YFException") as error:
        fault = ServerFault(*_WHERE, _said(error, symbol), "it is tried again; update yfinance if it stays")
    except OSError as error:  # requests and curl_cffi derive their errors from it
        fault = Unreachable(*_WHERE, _said(error, symbol), "it is tried again on the next run; check the network")
    except _ODD as error:
        fault = MalformedBody(*_WHERE, _said(error, symbol), "update yfinance if it stays: Yahoo may have changed")
    raise fault


def _kinds(library: Any, name: str) -> type[Exception] | tuple[()]:
    """Return the library's exception class of this name; nothing where a version has none."""
    found = getattr(getattr(library, "exceptions", None), name, ())
    return found if isinstance(found, type) and issubclass(found, Exception) else ()


def _said(error: Exception, symbol: str) -> str:
    return f"yfinance failed over {symbol!r}: {type(error).__name__}: {scrub(str(error))[:200]}"
